// What the view lets through: by thread, by data source, by selection, by brushed time.
import {parseSelection} from "./state.js";
import {wholeTime} from "./timeline_geometry.js";

/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./state.js").ViewState} ViewState */
/** @typedef {import("./density.js").SampleFilter} SampleFilter */

/**
 * A thread as the filter names it: when two runs are compared by its name alone, as its number is
 * another in each.
 * @param {RunModel} run @param {number} thread @param {number} runs
 */
export function threadKey(run, thread, runs) {
  return runs > 1 ? run.text(run.data.threads.name[thread]) || "(no name)" : run.threadName(thread);
}

/** @param {ViewState} state @param {RunModel} run @param {number} runs @returns {SampleFilter} */
export function sampleFilter(state, run, runs) {
  /** @type {SampleFilter} */
  const filter = {objects: null, threads: null, sources: null};
  if (state.thread !== "") {
    filter.threads = new Uint8Array(65536);
    const {tid} = run.data.threads;
    for (let i = 0; i < tid.length; ++i) filter.threads[i] = threadKey(run, i, runs) === state.thread ? 1 : 0;
  }
  if (state.source !== "") {
    filter.sources = new Uint8Array(run.data.source_names.length);
    const index = run.data.source_names.indexOf(state.source);
    if (index >= 0) filter.sources[index] = 1;
  }
  return filter;
}

/**
 * Objects of the selection, as a mask by SampleChunk.object; null when nothing of the run is
 * selected. @param {ViewState} state @param {RunModel[]} runs @param {RunModel} run @returns {?Uint8Array}
 */
export function selectedObjects(state, runs, run) {
  const selection = parseSelection(state.select);
  if (!selection || !runs[selection.run]) return null;
  const mask = new Uint8Array(run.groupOfRow.length);
  if (selection.kind === "object" && selection.run === run.index) {
    if (selection.index >= run.data.objects.group.length) return null;
    mask[selection.index + 1] = 1;
    return mask;
  }
  const group = selectedGroup(state, runs, run);
  if (group < 0) return null;
  for (const object of run.objectsOfGroup[group] ?? []) mask[object + 1] = 1;
  mask[run.foldedRow(group)] = 1;
  return mask;
}

/**
 * The group of the selection in this run: of another run's, the one with its key; -1 =
 * none. @param {ViewState} state @param {RunModel[]} runs @param {RunModel} run
 */
export function selectedGroup(state, runs, run) {
  const selection = parseSelection(state.select);
  const from = selection ? runs[selection.run] : undefined;
  if (!selection || !from) return -1;
  const group = selection.kind === "group" ? selection.index : from.data.objects.group[selection.index] ?? -1;
  if (from === run || group < 0 || group >= from.data.groups.key.length)
    return group < from.data.groups.key.length ? group : -1;
  const key = from.text(from.data.groups.key[group]);
  return run.data.groups.key.findIndex((index) => run.text(index) === key);
}

/**
 * The brushed time, or all. @param {ViewState} state @param {RunModel[]} runs @returns {{from: number, to:
 * number, brushed: boolean}}
 */
export function chosenTime(state, runs) {
  if (state.b0 !== null && state.b1 !== null) return {from: state.b0, to: state.b1, brushed: true};
  const whole = wholeTime(runs);
  return {from: whole.t0, to: whole.t1, brushed: false};
}
