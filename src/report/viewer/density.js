// Accesses counted by cells of the picture. The grid is column by column: samples come in order of
// time, so that a column is counted at once and stays in the cache.
import {forBlocks, kPlaceSteps, sourceOf} from "./samples.js";

/** @typedef {import("./samples.js").SampleSet} SampleSet */
/** @typedef {import("./report_types.js").SampleChunk} SampleChunk */

/**
 * `counts` has four numbers a cell, by AccessKind: unknown, load, store, load_store. Row 0 is the
 * lowest address.
 * @typedef {{columns: number, rows: number, counts: Uint32Array}} DensityGrid
 */

/**
 * What is shown: ns and places of the axis. @typedef {{t0: number, t1: number, p0: number, p1: number}}
 * Window
 */

/**
 * Which samples count: those with a 1 in every mask; one that is null lets all through. `objects` is by
 * SampleChunk.object.
 * @typedef {{objects: ?Uint8Array, threads: ?Uint8Array, sources: ?Uint8Array}} SampleFilter
 */

/**
 * Exact counts of all accesses, row by row; a load_store is in loads and in stores. `unknown` is null where
 * there are none. @typedef {{columns: number, rows: number, loads: Uint32Array, stores: Uint32Array,
 *   unknown: ?Uint32Array}} TileCounts
 */

/** @type {SampleFilter} */
export const kNoFilter = {
  objects: null,
  threads: null,
  sources: null
};

/** @param {SampleFilter} filter */
export function filterIsOpen(filter) {
  return !filter.objects && !filter.threads && !filter.sources;
}

/**
 * Whether a sample passes, by what the filter asks.
 * @param {SampleChunk} chunk @param {number} i @param {SampleFilter} filter
 */
export function passes(chunk, i, filter) {
  return !(
      (filter.objects && filter.objects[chunk.object[i]] !== 1) ||
      (filter.threads && filter.threads[chunk.thread[i]] !== 1) ||
      (filter.sources && filter.sources[sourceOf(chunk.meta[i])] !== 1));
}

/**
 * How many accesses the samples of a window stand for.
 * @param {SampleSet} samples @param {Window} window @param {SampleFilter} filter
 */
export function weighSamples(samples, window, filter) {
  const low = window.p0 * kPlaceSteps;
  const high = window.p1 * kPlaceSteps;
  let sum = 0;
  samples.forRange(window.t0, window.t1, (chunk, begin, end) => {
    for (let i = begin; i < end; ++i) {
      const place = chunk.place[i] >>> 2;
      if (place >= low && place < high && passes(chunk, i, filter)) sum += samples.weightOf(chunk.meta[i]);
    }
  });
  return sum;
}

/**
 * An empty grid; the old one is used again if it fits. @param {number} columns @param {number}
 * rows @param {?DensityGrid} old @returns {DensityGrid}
 */
export function emptyGrid(columns, rows, old) {
  const size = columns * rows * 4;
  if (old && old.counts.length === size) {
    old.counts.fill(0);
    return {columns, rows, counts: old.counts};
  }
  return {columns, rows, counts: new Uint32Array(size)};
}

/**
 * One pass over the samples of the window.
 * @param {DensityGrid} grid @param {SampleSet} samples @param {Window} window
 * @param {SampleFilter} filter
 * @returns {number} samples counted
 */
export function countSamples(grid, samples, window, filter) {
  const low = Math.max(0, Math.floor(window.p0 * kPlaceSteps));
  const high = Math.ceil(window.p1 * kPlaceSteps);
  const lowPacked = low * 4;
  const highPacked = high * 4;
  const scale = grid.rows / Math.max(1, high - low);
  const perColumn = (window.t1 - window.t0) / grid.columns;
  const count = filterIsOpen(filter) ? countOpen : countFiltered;
  let counted = 0;
  samples.forRange(window.t0, window.t1, (chunk, begin, end) => {
    forBlocks(chunk, begin, end, lowPacked, highPacked, (from, to) => {
      const {time} = chunk;
      let column = columnOf(time[from]);
      for (let at = from; at < to;) {
        // Times of a column end where the next begins; empty columns are stepped over at once.
        const until = time[to - 1] < edge(column + 1) ? to : firstFrom(time, edge(column + 1), at, to);
        if (until > at) counted += count(grid, column, chunk, at, until, low, high - low, scale, filter);
        at = until;
        if (at < to) column = Math.max(column + 1, columnOf(time[at]));
      }
    });
  });
  return counted;

  /** @param {number} time */
  function columnOf(time) {
    return Math.min(grid.columns - 1, Math.max(0, Math.floor((time - window.t0) / perColumn)));
  }
  /** @param {number} column */
  function edge(column) {
    return column >= grid.columns ? Infinity : window.t0 + column * perColumn;
  }
}

