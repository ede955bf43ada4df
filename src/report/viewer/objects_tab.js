// The table of objects: by the code that allocated them, or each by itself.
import {announce, choice, el, replaceContent, searchField, setChoice} from "./dom.js";
import {selectedGroup} from "./filters.js";
import {formatAddress, formatBytes, formatCount, formatDuration, formatMoment, formatPlural, formatShare, formatShort} from "./format.js";
import {chosenNumbers} from "./object_numbers.js";
import {parseSelection} from "./state.js";
import {TableView} from "./table_view.js";


/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./state.js").ViewStore} ViewStore */
/** @typedef {import("./table_model.js").TableModel} TableModel */
/** @typedef {import("./table_model.js").Column} Column */
/** @typedef {import("./object_numbers.js").RowNumbers} RowNumbers */

export class ObjectsTab {
  /** @param {RunModel[]} runs @param {ViewStore} store */
  constructor(runs, store) {
    this.runs = runs;
    this.store = store;
    this.bar = el("div", {class: "bar-row"});
    this.note = el("p", {class: "note", id: "objects-note"});
    this.view = new TableView({
      caption: "Objects that were accessed",
      sort: (sort) => store.set({sort}),
      choose: (key) => store.set({select: store.state.select === key ? "" : key}),
    });
    this.element = el("div", {class: "tab-body"}, this.bar, this.note, this.view.element);
    this.buildBar();
  }

  get run() {
    return this.runs[Number(this.store.state.run)] ?? this.runs[0];
  }

  buildBar() {
    const {store, run} = this;
    const types = [...new Set(run.data.groups.type)].map((index) => run.text(index)).sort();
    this.search = searchField(
        "Search name, site, address", store.state.q, (q) => store.set({q}, "movement"), "object-search");
    this.by = choice(
        "Show", [["site", "by allocation site"], ["object", "each object"]], store.state.by,
        (by) => store.set({by}));
    this.type = choice(
        "Type", [["", "all"], ...types.map((type) => /** @type {[string, string]} */ ([type, type]))],
        store.state.type, (type) => store.set({type}));
    replaceContent(this.bar, this.search, this.by, this.type);
  }

  update() {
    const {state} = this.store;
    const {run, runs} = this;
    if (this.search && document.activeElement !== this.search) this.search.value = state.q;
    setChoice(this.by, state.by);
    setChoice(this.type, state.type);
    const by = state.by === "object" ? "object" : "site";
    const {numbers, basis, partial} = chosenNumbers(run, state, runs, by);
    const model = by === "site" ? groupModel(run, numbers, state.type, partial) :
                                  objectModel(run, numbers, state.type, partial);
    this.view.show(model, state.sort, state.q, this.selectedKey(by));
    const sums = sumRows(this.view.order, numbers);
    const folded = by === "object" ? foldedWords(run) : "";
    const text = `${formatPlural(this.view.order.length, by === "site" ? "group" : "object")}: ` +
        `${formatCount(sums.loads)} loads, ${formatCount(sums.stores)} stores. ${basis}${folded}`;
    if (this.note.textContent !== text) this.note.textContent = text;
    announce(text);
  }

  /** @param {"site" | "object"} by */
  selectedKey(by) {
    const {state} = this.store;
    const selection = parseSelection(state.select);
    if (!selection) return "";
    if (by === "object")
      return selection.kind === "object" && selection.run === this.run.index ? state.select : "";
    const group = selectedGroup(state, this.runs, this.run);
    return group < 0 ? "" : `g${this.run.index}.${group}`;
  }
}

/** @param {number[]} rows @param {RowNumbers} numbers */
function sumRows(rows, numbers) {
  let loads = 0;
  let stores = 0;
  for (const row of rows) {
    loads += numbers.loads(row);
    stores += numbers.stores(row);
  }
  return {loads, stores};
}

