// The page: what is where, and what is drawn again when the view changes.
import {BreakdownTab} from "./breakdown_tab.js";
import {CodeTab} from "./code_tab.js";
import {CompareTab} from "./compare_tab.js";
import {announce, button, byId, el, replaceContent, visibleText} from "./dom.js";
import {formatCount, formatMoment, shortenName} from "./format.js";
import {showHelp} from "./help.js";
import {ObjectsTab} from "./objects_tab.js";
import {composePicture, savePng} from "./png.js";
import {RunTab} from "./run_tab.js";
import {SitesTab} from "./sites_tab.js";
import {parseSelection, ViewStore} from "./state.js";
import {Timeline} from "./timeline.js";
import {TimelineInput} from "./timeline_input.js";
import {Toolbar} from "./toolbar.js";


/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./state.js").ViewState} ViewState */
/** @typedef {{id: string, title: string, view: {element: HTMLElement, update: () => void}}} TabEntry */

const kBrushPauseMs = 120;
const kPictureKeys = new Set(["t0", "t1", "p0", "p1", "select", "thread", "source", "layers", "theme"]);
const kOverlayKeys = new Set(["b0", "b1"]);
const kQuietKeys = new Set(["t0", "t1", "p0", "p1", "layers"]);

export class App {
  /** @param {RunModel[]} runs @param {boolean} served by HTTP */
  constructor(runs, served) {
    this.runs = runs;
    this.store = new ViewStore();
    this.prefersDark = matchMedia("(prefers-color-scheme: dark)");
    this.prefersDark.addEventListener("change", () => this.changed(new Set(["theme"])));
    const theme = () => this.theme();
    document.documentElement.dataset.theme = theme();
    this.timeline = new Timeline(runs, this.store, theme, served);
    this.input = new TimelineInput(this.timeline, byId("tip"));
    this.toolbar = new Toolbar(runs, this.store, {
      reset: () => this.input.reset(),
      zoomToBrush: () => this.input.zoomToBrush(),
      brushShown: () => this.input.brushShown(),
      savePicture: () => this.savePicture(),
      help: showHelp,
      theme,
    });
    /** @type {TabEntry[]} */
    this.tabs = [
      ...(runs.length > 1 ? [{id: "compare", title: "Differences", view: new CompareTab(runs, this.store)}] :
                            []),
      {id: "objects", title: "Objects", view: new ObjectsTab(runs, this.store)},
      {id: "sites", title: "Allocation sites", view: new SitesTab(runs, this.store, theme)},
      {id: "code", title: "Code", view: new CodeTab(runs, this.store, theme)},
      {id: "breakdown", title: "Breakdowns", view: new BreakdownTab(runs, this.store)},
      {id: "run", title: runs.length > 1 ? "Runs and losses" : "Run and losses", view: new RunTab(runs)},
    ];
    this.timer = 0;
    this.frame = 0;
    this.buildTabs();
    this.buildSplitter();
    this.store.subscribe((changed) => this.changed(changed));
    addEventListener("keydown", (event) => this.key(event));
    this.toolbar.update();
    this.showTab();
    this.timeline.onDrawn = () => this.describe();
  }

  /** @returns {import("./palette.js").Theme} */
  theme() {
    const {theme} = this.store.state;
    if (theme === "dark" || theme === "light") return theme;
    return this.prefersDark.matches ? "dark" : "light";
  }

  get tab() {
    return this.tabs.find((entry) => entry.id === this.store.state.tab) ?? this.tabs[0];
  }

  /** @param {Set<string>} changed */
  changed(changed) {
    const any = (/** @type {Set<string>} */ keys) => [...changed].some((key) => keys.has(key));
    document.documentElement.dataset.theme = this.theme();
    if (any(kPictureKeys))
      this.timeline.request();
    else if (any(kOverlayKeys))
      this.timeline.drawOverlay();
    this.toolbar.update();
    if (changed.has("tab"))
      this.showTab();
    else if ([...changed].some((key) => !kQuietKeys.has(key)))
      this.updateTab(any(kOverlayKeys) ? kBrushPauseMs : 0);
  }

  /** Draws the tab again, once things have been quiet for a while. @param {number} pause ms */
  updateTab(pause) {
    clearTimeout(this.timer);
    cancelAnimationFrame(this.frame);
    this.timer = this.frame = 0;
    const draw = () => {
      this.timer = this.frame = 0;
      this.tab.view.update();
    };
    if (pause === 0)
      this.frame = requestAnimationFrame(draw);
    else
      this.timer = window.setTimeout(draw, pause);
  }

  /** Something is still to be drawn, or to be asked of the server. */
  get busy() {
    return this.timer !== 0 || this.frame !== 0 || this.timeline.busy;
  }

  buildTabs() {
    replaceContent(
        byId("tabs"),
        this.tabs.map(
            (entry, i) => button(
                entry.title,
                {role: "tab", id: `tab-${entry.id}`, "aria-controls": "tab", title: `Key ${i + 1}`},
                () => this.openTab(entry.id))));
    byId("tabs").addEventListener("keydown", (event) => {
      const at = this.tabs.indexOf(this.tab);
      const next = event.key === "ArrowRight" ? at + 1 : event.key === "ArrowLeft" ? at - 1 : -1;
      const entry = this.tabs[next];
      if (!entry) return;
      event.preventDefault();
      this.openTab(entry.id);
      byId(`tab-${entry.id}`).focus();
    });
  }

  /** @param {string} id */
  openTab(id) {
    this.store.set({tab: id, zoom: "", sort: sortFor(id, this.store.state.sort)});
  }

