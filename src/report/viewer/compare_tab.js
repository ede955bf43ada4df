// The differences of two runs, as a table.
import {joinGroups, kComparedMetrics} from "./compare_rows.js";
import {announce, choice, el, replaceContent, searchField, setChoice} from "./dom.js";
import {selectedGroup} from "./filters.js";
import {formatBytes, formatCount, formatDuration, formatPlural, formatRatio, formatShare, formatShort} from "./format.js";
import {chosenNumbers} from "./object_numbers.js";
import {TableView} from "./table_view.js";


/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./state.js").ViewStore} ViewStore */
/** @typedef {import("./table_model.js").Column} Column */
/** @typedef {import("./table_model.js").TableModel} TableModel */

export class CompareTab {
  /** @param {RunModel[]} runs two @param {ViewStore} store */
  constructor(runs, store) {
    this.runs = runs;
    this.store = store;
    this.rows = joinGroups(runs[0], runs[1]);
    this.bar = el("div", {class: "bar-row"});
    this.note = el("p", {class: "note", id: "compare-note"});
    this.view = new TableView({
      caption: "Differences of the two runs",
      sort: (sort) => store.set({sort}),
      choose: (key) => store.set({select: store.state.select === key ? "" : key}),
    });
    this.element = el("div", {class: "tab-body"}, this.bar, this.note, this.view.element);
    this.search =
        searchField("Search name", store.state.q, (q) => store.set({q}, "movement"), "compare-search");
    this.metric = choice(
        "Compare", kComparedMetrics.map((metric) => [metric.id, metric.title]), store.state.metric,
        (metric) => store.set({metric}));
    replaceContent(this.bar, this.search, this.metric);
  }

  update() {
    const {state} = this.store;
    const {runs, rows} = this;
    const metric = kComparedMetrics.find((candidate) => candidate.id === state.metric) ?? kComparedMetrics[0];
    const chosen = runs.map((run) => chosenNumbers(run, state, runs, "site"));
    const value = (/** @type {number} */ row, /** @type {number} */ which) => {
      const group = which === 0 ? rows[row].a : rows[row].b;
      return group < 0 ? 0 : metric.value(runs[which], chosen[which].numbers, group) || 0;
    };
    const totals = [0, 1].map((which) => rows.reduce((sum, _row, row) => sum + value(row, which), 0));
    const known = ["name", "type", "a", "b", "sharea", "shareb", "difference", "ratio"];
    const sort = known.includes(state.sort.replace(/^-/, "")) ? state.sort : "-difference";
    setChoice(this.metric, state.metric);
    if (document.activeElement !== this.search) this.search.value = state.q;
    this.view.show(this.model(metric.id, value, totals), sort, state.q, this.selectedKey());
    const format = formatOf(metric.id);
    const text = `${formatPlural(this.view.order.length, "group")}. A: ${format(totals[0])}, B: ${
                     format(totals[1])} ${metric.title}` +
        ` (${formatRatio(totals[0], totals[1])}). A: ${chosen[0].basis} B: ${chosen[1].basis}`;
    this.note.textContent = text;
    announce(text);
  }

  selectedKey() {
    const a = selectedGroup(this.store.state, this.runs, this.runs[0]);
    if (a >= 0) return `g0.${a}`;
    const b = selectedGroup(this.store.state, this.runs, this.runs[1]);
    return b >= 0 ? `g1.${b}` : "";
  }

  /**
   * @param {string} metric @param {(row: number, which: number) => number} value @param {number[]} totals
   * @returns {TableModel}
   */
  model(metric, value, totals) {
    const {runs, rows} = this;
    const format = formatOf(metric);
    const side = (/** @type {number} */ row) =>
        (rows[row].a >= 0 ? {run: runs[0], group: rows[row].a} : {run: runs[1], group: rows[row].b});
    const name = (/** @type {number} */ row) => side(row).run.groupName(side(row).group);
    const type = (/** @type {number} */ row) =>
        side(row).run.text(side(row).run.data.groups.type[side(row).group]);
    const share = (/** @type {number} */ row, /** @type {number} */ which) =>
        (totals[which] > 0 ? value(row, which) / totals[which] : 0);
    const difference = (/** @type {number} */ row) => value(row, 1) - value(row, 0);
    const sign = (/** @type {number} */ number) => (number > 0 ? "+" : number < 0 ? "−" : "");
    /**
     * @param {string} id @param {string} title @param {string} hint @param {number} width @param {(row:
     *     number) => number} of @param {(row: number) => string} text @returns {Column}
     */
    const number = (id, title, hint, width, of, text) =>
        ({id, title, hint, kind: "number", width, value: of, text});
    /** @type {Column[]} */
    const columns = [
      {
        id: "name",
        title: "Object",
        hint: "The same site in both runs is one row",
        kind: "text",
        width: 0,
        value: name,
        text: name
      },
      {
        id: "type",
        title: "Type",
        hint: "What kind of memory",
        kind: "text",
        width: 90,
        value: type,
        text: type
      },
      {
        ...number("a", "A", runs[0].data.name, 120, (row) => value(row, 0), (row) => format(value(row, 0))),
        share: (row) => share(row, 0)
      },
      {
        ...number("b", "B", runs[1].data.name, 120, (row) => value(row, 1), (row) => format(value(row, 1))),
        share: (row) => share(row, 1)
      },
      number(
          "sharea", "Share of A", "Of all of run A", 96, (row) => share(row, 0),
          (row) => formatShare(share(row, 0), 1)),
      number(
          "shareb", "Share of B", "Of all of run B", 96, (row) => share(row, 1),
          (row) => formatShare(share(row, 1), 1)),
      number(
          "difference", "B − A", "Sorted by its size, whichever run has more", 120,
          (row) => Math.abs(difference(row)),
          (row) => sign(difference(row)) + format(Math.abs(difference(row)))),
      number(
          "ratio", "B / A", "How many times as much", 84, (row) => ratioKey(value(row, 0), value(row, 1)),
          (row) => formatRatio(value(row, 0), value(row, 1))),
    ];
    return {
      columns,
      rows: rows.length,
      key: (row) => `g${side(row).run.index}.${side(row).group}`,
      search: (row) => `${name(row)} ${rows[row].key}`,
      keep: (row) => value(row, 0) > 0 || value(row, 1) > 0,
    };
  }
}

/** @param {number} a @param {number} b */
function ratioKey(a, b) {
  return a > 0 ? b / a : b > 0 ? Infinity : NaN;
}

/** @param {string} metric @returns {(value: number) => string} */
function formatOf(metric) {
  return metric === "bytes"  ? formatBytes :
      metric === "time"      ? formatDuration :
      metric === "estimated" ? formatShort :
                               formatCount;
}