/** @param {Float64Array} times @param {number} time @param {number} low @param {number} high */
function firstFrom(times, time, low, high) {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle] < time)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/**
 * @param {DensityGrid} grid @param {number} column @param {SampleChunk} chunk @param {number} begin
 * @param {number} end @param {number} low @param {number} span @param {number} scale
 */
function countOpen(grid, column, chunk, begin, end, low, span, scale) {
  const {counts, rows} = grid;
  const {place} = chunk;
  const base = column * rows * 4;
  let counted = 0;
  for (let i = begin; i < end; ++i) {
    const packed = place[i];
    const above = (packed >>> 2) - low;
    if (above >= 0 && above < span) {
      ++counts[base + (((above * scale) | 0) << 2) + (packed & 3)];
      ++counted;
    }
  }
  return counted;
}

/**
 * @param {DensityGrid} grid @param {number} column @param {SampleChunk} chunk @param {number} begin
 * @param {number} end @param {number} low @param {number} span @param {number} scale
 * @param {SampleFilter} filter
 */
function countFiltered(grid, column, chunk, begin, end, low, span, scale, filter) {
  const {counts, rows} = grid;
  const {place, object, thread, meta} = chunk;
  const {objects, threads, sources} = filter;
  const base = column * rows * 4;
  let counted = 0;
  for (let i = begin; i < end; ++i) {
    const packed = place[i];
    const above = (packed >>> 2) - low;
    if (above < 0 || above >= span) continue;
    // As `passes`, which is slower here: this decides how long a redraw takes.
    if (objects && objects[object[i]] !== 1) continue;
    if (threads && threads[thread[i]] !== 1) continue;
    if (sources && sources[sourceOf(meta[i])] !== 1) continue;
    ++counts[base + (((above * scale) | 0) << 2) + (packed & 3)];
    ++counted;
  }
  return counted;
}

/**
 * The same from the tiles, which are there first: each cell takes the tiles that it covers.
 * @param {DensityGrid} grid @param {TileCounts} tiles
 * @param {Window} window @param {{t0: number, t1: number, length: number}} whole
 */
export function countTiles(grid, tiles, window, whole) {
  const {columns, rows, counts} = grid;
  const edges =
      (/** @type {number} */ cells, /** @type {number} */ from, /** @type {number} */ to,
       /** @type {number} */ length, /** @type {number} */ parts) =>
          Array.from({length: cells + 1}, (_, i) => ((from + ((to - from) * i) / cells) / length) * parts);
  const span = whole.t1 - whole.t0;
  const x = edges(columns, window.t0 - whole.t0, window.t1 - whole.t0, span, tiles.columns);
  const y = edges(rows, window.p0, window.p1, whole.length, tiles.rows);
  for (let row = 0; row < rows; ++row) {
    const [y0, y1] = coveredTiles(y[row], y[row + 1], tiles.rows);
    for (let column = 0; column < columns; ++column) {
      const [x0, x1] = coveredTiles(x[column], x[column + 1], tiles.columns);
      let loads = 0;
      let stores = 0;
      let unknown = 0;
      for (let ty = y0; ty < y1; ++ty) {
        for (let tx = x0; tx < x1; ++tx) {
          loads += tiles.loads[ty * tiles.columns + tx];
          stores += tiles.stores[ty * tiles.columns + tx];
          if (tiles.unknown) unknown += tiles.unknown[ty * tiles.columns + tx];
        }
      }
      const at = (column * rows + row) * 4;
      counts[at] = unknown;
      counts[at + 1] = loads;
      counts[at + 2] = stores;
    }
  }
}

/** @param {number} from @param {number} to @param {number} parts @returns {[number, number]} */
function coveredTiles(from, to, parts) {
  const begin = Math.floor(from + 1e-9);
  const end = Math.max(begin + 1, Math.floor(to + 1e-9));
  if (end <= 0 || begin >= parts) return [0, 0];
  return [Math.max(0, begin), Math.min(parts, end)];
}
