// What is at a point of the picture: object, nearest sample, code.
import {weighSamples} from "./density.js";
import {el, replaceContent} from "./dom.js";
import {sampleFilter} from "./filters.js";
import {formatAddress, formatBytes, formatCount, formatDuration, formatMoment, formatPlural, shortenName} from "./format.js";
import {canvasColours} from "./palette.js";
import {kPlaceSteps, sourceOf} from "./samples.js";
import {stripWords} from "./strips.js";
import {placeOfPixel, timeOfX} from "./timeline_geometry.js";

/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./samples.js").SampleSet} SampleSet */
/** @typedef {import("./timeline.js").Timeline} Timeline */
/** @typedef {import("./report_types.js").SampleChunk} SampleChunk */
/** @typedef {import("./timeline_geometry.js").Area} Area */

/** Pixels around the pointer in which a sample is looked for. */
const kReach = 5;

/**
 * `object`: index or -1; `group`: of an object that is not told apart from others, or -1. `near`: the
 * nearest sample.
 * @typedef {{run: RunModel, time: number, address: bigint, object: number, group: number,
 *   near: ?{chunk: SampleChunk, index: number}, inCell: number}} Spot
 */

/** @param {Timeline} timeline @param {number} x @param {number} y @returns {?Spot} */
export function spotAt(timeline, x, y) {
  const hit = timeline.plotAt(x, y);
  if (!hit) return null;
  const {run, area} = hit;
  const shown = timeline.window;
  const time = timeOfX(area, shown, x);
  const place = placeOfPixel(area, shown, y);
  const near = nearestSample(
      timeline.samplesOf(run), time, place, (kReach * (shown.t1 - shown.t0)) / area.w,
      (kReach * (shown.p1 - shown.p0)) / area.h);
  const row = near ? near.chunk.object[near.index] : 0;
  const isObject = row > 0 && row <= run.data.objects.group.length;
  const group = isObject ? -1 : run.groupOfRow[row] ?? -1;
  const reach = {place: (2 * (shown.p1 - shown.p0)) / area.h, time: (2 * (shown.t1 - shown.t0)) / area.w};
  const object = isObject ? row - 1 :
      group >= 0          ? -1 :
                            smallestBox(run, time, place, reach.place, reach.time);
  return {
    run,
    time,
    address: run.axis.addressAt(place),
    object,
    group,
    near,
    inCell: cellCount(timeline, run, area, x, y)
  };
}

/**
 * The smallest box around a point. @param {RunModel} run @param {number} time @param {number}
 * place @param {number} placeReach @param {number} timeReach
 */
export function smallestBox(run, time, place, placeReach, timeReach) {
  for (let i = run.boxes.length - 1; i >= 0; --i) {
    const box = run.boxes[i];
    // Reach is for boxes of less than some pixels: one must be able to point at them.
    const high = Math.max(0, placeReach - (box.to - box.from));
    const wide = Math.max(0, timeReach - (box.end - box.start));
    if (time >= box.start - wide && time <= box.end + wide && place >= box.from - high &&
        place < box.to + high)
      return box.object;
  }
  return -1;
}

/**
 * @param {SampleSet} samples @param {number} time @param {number} place @param {number}
 *     timeReach @param {number} placeReach
 */
export function nearestSample(samples, time, place, timeReach, placeReach) {
  /** @type {?{chunk: SampleChunk, index: number}} */
  let best = null;
  let least = 1;
  samples.forRange(time - timeReach, time + timeReach, (chunk, begin, end) => {
    for (let i = begin; i < end; ++i) {
      const dy = ((chunk.place[i] >>> 2) / kPlaceSteps - place) / placeReach;
      if (dy > 1 || dy < -1) continue;
      const dx = (chunk.time[i] - time) / timeReach;
      const distance = dx * dx + dy * dy;
      if (distance <= least) {
        least = distance;
        best = {chunk, index: i};
      }
    }
  });
  return /** @type {?{chunk: SampleChunk, index: number}} */ (best);
}

/** @param {Timeline} timeline @param {RunModel} run @param {Area} area @param {number} x @param {number} y */
function cellCount(timeline, run, area, x, y) {
  const {grid, basis} = timeline.caches[run.index];
  const samples = timeline.samplesOf(run);
  if (!grid) return 0;
  const column = Math.min(grid.columns - 1, Math.floor(((x - area.x) / area.w) * grid.columns));
  const row = Math.min(grid.rows - 1, Math.floor(((area.y + area.h - y) / area.h) * grid.rows));
  if (basis === "samples" && !samples.complete) {
    const shown = timeline.window;
    const wide = (shown.t1 - shown.t0) / grid.columns;
    const high = (shown.p1 - shown.p0) / grid.rows;
    const cell = {
      t0: shown.t0 + column * wide,
      t1: shown.t0 + (column + 1) * wide,
      p0: shown.p0 + row * high,
      p1: shown.p0 + (row + 1) * high
    };
    return weighSamples(samples, cell, sampleFilter(timeline.store.state, run, timeline.runs.length));
  }
  const at = (column * grid.rows + row) * 4;
  return grid.counts[at] + grid.counts[at + 1] + grid.counts[at + 2] + grid.counts[at + 3];
}

