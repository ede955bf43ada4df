// The strips below the picture: heap, rate of accesses, losses and what the governor did, all on the
// picture's time.
import {formatBytes, formatDuration, formatShort} from "./format.js";
import {kBoldFont, kSmallFont} from "./plot_layers.js";
import {xOfTime} from "./timeline_geometry.js";

/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./timeline_geometry.js").Area} Area */
/** @typedef {import("./density.js").Window} Window */
/** @typedef {import("./plot_layers.js").Colours} Colours */
/** @typedef {CanvasRenderingContext2D} Context */

/**
 * A line of a strip: values in equal parts of begin..end.
 * @typedef {{values: ArrayLike<number>, begin: number, end: number, colour: string,
 *   style: "area" | "line" | "dashed", name: string}} StripLine
 */

/** @type {Readonly<Record<string, string>>} */
export const kStripTitles = {
  heap: "Heap",
  rate: "Access rate",
  losses: "Not recorded",
  governor: "Sampling"
};

/**
 * @param {string} name @param {RunModel[]} runs @param {Colours} colours
 * @returns {{lines: StripLine[], text: (value: number) => string, empty: string}}
 */
export function stripContent(name, runs, colours) {
  /** @type {StripLine[]} */
  const lines = [];
  for (const run of runs) {
    const {series, begin_ns: begin, end_ns: end} = run.data;
    const seconds = Math.max(1e-9, (end - begin) / series.bins / 1e9);
    const style = run.index > 0 ? "dashed" : "line";
    const suffix = runs.length > 1 ? ` (${run.index === 0 ? "A" : "B"})` : "";
    /**
     * @param {ArrayLike<number>} values @param {string} colour @param {string} title @param {"area" |
     *     "line"} look
     */
    const add = (values, colour, title, look) => {
      if (anyAbove(values, 0))
        lines.push({values, begin, end, colour, style: run.index > 0 ? style : look, name: title + suffix});
    };
    if (name === "heap") {
      add(series.heap_bytes, colours.heap, "allocated", "area");
      add(series.mapped_bytes, colours.mapped, "mapped", "line");
    } else if (name === "rate") {
      const width = smoothWidth(series.loads, series.stores, series.unknown);
      add(rateOf(series.loads, seconds, width), colours.load, "loads", "area");
      add(rateOf(series.stores, seconds, width), colours.store, "stores", "line");
      add(rateOf(series.unknown, seconds, width), colours.soft, "of unknown kind", "line");
    } else if (name === "losses") {
      add(series.ticks_without_access, colours.soft, "samples without an address", "area");
      add(series.lost, colours.lost, "lost samples", "line");
    } else {
      const rate = samplingRate(run);
      if (rate) add(rate, colours.period, "samples per CPU second", "line");
    }
  }
  const text = name === "heap" ? formatBytes :
      name === "losses"        ? formatShort :
                                 (/** @type {number} */ value) => `${formatShort(value)}/s`;
  const empty = name === "heap" ? "no allocations were recorded" :
      name === "losses"         ? "nothing was lost" :
      name === "rate"           ? "no accesses" :
                                  "the recording does not say how often it sampled";
  return {lines, text, empty};
}

/** Counts of a part of the time that are more than chance: accesses come several at once. */
const kSteadyCount = 120;

/**
 * Bins that are taken together, as few as a steady rate needs: 1, 2, 4, ... 32.
 * @param {...number[]} kinds counts of each bin
 */
function smoothWidth(...kinds) {
  let sum = 0;
  let filled = 0;
  for (let i = 0; i < kinds[0].length; ++i) {
    const count = kinds.reduce((all, counts) => all + counts[i], 0);
    sum += count;
    if (count > 0) ++filled;
  }
  const mean = sum / Math.max(1, filled);
  let width = 1;
  while (width < 32 && mean * width < kSteadyCount) width *= 2;
  return width;
}

/**
 * Counts a second, the mean of `width` bins. @param {number[]} counts @param {number} seconds of a
 * bin @param {number} width
 */
export function rateOf(counts, seconds, width) {
  const values = new Float64Array(Math.ceil(counts.length / width));
  counts.forEach((count, i) => (values[Math.floor(i / width)] += count / (seconds * width)));
  return values;
}

/** @param {ArrayLike<number>} values @param {number} limit */
function anyAbove(values, limit) {
  for (let i = 0; i < values.length; ++i)
    if (values[i] > limit) return true;
  return false;
}

/** Samples asked for in each second of CPU time, by the periods of a clock stream. @param {RunModel} run */
export function samplingRate(run) {
  const {periods, streams, begin_ns: begin, end_ns: end} = run.data;
  const clock = streams.find((stream) => stream.source === "clock");
  if (!clock) return null;
  const bins = 512;
  const values = new Float64Array(bins);
  let period = clock.period;
  let next = 0;
  const order = periods.time.map((_time, i) => i)
                    .filter((i) => periods.stream[i] === clock.id)
                    .sort((a, b) => periods.time[a] - periods.time[b]);
  for (let bin = 0; bin < bins; ++bin) {
    const time = begin + ((end - begin) * (bin + 1)) / bins;
    while (next < order.length && periods.time[order[next]] <= time) period = periods.period[order[next++]];
    values[bin] = period > 0 ? 1e9 / period : 0;
  }
  return values;
}

/** The largest value of a line in the window. @param {StripLine} line @param {Window} window */
export function largestIn(line, window) {
  const scale = line.values.length / (line.end - line.begin);
  const from = Math.max(0, Math.floor((window.t0 - line.begin) * scale));
  const to = Math.min(line.values.length, Math.ceil((window.t1 - line.begin) * scale));
  let most = 0;
  for (let i = from; i < to; ++i)
    if (line.values[i] > most) most = line.values[i];
  return most;
}