/** @param {RunModel} run */
function foldedWords(run) {
  const objects = run.data.groups.folded_objects.reduce((sum, count) => sum + count, 0);
  const records = run.data.groups.folded_records.reduce((sum, count) => sum + count, 0);
  return objects === 0 ? "" :
                         ` ${formatPlural(objects, "further object")} with ${
                             formatPlural(records, "access", "accesses")} are counted only in their group.`;
}

/** @param {number} value @param {(value: number) => string} format */
function known(value, format) {
  return Number.isNaN(value) ? "–" : format(value);
}

/**
 * Columns of accesses, for groups and objects. @param {RunModel} run @param {RowNumbers}
 * numbers @param {boolean} partial @returns {Column[]}
 */
function accessColumns(run, numbers, partial) {
  let most = 0;
  let time = 0;
  for (let row = 0; row < numbers.rows; ++row) {
    most += numbers.accesses(row);
    if (!Number.isNaN(numbers.timeNs(row))) time += numbers.timeNs(row);
  }
  const whole = partial ? time : run.data.totals.time_ns;
  /**
   * @param {string} id @param {string} title @param {string} hint @param {(row: number) => number}
   *     value @param {(value: number) => string} format @param {number} [width] @returns {Column}
   */
  const number = (id, title, hint, value, format, width = 92) =>
      ({id, title, hint, kind: "number", width, value, text: (row) => known(value(row), format)});
  /** @type {Column[]} */
  const columns = [
    {
      ...number(
          "accesses", "Accesses",
          "Sampled accesses: records of the recording, not all accesses of the program", numbers.accesses,
          formatCount, 112),
      share: (row) => numbers.accesses(row) / Math.max(1, most)
    },
    number(
        "share", "Share", "Of the accesses in this table", (row) => numbers.accesses(row) / Math.max(1, most),
        (value) => formatShare(value, 1), 70),
    number(
        "loads", "Loads", "Sampled accesses that read (those that read and write count in both)",
        numbers.loads, formatCount),
    number(
        "stores", "Stores", "Sampled accesses that write (those that read and write count in both)",
        numbers.stores, formatCount),
    number(
        "estimated", "Estimated",
        "Estimated accesses: how often the code ran, so that fast code counts as much as slow code. Compare with others of this table only",
        numbers.estimated, formatShort, 92),
    number(
        "time", "Time", "Share of the CPU time in which the code that was running accessed it",
        (row) => numbers.timeNs(row), (value) => formatShare(value, whole), 70),
  ];
  if (run.hasLatency)
    columns.push(number(
        "latency", "Latency", "Mean latency of its accesses, in cycles", numbers.latency,
        (value) => formatShort(value), 76));
  columns.push(
      number("faults", "Faults", "Page faults: first touches of its pages", numbers.faults, formatCount, 72),
      number(
          "first", "First", "First sampled access", numbers.first, (value) => formatMoment(value, 1e6), 84),
      number("last", "Last", "Last sampled access", numbers.last, (value) => formatMoment(value, 1e6), 84));
  return columns;
}

/**
 * @param {RunModel} run @param {RowNumbers} numbers @param {string} type @param {boolean}
 *     partial @returns {TableModel}
 */
