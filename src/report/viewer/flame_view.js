// A flame graph on a canvas: zoom by click, path back, search, keys.
import {announce, button, choice, el, replaceContent, searchField, setChoice, visibleText} from "./dom.js";
import {ancestorsOf, flameHeight, layoutFlame, nodeOfPath, searchFlame} from "./flame_tree.js";
import {formatShare, shortenName} from "./format.js";
import {Tooltip} from "./hover.js";
import {canvasColours, kHues, mixColours} from "./palette.js";
import {fittingText, kSmallFont} from "./plot_layers.js";
import {contextOf} from "./timeline.js";


/** @typedef {import("./flame_tree.js").FlameNode} FlameNode */
/** @typedef {import("./flame_tree.js").FlameBox} FlameBox */
/** @typedef {import("./state.js").ViewStore} ViewStore */
/** @typedef {import("./palette.js").Theme} Theme */

const kLevelHeight = 21;

/**
 * `metrics`: value and title. `stateKey`: where the chosen metric is kept.
 * @typedef {{id: string, title: string, metrics: [string, string][], stateKey: "sites" | "code",
 *   hue: import("./palette.js").Rgb, choose: (node: FlameNode) => void}} FlameOptions
 */

export class FlameView {
  /** @param {ViewStore} store @param {() => Theme} theme @param {FlameOptions} options */
  constructor(store, theme, options) {
    this.store = store;
    this.theme = theme;
    this.options = options;
    /** @type {?FlameNode} */
    this.root = null;
    /** @type {FlameBox[]} */
    this.boxes = [];
    /** @type {(value: number) => string} */
    this.format = String;
    /** @type {?FlameNode} */
    this.focus = null;
    /** @type {(node: FlameNode) => boolean} */
    this.isMarked = () => false;
    this.found = searchFlame(emptyRoot(), "");
    this.canvas = el("canvas", {tabindex: "0", role: "img", id: `${options.id}-canvas`, class: "flame"});
    this.tip = new Tooltip(el("div", {class: "tooltip", hidden: true}));
    this.scroll = el("div", {class: "flame-scroll"}, this.canvas, this.tip.element);
    this.path = el("nav", {class: "path", "aria-label": "Path of the zoom"});
    this.note = el("p", {class: "note"});
    this.bar = el("div", {class: "bar-row"});
    this.element = el("div", {class: "tab-body"}, this.bar, this.note, this.path, this.scroll);
    this.buildBar();
    this.listen();
    new ResizeObserver(() => this.draw()).observe(this.scroll);
  }

  buildBar() {
    const {store, options} = this;
    this.search = searchField(
        "Search functions and files", store.state.fq, (fq) => store.set({fq}, "movement"),
        `${options.id}-search`);
    this.metric = choice(
        "Width", options.metrics, store.state[options.stateKey],
        (metric) => store.set({[options.stateKey]: metric, zoom: ""}));
    this.order = choice(
        "Order", [["callees", "from the outermost caller"], ["callers", "inverted: from the innermost code"]],
        store.state.order, (order) => store.set({order, zoom: ""}));
    this.up = choice(
        "Grows", [["down", "down (icicle)"], ["up", "up (flame)"]], store.state.up, (up) => store.set({up}));
    this.matches = el("span", {class: "matches", "aria-live": "polite", role: "status"});
    replaceContent(this.bar, this.search, this.matches, this.metric, this.order, this.up);
  }

  listen() {
    this.canvas.addEventListener("click", (event) => {
      const node = this.nodeAt(event);
      if (node) this.zoom(node);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      const node = this.nodeAt(event);
      this.canvas.style.cursor = node ? "pointer" : "default";
      if (!node) return this.tip.hide();
      const box = this.scroll.getBoundingClientRect();
      this.tip.show(
          this.words(node), event.clientX - box.left + this.scroll.scrollLeft,
          event.clientY - box.top + this.scroll.scrollTop, box.width, box.height + this.scroll.scrollTop);
    });
    this.canvas.addEventListener("pointerleave", () => this.tip.hide());
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.canvas.addEventListener("focus", () => this.draw());
    this.canvas.addEventListener("blur", () => this.draw());
  }

