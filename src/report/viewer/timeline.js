// The picture: time x address density of each run, and the strips below.
import {countSamples, countTiles, emptyGrid, filterIsOpen} from "./density.js";
import {cellPixels, largestCount, paintDensity} from "./density_paint.js";
import {DetailSource, samplesFor} from "./detail.js";
import {byId, el} from "./dom.js";
import {sampleFilter, selectedObjects} from "./filters.js";
import {drawBoxes} from "./object_boxes.js";
import {canvasColours} from "./palette.js";
import {drawAddressLabels, drawFaults, drawGaps, drawPeriods, drawTimeAxis, fittingText, kBoldFont} from "./plot_layers.js";
import {layersOf} from "./state.js";
import {drawStrip} from "./strips.js";
import {timelineGeometry, wholeTime, windowOf, xOfTime} from "./timeline_geometry.js";

/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./state.js").ViewStore} ViewStore */
/** @typedef {import("./density.js").Window} Window */
/** @typedef {import("./density.js").DensityGrid} DensityGrid */
/** @typedef {import("./timeline_geometry.js").Area} Area */
/** @typedef {import("./palette.js").Theme} Theme */

/**
 * The density of one run as last counted. `counted`: samples in the window (of tiles: 0).
 * @typedef {{image: HTMLCanvasElement, grid: ?DensityGrid, marked: ?DensityGrid, counted: number,
 *   basis: "tiles" | "samples", most: number}} DensityCache
 */

export class Timeline {
  /** @param {RunModel[]} runs @param {ViewStore} store @param {() => Theme} theme @param {boolean} served */
  constructor(runs, store, theme, served) {
    this.runs = runs;
    this.store = store;
    this.theme = theme;
    this.host = byId("picture");
    this.canvas =
        el("canvas", {id: "density", tabindex: "0", role: "img", "aria-describedby": "picture-text"});
    this.overlay = el("canvas", {id: "overlay", "aria-hidden": "true"});
    this.host.prepend(this.canvas, this.overlay);
    /** @type {DensityCache[]} */
    this.caches = runs.map(() => ({
                             image: document.createElement("canvas"),
                             grid: null,
                             marked: null,
                             counted: 0,
                             basis: "tiles",
                             most: 0
                           }));
    this.details = runs.map(
        (run) => (served && !run.samples.complete ? new DetailSource(run, () => this.request()) : null));
    this.ratio = 1;
    this.geometry = timelineGeometry(100, 100, runs.length, new Set());
    /** @type {?{x: number, y: number}} */
    this.pointer = null;
    /** @type {number[]} */
    this.redraws = [];
    this.frame = 0;
    /** @type {() => void} */
    this.onDrawn = () => {};
    new ResizeObserver(() => this.request()).observe(this.host);
  }