  showTab() {
    const {tab} = this;
    for (const entry of this.tabs) {
      const head = byId(`tab-${entry.id}`);
      head.setAttribute("aria-selected", entry === tab ? "true" : "false");
      head.tabIndex = entry === tab ? 0 : -1;
    }
    byId("tab").setAttribute("aria-labelledby", `tab-${tab.id}`);
    replaceContent(byId("tab"), tab.view.element);
    tab.view.update();
  }

  buildSplitter() {
    const splitter = byId("splitter");
    const section = byId("picture-section");
    const resize = (/** @type {number} */ height) => {
      const room = byId("main").clientHeight;
      section.style.flexBasis = `${Math.round(Math.min(room - 120, Math.max(160, height)))}px`;
    };
    splitter.addEventListener("pointerdown", (event) => splitter.setPointerCapture(event.pointerId));
    splitter.addEventListener("pointermove", (event) => {
      if (splitter.hasPointerCapture(event.pointerId))
        resize(event.clientY - section.getBoundingClientRect().top);
    });
    splitter.addEventListener("keydown", (event) => {
      const step = event.key === "ArrowUp" ? -24 : event.key === "ArrowDown" ? 24 : 0;
      if (step === 0) return;
      event.preventDefault();
      resize(section.getBoundingClientRect().height + step);
    });
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const target = event.target;
    const typing = target instanceof HTMLInputElement || target instanceof HTMLSelectElement ||
        target instanceof HTMLTextAreaElement;
    if (event.key === "Escape") return this.escape(target, typing);
    if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]"))
      return undefined;
    if (event.key === "?")
      showHelp();
    else if (event.key === "/") {
      const field = byId("tab").querySelector("input[type=search]");
      if (field instanceof HTMLElement) field.focus();
    } else if (/^[1-9]$/.test(event.key) && this.tabs[Number(event.key) - 1]) {
      this.openTab(this.tabs[Number(event.key) - 1].id);
    } else if (!this.input.globalKey(event))
      return undefined;
    event.preventDefault();
    return undefined;
  }

  /**
   * From the nearest thing outward: field, flame graph, zoom, selection. @param {?EventTarget}
   * target @param {boolean} typing
   */
  escape(target, typing) {
    const {state} = this.store;
    if (target instanceof HTMLInputElement && target.value !== "") {
      // Browsers clear the field by themselves, but some without telling it.
      target.value = "";
      target.dispatchEvent(new Event("input"));
    } else if (typing && target instanceof HTMLElement)
      target.blur();
    else if (document.querySelector("dialog[open]"))
      return;
    else if (state.zoom !== "" && target instanceof HTMLCanvasElement && target.id !== "density")
      this.store.set({zoom: ""});
    else if (state.t0 !== null || state.p0 !== null || state.b0 !== null)
      this.input.reset();
    else
      this.store.set({select: "", zoom: ""});
  }

  /** The picture in words, for who does not see it. */
  describe() {
    const shown = this.timeline.window;
    const resolution = Math.max(1, (shown.t1 - shown.t0) / 500);
    const counts = this.runs.map((run) => {
      const cache = this.timeline.caches[run.index];
      const name = this.runs.length > 1 ? `Run ${run.index === 0 ? "A" : "B"}: ` : "";
      if (cache.basis === "tiles")
        return `${name}${
            formatCount(run.data.samples.total)} sampled accesses in all, drawn from exact counts of ${
            run.data.tiles.columns} × ${run.data.tiles.rows} parts`;
      return `${name}${formatCount(cache.counted)} ${
          this.timeline.samplesOf(run).complete ?
              "sampled accesses" :
              `of a sample of the accesses (1 of ${
                  (run.samples.total / Math.max(1, run.samples.count)).toFixed(1)})`} shown`;
    });
    const selection = parseSelection(this.store.state.select);
    const run = selection ? this.runs[selection.run] : undefined;
    const name = !selection || !run ? "" :
        selection.kind === "group"  ? run.groupName(selection.index) :
                                      run.objectName(selection.index);
    const text = `${formatMoment(shown.t0, resolution)} to ${formatMoment(shown.t1, resolution)}. ${
        counts.join(". ")}.${name ? ` Selected: ${shortenName(visibleText(name), 160)}.` : ""}`;
    byId("picture-text").textContent = text;
    this.timeline.canvas.setAttribute(
        "aria-label",
        "Accesses over time (left to right) and addresses (bottom to top). Arrow keys move a cross that tells what is there.");
  }

  savePicture() {
    const title =
        this.runs.map((run) => run.data.header.command_line.join(" ") || run.data.name).join("  |  ");
    const picture = composePicture(
        [this.timeline.canvas, this.timeline.overlay], title, byId("picture-text").textContent ?? "",
        this.theme(), this.timeline.ratio);
    savePng(picture, this.runs[0].data.name)
        .then(() => announce("The picture was saved"), (error) => showError(String(error.message ?? error)));
    return picture;
  }
}

/**
 * Sorts of the differences are other columns than those of objects. @param {string} tab @param {string} sort
 */
function sortFor(tab, sort) {
  const compared = /^-?(a|b|sharea|shareb|difference|ratio)$/.test(sort);
  if (tab === "objects" && compared) return "-accesses";
  return sort;
}

/** One line for people. @param {string} text */
export function showError(text) {
  const box = byId("error");
  replaceContent(box, el("b", {}, "This report cannot be shown as it should: "), text);
  box.hidden = false;
}
