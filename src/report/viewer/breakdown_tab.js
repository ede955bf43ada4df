// Latency, where data came from, and which thread accesses what.
import {sumBreakdown} from "./aggregate.js";
import {noLatencyWords} from "./code_tab.js";
import {filterIsOpen} from "./density.js";
import {announce, button, el, replaceContent} from "./dom.js";
import {chosenTime, sampleFilter, selectedGroup, selectedObjects} from "./filters.js";
import {formatCount, formatShare, formatShort, shortenName} from "./format.js";
import {basisWords, partWords} from "./object_numbers.js";


/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./state.js").ViewStore} ViewStore */
/** @typedef {import("./aggregate.js").Breakdown} Breakdown */
/** @typedef {import("./aggregate.js").MatrixCell} MatrixCell */

const kMatrixGroups = 12;
const kMatrixThreads = 40;

export class BreakdownTab {
  /** @param {RunModel[]} runs @param {ViewStore} store */
  constructor(runs, store) {
    this.runs = runs;
    this.store = store;
    this.element = el("div", {class: "tab-body scroll"});
  }

  get run() {
    return this.runs[Number(this.store.state.run)] ?? this.runs[0];
  }

  update() {
    const {run} = this;
    const {state} = this.store;
    const time = chosenTime(state, this.runs);
    const filter = sampleFilter(state, run, this.runs.length);
    const objects = selectedObjects(state, this.runs, run);
    const part = time.brushed || !filterIsOpen(filter);
    const all = part ? sumBreakdown(run, time.from, time.to, filter) : wholeBreakdown(run);
    const chosen = objects ? sumBreakdown(run, time.from, time.to, {...filter, objects}) : all;
    const group = selectedGroup(state, this.runs, run);
    const of = group >= 0 ? `of ${shortenName(run.groupName(group), 60)}` : "of all objects";
    const basis = part || objects ? `${partWords(run, state, time)} ${basisWords(run)}` :
                                    "Exact, of all records of the whole recording.";
    replaceContent(
        this.element,
        el("div", {class: "cards"},
           el("section", {class: "card wide"}, el("h3", {}, "Threads and objects"),
              el("p", {class: "note"},
                 `Sampled loads and stores of each thread to the objects accessed most. ${
                     part ? basis : "Exact, of all records of the whole recording."}`),
              this.matrix(all, group)),
           el("section", {class: "card"}, el("h3", {}, `Latency ${of}`), this.latency(chosen, basis)),
           el("section", {class: "card"}, el("h3", {}, `Where the data came from, ${of}`),
              ...this.sources(chosen, basis))));
    announce(`Breakdowns ${of}. ${basis}`);
  }

  /** @param {Breakdown} breakdown @param {string} basis */
  latency(breakdown, basis) {
    const {run} = this;
    if (!run.hasLatency) return el("p", {class: "absent"}, noLatencyWords(run));
    const {bins} = run.data.latency;
    const sum = (/** @type {number} */ i) =>
        breakdown.latencyLoads[i] + breakdown.latencyStores[i] + breakdown.latencyUnknown[i];
    const hasUnknown = breakdown.latencyUnknown.some((count) => count > 0);
    let last = bins.length - 1;
    while (last > 0 && sum(last) === 0) --last;
    let most = 1;
    for (let i = 0; i <= last; ++i) most = Math.max(most, sum(i));
    const rows = [];
    for (let i = 0; i <= last; ++i) {
      const loads = breakdown.latencyLoads[i];
      const stores = breakdown.latencyStores[i];
      const unknown = breakdown.latencyUnknown[i];
      const label = i + 1 < bins.length ? `${formatCount(bins[i])}–${formatCount(bins[i + 1] - 1)}` :
                                          `${formatCount(bins[i])} and more`;
      rows.push(
          el("tr", {}, el("th", {scope: "row"}, label), el("td", {class: "number"}, formatCount(loads)),
             el("td", {class: "number"}, formatCount(stores)),
             hasUnknown ? el("td", {class: "number"}, formatCount(unknown)) : null,
             el("td", {class: "bars"},
                stacked([[loads / most, "load"], [stores / most, "store"], [unknown / most, "unknown"]]))));
    }
    return el(
        "div", {}, el("p", {class: "note"}, `Cycles from issue to data. ${basis}`),
        el("table", {class: "plain"},
           el("thead", {},
              el("tr", {},
                 ...["Cycles", "Loads", "Stores", ...(hasUnknown ? ["Unknown kind"] : []), ""].map(
                     (text) => el("th", {scope: "col"}, text || el("span", {class: "hidden"}, "share"))))),
           el("tbody", {}, rows)));
  }

