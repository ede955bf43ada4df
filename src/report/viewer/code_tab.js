// The flame graph of the code that accesses memory: module, function, inlined functions, place.
import {sumBins, sumCode} from "./aggregate.js";
import {filterIsOpen} from "./density.js";
import {chosenTime, sampleFilter, selectedGroup, selectedObjects} from "./filters.js";
import {buildFlame} from "./flame_tree.js";
import {FlameView} from "./flame_view.js";
import {formatCount, formatDuration, formatShort, shortenName} from "./format.js";
import {basisWords, kBinnedRows, partWords} from "./object_numbers.js";
import {kHues} from "./palette.js";

/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./state.js").ViewStore} ViewStore */
/** @typedef {import("./palette.js").Theme} Theme */
/** @typedef {import("./flame_tree.js").FrameLabel} FrameLabel */
/** @typedef {import("./aggregate.js").RowSums} RowSums */

/** @type {[string, string][]} */
const kCodeMetrics = [
  ["accesses", "sampled accesses"],
  ["loads", "loads"],
  ["stores", "stores"],
  ["estimated", "estimated accesses"],
  ["time", "CPU time"],
  ["latency", "latency (cycles, summed)"],
];

export class CodeTab {
  /** @param {RunModel[]} runs @param {ViewStore} store @param {() => Theme} theme */
  constructor(runs, store, theme) {
    this.runs = runs;
    this.store = store;
    this.view = new FlameView(store, theme, {
      id: "code",
      title: "Accessing code",
      metrics: kCodeMetrics,
      stateKey: "code",
      hue: kHues.sky,
      choose: () => {},
    });
    this.element = this.view.element;
  }

  get run() {
    return this.runs[Number(this.store.state.run)] ?? this.runs[0];
  }

  update() {
    const {run} = this;
    const {state} = this.store;
    const {values, note} = this.values(state.code);
    const paths =
        run.data.code.stack.map((_stack, row) => ({path: codePath(run, row), value: values[row], row}));
    const root = buildFlame(paths, state.order === "callers" ? "callers" : "callees", "all accesses");
    const format = state.code === "time" ? formatDuration :
        state.code === "estimated"       ? formatShort :
                                           formatCount;
    this.view.show(root, format, note, () => false);
  }

  /** @param {string} metric @returns {{values: ArrayLike<number>, note: string}} */
  values(metric) {
    const {run} = this;
    const {data} = run;
    const {state} = this.store;
    if (metric === "latency" && !run.hasLatency) return {values: [], note: noLatencyWords(run)};
    if (metric === "estimated" && !run.hasEstimates)
      return {values: [], note: "Estimates are not known: no record says how many accesses it stands for."};
    const time = chosenTime(state, this.runs);
    const filter = sampleFilter(state, run, this.runs.length);
    const objects = selectedObjects(state, this.runs, run);
    if (!time.brushed && filterIsOpen(filter) && !objects) {
      return {
        values: wholeCode(run, metric),
        note: "Exact, of all records of the whole recording. The wider a frame, the more it accesses memory."
      };
    }
    if (!run.samples.complete && !objects && filterIsOpen(filter) && data.code_bins &&
        data.code.stack.length <= kBinnedRows && ["accesses", "loads", "stores"].includes(metric)) {
      const sums =
          sumBins(data.code_bins, data.code.stack.length, data.begin_ns, data.end_ns, time.from, time.to);
      return {
        values: valuesOf(sums, metric),
        note: `${partWords(run, state, time)} Exact to ${
            formatDuration((data.end_ns - data.begin_ns) / data.code_bins.bins)} at both ends.`
      };
    }
    const sums = sumCode(run, time.from, time.to, {...filter, objects});
    const group = selectedGroup(state, this.runs, run);
    const only = objects && group >= 0 ?
        `Only what accesses the selected object, ${shortenName(run.groupName(group), 80)}. ` :
        "";
    return {values: valuesOf(sums, metric), note: `${only}${partWords(run, state, time)} ${basisWords(run)}`};
  }
}

/** @param {RunModel} run @param {string} metric */
function wholeCode(run, metric) {
  const {code} = run.data;
  const loads = (/** @type {number} */ row) => code.loads[row] + code.load_stores[row];
  const stores = (/** @type {number} */ row) => code.stores[row] + code.load_stores[row];
  const value = /** @type {Record<string, (row: number) => number>} */ ({
                  accesses: (row) => code.loads[row] + stores(row) + code.unknown[row],
                  loads,
                  stores,
                  estimated: (row) => code.estimated_loads[row] + code.estimated_stores[row],
                  time: (row) => code.time_ns[row],
                  latency: (row) => code.latency_cycles[row],
                })[metric] ??
      loads;
  return code.stack.map((_stack, row) => value(row));
}

/** @param {RowSums} sums @param {string} metric */
function valuesOf(sums, metric) {
  if (metric === "loads") return sums.loads;
  if (metric === "stores") return sums.stores;
  if (metric === "time") return sums.timeNs;
  if (metric === "latency") return sums.latencyCycles;
  if (metric === "estimated")
    return sums.estimatedLoads.map((loads, row) => loads + sums.estimatedStores[row]);
  return sums.loads.map((_loads, row) => sums.accesses(row));
}

/** @param {RunModel} run @param {number} row @returns {FrameLabel[]} */
export function codePath(run, row) {
  const {code, code_stacks: stacks, frames} = run.data;
  const module = run.text(code.module[row]);
  const stack = stacks[code.stack[row]] ?? [];
  /** @type {FrameLabel[]} */
  const path = module ? [{name: module.slice(module.lastIndexOf("/") + 1), detail: module}] : [];
  for (const frame of stack)
    path.push({name: run.text(frames.function [frame]) || "(no name)", detail: run.framePlace(frame)});
  const last = stack[stack.length - 1];
  const place = last === undefined ? "" : run.framePlace(last);
  const address = run.text(code.place[row]);
  // The module is at the root: of the address its offset is enough.
  if (place || address) path.push({name: place || address.replace(/^.*(?=\+0x)/, ""), detail: address});
  return path;
}

/** Why there are no latencies. @param {RunModel} run */
export function noLatencyWords(run) {
  const clock = run.data.streams.some((stream) => stream.source === "clock");
  return clock ?
      "Latency is not known: the clock source sees which addresses are accessed, not how long an access takes or where its data comes from. A processor with PEBS, IBS or SPE tells that (heimdallr --source pmu; heimdallr doctor says what this machine can do)." :
      "Latency is not known: no source of this recording measures it.";
}
