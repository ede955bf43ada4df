// Sums over a part of the samples, for the tables and breakdowns of a brushed or filtered view.
import {filterIsOpen, passes} from "./density.js";
import {halfValue, sourceOf} from "./samples.js";

/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./density.js").SampleFilter} SampleFilter */
/** @typedef {import("./report_types.js").SampleChunk} SampleChunk */
/** @typedef {import("./report_types.js").SparseBins} SparseBins */

/** Sums by the rows of a table; a load_store counts in loads and in stores, an unknown access in neither. */
export class RowSums {
  /** @param {number} rows */
  constructor(rows) {
    this.loads = new Float64Array(rows);
    this.stores = new Float64Array(rows);
    this.both = new Float64Array(rows);
    this.unknown = new Float64Array(rows);
    this.estimatedLoads = new Float64Array(rows);
    this.estimatedStores = new Float64Array(rows);
    this.timeNs = new Float64Array(rows);
    this.latencyCycles = new Float64Array(rows);
    this.latencyRecords = new Float64Array(rows);
    this.first = new Float64Array(rows).fill(Infinity);
    this.last = new Float64Array(rows).fill(-Infinity);
  }

  /** @param {number} row */
  accesses(row) {
    return this.loads[row] + this.stores[row] - this.both[row] + this.unknown[row];
  }

  /** Adds a row of others. @param {number} to @param {RowSums} others @param {number} from */
  add(to, others, from) {
    this.loads[to] += others.loads[from];
    this.stores[to] += others.stores[from];
    this.both[to] += others.both[from];
    this.unknown[to] += others.unknown[from];
    this.estimatedLoads[to] += others.estimatedLoads[from];
    this.estimatedStores[to] += others.estimatedStores[from];
    this.timeNs[to] += others.timeNs[from];
    this.latencyCycles[to] += others.latencyCycles[from];
    this.latencyRecords[to] += others.latencyRecords[from];
    this.first[to] = Math.min(this.first[to], others.first[from]);
    this.last[to] = Math.max(this.last[to], others.last[from]);
  }
}

/**
 * @param {RunModel} run @param {number} from ns @param {number} to ns @param {SampleFilter} filter
 * @param {"object" | "code"} by @param {number} rows @returns {RowSums}
 */
function sumSamples(run, from, to, filter, by, rows) {
  const sums = new RowSums(rows);
  const {samples} = run;
  const open = filterIsOpen(filter);
  const last = rows - 1;
  samples.forRange(from, to, (chunk, begin, end) => {
    const keys = by === "object" ? chunk.object : chunk.code;
    const {meta, latency, estimate, cpu, time} = chunk;
    const hasLatency = latency.length > 0;
    const hasEstimate = estimate.length > 0;
    const hasTime = cpu.length > 0;
    for (let i = begin; i < end; ++i) {
      if (!open && !passes(chunk, i, filter)) continue;
      const row = keys[i] < last ? keys[i] : last;
      const kind = meta[i] & 3;
      const weight = samples.weightOf(meta[i]);
      const estimated = hasEstimate ? weight * halfValue(estimate[i]) : weight;
      if (kind & 1) {
        sums.loads[row] += weight;
        sums.estimatedLoads[row] += estimated;
      }
      if (kind & 2) {
        sums.stores[row] += weight;
        sums.estimatedStores[row] += estimated;
      }
      if (kind === 3)
        sums.both[row] += weight;
      else if (kind === 0)
        sums.unknown[row] += weight;
      if (hasTime) sums.timeNs[row] += weight * halfValue(cpu[i]);
      if (hasLatency && latency[i] > 0) {
        sums.latencyCycles[row] += weight * latency[i];
        sums.latencyRecords[row] += weight;
      }
      if (time[i] < sums.first[row]) sums.first[row] = time[i];
      sums.last[row] = time[i];
    }
  });
  for (let row = 0; row < rows; ++row) {
    sums.estimatedLoads[row] *= samples.estimateScale;
    sums.estimatedStores[row] *= samples.estimateScale;
    sums.timeNs[row] *= samples.timeScale;
  }
  return sums;
}

/**
 * By the `object` of samples: rows as those of RunModel.groupOfRow.
 * @param {RunModel} run @param {number} from @param {number} to @param {SampleFilter} filter
 */
export function sumObjects(run, from, to, filter) {
  return sumSamples(run, from, to, filter, "object", run.groupOfRow.length);
}

/** @param {RunModel} run @param {number} from @param {number} to @param {SampleFilter} filter */
export function sumCode(run, from, to, filter) {
  return sumSamples(run, from, to, filter, "code", run.data.code.stack.length + 1);
}

/**
 * Page faults by the same rows, or null where not all of them are in the report.
 * @param {RunModel} run @param {number} from @param {number} to @param {SampleFilter} filter
 */
export function sumFaults(run, from, to, filter) {
  const {faults, fault_total: total} = run.data;
  if (faults.time.length !== total || filter.sources) return null;
  const counts = new Float64Array(run.groupOfRow.length);
  for (let i = 0; i < total; ++i) {
    if (faults.time[i] < from || faults.time[i] >= to) continue;
    if (filter.threads && filter.threads[faults.thread[i]] === 0) continue;
    ++counts[Math.min(faults.object[i] + 1, counts.length - 1)];
  }
  return counts;
}