  /** @param {Breakdown} breakdown @param {string} basis @returns {HTMLElement[]} */
  sources(breakdown, basis) {
    const {run} = this;
    if (!run.hasSources) {
      return [
        el("p", {class: "absent"},
           run.hasLatency ?
               "The source measures latency but does not say which cache or node answered." :
               "Which cache, memory or node answered is not known: the clock source works on any machine, but sees addresses alone. A processor with PEBS, IBS or SPE tells where data came from, and then local and remote nodes show here.")
      ];
    }
    const names = run.data.source_names;
    const total = breakdown.sources.reduce((sum, count) => sum + count, 0);
    const order = names.map((_name, i) => i)
                      .filter((i) => breakdown.sources[i] > 0)
                      .sort((a, b) => breakdown.sources[b] - breakdown.sources[a]);
    const count = (/** @type {(name: string) => boolean} */ test) =>
        names.reduce((sum, name, i) => sum + (test(name) ? breakdown.sources[i] : 0), 0);
    const remote = count((name) => /^remote_|cxl/.test(name));
    const local = count((name) => /^local_|persistent/.test(name));
    return [
      el("p", {class: "note"}, basis),
      el("table", {class: "plain"},
         el("thead", {},
            el("tr", {},
               ...["Source", "Accesses", "Share", ""].map(
                   (text) =>
                       el("th", {scope: "col"}, text || el("span", {class: "hidden"}, "share as a bar"))))),
         el("tbody", {},
            order.map(
                (i) =>
                    el("tr", {}, el("th", {scope: "row"}, names[i].replaceAll("_", " ")),
                       el("td", {class: "number"}, formatCount(breakdown.sources[i])),
                       el("td", {class: "number"}, formatShare(breakdown.sources[i], total)),
                       el("td", {class: "bars"}, stacked([[
                            breakdown.sources[i] / Math.max(1, total),
                            /remote|cxl/.test(names[i]) ? "store" : "load"
                          ]])))))),
      el("p", {class: "remote"},
         remote + local === 0 ?
             "None of it came from memory: caches answered." :
             `Of what came from memory or another node, ${formatShare(remote, remote + local)} was remote (${
                 formatCount(remote)} remote, ${formatCount(local)} local).`),
    ];
  }

