// Pointer, wheel and keys of the picture.
import {announce} from "./dom.js";
import {spotAt, Tooltip, wordsAt} from "./hover.js";
import {panWindow, placeOfPixel, timeOfX, windowState, zoomWindow} from "./timeline_geometry.js";

/** @typedef {import("./timeline.js").Timeline} Timeline */
/** @typedef {import("./state.js").HistoryMode} HistoryMode */

const kZoomStep = 1.4;
const kCursorStep = 8;

export class TimelineInput {
  /** @param {Timeline} timeline @param {HTMLElement} tooltip */
  constructor(timeline, tooltip) {
    this.timeline = timeline;
    this.store = timeline.store;
    this.tooltip = new Tooltip(tooltip);
    /**
     * @type {?{mode: "pan" | "brush" | "place", x: number, y: number, moved: boolean, window:
     *     import("./density.js").Window, time: number}}
     */
    this.drag = null;
    const {canvas} = timeline;
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointercancel", () => (this.drag = null));
    canvas.addEventListener("pointerleave", () => this.leave());
    canvas.addEventListener("dblclick", () => this.reset());
    canvas.addEventListener("wheel", (event) => this.wheel(event), {passive: false});
    canvas.addEventListener("keydown", (event) => this.cursorKey(event));
    canvas.addEventListener("blur", () => this.leave());
  }

  /** @param {MouseEvent} event @returns {{x: number, y: number}} */
  pointOf(event) {
    const box = this.timeline.canvas.getBoundingClientRect();
    return {x: event.clientX - box.left, y: event.clientY - box.top};
  }

  /** @param {PointerEvent} event */
  press(event) {
    if (event.button !== 0) return;
    const {x, y} = this.pointOf(event);
    const shown = this.timeline.window;
    const area = this.timeline.geometry.plots[0];
    this.timeline.canvas.setPointerCapture(event.pointerId);
    this.drag = {
      mode: event.shiftKey ? "brush" : "pan",
      x,
      y,
      moved: false,
      window: shown,
      time: clampTime(timeOfX(area, shown, x), shown),
    };
  }

  /** @param {PointerEvent} event */
  move(event) {
    const {x, y} = this.pointOf(event);
    this.timeline.pointer = {x, y};
    const {drag, timeline} = this;
    if (drag && (drag.moved || Math.hypot(x - drag.x, y - drag.y) > 3)) {
      drag.moved = true;
      this.tooltip.hide();
      const area = timeline.geometry.plots[0];
      if (drag.mode === "brush") {
        const time = clampTime(timeOfX(area, drag.window, x), drag.window);
        this.store.set({b0: Math.min(time, drag.time), b1: Math.max(time, drag.time)}, "movement");
      } else {
        const plot = timeline.geometry.plots[0];
        const next = panWindow(drag.window, (drag.x - x) / area.w, (y - drag.y) / plot.h, timeline.whole);
        this.store.set(windowState(next, timeline.whole), "movement");
      }
      return;
    }
    this.showAt(x, y);
  }

  /** @param {number} x @param {number} y */
  showAt(x, y) {
    const {timeline} = this;
    timeline.drawOverlay();
    this.tooltip.show(wordsAt(timeline, x, y), x, y, timeline.geometry.width, timeline.host.clientHeight);
  }

  /** @param {PointerEvent} event */
  release(event) {
    const {drag} = this;
    this.drag = null;
    if (!drag) return;
    if (drag.moved) {
      this.store.settle();
      return;
    }
    const {x, y} = this.pointOf(event);
    this.choose(x, y);
  }

  /**
   * Selects what is at a point; what is selected already, or nothing, ends the selection. @param {number}
   * x @param {number} y
   */
  choose(x, y) {
    const spot = spotAt(this.timeline, x, y);
    if (!spot) return;
    const select = spot.object >= 0 ? `o${spot.run.index}.${spot.object}` :
        spot.group >= 0 ? `g${spot.run.index}.${spot.group}` :
                          "";
    this.store.set({select: select === this.store.state.select ? "" : select});
  }

  leave() {
    if (this.drag) return;
    this.timeline.pointer = null;
    this.tooltip.hide();
    this.timeline.drawOverlay();
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    event.preventDefault();
    const {x, y} = this.pointOf(event);
    const {timeline} = this;
    const lines = event.deltaMode === 1 ? 33 : 1;
    const inMargin = x < timeline.geometry.plots[0].x;
    if (!event.shiftKey && Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.pan((event.deltaX * lines) / timeline.geometry.axis.w, 0);
      return;
    }
    const amount = (event.shiftKey && event.deltaY === 0 ? event.deltaX : event.deltaY) * lines;
    const factor = Math.exp(Math.max(-1, Math.min(1, amount * 0.0022)));
    if (event.shiftKey || event.altKey || inMargin)
      this.zoom(1, factor, {x, y});
    else
      this.zoom(factor, 1, {x, y});
  }

