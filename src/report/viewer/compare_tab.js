// The differences of two runs, as a table.
import {joinGroups, kComparedMetrics} from "./compare_rows.js";
import {announce, choice, el, replaceContent, searchField, setChoice} from "./dom.js";
import {selectedGroup} from "./filters.js";
import {formatBytes, formatCount, formatDuration, formatPlural, formatRatio, formatShare, formatShort} from "./format.js";
import {chosenNumbers} from "./object_numbers.js";
import {numberColumn, textColumn} from "./table_model.js";
import {TableView} from "./table_view.js";


/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./state.js").ViewStore} ViewStore */
/** @typedef {import("./compare_rows.js").ComparedGroup} ComparedGroup */
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
    this.view.show(compareModel(runs, rows, metric.id, value, totals), sort, state.q, this.selectedKey());
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
}

/**
 * @param {RunModel[]} runs two @param {ComparedGroup[]} rows @param {string} metric
 * @param {(row: number, which: number) => number} value @param {number[]} totals
 * @returns {TableModel}
 */
function compareModel(runs, rows, metric, value, totals) {
  const side = (/** @type {number} */ row) =>
      (rows[row].a >= 0 ? {run: runs[0], group: rows[row].a} : {run: runs[1], group: rows[row].b});
  const name = (/** @type {number} */ row) => side(row).run.groupName(side(row).group);
  const type = (/** @type {number} */ row) =>
      side(row).run.text(side(row).run.data.groups.type[side(row).group]);
  return {
    columns: [
      textColumn("name", "Object", "The same site in both runs is one row", 0, name),
      textColumn("type", "Type", "What kind of memory", 90, type),
      ...valueColumns(runs, formatOf(metric), value, totals),
      ...differenceColumns(formatOf(metric), value),
    ],
    rows: rows.length,
    key: (row) => `g${side(row).run.index}.${side(row).group}`,
    search: (row) => `${name(row)} ${rows[row].key}`,
    keep: (row) => value(row, 0) > 0 || value(row, 1) > 0,
  };
}

/**
 * Of each run by itself. @param {RunModel[]} runs @param {(value: number) => string} format
 * @param {(row: number, which: number) => number} value @param {number[]} totals @returns {Column[]}
 */
function valueColumns(runs, format, value, totals) {
  const share = (/** @type {number} */ row, /** @type {number} */ which) =>
      (totals[which] > 0 ? value(row, which) / totals[which] : 0);
  const asShare = (/** @type {number} */ part) => formatShare(part, 1);
  const letters = ["A", "B"];
  return [
    ...runs.map(
        (run, i) => ({
          ...numberColumn(
              letters[i].toLowerCase(), letters[i], run.data.name, 120, (row) => value(row, i), format),
          share: (/** @type {number} */ row) => share(row, i)
        })),
    ...letters.map(
        (letter, i) => numberColumn(
            `share${letter.toLowerCase()}`, `Share of ${letter}`, `Of all of run ${letter}`, 96,
            (row) => share(row, i), asShare)),
  ];
}

/**
 * @param {(value: number) => string} format @param {(row: number, which: number) => number} value
 * @returns {Column[]}
 */
function differenceColumns(format, value) {
  const difference = (/** @type {number} */ row) => value(row, 1) - value(row, 0);
  const sign = (/** @type {number} */ number) => (number > 0 ? "+" : number < 0 ? "−" : "");
  return [
    {
      ...numberColumn(
          "difference", "B − A", "Sorted by its size, whichever run has more", 120,
          (row) => Math.abs(difference(row)), format),
      text: (row) => sign(difference(row)) + format(Math.abs(difference(row)))
    },
    {
      ...numberColumn(
          "ratio", "B / A", "How many times as much", 84, (row) => ratioKey(value(row, 0), value(row, 1)),
          String),
      text: (row) => formatRatio(value(row, 0), value(row, 1))
    },
  ];
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
