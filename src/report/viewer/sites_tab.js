// The flame graph of allocation sites.
import {binRange} from "./aggregate.js";
import {chosenTime, selectedGroup} from "./filters.js";
import {buildFlame} from "./flame_tree.js";
import {FlameView} from "./flame_view.js";
import {formatBytes, formatCount, formatDuration} from "./format.js";
import {kHues} from "./palette.js";

/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./report_types.js").RunData} RunData */
/** @typedef {import("./state.js").ViewStore} ViewStore */
/** @typedef {import("./palette.js").Theme} Theme */
/** @typedef {import("./flame_tree.js").FrameLabel} FrameLabel */

/** @type {[string, string][]} */
const kSiteMetrics = [
  ["bytes", "bytes allocated"],
  ["allocations", "allocations"],
  ["at_peak_bytes", "bytes at the heap's peak"],
  ["peak_bytes", "peak of each site"],
  ["live_bytes", "bytes never freed (leaks)"],
  ["live_blocks", "blocks never freed"],
  ["temporary", "temporary allocations"],
];

export class SitesTab {
  /** @param {RunModel[]} runs @param {ViewStore} store @param {() => Theme} theme */
  constructor(runs, store, theme) {
    this.runs = runs;
    this.store = store;
    this.view = new FlameView(store, theme, {
      id: "sites",
      title: "Allocation sites",
      metrics: kSiteMetrics,
      stateKey: "sites",
      hue: kHues.period,
      choose: (node) => {
        const group = this.run.data.allocation_sites.group[node.rows[0]];
        if (group >= 0) store.set({select: `g${this.run.index}.${group}`}, "silent");
      },
    });
    this.element = this.view.element;
  }

  get run() {
    return this.runs[Number(this.store.state.run)] ?? this.runs[0];
  }

  update() {
    const {run} = this;
    const {state} = this.store;
    const {values, note} = this.values(state.sites);
    const sites = run.data.allocation_sites;
    const paths = sites.stack.map((_stack, row) => ({path: sitePath(run, row), value: values[row], row}));
    if (values.length > sites.stack.length) {
      const row = sites.stack.length;
      paths.push({path: [{name: "(other sites)", detail: ""}], value: values[row], row});
    }
    const inBytes = state.sites.endsWith("bytes");
    const group = selectedGroup(state, this.runs, run);
    const root = buildFlame(paths, state.order === "callers" ? "callers" : "callees", "all allocations");
    this.view.show(
        root, inBytes ? formatBytes : formatCount, note,
        (node) => group >= 0 && node.rows.some((row) => sites.group[row] === group));
  }

  /**
   * By site; one more is of sites that are not told apart by time.
   * @param {string} metric @returns {{values: ArrayLike<number>, note: string}}
   */
  values(metric) {
    const {data} = this.run;
    const sites = data.allocation_sites;
    const time = chosenTime(this.store.state, this.runs);
    if (!data.header.allocations)
      return {values: [], note: "Allocations were not recorded (--no-allocations, or a dry run)."};
    if (time.brushed && (metric === "bytes" || metric === "allocations"))
      return brushedSites(data, metric, time);
    const column = metric in sites ? sites[/** @type {keyof typeof sites} */ (metric)] : sites.bytes;
    const whole = time.brushed ? "Of the whole recording: this measure is not kept for parts of the time." :
                                 "Every allocation of the whole recording, exact.";
    return {values: column, note: `${whole}${kSiteNotes[metric] ?? ""}`};
  }
}

/**
 * @param {RunData} data @param {"bytes" | "allocations"} metric @param {{from: number, to: number}} time
 * @returns {{values: Float64Array, note: string}}
 */
export function brushedSites(data, metric, time) {
  const bins = data.allocation_bins;
  const sites = data.allocation_sites.stack.length;
  const [first, last] = binRange(bins.bins, data.begin_ns, data.end_ns, time.from, time.to);
  const isFolded = bins.site.some((site) => site < 0);
  const values = new Float64Array(sites + (isFolded ? 1 : 0));
  bins.site.forEach((site, i) => {
    if (bins.bin[i] >= first && bins.bin[i] < last) values[site < 0 ? sites : site] += bins[metric][i];
  });
  const width = formatDuration((data.end_ns - data.begin_ns) / bins.bins);
  const folded = isFolded ? " Sites that allocate little are together, as there are very many." : "";
  return {values, note: `Every allocation of the brushed time, exact to ${width} at both ends.${folded}`};
}

/** @type {Readonly<Record<string, string>>} */
const kSiteNotes = {
  at_peak_bytes: " What was alive at the moment when the whole heap was largest.",
  peak_bytes:
      " The most that each site ever had alive; these moments differ, so the sum is more than the heap ever was.",
  live_bytes: " What was alive at the end: leaks, and what lives as long as the program.",
  live_blocks: " What was alive at the end: leaks, and what lives as long as the program.",
  temporary: " Freed before their thread allocated again: candidates for the stack or for reuse.",
};

/** @param {RunModel} run @param {number} row @returns {FrameLabel[]} */
export function sitePath(run, row) {
  const sites = run.data.allocation_sites;
  const stack = run.data.allocation_stacks[sites.stack[row]] ?? [];
  const path = stack.map(
      (frame) =>
          ({name: run.text(run.data.frames.function [frame]) || "(no name)", detail: run.framePlace(frame)}));
  const call = run.text(sites.call[row]);
  return call ? [...path, {name: call, detail: ""}] : path;
}