/** The value at a time, or null outside. @param {StripLine} line @param {number} time */
export function valueAt(line, time) {
  const bin = Math.floor(((time - line.begin) / (line.end - line.begin)) * line.values.length);
  return bin >= 0 && bin < line.values.length ? line.values[bin] : null;
}

/**
 * @param {Context} ctx @param {Area & {name: string}} area @param {Window} window
 * @param {RunModel[]} runs @param {Colours} colours
 */
export function drawStrip(ctx, area, window, runs, colours) {
  const {lines, text, empty} = stripContent(area.name, runs, colours);
  ctx.fillStyle = colours.line;
  ctx.fillRect(area.x, area.y + area.h, area.w, 1);
  ctx.textAlign = "right";
  ctx.textBaseline = "top";
  ctx.font = kBoldFont;
  ctx.fillStyle = colours.text;
  ctx.fillText(kStripTitles[area.name], area.x - 11, area.y + 1);
  ctx.font = kSmallFont;
  if (lines.length === 0) {
    ctx.textAlign = "left";
    ctx.fillStyle = colours.soft;
    ctx.fillText(empty, area.x + 6, area.y + area.h / 2 - 6);
    return;
  }
  const most = Math.max(...lines.map((line) => largestIn(line, window))) || 1;
  ctx.fillStyle = colours.soft;
  if (area.h >= 28) ctx.fillText(`up to ${text(most)}`, area.x - 11, area.y + 15);
  ctx.save();
  ctx.beginPath();
  ctx.rect(area.x, area.y - 1, area.w, area.h + 2);
  ctx.clip();
  for (const line of lines) drawLine(ctx, line, area, window, most);
  drawStripKey(ctx, lines, area, colours);
  ctx.restore();
}

/**
 * @param {Context} ctx @param {StripLine} line @param {Area} area @param {Window} window @param {number}
 *     most
 */
function drawLine(ctx, line, area, window, most) {
  const {values, begin, end} = line;
  const per = (end - begin) / values.length;
  const from = Math.max(0, Math.floor((window.t0 - begin) / per));
  const to = Math.min(values.length, Math.ceil((window.t1 - begin) / per));
  if (to <= from) return;
  const y = (/** @type {number} */ value) => area.y + area.h - (value / most) * (area.h - 2);
  ctx.beginPath();
  ctx.moveTo(xOfTime(area, window, begin + from * per), area.y + area.h);
  let pixel = -Infinity;
  let peak = 0;
  // Of the bins of one pixel the largest is drawn: a peak must not vanish.
  for (let i = from; i < to; ++i) {
    const x0 = xOfTime(area, window, begin + i * per);
    const x1 = xOfTime(area, window, begin + (i + 1) * per);
    peak = Math.floor(x0) === pixel ? Math.max(peak, values[i]) : values[i];
    pixel = Math.floor(x0);
    ctx.lineTo(x0, y(peak));
    ctx.lineTo(x1, y(peak));
  }
  if (line.style === "area") {
    ctx.lineTo(xOfTime(area, window, begin + to * per), area.y + area.h);
    ctx.globalAlpha = 0.22;
    ctx.fillStyle = line.colour;
    ctx.fill();
    ctx.globalAlpha = 1;
  }
  ctx.setLineDash(line.style === "dashed" ? [4, 3] : []);
  ctx.strokeStyle = line.colour;
  ctx.lineWidth = 1.25;
  ctx.stroke();
  ctx.setLineDash([]);
}

/** @param {Context} ctx @param {StripLine[]} lines @param {Area} area @param {Colours} colours */
function drawStripKey(ctx, lines, area, colours) {
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  let x = area.x + 6;
  for (const line of lines) {
    ctx.strokeStyle = line.colour;
    ctx.lineWidth = 2.5;
    ctx.setLineDash(line.style === "dashed" ? [4, 3] : []);
    ctx.beginPath();
    ctx.moveTo(x, area.y + 7);
    ctx.lineTo(x + 12, area.y + 7);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.lineWidth = 3;
    ctx.strokeStyle = colours.background;
    ctx.strokeText(line.name, x + 16, area.y + 1);
    ctx.fillStyle = colours.soft;
    ctx.fillText(line.name, x + 16, area.y + 1);
    x += 28 + ctx.measureText(line.name).width;
  }
}

/**
 * Words for a moment of a strip. @param {Area & {name: string}} area @param {RunModel[]}
 * runs @param {Colours} colours @param {number} time @returns {[string, string][]}
 */
export function stripWords(area, runs, colours, time) {
  const {lines, text} = stripContent(area.name, runs, colours);
  /** @type {[string, string][]} */
  const words = [];
  for (const line of lines) {
    const value = valueAt(line, time);
    if (value !== null) words.push([line.name, text(value)]);
  }
  if (area.name === "losses") {
    for (const run of runs) words.push(...stallWords(run, time));
  }
  return words;
}

/** @param {RunModel} run @param {number} time @returns {[string, string][]} */
function stallWords(run, time) {
  const {stalls, begin_ns: begin, end_ns: end, series} = run.data;
  const near = (end - begin) / series.bins;
  /** @type {[string, string][]} */
  const words = [];
  for (let i = 0; i < stalls.time.length && words.length < 4; ++i) {
    if (Math.abs(stalls.time[i] - time) > near) continue;
    const long = stalls.duration_ns[i] > 0 ? `, ${formatDuration(stalls.duration_ns[i])}` : "";
    words.push([run.text(stalls.kind[i]), formatShort(stalls.count[i]) + long]);
  }
  return words;
}