/** @param {RunModel} run @param {RowSums} objects of sumObjects @returns {RowSums} by group */
export function groupSums(run, objects) {
  const sums = new RowSums(run.data.groups.name.length);
  run.groupOfRow.forEach((group, row) => {
    if (group >= 0) sums.add(group, objects, row);
  });
  return sums;
}

/**
 * From bins of time: those whose middle lies in the range, so that neighbouring ranges add up.
 * @param {SparseBins} bins @param {number} rows @param {number} begin of the recording
 * @param {number} end @param {number} from @param {number} to @returns {RowSums}
 */
export function sumBins(bins, rows, begin, end, from, to) {
  const sums = new RowSums(rows);
  const [first, last] = binRange(bins.bins, begin, end, from, to);
  for (let i = 0; i < bins.index.length; ++i) {
    if (bins.bin[i] < first || bins.bin[i] >= last) continue;
    const row = bins.index[i];
    sums.loads[row] += bins.loads[i] + bins.load_stores[i];
    sums.stores[row] += bins.stores[i] + bins.load_stores[i];
    sums.both[row] += bins.load_stores[i];
    sums.unknown[row] += bins.unknown[i];
  }
  return sums;
}

/**
 * Bins [first, last) whose middle lies in [from, to).
 * @param {number} bins @param {number} begin @param {number} end @param {number} from @param {number} to
 * @returns {[number, number]}
 */
export function binRange(bins, begin, end, from, to) {
  const scale = bins / Math.max(1, end - begin);
  const clamp = (/** @type {number} */ value) => Math.max(0, Math.min(bins, value));
  return [clamp(Math.ceil((from - begin) * scale - 0.5)), clamp(Math.ceil((to - begin) * scale - 0.5))];
}

/**
 * A load_store is in loads and in stores, an access of unknown kind in neither.
 * @typedef {{loads: number, stores: number, unknown: number, cycles: number, records: number,
 *   remote: number}} MatrixCell
 */

/**
 * Latency, sources and threads of a part of the samples; `threads` by thread x groups + group.
 * @typedef {{latencyLoads: Float64Array, latencyStores: Float64Array, latencyUnknown: Float64Array,
 *   sources: Float64Array, threads: Map<number, MatrixCell>}} Breakdown
 */

/**
 * @param {RunModel} run @param {number} from @param {number} to @param {SampleFilter} filter
 * @returns {Breakdown}
 */
export function sumBreakdown(run, from, to, filter) {
  const {data, samples} = run;
  const bins = data.latency.bins;
  const groups = data.groups.name.length;
  /** @type {Breakdown} */
  const result = {
    latencyLoads: new Float64Array(bins.length),
    latencyStores: new Float64Array(bins.length),
    latencyUnknown: new Float64Array(bins.length),
    sources: new Float64Array(data.source_names.length),
    threads: new Map(),
  };
  const remote = data.source_names.map((name) => /remote|cxl/.test(name));
  const {groupOfRow} = run;
  samples.forRange(from, to, (chunk, begin, end) => {
    for (let i = begin; i < end; ++i) {
      if (!passes(chunk, i, filter)) continue;
      const kind = chunk.meta[i] & 3;
      const source = sourceOf(chunk.meta[i]);
      const weight = samples.weightOf(chunk.meta[i]);
      if (source < result.sources.length) result.sources[source] += weight;
      const cycles = chunk.latency.length > 0 ? chunk.latency[i] : 0;
      if (cycles > 0 && bins.length > 0) {
        const bin = latencyBin(bins, cycles);
        if (kind & 1) result.latencyLoads[bin] += weight;
        if (kind & 2) result.latencyStores[bin] += weight;
        if (kind === 0) result.latencyUnknown[bin] += weight;
      }
      const group = groupOfRow[chunk.object[i]] ?? -1;
      if (group >= 0) {
        const key = chunk.thread[i] * groups + group;
        addToCell(result.threads, key, kind, cycles, remote[source], weight);
      }
    }
  });
  return result;
}

/**
 * @param {Breakdown["threads"]} cells @param {number} key @param {number} kind @param {number} cycles
 * @param {boolean} isRemote @param {number} weight
 */
function addToCell(cells, key, kind, cycles, isRemote, weight) {
  let cell = cells.get(key);
  if (!cell) cells.set(key, (cell = {loads: 0, stores: 0, unknown: 0, cycles: 0, records: 0, remote: 0}));
  if (kind & 1) cell.loads += weight;
  if (kind & 2) cell.stores += weight;
  if (kind === 0) cell.unknown += weight;
  if (cycles > 0) {
    cell.cycles += cycles * weight;
    cell.records += weight;
  }
  if (isRemote) cell.remote += weight;
}

/** @param {number[]} bins ascending lower bounds @param {number} cycles */
export function latencyBin(bins, cycles) {
  let low = 0;
  let high = bins.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (bins[middle] <= cycles)
      low = middle + 1;
    else
      high = middle;
  }
  return Math.max(0, low - 1);
}