export function groupModel(run, numbers, type, partial) {
  const {groups} = run.data;
  /** @type {Column[]} */
  const columns = [
    {
      id: "name",
      title: "Object",
      hint: "Heap blocks have the name of the code that allocated them",
      kind: "text",
      width: 0,
      value: (row) => run.groupName(row),
      text: (row) => run.groupName(row)
    },
    {
      id: "type",
      title: "Type",
      hint: "What kind of memory",
      kind: "text",
      width: 96,
      value: (row) => run.text(groups.type[row]),
      text: (row) => run.text(groups.type[row])
    },
    ...accessColumns(run, numbers, partial),
    {
      id: "count",
      title: "Objects",
      hint: "How many there were",
      kind: "number",
      width: 76,
      value: (row) => groups.count[row],
      text: (row) => formatCount(groups.count[row])
    },
    {
      id: "bytes",
      title: "Bytes",
      hint: "Sizes of all of them together",
      kind: "number",
      width: 86,
      value: (row) => groups.bytes[row],
      text: (row) => formatBytes(groups.bytes[row])
    },
    {
      id: "lifetime",
      title: "Lifetime",
      hint: "Mean time from allocation to release",
      kind: "number",
      width: 80,
      value: (row) => groups.mean_lifetime_ns[row],
      text: (row) => formatDuration(groups.mean_lifetime_ns[row])
    },
    {
      id: "threads",
      title: "Threads",
      hint: "How many threads accessed it",
      kind: "number",
      width: 72,
      value: (row) => groups.threads[row],
      text: (row) => formatCount(groups.threads[row])
    },
  ];
  const wanted = run.data.strings.indexOf(type);
  return {
    columns,
    rows: groups.name.length,
    key: (row) => `g${run.index}.${row}`,
    search: (row) =>
        `${run.text(groups.name[row])} ${run.text(groups.site[row])} ${run.text(groups.type[row])}`,
    keep: (row) => (type === "" || groups.type[row] === wanted) && (!partial || numbers.accesses(row) > 0),
  };
}

/**
 * @param {RunModel} run @param {RowNumbers} numbers @param {string} type @param {boolean}
 *     partial @returns {TableModel}
 */
export function objectModel(run, numbers, type, partial) {
  const {groups, objects, processes} = run.data;
  const several = processes.pid.length > 1;
  const typeOf = (/** @type {number} */ row) => run.text(groups.type[objects.group[row]]);
  /** @type {Column[]} */
  const columns = [
    {
      id: "name",
      title: "Object",
      hint: "Name and number among those of its site",
      kind: "text",
      width: 0,
      value: (row) => run.objectName(row),
      text: (row) => run.objectName(row)
    },
    {
      id: "type",
      title: "Type",
      hint: "What kind of memory",
      kind: "text",
      width: 84,
      value: typeOf,
      text: typeOf
    },
    ...accessColumns(run, numbers, partial)
        .filter((column) => partial || (column.id !== "estimated" && column.id !== "time")),
    {
      id: "bytes",
      title: "Bytes",
      hint: "Its size",
      kind: "number",
      width: 86,
      value: (row) => objects.size[row],
      text: (row) => formatBytes(objects.size[row])
    },
    {
      id: "address",
      title: "Address",
      hint: "Its first byte",
      kind: "number",
      width: 132,
      value: (row) => Number(BigInt(objects.address[row])),
      text: (row) => formatAddress(BigInt(objects.address[row]))
    },
    {
      id: "start",
      title: "From",
      hint: "When it came to be",
      kind: "number",
      width: 84,
      value: (row) => objects.start[row],
      text: (row) => formatMoment(objects.start[row], 1e6)
    },
    {
      id: "end",
      title: "To",
      hint: "When it was released",
      kind: "number",
      width: 84,
      value: (row) => (objects.end[row] < 0 ? Infinity : objects.end[row]),
      text: (row) => (objects.end[row] < 0 ? "the end" : formatMoment(objects.end[row], 1e6))
    },
  ];
  if (several) {
    const pid = (/** @type {number} */ row) => processes.pid[objects.process[row]] ?? 0;
    columns.push({
      id: "process",
      title: "Process",
      hint: "Its process id",
      kind: "number",
      width: 76,
      value: pid,
      text: (row) => String(pid(row))
    });
  }
  return {
    columns,
    rows: objects.group.length,
    key: (row) => `o${run.index}.${row}`,
    search: (row) => `${run.objectName(row)} ${run.text(groups.site[objects.group[row]])} ${typeOf(row)} ${
        objects.address[row]}`,
    keep: (row) => (type === "" || typeOf(row) === type) && (!partial || numbers.accesses(row) > 0),
  };
}
