// The numbers of groups and objects for what is chosen: exact columns for the whole recording,
// sums over samples or bins for a part of it - and words that say which.
import {groupSums, RowSums, sumBins, sumFaults, sumObjects} from "./aggregate.js";
import {filterIsOpen} from "./density.js";
import {chosenTime, sampleFilter} from "./filters.js";
import {formatCount, formatDuration, formatMoment} from "./format.js";

/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./state.js").ViewState} ViewState */
/** @typedef {import("./report_types.js").SparseBins} SparseBins */

/**
 * Of each row; NaN = not known. `loads` and `stores` both have what does both, `unknown` is of neither.
 * @typedef {{rows: number, loads: (row: number) => number, stores: (row: number) => number,
 *   unknown: (row: number) => number, accesses: (row: number) => number, estimated: (row: number) => number,
 *   timeNs: (row: number) => number, latency: (row: number) => number,
 *   faults: (row: number) => number, first: (row: number) => number,
 *   last: (row: number) => number}} RowNumbers
 */

/** Bins cover the first rows of a table, which have the most accesses. */
export const kBinnedRows = 4096;

/** @typedef {{numbers: RowNumbers, basis: string, partial: boolean}} ChosenNumbers */

/**
 * @param {RunModel} run @param {ViewState} state @param {RunModel[]} runs @param {"site" | "object"}
 *     by @returns {ChosenNumbers}
 */
export function chosenNumbers(run, state, runs, by) {
  const time = chosenTime(state, runs);
  const filter = sampleFilter(state, run, runs.length);
  if (!time.brushed && filterIsOpen(filter)) {
    return {
      numbers: by === "site" ? groupNumbers(run) : objectNumbers(run),
      basis: run.data.defect ? "Exact, of all records that could be read: the recording is damaged." :
                               "Exact, of all records of the whole recording.",
      partial: false
    };
  }
  const objects = sumObjects(run, time.from, time.to, filter);
  const sums = by === "site" ? groupSums(run, objects) : ofObjects(run, objects);
  const numbers = sumNumbers(sums, faultCounts(run, sumFaults(run, time.from, time.to, filter), by));
  const words = partWords(run, state, time);
  if (by === "site" && !run.samples.complete && filterIsOpen(filter) && run.data.object_bins) {
    takeBins(sums, run, run.data.object_bins, time);
    return {numbers, partial: true, basis: `${words} ${binWords(run, run.data.object_bins)}`};
  }
  return {numbers, partial: true, basis: `${words} ${basisWords(run)}`};
}

/**
 * Puts the exact counts of bins in the place of estimated ones, where there are any.
 * @param {RowSums} sums by group @param {RunModel} run @param {SparseBins} bins
 * @param {{from: number, to: number}} time
 */
function takeBins(sums, run, bins, time) {
  const rows = sums.loads.length;
  const exact = sumBins(bins, rows, run.data.begin_ns, run.data.end_ns, time.from, time.to);
  for (let row = 0; row < Math.min(kBinnedRows, rows); ++row) {
    sums.loads[row] = exact.loads[row];
    sums.stores[row] = exact.stores[row];
    sums.both[row] = exact.both[row];
    sums.unknown[row] = exact.unknown[row];
  }
}

/** @param {RunModel} run @param {SparseBins} bins */
function binWords(run, bins) {
  const width = formatDuration((run.data.end_ns - run.data.begin_ns) / bins.bins);
  const rest = run.data.groups.name.length > kBinnedRows ?
      ` of the ${formatCount(kBinnedRows)} groups that are accessed most` :
      "";
  return `Loads and stores${rest} are exact to ${width} at both ends; ${
      rest ? "those of the others, " : ""}estimates, times and latencies are from a sample.`;
}

/** Whether sums over samples are exact. @param {RunModel} run */
export function basisWords(run) {
  const {samples} = run;
  if (!samples.ready) return `Still loading: ${samples.loaded} of ${samples.chunks.length} parts are here.`;
  return samples.complete ?
      `Exact, counted from all samples${run.data.defect ? " that could be read" : ""}.` :
      `Estimated from a sample of ${formatCount(samples.count)} of ${formatCount(samples.total)} accesses.`;
}

/**
 * @param {RunModel} run @param {ViewState} state @param {{from: number, to: number, brushed: boolean}} time
 */
