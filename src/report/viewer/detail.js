// Of a recording too large for the page, the server gives every sample of the part that is zoomed to.
import {SampleSet} from "./samples.js";
import {DecoderPool} from "./worker_pool.js";

/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./density.js").Window} Window */
/** @typedef {{window: Window, samples: SampleSet}} Detail */

const kPauseMs = 200;
/** More than what is shown is asked for, so that small movements need no new answer: a share on each side. */
const kMargin = 0.25;

/** @param {Window} outer @param {Window} inner */
export function windowCovers(outer, inner) {
  return outer.t0 <= inner.t0 && outer.t1 >= inner.t1 && outer.p0 <= inner.p0 && outer.p1 >= inner.p1;
}

/** @param {Window} window @param {number} margin @param {Window} whole @returns {Window} */
export function widerWindow(window, margin, whole) {
  const time = (window.t1 - window.t0) * margin;
  const places = (window.p1 - window.p0) * margin;
  return {
    t0: Math.floor(Math.max(whole.t0, window.t0 - time)),
    t1: Math.ceil(Math.min(whole.t1, window.t1 + time)),
    p0: Math.floor(Math.max(whole.p0, window.p0 - places)),
    p1: Math.ceil(Math.min(whole.p1, window.p1 + places)),
  };
}

/**
 * The samples to draw a window from: every one of it, if they are here. @param {RunModel}
 * run @param {?Detail} detail @param {Window} window
 */
export function samplesFor(run, detail, window) {
  return detail && windowCovers(detail.window, window) ? detail.samples : run.samples;
}

/** Fetches details of one run. */
export class DetailSource {
  /** @param {RunModel} run @param {() => void} arrived */
  constructor(run, arrived) {
    this.run = run;
    this.arrived = arrived;
    /** @type {?Detail} */
    this.detail = null;
    /** A window that has too many samples for one answer. @type {?Window} */
    this.tooLarge = null;
    this.timer = 0;
    this.asked = 0;
    this.open = 0;
    /** @type {?DecoderPool} */
    this.pool = null;
  }

  /**
   * Asks for a window unless it is here, or is known to be too large. @param {Window} window @param {Window}
   * whole
   */
  want(window, whole) {
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.detail && windowCovers(this.detail.window, window)) return;
    if (this.tooLarge && windowCovers(window, this.tooLarge)) return;
    if (window.t1 <= window.t0) return;
    this.timer = setTimeout(() => {
      this.timer = 0;
      ++this.open;
      this.fetch(window, whole).finally(() => --this.open);
    }, kPauseMs);
  }

  /** An answer is waited for, or about to be asked for. */
  get busy() {
    return this.timer !== 0 || this.open > 0;
  }

  /** @param {Window} window @param {Window} whole */
  async fetch(window, whole) {
    const number = ++this.asked;
    const wide = widerWindow(window, kMargin, whole);
    const query = new URLSearchParams(
        {begin_ns: `${wide.t0}`, end_ns: `${wide.t1}`, axis_begin: `${wide.p0}`, axis_end: `${wide.p1}`});
    try {
      const answer = await fetch(`samples/${this.run.index}?${query}`);
      if (!answer.ok) return;
      const about = JSON.parse(answer.headers.get("X-Heimdallr-Samples") ?? "null");
      if (!about) return;
      if (!about.complete) {
        this.tooLarge = window;
        return;
      }
      this.pool ??= new DecoderPool(1);
      const chunk = await this.pool.decode({
        data: new Uint8Array(await answer.arrayBuffer()),
        count: about.count,
        firstNs: about.first_ns,
        unitNs: about.time_unit_ns,
        context: this.run.axis.decodeContext(this.run.data.samples.planes),
      });
      if (number !== this.asked) return;
      this.detail = {window: wide, samples: SampleSet.ofPart(this.run.data, chunk)};
      this.arrived();
    } catch {
      // The server is gone: the sample that is here goes on being shown, and says that it is one.
    }
  }
}
