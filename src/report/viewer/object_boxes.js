// Objects as boxes: as high as their addresses, as wide as their life. Small ones, of which there may be tens
// of thousands, become one even tint: their edges would add up to a dark mass that hides the accesses.
import {fittingText, haloText, kSmallFont} from "./plot_layers.js";
import {xOfTime, yOfPlace} from "./timeline_geometry.js";

/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./report.js").ObjectBox} ObjectBox */
/** @typedef {import("./timeline_geometry.js").Area} Area */
/** @typedef {import("./density.js").Window} Window */
/** @typedef {import("./plot_layers.js").Colours} Colours */
/** @typedef {CanvasRenderingContext2D} Context */
/** @typedef {{box: ObjectBox, at: Area}} PlacedBox */

/** Boxes with edges at most, the largest first, and the least of their sides in pixels. */
const kMostEdges = 1500;
const kLeastSide = 6;
/** Selected boxes that are framed whatever their size, at most. */
const kMostFramed = 40;
/** Pixels of small boxes that are tinted at most: drawing must not take longer than counting. */
const kMostTinted = 4e6;

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

/**
 * @param {Context} ctx @param {RunModel} run @param {ObjectBox[]} boxes the largest first
 * @param {Area} area @param {Window} window @param {Colours} colours
 * @param {(object: number) => boolean} isSelected
 */
export function drawBoxes(ctx, run, boxes, area, window, colours, isSelected) {
  /** @type {PlacedBox[]} */
  const selected = [];
  /** @type {PlacedBox[]} */
  const large = [];
  /** @type {Area[]} */
  const small = [];
  for (const box of boxes) {
    if (!boxIsSeen(box, window)) continue;
    const at = boxArea(box, area, window);
    if (isSelected(box.object))
      selected.push({box, at});
    else if (at.w < kLeastSide || at.h < kLeastSide || large.length >= kMostEdges)
      small.push(at);
    else
      large.push({box, at});
  }
  tintSmall(ctx, small, area, colours.tint);
  for (const {at} of large) {
    ctx.fillStyle = colours.boxFill;
    ctx.fillRect(at.x, at.y, at.w, at.h);
    ctx.fillStyle = colours.box;
    strokeArea(ctx, at, 1);
  }
  drawSelected(ctx, selected.map(({at}) => at), area, colours);
  // Of boxes in each other the inner one says more: it is named first.
  const named = large.filter(({at}) => at.w > 44 && at.h >= 13).slice(0, 400).reverse();
  drawNames(ctx, run, [...selected.filter(({at}) => at.w > 44).slice(0, 100), ...named], colours);
}

/**
 * Few are framed, however small. Of many the small ones are tinted alone: their frames would hide the accesses.
 * @param {Context} ctx @param {Area[]} boxes @param {Area} area @param {Colours} colours
 */
function drawSelected(ctx, boxes, area, colours) {
  const few = boxes.length <= kMostFramed;
  const isFramed = (/** @type {Area} */ at) => few || (at.w >= kLeastSide && at.h >= kLeastSide);
  tintSmall(ctx, boxes.filter((at) => !isFramed(at)), area, colours.selectedTint);
  ctx.fillStyle = colours.selected;
  for (const at of boxes.filter(isFramed)) {
    const frame = {x: at.x - 1, y: at.y - 1, w: Math.max(3, at.w + 2), h: Math.max(3, at.h + 2)};
    strokeArea(ctx, frame, few ? 2 : 1);
  }
}

/** @param {Context} ctx @param {Area[]} boxes @param {Area} area @param {number[]} rgba */
function tintSmall(ctx, boxes, area, rgba) {
  if (boxes.length === 0) return;
  const width = Math.ceil(area.w);
  const height = Math.ceil(area.h);
  const pixels = new ImageData(width, height);
  const words = new Uint32Array(pixels.data.buffer);
  const [red, green, blue, alpha] = rgba;
  const tint = ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  let tinted = 0;
  for (const at of boxes) {
    const x0 = Math.min(width - 1, Math.max(0, Math.floor(at.x - area.x)));
    const x1 = Math.min(width, Math.max(x0 + 1, Math.ceil(at.x + at.w - area.x)));
    const y0 = Math.min(height - 1, Math.max(0, Math.floor(at.y - area.y)));
    const y1 = Math.min(height, Math.max(y0 + 1, Math.ceil(at.y + at.h - area.y)));
    for (let y = y0; y < y1; ++y) words.fill(tint, y * width + x0, y * width + x1);
    tinted += (x1 - x0) * (y1 - y0);
    if (tinted > kMostTinted) break;
  }
  const layer = document.createElement("canvas");
  layer.width = width;
  layer.height = height;
  layer.getContext("2d")?.putImageData(pixels, 0, 0);
  ctx.drawImage(layer, area.x, area.y, width, height);
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

/** @param {Context} ctx @param {RunModel} run @param {PlacedBox[]} boxes @param {Colours} colours */
function drawNames(ctx, run, boxes, colours) {
  /** @type {Area[]} */
  const taken = [];
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  ctx.font = kSmallFont;
  for (const {box, at} of boxes) {
    if (taken.length > 150) break;
    const text = fittingText(ctx, run.objectName(box.object), at.w - 8);
    if (text === "") continue;
    const y = at.y + (at.h < 18 ? Math.max(0, (at.h - 11) / 2) : 3);
    const place = {x: at.x + 4, y, w: ctx.measureText(text).width, h: 12};
    if (taken.some((other) => overlaps(place, other))) continue;
    taken.push(place);
    haloText(ctx, text, place.x, place.y, colours);
  }
}

/** @param {Area} a @param {Area} b */
function overlaps(a, b) {
  return a.x < b.x + b.w + 4 && b.x < a.x + a.w + 4 && a.y < b.y + b.h && b.y < a.y + a.h;
}
