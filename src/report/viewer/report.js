// The report as the views use it: the data of the page, checked, with what is looked up often.
import {AddressAxis} from "./axis.js";
import {SampleSet} from "./samples.js";

/** @typedef {import("./report_types.js").RunData} RunData */
/** @typedef {import("./report_types.js").ReportData} ReportData */

/** Of the page's data; a report of another is refused. */
export const kReportVersion = 2;

/**
 * A box of the picture: an object's part of the axis and of time.
 * @typedef {{object: number, from: number, to: number, start: number, end: number}} ObjectBox
 */

/** One recording. */
export class RunModel {
  /** @param {RunData} data @param {number} index */
  constructor(data, index) {
    this.data = data;
    this.index = index;
    this.axis = new AddressAxis(data);
    this.samples = new SampleSet(data);
    /** @type {?import("./density.js").TileCounts} */
    this.tiles = null;
    /** @type {ObjectBox[]} */
    this.boxes = [];
    const {objects} = data;
    for (let object = 0; object < objects.group.length; ++object) {
      const span =
          this.axis.span(objects.process[object], BigInt(objects.address[object]), objects.size[object]);
      if (!span) continue;
      const end = objects.end[object] < 0 ? data.end_ns : objects.end[object];
      this.boxes.push({object, ...span, start: objects.start[object], end});
    }
    // The largest first: they are drawn first, and small ones above them.
    const extent = (/** @type {ObjectBox} */ box) => (box.to - box.from) * (box.end - box.start);
    this.boxes.sort((a, b) => extent(b) - extent(a));
    /** @type {number[][]} */
    this.objectsOfGroup = [];
    for (let object = 0; object < objects.group.length; ++object) {
      (this.objectsOfGroup[objects.group[object]] ??= []).push(object);
    }
    /**
     * The group of each value of a sample's `object`, -1 where there is none: no object, each object,
     * the objects of each group that are not told apart, those of which not even the group is known.
     */
    this.groupOfRow = new Int32Array(objects.group.length + data.groups.name.length + 2).fill(-1);
    this.groupOfRow.set(objects.group, 1);
    for (let group = 0; group < data.groups.name.length; ++group)
      this.groupOfRow[this.foldedRow(group)] = group;
  }

  /** The `object` of samples of a group whose object is not told apart. @param {number} group */
  foldedRow(group) {
    return 1 + this.data.objects.group.length + group;
  }

  /** @param {number} index into strings */
  text(index) {
    return this.data.strings[index] ?? "";
  }

  /** @param {number} group */
  groupName(group) {
    return this.text(this.data.groups.name[group]) || "(no name)";
  }

  /** @param {number} object */
  objectName(object) {
    const group = this.data.objects.group[object];
    const several = (this.objectsOfGroup[group]?.length ?? 0) > 1 || this.data.groups.count[group] > 1;
    if (!several) return this.groupName(group);
    const number = this.data.objects.number[object];
    // Objects that were never accessed have no number: their address tells them apart.
    return `${this.groupName(group)} ${
        number > 0 ? `#${number}` : `at ${this.data.objects.address[object]}`}`;
  }

  /** @param {number} thread */
  threadName(thread) {
    const {threads, processes} = this.data;
    const name = this.text(threads.name[thread]);
    const tid = threads.tid[thread];
    const process = threads.process[thread];
    const several = processes.pid.length > 1 && process >= 0 ? `, process ${processes.pid[process]}` : "";
    return name ? `${name} (${tid}${several})` : `thread ${tid}${several}`;
  }

  /** "function (file:line)" of the innermost frame. @param {number} code */
  codeName(code) {
    const {code: rows, code_stacks: stacks} = this.data;
    const stack = stacks[rows.stack[code]] ?? [];
    const frame = stack[stack.length - 1];
    return frame === undefined ? this.text(rows.place[code]) || "(code not known)" : this.frameName(frame);
  }

  /** @param {number} frame */
  frameName(frame) {
    const {frames} = this.data;
    const place = this.framePlace(frame);
    const name = this.text(frames.function [frame]) || "(no name)";
    return place ? `${name} (${place})` : name;
  }

  /** "file:line", or nothing. @param {number} frame */
  framePlace(frame) {
    const {frames} = this.data;
    const file = this.text(frames.file[frame]);
    const short = file.slice(file.lastIndexOf("/") + 1);
    return frames.line[frame] > 0 && short ? `${short}:${frames.line[frame]}` : short;
  }

  /** Loads with load_stores, as every sum here. @param {number} group */
  groupLoads(group) {
    return this.data.groups.loads[group] + this.data.groups.load_stores[group];
  }

  /** @param {number} group */
  groupStores(group) {
    return this.data.groups.stores[group] + this.data.groups.load_stores[group];
  }

  /** What code ran how often could be estimated. */
  get hasEstimates() {
    return this.data.samples.estimate_scale !== null;
  }

  /** A source says how long accesses take. */
  get hasLatency() {
    return this.data.totals.latency_records > 0;
  }

  /** A source says where data came from. */
  get hasSources() {
    const total = this.data.source_counts[this.data.sources_total];
    return total !== undefined &&
        total.some((count, i) => count > 0 && !/^(not_known|unknown|none|)$/.test(this.data.source_names[i]));
  }
}

/**
 * Reads the data of the page. Throws with one line for people when it is not as it should be.
 * @param {string} text
 * @returns {{data: ReportData, runs: RunModel[]}}
 */
export function parseReport(text) {
  if (text.trim() === "")
    throw new Error("this page holds no data: the file was cut, or is the viewer alone");
  /** @type {ReportData} */
  let data;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new Error(`the data of this page is damaged (${
        error instanceof Error ? error.message : error}): make the report again`);
  }
  if (data.version !== kReportVersion) {
    throw new Error(`the data is of version ${data.version}, this viewer reads ${
        kReportVersion}: make the report again with one program`);
  }
  if (!Array.isArray(data.runs) || data.runs.length === 0)
    throw new Error("there is no recording in this report");
  return {data, runs: data.runs.map((run, index) => checkedRun(run, index))};
}

/** @param {RunData} run @param {number} index */
function checkedRun(run, index) {
  for (const name of /** @type {const} */ (
           ["axis", "groups", "objects", "code", "samples", "series", "tiles", "totals", "strings"])) {
    if (!run[name]) throw new Error(`run ${index + 1} has no '${name}': make the report again`);
  }
  for (const table of [run.groups, run.objects, run.code, run.frames, run.allocation_sites]) {
    const lengths = new Set(Object.values(table).map((column) => column.length));
    if (lengths.size > 1)
      throw new Error(`a table of run ${index + 1} has columns of ${
              [...lengths].join(" and ")} rows: make the report again`);
  }
  return new RunModel(run, index);
}