  /**
   * @param {FlameNode} root @param {(value: number) => string} format @param {string} note
   * @param {(node: FlameNode) => boolean} isMarked of the selection
   */
  show(root, format, note, isMarked) {
    this.root = root;
    this.format = format;
    this.isMarked = isMarked;
    this.focus = null;
    const {state} = this.store;
    setChoice(this.metric, state[this.options.stateKey]);
    setChoice(this.order, state.order);
    setChoice(this.up, state.up);
    if (this.search && document.activeElement !== this.search) this.search.value = state.fq;
    this.note.textContent = note;
    this.found = searchFlame(root, state.fq);
    if (this.matches) {
      this.matches.textContent = state.fq === "" ?
          "" :
          `${this.found.nodes.size} frames, ${formatShare(this.found.value, root.value)} of all`;
    }
    this.drawPath();
    this.draw();
    announce(`${this.options.title}: ${format(root.value)}. ${note}`);
  }

  get zoomed() {
    return nodeOfPath(this.root ?? emptyRoot(), this.store.state.zoom);
  }

  /** @param {FlameNode} node */
  zoom(node) {
    if (node.children.length === 0) this.options.choose(node);
    this.store.set({zoom: node.path});
  }

  draw() {
    const {root} = this;
    if (!root || this.scroll.clientWidth === 0) return;
    const ratio = Math.min(3, window.devicePixelRatio || 1);
    const width = Math.max(100, this.scroll.clientWidth - 2);
    this.boxes = layoutFlame(this.zoomed, 0.6 / width);
    const height = flameHeight(this.boxes) * kLevelHeight + 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    const ctx = contextOf(this.canvas);
    const colours = canvasColours(this.theme());
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.fillStyle = colours.background;
    ctx.fillRect(0, 0, width, height);
    ctx.font = kSmallFont;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    for (const box of this.boxes) this.drawBox(ctx, box, width, height);
    this.canvas.setAttribute(
        "aria-label",
        visibleText(`${this.options.title}. ${this.boxes.length} frames shown, zoomed to ${
            shortenName(this.zoomed.name, 100)}, ${
            this.format(this.zoomed.value)}. Arrow keys move, Enter zooms, Backspace goes back.`));
  }

  /**
   * @param {CanvasRenderingContext2D} ctx @param {FlameBox} box @param {number} width @param {number} height
   */
  drawBox(ctx, box, width, height) {
    const colours = canvasColours(this.theme());
    const {x, y, w} = this.areaOf(box, width, height);
    const searched = this.store.state.fq !== "";
    const hit = this.found.nodes.has(box.node);
    ctx.fillStyle = frameColour(
        box.node, this.options.hue, this.theme(),
        hit          ? "found" :
            searched ? "other" :
                       "plain");
    ctx.fillRect(x, y, Math.max(0.6, w - 0.6), kLevelHeight - 1);
    if (this.isMarked(box.node) || (box.node === this.focus && document.activeElement === this.canvas)) {
      ctx.strokeStyle = colours.selected;
      ctx.lineWidth = 2;
      ctx.strokeRect(x + 1, y + 1, Math.max(1, w - 2.6), kLevelHeight - 3);
    }
    if (w < 26) return;
    const text = fittingText(ctx, box.node.name, w - 8);
    if (text === "") return;
    ctx.fillStyle = this.theme() === "dark" ? "#f3f6fa" : "#10161d";
    ctx.fillText(text, x + 4, y + kLevelHeight / 2);
  }

  /** @param {FlameBox} box @param {number} width @param {number} height */
  areaOf(box, width, height) {
    const y =
        this.store.state.up === "up" ? height - (box.level + 1) * kLevelHeight : box.level * kLevelHeight;
    return {x: box.x0 * width, y, w: (box.x1 - box.x0) * width};
  }

