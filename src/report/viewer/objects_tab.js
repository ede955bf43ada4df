// The table of objects: by the code that allocated them, or each by itself.
import {announce, choice, el, replaceContent, searchField, setChoice} from "./dom.js";
import {selectedGroup} from "./filters.js";
import {formatCount, formatPlural} from "./format.js";
import {chosenNumbers} from "./object_numbers.js";
import {groupModel, objectModel} from "./object_tables.js";
import {parseSelection} from "./state.js";
import {TableView} from "./table_view.js";


/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./state.js").ViewStore} ViewStore */
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
    const both = sums.loads + sums.stores + sums.unknown - sums.accesses;
    const folded = by === "object" ? foldedWords(run) : "";
    const text =
        `${formatPlural(this.view.order.length, by === "site" ? "group" : "object")}: ` +
        `${formatPlural(sums.accesses, "access", "accesses")}, ${formatCount(sums.loads)} loads, ${
            formatCount(sums.stores)} stores${
            both > 0 ? ` (${formatCount(both)} both)` : ""}${
            sums.unknown > 0 ? `, ${formatCount(sums.unknown)} of unknown kind` : ""}. ${basis}${folded}`;
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
  let unknown = 0;
  let accesses = 0;
  for (const row of rows) {
    accesses += numbers.accesses(row);
    loads += numbers.loads(row);
    stores += numbers.stores(row);
    unknown += numbers.unknown(row);
  }
  return {loads, stores, unknown, accesses};
}

/** @param {RunModel} run */
function foldedWords(run) {
  const objects = run.data.groups.folded_objects.reduce((sum, count) => sum + count, 0);
  const records = run.data.groups.folded_records.reduce((sum, count) => sum + count, 0);
  if (objects === 0) return "";
  return ` Of the whole recording, ${formatPlural(objects, "further object")} with ${
      formatPlural(records, "access", "accesses")} are counted only in their group.`;
}