  /**
   * @param {number} timeFactor @param {number} placeFactor @param {?{x: number, y: number}} at null = the
   *     middle
   */
  zoom(timeFactor, placeFactor, at) {
    const {timeline} = this;
    const shown = timeline.window;
    const area = (at && timeline.plotAt(Math.max(at.x, timeline.geometry.plots[0].x), at.y)?.area) ||
        timeline.geometry.plots[0];
    const share = (/** @type {number} */ value, /** @type {number} */ from, /** @type {number} */ to) =>
        Math.min(1, Math.max(0, (value - from) / (to - from)));
    const timeShare = at ? share(timeOfX(area, shown, at.x), shown.t0, shown.t1) : 0.5;
    const placeShare = at ? share(placeOfPixel(area, shown, at.y), shown.p0, shown.p1) : 0.5;
    const next = zoomWindow(shown, timeFactor, placeFactor, timeShare, placeShare, timeline.whole);
    this.store.set(windowState(next, timeline.whole), "movement");
  }

  /** @param {number} timeShare @param {number} placeShare of what is shown */
  pan(timeShare, placeShare) {
    const {timeline} = this;
    this.store.set(
        windowState(panWindow(timeline.window, timeShare, placeShare, timeline.whole), timeline.whole),
        "movement");
  }

  reset() {
    this.store.set({t0: null, t1: null, p0: null, p1: null, b0: null, b1: null});
  }

  /** Brushes what is shown. */
  brushShown() {
    const {t0, t1} = this.timeline.window;
    this.store.set({b0: t0, b1: t1});
  }

  /** Shows what is brushed. */
  zoomToBrush() {
    const {b0, b1} = this.store.state;
    if (b0 !== null && b1 !== null) this.store.set({t0: b0, t1: b1, b0: null, b1: null});
  }

  /**
   * Keys that work wherever no text is typed.
   * @param {KeyboardEvent} event @returns {boolean} it was one
   */
  globalKey(event) {
    const at = this.timeline.pointer;
    const actions = /** @type {Record<string, () => void>} */ ({
      w: () => this.zoom(1 / kZoomStep, 1, at),
      s: () => this.zoom(kZoomStep, 1, at),
      a: () => this.pan(-0.2, 0),
      d: () => this.pan(0.2, 0),
      W: () => this.zoom(1, 1 / kZoomStep, at),
      S: () => this.zoom(1, kZoomStep, at),
      A: () => this.pan(0, -0.2),
      D: () => this.pan(0, 0.2),
      "+": () => this.zoom(1 / kZoomStep, 1 / kZoomStep, at),
      "=": () => this.zoom(1 / kZoomStep, 1 / kZoomStep, at),
      "-": () => this.zoom(kZoomStep, kZoomStep, at),
      b: () => this.brushShown(),
      z: () => this.zoomToBrush(),
      0: () => this.reset(),
    });
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return false;
    action();
    return true;
  }

  /**
   * With the picture in focus, arrows move a cross; Enter selects what is there. @param {KeyboardEvent}
   * event
   */
  cursorKey(event) {
    const {timeline} = this;
    const area = timeline.geometry.plots[0];
    const point = timeline.pointer ?? {x: area.x + area.w / 2, y: area.y + area.h / 2};
    const step = event.shiftKey ? 1 : kCursorStep;
    const moves = /** @type {Record<string, [number, number]>} */ ({
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step],
    });
    const move = moves[event.key];
    if (move) {
      event.preventDefault();
      const last = timeline.geometry.plots[timeline.geometry.plots.length - 1];
      timeline.pointer = {
        x: Math.min(area.x + area.w, Math.max(area.x, point.x + move[0])),
        y: Math.min(last.y + last.h, Math.max(area.y, point.y + move[1])),
      };
      this.showAt(timeline.pointer.x, timeline.pointer.y);
      announce(wordsAt(timeline, timeline.pointer.x, timeline.pointer.y)
                   .map((words) => words.join(" "))
                   .join(", "));
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.choose(point.x, point.y);
    }
  }
}

/** @param {number} time @param {import("./density.js").Window} window */
function clampTime(time, window) {
  return Math.min(window.t1, Math.max(window.t0, time));
}