  /** @param {MouseEvent} event @returns {?FlameNode} */
  nodeAt(event) {
    const rect = this.canvas.getBoundingClientRect();
    const x = (event.clientX - rect.left) / rect.width;
    const y = event.clientY - rect.top;
    const level = this.store.state.up === "up" ? Math.floor((rect.height - y) / kLevelHeight) :
                                                 Math.floor(y / kLevelHeight);
    return this.boxes.find((box) => box.level === level && x >= box.x0 && x < box.x1)?.node ?? null;
  }

  /** @param {FlameNode} node @returns {[string, string][]} */
  words(node) {
    const root = this.root?.value ?? 0;
    /** @type {[string, string][]} */
    const lines = [["Function", shortenName(node.name, 400)]];
    if (node.detail) lines.push(["Place", shortenName(node.detail, 300)]);
    lines.push(["Value", `${this.format(node.value)}, ${formatShare(node.value, root)} of all`]);
    if (this.zoomed !== this.root)
      lines.push(["", `${formatShare(node.value, this.zoomed.value)} of what is zoomed to`]);
    if (node.children.length > 0 && node.self > 0) lines.push(["Itself", this.format(node.self)]);
    return lines;
  }

  drawPath() {
    const path = ancestorsOf(this.zoomed);
    replaceContent(
        this.path,
        path.map(
                (node, i) =>
                    [i > 0 ? el("span", {"aria-hidden": "true"}, " › ") : null,
                     i === path.length - 1 ?
                         el("span", {class: "here", "aria-current": "true"}, shortenName(node.name, 60)) :
                         button(
                             shortenName(node.name, 40), {class: "link"},
                             () => this.store.set({zoom: node.path})),
    ]).flat());
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const at = this.focus ?? this.zoomed;
    const siblings = at.parent?.children ?? [at];
    const index = siblings.indexOf(at);
    const down = this.store.state.up === "up" ? "ArrowUp" : "ArrowDown";
    const up = down === "ArrowUp" ? "ArrowDown" : "ArrowUp";
    const moves = /** @type {Record<string, FlameNode | undefined>} */ ({
      [down]: at.children[0],
      [up]: at.parent ?? undefined,
      ArrowRight: siblings[index + 1],
      ArrowLeft: siblings[index - 1],
    });
    if (event.key in moves) {
      event.preventDefault();
      this.focus = moves[event.key] ?? at;
      this.draw();
      announce(this.words(this.focus).map((words) => words.join(" ")).join(", "));
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.zoom(at);
    } else if (event.key === "Backspace") {
      event.preventDefault();
      this.store.set({zoom: this.zoomed.parent?.path ?? ""});
    }
  }
}

/** @returns {FlameNode} */
function emptyRoot() {
  return {name: "", detail: "", value: 0, self: 0, depth: 0, children: [], parent: null, path: "", rows: []};
}

/**
 * A shade by the name, so that the same function looks the same in every place.
 * @param {FlameNode} node @param {import("./palette.js").Rgb} hue @param {Theme} theme
 * @param {"plain" | "found" | "other"} how
 */
function frameColour(node, hue, theme, how) {
  let hash = 2166136261;
  for (let i = 0; i < Math.min(node.name.length, 200); ++i)
    hash = Math.imul(hash ^ node.name.charCodeAt(i), 16777619);
  const shade = ((hash >>> 8) & 255) / 255;
  const background = canvasColours(theme).rgb;
  const base = how === "found" ? kHues.both : hue;
  const strength = how === "other" ? 0.14 : theme === "dark" ? 0.36 + 0.24 * shade : 0.28 + 0.3 * shade;
  const [r, g, b] = mixColours(background, base, how === "found" ? strength + 0.3 : strength);
  return `rgb(${r},${g},${b})`;
}
