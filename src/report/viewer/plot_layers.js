// What is drawn over the density of a plot: gaps, labels of addresses, faults, periods.
import {visibleText} from "./dom.js";
import {formatAddress, formatCount, formatDuration, formatMoment, roundTicks, shortenName} from "./format.js";
import {placeOfPixel, xOfTime, yOfPlace} from "./timeline_geometry.js";


/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./timeline_geometry.js").Area} Area */
/** @typedef {import("./density.js").Window} Window */
/** @typedef {ReturnType<typeof import("./palette.js").canvasColours>} Colours */
/** @typedef {CanvasRenderingContext2D} Context */

const kFont = "system-ui, 'Segoe UI', 'Noto Sans', sans-serif";
export const kSmallFont = `11px ${kFont}`;
export const kBoldFont = `600 11px ${kFont}`;

/**
 * Text with an edge of the background around it, to be read over dots. @param {Context} ctx @param {string}
 * text @param {number} x @param {number} y @param {Colours} colours @param {string} [fill]
 */
export function haloText(ctx, text, x, y, colours, fill = colours.text) {
  ctx.lineJoin = "round";
  ctx.lineWidth = 3.5;
  ctx.strokeStyle = colours.background;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = fill;
  ctx.fillText(text, x, y);
}

/**
 * The longest shortening of a text that fits. @param {Context} ctx @param {string} text @param {number}
 * width
 */
export function fittingText(ctx, text, width) {
  const clean = visibleText(text.slice(0, 400));
  if (text.length <= 400 && ctx.measureText(clean).width <= width) return clean;
  let low = 0;
  let high = Math.min(clean.length, Math.ceil(width / 3));
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (ctx.measureText(shortenName(clean, middle)).width <= width)
      low = middle;
    else
      high = middle - 1;
  }
  return low < 5 ? "" : shortenName(clean, low);
}

/**
 * Lines where addresses do not join. @param {Context} ctx @param {RunModel} run @param {Area}
 * area @param {Window} window @param {Colours} colours
 */
export function drawGaps(ctx, run, area, window, colours) {
  const pieces =
      run.axis.pieces.filter((piece) => piece.broken && piece.start > window.p0 && piece.start < window.p1);
  if (pieces.length > area.h / 5) return;
  ctx.strokeStyle = colours.line;
  ctx.lineWidth = 1;
  ctx.setLineDash([2, 3]);
  ctx.beginPath();
  for (const piece of pieces) {
    const y = Math.round(yOfPlace(area, window, piece.start)) + 0.5;
    ctx.moveTo(area.x, y);
    ctx.lineTo(area.x + area.w, y);
  }
  ctx.stroke();
  ctx.setLineDash([]);
  // A zigzag at the axis is the usual mark of a part left out.
  ctx.strokeStyle = colours.soft;
  ctx.beginPath();
  for (const piece of pieces) {
    const y = Math.round(yOfPlace(area, window, piece.start));
    ctx.moveTo(area.x - 8, y + 2);
    ctx.lineTo(area.x - 5, y - 2);
    ctx.lineTo(area.x - 2, y + 2);
    ctx.lineTo(area.x + 1, y - 2);
  }
  ctx.stroke();
}

/**
 * What lies where, in the left margin. @param {Context} ctx @param {RunModel} run @param {Area}
 * area @param {Window} window @param {Colours} colours
 */
export function drawAddressLabels(ctx, run, area, window, colours) {
  const several = run.data.processes.pid.length > 1;
  /** @type {{low: number, high: number, text: string, y: number}[]} */
  const seen = [];
  for (const piece of run.axis.pieces) {
    if (piece.end <= window.p0 || piece.start >= window.p1) continue;
    const high = Math.max(area.y, yOfPlace(area, window, piece.end));
    const low = Math.min(area.y + area.h, yOfPlace(area, window, piece.start));
    const pid = several ? `${run.data.processes.pid[piece.process]}: ` : "";
    seen.push({low, high, text: pid + piece.label, y: (low + high) / 2});
  }
  seen.sort((a, b) => b.low - b.high - (a.low - a.high));
  /** @type {[number, number][]} */
  const taken = [];
  /** @param {number} y @param {number} room */
  const isFree = (y, room) => taken.every(([a, b]) => y + room <= a || y - room >= b);
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  const right = area.x - 11;
  for (const {low, high, text, y} of seen.slice(0, 300)) {
    if (taken.length > 60) break;
    const height = low - high;
    const at = Math.min(area.y + area.h - 7, Math.max(area.y + 7, y));
    if (!isFree(at, 6)) continue;
    ctx.font = kSmallFont;
    ctx.fillStyle = colours.text;
    ctx.fillText(fittingText(ctx, text, area.x - 18), right, at);
    taken.push([at - 6, at + 6]);
    if (height < 64) continue;
    ctx.fillStyle = colours.soft;
    for (const [edge, shift] of /** @type {[number, number][]} */ ([[high, 8], [low, -8]])) {
      if (!isFree(edge + shift, 6)) continue;
      const inside = placeOfPixel(area, window, edge === high ? edge + 0.5 : edge - 0.5);
      ctx.fillText(formatAddress(run.axis.addressAt(inside)), right, edge + shift);
      taken.push([edge + shift - 6, edge + shift + 6]);
    }
  }
}