export function partWords(run, state, time) {
  const resolution = Math.max(1, (time.to - time.from) / 1000);
  const parts =
      [time.brushed ? `From ${formatMoment(time.from, resolution)} to ${formatMoment(time.to, resolution)}` :
                      "Whole recording"];
  if (state.thread) parts.push(`thread ${state.thread}`);
  if (state.source) parts.push(`data from ${state.source.replaceAll("_", " ")}`);
  if (run.data.filters.time || run.data.filters.address || run.data.filters.objects)
    parts.push("within the report's filters");
  return parts.join(", ") + ".";
}

/** The objects alone of all rows of samples. @param {RunModel} run @param {RowSums} objects */
function ofObjects(run, objects) {
  const count = run.data.objects.group.length;
  const sums = new RowSums(count);
  for (let object = 0; object < count; ++object) sums.add(object, objects, object + 1);
  return sums;
}

/** @param {RunModel} run @returns {RowNumbers} */
function groupNumbers(run) {
  const g = run.data.groups;
  return {
    rows: g.name.length,
    loads: (row) => g.loads[row] + g.load_stores[row],
    stores: (row) => g.stores[row] + g.load_stores[row],
    unknown: (row) => g.unknown[row],
    accesses: (row) => g.loads[row] + g.stores[row] + g.load_stores[row] + g.unknown[row],
    estimated: (row) => (run.hasEstimates ? g.estimated_loads[row] + g.estimated_stores[row] : NaN),
    timeNs: (row) => g.time_ns[row],
    latency: (row) => (g.latency_records[row] > 0 ? g.latency_cycles[row] / g.latency_records[row] : NaN),
    faults: (row) => g.faults[row],
    first: (row) => (g.first_ns[row] >= 0 ? g.first_ns[row] : NaN),
    last: (row) => (g.last_ns[row] >= 0 ? g.last_ns[row] : NaN),
  };
}

/** @param {RunModel} run @returns {RowNumbers} */
function objectNumbers(run) {
  const o = run.data.objects;
  return {
    rows: o.group.length,
    loads: (row) => o.loads[row] + o.load_stores[row],
    stores: (row) => o.stores[row] + o.load_stores[row],
    unknown: (row) => o.unknown[row],
    accesses: (row) => o.loads[row] + o.stores[row] + o.load_stores[row] + o.unknown[row],
    estimated: () => NaN,
    timeNs: () => NaN,
    latency: (row) => (o.latency_records[row] > 0 ? o.latency_cycles[row] / o.latency_records[row] : NaN),
    faults: (row) => o.faults[row],
    first: (row) => (o.first_ns[row] >= 0 ? o.first_ns[row] : NaN),
    last: (row) => (o.last_ns[row] >= 0 ? o.last_ns[row] : NaN),
  };
}

/**
 * By what is shown. @param {RunModel} run @param {?Float64Array} rows of sumFaults @param {"site" |
 * "object"} by
 */
function faultCounts(run, rows, by) {
  if (!rows) return null;
  if (by === "object") return rows.subarray(1, 1 + run.data.objects.group.length);
  const counts = new Float64Array(run.data.groups.name.length);
  run.groupOfRow.forEach((group, row) => {
    if (group >= 0) counts[group] += rows[row];
  });
  return counts;
}

/** @param {RowSums} sums @param {?Float64Array} faults @returns {RowNumbers} */
function sumNumbers(sums, faults) {
  return {
    rows: sums.loads.length,
    loads: (row) => sums.loads[row],
    stores: (row) => sums.stores[row],
    unknown: (row) => sums.unknown[row],
    accesses: (row) => sums.accesses(row),
    estimated: (row) => sums.estimatedLoads[row] + sums.estimatedStores[row],
    timeNs: (row) => sums.timeNs[row],
    latency: (row) =>
        (sums.latencyRecords[row] > 0 ? sums.latencyCycles[row] / sums.latencyRecords[row] : NaN),
    faults: (row) => (faults ? faults[row] : NaN),
    first: (row) => (Number.isFinite(sums.first[row]) ? sums.first[row] : NaN),
    last: (row) => (Number.isFinite(sums.last[row]) ? sums.last[row] : NaN),
  };
}