  /** Draws with the next frame, once. */
  request() {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  get busy() {
    return this.frame !== 0 || this.details.some((source) => source !== null && source.busy);
  }

  get window() {
    return windowOf(this.store.state, this.runs);
  }

  /** All that there is: what is shown when nothing is zoomed. @returns {Window} */
  get whole() {
    return windowOf({...this.store.state, t0: null, t1: null, p0: null, p1: null}, this.runs);
  }

  resize() {
    const width = Math.max(160, this.host.clientWidth);
    const height = Math.max(120, this.host.clientHeight);
    this.ratio = Math.min(3, window.devicePixelRatio || 1);
    for (const canvas of [this.canvas, this.overlay]) {
      const w = Math.round(width * this.ratio);
      const h = Math.round(height * this.ratio);
      if (canvas.width !== w) canvas.width = w;
      if (canvas.height !== h) canvas.height = h;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    this.geometry = timelineGeometry(width, height, this.runs.length, layersOf(this.store.state));
  }

  draw() {
    const start = performance.now();
    this.resize();
    const ctx = contextOf(this.canvas);
    const colours = canvasColours(this.theme());
    const {geometry, window: shown} = this;
    const layers = layersOf(this.store.state);
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    ctx.fillStyle = colours.background;
    ctx.fillRect(0, 0, geometry.width, geometry.height);
    const last = geometry.strips.at(-1);
    drawTimeAxis(ctx, geometry.axis, shown, last ? last.y + last.h : 0, colours);
    this.runs.forEach((run, i) => this.drawRun(ctx, run, geometry.plots[i], shown, layers));
    for (const strip of geometry.strips) drawStrip(ctx, strip, shown, this.runs, colours);
    this.drawOverlay();
    this.redraws.push(performance.now() - start);
    if (this.redraws.length > 200) this.redraws.shift();
    this.onDrawn();
  }

  /**
   * @param {CanvasRenderingContext2D} ctx @param {RunModel} run @param {Area} area @param {Window}
   *     shown @param {Set<string>} layers
   */
  drawRun(ctx, run, area, shown, layers) {
    const colours = canvasColours(this.theme());
    this.countRun(run, area, shown);
    if (this.runs.length > 1) {
      ctx.font = kBoldFont;
      ctx.textAlign = "left";
      ctx.textBaseline = "bottom";
      ctx.fillStyle = colours.text;
      ctx.fillText(
          fittingText(ctx, `${run.index === 0 ? "A" : "B"}: ${run.data.name}`, area.w), area.x, area.y - 3);
    }
    ctx.save();
    ctx.beginPath();
    ctx.rect(area.x - 9, area.y, area.w + 9, area.h);
    ctx.clip();
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(this.caches[run.index].image, area.x, area.y, area.w, area.h);
    drawGaps(ctx, run, area, shown, colours);
    if (layers.has("periods")) drawPeriods(ctx, run, area, shown, colours);
    if (layers.has("faults")) drawFaults(ctx, run, area, shown, colours);
    const mask = selectedObjects(this.store.state, this.runs, run);
    const marked = (/** @type {number} */ object) => mask !== null && mask[object + 1] === 1;
    if (layers.has("boxes") || mask) {
      const boxes = layers.has("boxes") ? run.boxes : run.boxes.filter((box) => marked(box.object));
      drawBoxes(ctx, run, boxes, area, shown, colours, marked);
    }
    ctx.restore();
    ctx.fillStyle = colours.line;
    ctx.fillRect(area.x - 1, area.y, 1, area.h);
    ctx.fillRect(area.x, area.y + area.h, area.w, 1);
    drawAddressLabels(ctx, run, area, shown, colours);
  }

  /** Counts and colours the cells of a run. @param {RunModel} run @param {Area} area @param {Window} shown */
  countRun(run, area, shown) {
    const cache = this.caches[run.index];
    const filter = sampleFilter(this.store.state, run, this.runs.length);
    const whole = {t0: run.data.begin_ns, t1: run.data.end_ns, length: run.axis.length};
    cache.basis = this.basisOf(run, shown, filterIsOpen(filter));
    const samples = this.samplesOf(run);
    if (cache.basis === "samples") this.details[run.index]?.want(shown, this.whole);
    const expected = cache.basis === "tiles" ? run.data.samples.total : samples.countIn(shown.t0, shown.t1);
    const cell = cellPixels(expected, this.ratio);
    const columns = Math.max(1, Math.ceil((area.w * this.ratio) / cell));
    const rows = Math.max(1, Math.ceil((area.h * this.ratio) / cell));
    cache.grid = emptyGrid(columns, rows, cache.grid);
    cache.counted = 0;
    if (cache.basis === "tiles" && run.tiles)
      countTiles(cache.grid, run.tiles, shown, whole);
    else
      cache.counted = countSamples(cache.grid, samples, shown, filter);
    const mask = cache.basis === "samples" ? selectedObjects(this.store.state, this.runs, run) : null;
    cache.most = largestCount(cache.grid);
    if (cache.image.width !== columns) cache.image.width = columns;
    if (cache.image.height !== rows) cache.image.height = rows;
    const pixels = new ImageData(columns, rows);
    const words = new Uint32Array(pixels.data.buffer);
    paintDensity(words, cache.grid, cache.most, this.theme(), mask ? "faded" : "full");
    if (mask) {
      cache.marked = emptyGrid(columns, rows, cache.marked);
      countSamples(cache.marked, samples, shown, {...filter, objects: mask});
      paintDensity(words, cache.marked, cache.most, this.theme(), "full");
    }
    contextOf(cache.image).putImageData(pixels, 0, 0);
  }

  /** The samples that the window is drawn from. @param {RunModel} run */
  samplesOf(run) {
    return samplesFor(run, this.details[run.index]?.detail ?? null, this.window);
  }

  /**
   * Tiles count everything, but coarsely; samples are as fine as one likes. @param {RunModel}
   * run @param {Window} shown @param {boolean} open @returns {"tiles" | "samples"}
   */
  basisOf(run, shown, open) {
    if (!run.tiles) return "samples";
    if (run.samples.complete) return run.samples.ready ? "samples" : "tiles";
    const whole = wholeTime([run]);
    const coarse =
        (shown.t1 - shown.t0) / (whole.t1 - whole.t0) < 0.7 || (shown.p1 - shown.p0) / run.axis.length < 0.7;
    const selected = selectedObjects(this.store.state, this.runs, run) !== null;
    return run.samples.loaded > 0 && (coarse || !open || selected) ? "samples" : "tiles";
  }

  /** What changes with every movement of the pointer. */
  drawOverlay() {
    const ctx = contextOf(this.overlay);
    const colours = canvasColours(this.theme());
    const {geometry, window: shown} = this;
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    ctx.clearRect(0, 0, geometry.width, geometry.height);
    const area = geometry.plots[0];
    const last = geometry.strips.at(-1) ?? geometry.axis;
    const bottom = last.y + last.h;
    const {b0, b1} = this.store.state;
    if (b0 !== null && b1 !== null) {
      const x0 = Math.max(area.x, xOfTime(area, shown, b0));
      const x1 = Math.min(area.x + area.w, xOfTime(area, shown, b1));
      if (x1 >= x0) {
        ctx.fillStyle = colours.brush;
        ctx.fillRect(x0, 0, x1 - x0, bottom);
        ctx.fillStyle = colours.soft;
        ctx.fillRect(Math.round(x0), 0, 1, bottom);
        ctx.fillRect(Math.round(x1), 0, 1, bottom);
      }
    }
    if (!this.pointer) return;
    const {x, y} = this.pointer;
    if (x < area.x || x > area.x + area.w) return;
    ctx.globalAlpha = 0.5;
    ctx.fillStyle = colours.cross;
    ctx.fillRect(Math.round(x), 0, 1, bottom);
    const plot = this.plotAt(x, y);
    if (plot) ctx.fillRect(area.x, Math.round(y), area.w, 1);
    ctx.globalAlpha = 1;
  }

  /** The plot at a point. @param {number} x @param {number} y @returns {?{run: RunModel, area: Area}} */
  plotAt(x, y) {
    for (let i = 0; i < this.runs.length; ++i) {
      const area = this.geometry.plots[i];
      if (y >= area.y && y <= area.y + area.h && x >= area.x && x <= area.x + area.w)
        return {run: this.runs[i], area};
    }
    return null;
  }
}

/** @param {HTMLCanvasElement} canvas @returns {CanvasRenderingContext2D} */
export function contextOf(canvas) {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser draws no canvas");
  return context;
}