/**
 * Page faults, as small crosses. @param {Context} ctx @param {RunModel} run @param {Area}
 * area @param {Window} window @param {Colours} colours
 */
export function drawFaults(ctx, run, area, window, colours) {
  const {faults} = run.data;
  ctx.fillStyle = colours.fault;
  /** @type {Set<number>} */
  const seen = new Set();
  for (let i = 0; i < faults.time.length; ++i) {
    const time = faults.time[i];
    if (time < window.t0 || time > window.t1) continue;
    const place = run.axis.placeOfY(faults.y[i]);
    if (place < window.p0 || place > window.p1) continue;
    const x = Math.round(xOfTime(area, window, time));
    const y = Math.round(yOfPlace(area, window, place));
    const key = x * 16384 + y;
    if (seen.has(key)) continue;
    seen.add(key);
    ctx.fillRect(x - 2, y, 5, 1);
    ctx.fillRect(x, y - 2, 1, 5);
  }
}

/**
 * Where the governor changed the sampling period. @param {Context} ctx @param {RunModel} run @param {Area}
 * area @param {Window} window @param {Colours} colours
 */
export function drawPeriods(ctx, run, area, window, colours) {
  const {periods} = run.data;
  ctx.font = kSmallFont;
  ctx.textAlign = "left";
  ctx.textBaseline = "bottom";
  let labelEnd = -Infinity;
  for (let i = 0; i < periods.time.length; ++i) {
    if (periods.time[i] < window.t0 || periods.time[i] > window.t1) continue;
    const x = Math.round(xOfTime(area, window, periods.time[i])) + 0.5;
    ctx.strokeStyle = colours.period;
    ctx.lineWidth = 1;
    ctx.setLineDash([5, 3]);
    ctx.beginPath();
    ctx.moveTo(x, area.y);
    ctx.lineTo(x, area.y + area.h);
    ctx.stroke();
    ctx.setLineDash([]);
    const stream = run.data.streams.find((candidate) => candidate.id === periods.stream[i]);
    const text = stream && stream.source !== "clock" ? `1 of ${formatCount(periods.period[i])}` :
                                                       `every ${formatDuration(periods.period[i])}`;
    if (x > labelEnd && x + 70 < area.x + area.w) {
      haloText(ctx, text, x + 3, area.y + area.h - 2, colours, colours.period);
      labelEnd = x + ctx.measureText(text).width + 8;
    }
  }
}

/**
 * @param {Context} ctx @param {Area} axis @param {Window} window @param {number} bottom where its lines
 *     end @param {Colours} colours
 */
export function drawTimeAxis(ctx, axis, window, bottom, colours) {
  const {step, values} = roundTicks(window.t0, window.t1, Math.max(2, Math.floor(axis.w / 110)));
  ctx.font = kSmallFont;
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  for (const value of values) {
    const x = Math.round(xOfTime(axis, window, value));
    ctx.fillStyle = colours.grid;
    if (bottom > axis.y + axis.h) ctx.fillRect(x, axis.y + axis.h, 1, bottom - axis.y - axis.h);
    ctx.fillStyle = colours.soft;
    ctx.fillRect(x, axis.y, 1, 4);
    const text = formatMoment(value, step);
    const half = ctx.measureText(text).width / 2;
    ctx.fillText(text, Math.min(Math.max(x, axis.x + half), axis.x + axis.w - half), axis.y + 7);
  }
  ctx.textAlign = "right";
  ctx.fillText("time", axis.x - 11, axis.y + 7);
}