const kKinds = ["access", "load", "store", "load and store"];

/**
 * Lines of the description of a spot: name and text. @param {Timeline} timeline @param {Spot}
 * spot @returns {[string, string][]}
 */
export function spotWords(timeline, spot) {
  const {run, near, object} = spot;
  const {data} = run;
  const shown = timeline.window;
  const resolution = (shown.t1 - shown.t0) / Math.max(1, timeline.geometry.axis.w);
  /** @type {[string, string][]} */
  const lines = [];
  const address = near ? run.axis.addressOfY(near.chunk.y[near.index]) : spot.address;
  const time = near ? near.chunk.time[near.index] : spot.time;
  lines.push(["Time", formatMoment(time, near ? 1000 : resolution)]);
  lines.push(["Address", formatAddress(address)]);
  if (object >= 0) {
    const base = BigInt(data.objects.address[object]);
    const offset = address - base;
    const inside = offset >= 0n && offset < BigInt(Math.max(1, data.objects.size[object]));
    lines.push(
        ["Object", shortenName(run.objectName(object), 300) + (inside ? ` + ${formatAddress(offset)}` : "")]);
    const group = data.objects.group[object];
    const site = run.text(data.groups.site[group]);
    lines.push([
      "",
      `${formatBytes(data.objects.size[object])}, ${run.text(data.groups.type[group])}${life(run, object)}`
    ]);
    if (site) lines.push(["Allocated by", shortenName(site, 300)]);
  }
  if (spot.group >= 0)
    lines.push(
        ["Object", `${shortenName(run.groupName(spot.group), 300)}, one of many that are not told apart`]);
  if (near) lines.push(...sampleWords(run, near.chunk, near.index));
  if (spot.inCell > 0) lines.push(["Here", cellWords(timeline, spot)]);
  return lines;
}

/**
 * Tiles are exact, but coarser than dots when zoomed, and have an access that reads and writes twice.
 * @param {Timeline} timeline @param {Spot} spot
 */
function cellWords(timeline, spot) {
  const count = Math.round(spot.inCell);
  if (timeline.caches[spot.run.index].basis === "tiles")
    return `${formatPlural(count, "sampled load or store", "sampled loads and stores")} in this tile`;
  const words = `${formatPlural(count, "sampled access", "sampled accesses")} in this dot`;
  return timeline.samplesOf(spot.run).complete ? words : `about ${words}`;
}

/** @param {RunModel} run @param {number} object */
function life(run, object) {
  const start = run.data.objects.start[object];
  const end = run.data.objects.end[object];
  if (start <= run.data.begin_ns && end < 0) return "";
  return end < 0 ? `, from ${formatMoment(start, 1e5)} to the end` : `, lived ${formatDuration(end - start)}`;
}

/** @param {RunModel} run @param {SampleChunk} chunk @param {number} index @returns {[string, string][]} */
function sampleWords(run, chunk, index) {
  const meta = chunk.meta[index];
  /** @type {[string, string][]} */
  const lines = [["Code", shortenName(run.codeName(chunk.code[index]), 300)]];
  const words = [kKinds[meta & 3], `by ${run.threadName(chunk.thread[index])}`];
  if (chunk.latency.length > 0 && chunk.latency[index] > 0)
    words.push(`${formatCount(chunk.latency[index])} cycles`);
  const source = run.data.source_names[sourceOf(meta)];
  if (source && source !== "unknown") words.push(source.replaceAll("_", " "));
  lines.push(["Nearest", words.join(", ")]);
  return lines;
}

/** The box beside the pointer. */
export class Tooltip {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
  }

  hide() {
    this.element.hidden = true;
  }

  /**
   * @param {[string, string][]} lines @param {number} x @param {number} y @param {number}
   *     width @param {number} height of the host
   */
  show(lines, x, y, width, height) {
    if (lines.length === 0) return this.hide();
    replaceContent(
        this.element,
        el("dl", {}, lines.flatMap(([name, text]) => [el("dt", {}, name), el("dd", {}, text)])));
    this.element.hidden = false;
    const box = this.element.getBoundingClientRect();
    const left = x + 16 + box.width > width ? x - 16 - box.width : x + 16;
    const top = Math.min(y + 14, height - box.height - 4);
    this.element.style.left = `${Math.max(2, left)}px`;
    this.element.style.top = `${Math.max(2, top)}px`;
  }
}

/**
 * What to say of a point: of a plot, or of a strip. @param {Timeline} timeline @param {number}
 * x @param {number} y @returns {[string, string][]}
 */
export function wordsAt(timeline, x, y) {
  const spot = spotAt(timeline, x, y);
  if (spot) return spotWords(timeline, spot);
  const strip = timeline.geometry.strips.find(
      (area) => y >= area.y && y <= area.y + area.h && x >= area.x && x <= area.x + area.w);
  if (!strip) return [];
  const time = timeOfX(strip, timeline.window, x);
  return [
    ["Time", formatMoment(time, 1e5)],
    ...stripWords(strip, timeline.runs, canvasColours(timeline.theme()), time)
  ];
}
