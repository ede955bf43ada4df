// The samples of a run: chunks in order of time, as far as they are there.
import {lastAtMost} from "./axis.js";
import {blockSamples, halfTable} from "./decode.js";

/** @typedef {import("./report_types.js").RunData} RunData */
/** @typedef {import("./report_types.js").SampleChunk} SampleChunk */

/** Steps of a place in SampleChunk.place for one of the axis. */
export const kPlaceSteps = 1024;

/** @type {?Float32Array} */
let halfValues = null;

/** @param {number} bits */
export function halfValue(bits) {
  halfValues ??= halfTable();
  return halfValues[bits];
}

/** Of a sample's `meta`: it stands for itself, as the first of its cell of the tiles. */
const kFirstOfCell = 0x80;

/** Index into source_names. @param {number} meta of a sample */
export function sourceOf(meta) {
  return (meta >> 3) & 15;
}

export class SampleSet {
  /** @param {RunData} run */
  constructor(run) {
    /** @type {(SampleChunk | undefined)[]} */
    this.chunks = new Array(run.samples.chunks.count.length).fill(undefined);
    this.complete = run.samples.complete;
    this.count = run.samples.count;
    this.total = run.samples.total;
    /** What a sample stands for among all accesses that is not the first of its cell. */
    this.weight = run.samples.weight;
    /** NaN: nothing is known of estimates. */
    this.estimateScale = run.samples.estimate_scale ?? NaN;
    this.timeScale = run.samples.time_scale;
    this.loaded = 0;
  }

  /** Every sample of a part of a recording. @param {RunData} run @param {SampleChunk} chunk */
  static ofPart(run, chunk) {
    const set = new SampleSet(run);
    set.chunks = [chunk];
    set.loaded = 1;
    set.complete = true;
    set.weight = 1;
    set.count = set.total = chunk.count;
    return set;
  }

  /** Everything that the page was given is here. */
  get ready() {
    return this.loaded === this.chunks.length;
  }

  /** What a sample stands for among all accesses. @param {number} meta of it */
  weightOf(meta) {
    return meta & kFirstOfCell ? 1 : this.weight;
  }

  /** @param {number} index @param {SampleChunk} chunk */
  put(index, chunk) {
    if (!this.chunks[index]) ++this.loaded;
    this.chunks[index] = chunk;
  }

  /**
   * Calls `visit` with each part of a chunk that lies in [from, to).
   * @param {number} from ns @param {number} to ns
   * @param {(chunk: SampleChunk, begin: number, end: number) => void} visit
   */
  forRange(from, to, visit) {
    for (const chunk of this.chunks) {
      if (!chunk || chunk.count === 0) continue;
      if (chunk.time[chunk.count - 1] < from || chunk.time[0] >= to) continue;
      const begin = firstNotBefore(chunk.time, from);
      const end = firstNotBefore(chunk.time, to);
      if (begin < end) visit(chunk, begin, end);
    }
  }

  /** Samples in [from, to). @param {number} from ns @param {number} to ns */
  countIn(from, to) {
    let sum = 0;
    this.forRange(from, to, (_chunk, begin, end) => (sum += end - begin));
    return sum;
  }
}

/** Index of the first time that is not before `time`. @param {Float64Array} times @param {number} time */
export function firstNotBefore(times, time) {
  return lastAtMost(times.length, (i) => times[i] < time) + 1;
}

/**
 * Calls `visit` with the parts of [begin, end) whose blocks may have samples between two places.
 * @param {SampleChunk} chunk @param {number} begin @param {number} end
 * @param {number} lowPlace packed, as in SampleChunk.place @param {number} highPlace packed
 * @param {(begin: number, end: number) => void} visit
 */
export function forBlocks(chunk, begin, end, lowPlace, highPlace, visit) {
  const size = blockSamples();
  for (let at = begin; at < end;) {
    const block = Math.floor(at / size);
    const next = Math.min(end, (block + 1) * size);
    if (chunk.high[block] >= lowPlace && chunk.low[block] < highPlace) visit(at, next);
    at = next;
  }
}