  /** @param {Breakdown} breakdown @param {number} selected group */
  matrix(breakdown, selected) {
    const {run} = this;
    const groups = run.data.groups.name.length;
    /** @type {Map<number, number>} */
    const ofGroup = new Map();
    /** @type {Map<number, number>} */
    const ofThread = new Map();
    for (const [key, cell] of breakdown.threads) {
      const sum = cellSum(cell);
      const group = key % groups;
      const thread = Math.floor(key / groups);
      ofGroup.set(group, (ofGroup.get(group) ?? 0) + sum);
      ofThread.set(thread, (ofThread.get(thread) ?? 0) + sum);
    }
    if (ofGroup.size === 0) return el("p", {class: "absent"}, "No access of this part belongs to an object.");
    const columns = [...ofGroup].sort((a, b) => b[1] - a[1]).slice(0, kMatrixGroups).map(([group]) => group);
    if (selected >= 0 && ofGroup.has(selected) && !columns.includes(selected))
      columns[columns.length - 1] = selected;
    const rows = [...ofThread].sort((a, b) => b[1] - a[1]).slice(0, kMatrixThreads).map(([thread]) => thread);
    let most = 1;
    for (const cell of breakdown.threads.values()) most = Math.max(most, cellSum(cell));
    const head = columns.map(
        (group) =>
            el("th", {scope: "col", class: group === selected ? "selected" : ""},
               button(
                   shortenName(run.groupName(group), 30),
                   {class: "link", title: shortenName(run.groupName(group), 500)},
                   () => this.store.set({select: group === selected ? "" : `g${run.index}.${group}`}))));
    const left = ofThread.size > rows.length || ofGroup.size > columns.length ?
        el("p", {class: "note"},
           `${formatCount(rows.length)} of ${formatCount(ofThread.size)} threads and ${columns.length} of ${
               formatCount(ofGroup.size)} objects are shown, those with the most accesses.`) :
        null;
    return el(
        "div", {class: "matrix-scroll"},
        el("table", {class: "matrix"},
           el("caption", {class: "hidden"}, "Loads and stores of each thread to each object"),
           el("thead", {}, el("tr", {}, el("th", {scope: "col"}, "Thread"), head)),
           el("tbody", {},
              rows.map(
                  (thread) => el(
                      "tr", {}, el("th", {scope: "row"}, shortenName(run.threadName(thread), 40)),
                      columns.map(
                          (group) => this.cell(
                              breakdown.threads.get(thread * groups + group), most, group === selected)))))),
        left);
  }

  /**
   * @param {MatrixCell | undefined} cell @param {number} most @param {boolean} selected
   */
  cell(cell, most, selected) {
    if (!cell) return el("td", {class: selected ? "selected" : ""}, "");
    const sum = cellSum(cell);
    const unknown = cell.unknown > 0 ? `, ${formatCount(cell.unknown)} of unknown kind` : "";
    const latency = cell.records > 0 ? `, ${formatShort(cell.cycles / cell.records)} cycles on average` : "";
    const remote = cell.remote > 0 ? `, ${formatCount(cell.remote)} of remote memory` : "";
    const element = el(
        "td", {
          class: selected ? "selected" : "",
          title: `${formatCount(cell.loads)} loads, ${formatCount(cell.stores)} stores${unknown}${latency}${
              remote}`
        },
        el("span", {}, formatShort(sum)),
        stacked([[cell.loads / sum, "load"], [cell.stores / sum, "store"], [cell.unknown / sum, "unknown"]]));
    element.style.setProperty(
        "--strength", String(Math.max(0.04, Math.log1p(sum) / Math.log1p(most)).toFixed(3)));
    return element;
  }
}

/** Accesses of a cell; what reads and writes is in loads and in stores. @param {MatrixCell} cell */
function cellSum(cell) {
  return cell.loads + cell.stores + cell.unknown;
}

/** A bar of parts. @param {[number, string][]} parts share and class */
export function stacked(parts) {
  return el("span", {class: "stack", "aria-hidden": "true"}, parts.map(([share, name]) => {
    const part = el("span", {class: name});
    part.style.width = `${Math.max(0, Math.min(100, share * 100))}%`;
    return part;
  }));
}

/** The whole recording, of the exact tables. @param {RunModel} run @returns {Breakdown} */
export function wholeBreakdown(run) {
  const {data} = run;
  const groups = data.groups.name.length;
  /** @type {Breakdown["threads"]} */
  const threads = new Map();
  const t = data.thread_groups;
  for (let i = 0; i < t.thread.length; ++i) {
    threads.set(t.thread[i] * groups + t.group[i], {
      loads: t.loads[i],
      stores: t.stores[i],
      unknown: t.unknown[i],
      cycles: t.latency_cycles[i],
      records: t.latency_records[i],
      remote: t.remote[i]
    });
  }
  return {
    latencyLoads: Float64Array.from(data.latency.loads),
    latencyStores: Float64Array.from(data.latency.stores),
    latencyUnknown: Float64Array.from(data.latency.unknown),
    sources: Float64Array.from(data.source_counts[data.sources_total] ?? []),
    threads,
  };
}
