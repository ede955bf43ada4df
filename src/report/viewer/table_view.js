// A table of any length: only the rows in sight are elements.
import {el, replaceContent, visibleText} from "./dom.js";
import {shortenName} from "./format.js";
import {nextSort, orderRows, parseSort} from "./table_model.js";

/** @typedef {import("./table_model.js").TableModel} TableModel */
/** @typedef {import("./table_model.js").Column} Column */

const kRowHeight = 26;
const kOverscan = 8;
const kHeadHeight = 30;

/**
 * @typedef {{caption: string, sort: (sort: string) => void, choose: (key: string) => void}} TableEvents
 */

export class TableView {
  /** @param {TableEvents} events */
  constructor(events) {
    this.events = events;
    this.head = el("thead");
    this.body = el("tbody");
    this.columns = el("colgroup");
    this.table =
        el("table", {class: "rows", "aria-label": events.caption}, this.columns, this.head, this.body);
    this.element = el("div", {class: "table-scroll"}, this.table);
    this.element.addEventListener("scroll", () => this.drawRows());
    this.body.addEventListener("keydown", (event) => this.key(event));
    /** @type {?TableModel} */
    this.model = null;
    /** @type {number[]} */
    this.order = [];
    this.selected = "";
    this.active = 0;
    this.first = -1;
    this.sort = "";
    new ResizeObserver(() => this.drawRows("again")).observe(this.element);
  }

  /**
   * @param {TableModel} model @param {string} sort @param {string} query @param {string} selected key of a
   *     row
   */
  show(model, sort, query, selected) {
    this.model = model;
    this.sort = sort;
    this.order = orderRows(model, sort, query);
    const changed = selected !== this.selected;
    this.selected = selected;
    this.active = Math.max(0, Math.min(this.active, this.order.length - 1));
    this.drawHead();
    this.table.setAttribute("aria-rowcount", String(this.order.length + 1));
    if (changed && selected !== "") this.reveal(this.order.findIndex((row) => model.key(row) === selected));
    this.drawRows("again");
  }

  drawHead() {
    const {model} = this;
    if (!model) return;
    const now = parseSort(this.sort);
    const focused =
        document.activeElement instanceof HTMLElement ? document.activeElement.dataset.column : undefined;
    replaceContent(this.columns, model.columns.map((column) => {
      const element = el("col");
      if (column.width > 0) element.style.width = `${column.width}px`;
      return element;
    }));
    replaceContent(
        this.head, el("tr", {"aria-rowindex": 1}, model.columns.map((column) => {
          const order = now.id !== column.id ? "none" : now.descending ? "descending" : "ascending";
          const arrow = order === "none" ? "" : order === "descending" ? " ▼" : " ▲";
          return el(
              "th", {scope: "col", class: column.kind, "aria-sort": order, title: column.hint},
              el("button", {
                type: "button",
                "data-column": column.id,
                onclick: () => this.events.sort(nextSort(this.sort, column))
              },
                 column.title, el("span", {"aria-hidden": "true"}, arrow)));
        })));
    const again =
        focused === undefined ? null : this.head.querySelector(`[data-column="${CSS.escape(focused)}"]`);
    if (again instanceof HTMLElement) again.focus();
    const width = model.columns.reduce((sum, column) => sum + (column.width || 260), 0);
    this.table.style.minWidth = `${width}px`;
  }

  /** Brings a place of the order into sight. @param {number} at -1 = none */
  reveal(at) {
    if (at < 0) return;
    this.active = at;
    const top = at * kRowHeight;
    const height = Math.max(kRowHeight, this.element.clientHeight - kHeadHeight);
    if (top < this.element.scrollTop)
      this.element.scrollTop = top;
    else if (top + kRowHeight > this.element.scrollTop + height)
      this.element.scrollTop = top + kRowHeight - height;
  }

  /** @param {"again"} [how] */
  drawRows(how) {
    const {model, order} = this;
    if (!model) return;
    const first = Math.max(0, Math.floor(this.element.scrollTop / kRowHeight) - kOverscan);
    if (first === this.first && how !== "again") return;
    this.first = first;
    const count = Math.ceil((this.element.clientHeight || 300) / kRowHeight) + 2 * kOverscan;
    const last = Math.min(order.length, first + count);
    const focused = this.body.contains(document.activeElement);
    /** @type {HTMLElement[]} */
    const rows = [spacer(first, model.columns.length)];
    for (let at = first; at < last; ++at) rows.push(this.row(model, at));
    rows.push(spacer(order.length - last, model.columns.length));
    if (order.length === 0) {
      rows.push(
          el("tr", {},
             el("td", {class: "empty", colspan: model.columns.length},
                model.rows === 0 ? "Nothing was recorded for this table." :
                                   "Nothing matches: clear the search or a filter.")));
    }
    replaceContent(this.body, rows);
    if (focused) this.focusActive();
  }

  /** @param {TableModel} model @param {number} at */
  row(model, at) {
    const row = this.order[at];
    const key = model.key(row);
    const selected = key !== "" && key === this.selected;
    const element = el("tr", {
      class: selected ? "selected" : "",
      "aria-rowindex": at + 2,
      "data-key": key,
      onclick: () => {
        this.active = at;
        this.events.choose(key);
      }
    });
    model.columns.forEach((column, i) => {
      const text = column.text(row);
      const shown = shortenName(text, 240);
      if (i === 0) {
        element.append(
            el("th", {scope: "row", class: column.kind, title: shortenName(text, 1000)},
               el("button", {
                 type: "button",
                 class: "link",
                 tabindex: at === this.active ? 0 : -1,
                 "aria-pressed": selected ? "true" : "false"
               },
                  shown)));
        return;
      }
      const cell =
          el("td", {class: column.kind, title: column.kind === "text" ? shortenName(text, 1000) : null});
      const share = column.share?.(row) ?? 0;
      if (share > 0) {
        const bar = el("span", {class: "bar", "aria-hidden": "true"});
        bar.style.width = `${Math.max(1, Math.min(100, share * 100))}%`;
        cell.append(bar);
      }
      cell.append(el("span", {class: "value"}, visibleText(shown)));
      element.append(cell);
    });
    return element;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const page = Math.max(1, Math.floor(this.element.clientHeight / kRowHeight) - 2);
    const moves = /** @type {Record<string, number>} */ ({
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -this.order.length,
      End: this.order.length,
    });
    const move = moves[event.key];
    if (move === undefined || this.order.length === 0) return;
    event.preventDefault();
    this.reveal(Math.max(0, Math.min(this.order.length - 1, this.active + move)));
    this.drawRows("again");
    this.focusActive();
  }

  focusActive() {
    const button = this.body.querySelector("button[tabindex='0']");
    if (button instanceof HTMLElement) button.focus({preventScroll: true});
  }
}

/** @param {number} rows @param {number} columns */
function spacer(rows, columns) {
  const cell = el("td", {colspan: columns});
  const element = el("tr", {class: "spacer", "aria-hidden": "true"}, cell);
  element.style.height = `${rows * kRowHeight}px`;
  element.hidden = rows <= 0;
  return element;
}
