// Where things stand in the picture: plots above each other, the time axis, strips below it.

/** @typedef {import("./state.js").ViewState} ViewState */
/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./density.js").Window} Window */
/** @typedef {{x: number, y: number, w: number, h: number}} Area  CSS pixels */

/**
 * @typedef {{width: number, height: number, plots: Area[], axis: Area,
 *   strips: (Area & {name: string})[]}} Geometry
 */

/** Strips in their order. @type {readonly string[]} */
export const kStrips = ["heap", "rate", "losses", "governor"];

const kAxisHeight = 24;
const kGap = 6;

/**
 * @param {number} width @param {number} height @param {number} runs @param {Set<string>} layers
 * @returns {Geometry}
 */
export function timelineGeometry(width, height, runs, layers) {
  const left = width < 700 ? 84 : 148;
  const inner = Math.max(40, width - left - 10);
  const names = kStrips.filter((name) => layers.has(name));
  const stripHeight =
      Math.max(22, Math.min(50, Math.floor((height * 0.34) / Math.max(1, names.length)) - kGap));
  const stripsHeight = names.length * (stripHeight + kGap);
  const plotsHeight = Math.max(40 * runs, height - kAxisHeight - stripsHeight - 4);
  const header = runs > 1 ? 16 : 2;
  const each = Math.floor(plotsHeight / runs);
  /** @type {Area[]} */
  const plots = [];
  for (let run = 0; run < runs; ++run)
    plots.push({x: left, y: run * each + header, w: inner, h: each - header - (run + 1 < runs ? 4 : 0)});
  const axisY = each * runs;
  const strips = names.map(
      (name, i) =>
          ({name, x: left, y: axisY + kAxisHeight + i * (stripHeight + kGap) + 2, w: inner, h: stripHeight}));
  return {width, height, plots, axis: {x: left, y: axisY, w: inner, h: kAxisHeight}, strips};
}

/** The time that all runs span. @param {RunModel[]} runs */
export function wholeTime(runs) {
  const t0 = Math.min(...runs.map((run) => run.data.begin_ns));
  const t1 = Math.max(...runs.map((run) => run.data.end_ns));
  return {t0, t1: t1 > t0 ? t1 : t0 + 1};
}

/** What is shown. @param {ViewState} state @param {RunModel[]} runs @returns {Window} */
export function windowOf(state, runs) {
  const whole = wholeTime(runs);
  return {
    t0: state.t0 ?? whole.t0,
    t1: state.t1 ?? whole.t1,
    p0: state.p0 ?? 0,
    p1: state.p1 ?? Math.max(...runs.map((run) => run.axis.length)),
  };
}

/** @param {Area} area @param {Window} window @param {number} time */
export function xOfTime(area, window, time) {
  return area.x + ((time - window.t0) / (window.t1 - window.t0)) * area.w;
}

/** @param {Area} area @param {Window} window @param {number} x */
export function timeOfX(area, window, x) {
  return window.t0 + ((x - area.x) / area.w) * (window.t1 - window.t0);
}

/** Addresses grow upwards. @param {Area} area @param {Window} window @param {number} place */
export function yOfPlace(area, window, place) {
  return area.y + area.h - ((place - window.p0) / (window.p1 - window.p0)) * area.h;
}

/** @param {Area} area @param {Window} window @param {number} y */
export function placeOfPixel(area, window, y) {
  return window.p0 + ((area.y + area.h - y) / area.h) * (window.p1 - window.p0);
}

/** Shortest time that can be zoomed to, and the smallest part of the axis. */
const kLeastNs = 20;
const kLeastPlaces = 0.05;

/**
 * A window zoomed by a factor about a point (shares of the window), kept inside the whole.
 * @param {Window} window @param {number} timeFactor below 1 zooms in @param {number} placeFactor
 * @param {number} timeShare @param {number} placeShare @param {Window} whole
 * @returns {Window}
 */
export function zoomWindow(window, timeFactor, placeFactor, timeShare, placeShare, whole) {
  const [t0, t1] = zoomRange(window.t0, window.t1, timeFactor, timeShare, whole.t0, whole.t1, kLeastNs);
  const [p0, p1] = zoomRange(window.p0, window.p1, placeFactor, placeShare, whole.p0, whole.p1, kLeastPlaces);
  return {t0, t1, p0, p1};
}

/**
 * @param {number} from @param {number} to @param {number} factor @param {number} share
 * @param {number} low @param {number} high @param {number} least @returns {[number, number]}
 */
function zoomRange(from, to, factor, share, low, high, least) {
  if (factor === 1) return [from, to];
  const span = Math.min(high - low, Math.max(least, (to - from) * factor));
  const pivot = from + (to - from) * share;
  return shiftInside(pivot - span * share, span, low, high);
}

/**
 * @param {number} from @param {number} span @param {number} low @param {number} high @returns {[number,
 *     number]}
 */
function shiftInside(from, span, low, high) {
  const start = Math.min(Math.max(from, low), high - span);
  return [start, start + span];
}

/**
 * @param {Window} window @param {number} timeShare @param {number} placeShare @param {Window}
 *     whole @returns {Window}
 */
export function panWindow(window, timeShare, placeShare, whole) {
  const [t0, t1] =
      shiftInside(window.t0 + timeShare * (window.t1 - window.t0), window.t1 - window.t0, whole.t0, whole.t1);
  const [p0, p1] = shiftInside(
      window.p0 + placeShare * (window.p1 - window.p0), window.p1 - window.p0, whole.p0, whole.p1);
  return {t0, t1, p0, p1};
}

/** For the state: null where all is shown. @param {Window} window @param {Window} whole */
export function windowState(window, whole) {
  const allTime = window.t1 - window.t0 >= (whole.t1 - whole.t0) * (1 - 1e-9);
  const allPlaces = window.p1 - window.p0 >= (whole.p1 - whole.p0) * (1 - 1e-9);
  return {
    t0: allTime ? null : window.t0,
    t1: allTime ? null : window.t1,
    p0: allPlaces ? null : window.p0,
    p1: allPlaces ? null : window.p1,
  };
}
