// What is drawn over the density of a plot: boxes, gaps, labels of addresses, faults, periods.
import {visibleText} from "./dom.js";
import {formatAddress, formatDuration, formatMoment, roundTicks, shortenName} from "./format.js";
import {placeOfPixel, xOfTime, yOfPlace} from "./timeline_geometry.js";


/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./report.js").ObjectBox} ObjectBox */
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

/** @param {ObjectBox} box @param {Area} area @param {Window} window @returns {Area} cut to the plot */
export function boxArea(box, area, window) {
  const x0 = Math.max(area.x, xOfTime(area, window, box.start));
  const x1 = Math.min(area.x + area.w, xOfTime(area, window, box.end));
  const y0 = Math.max(area.y, yOfPlace(area, window, box.to));
  const y1 = Math.min(area.y + area.h, yOfPlace(area, window, box.from));
  return {x: x0, y: y0, w: x1 - x0, h: y1 - y0};
}

/** @param {ObjectBox} box @param {Window} window */
export function boxIsSeen(box, window) {
  return box.end >= window.t0 && box.start <= window.t1 && box.to >= window.p0 && box.from <= window.p1;
}

/** Boxes that are drawn at once at most: the largest come first. */
const kMostBoxes = 3000;

/**
 * @param {Context} ctx @param {RunModel} run @param {ObjectBox[]} boxes the largest first
 * @param {Area} area @param {Window} window @param {Colours} colours
 * @param {(object: number) => boolean} isSelected
 */
export function drawBoxes(ctx, run, boxes, area, window, colours, isSelected) {
  let drawn = 0;
  /** @type {{box: ObjectBox, at: Area}[]} */
  const selected = [];
  /** @type {{box: ObjectBox, at: Area}[]} */
  const named = [];
  for (const box of boxes) {
    if (!boxIsSeen(box, window)) continue;
    const at = boxArea(box, area, window);
    if (isSelected(box.object)) {
      selected.push({box, at});
      continue;
    }
    if (drawn >= kMostBoxes || at.w * at.h < 2 || (at.w < 1 && at.h < 3)) continue;
    ++drawn;
    if (at.h >= 4 && at.w >= 4) {
      ctx.fillStyle = colours.boxFill;
      ctx.fillRect(at.x, at.y, at.w, at.h);
    }
    ctx.fillStyle = colours.box;
    strokeArea(ctx, at, 1);
    if (at.w > 44 && at.h >= 13) named.push({box, at});
  }
  for (const {at} of selected) {
    ctx.fillStyle = colours.selected;
    strokeArea(ctx, {x: at.x - 1, y: at.y - 1, w: Math.max(3, at.w + 2), h: Math.max(3, at.h + 2)}, 2);
  }
  drawNames(ctx, run, [...selected.filter(({at}) => at.w > 44), ...named], colours);
}

/**
 * Four thin rectangles: much faster than a stroked path, and sharp. @param {Context} ctx @param {Area}
 * at @param {number} line
 */
function strokeArea(ctx, at, line) {
  const x = Math.round(at.x);
  const y = Math.round(at.y);
  const w = Math.max(1, Math.round(at.x + at.w) - x);
  const h = Math.max(1, Math.round(at.y + at.h) - y);
  ctx.fillRect(x, y, w, line);
  if (h > line) ctx.fillRect(x, y + h - line, w, line);
  if (h <= 2 * line) return;
  ctx.fillRect(x, y, line, h);
  if (w > line) ctx.fillRect(x + w - line, y, line, h);
}

/**
 * @param {Context} ctx @param {RunModel} run @param {{box: ObjectBox, at: Area}[]} boxes @param {Colours}
 *     colours
 */
function drawNames(ctx, run, boxes, colours) {
  /** @type {Area[]} */
  const taken = [];
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  ctx.font = kSmallFont;
  for (const {box, at} of boxes.slice(0, 400)) {
    if (taken.length > 150) break;
    const text = fittingText(ctx, run.objectName(box.object), at.w - 8);
    if (text === "") continue;
    const place = {
      x: at.x + 4,
      y: at.y + (at.h < 18 ? Math.max(0, (at.h - 11) / 2) : 3),
      w: ctx.measureText(text).width,
      h: 12
    };
    if (taken.some(
            (other) => place.x < other.x + other.w + 4 && other.x < place.x + place.w + 4 &&
                place.y < other.y + other.h && other.y < place.y + place.h))
      continue;
    taken.push(place);
    haloText(ctx, text, place.x, place.y, colours);
  }
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
    const text = `every ${formatDuration(periods.period[i])}`;
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
