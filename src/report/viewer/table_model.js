// Tables as columns of functions, and their order: pure, so that large ones sort fast.

/**
 * `value` sorts, `text` is shown; a value that is not known is NaN. `share`: of a bar behind the number, 0
 * to 1.
 * @typedef {{id: string, title: string, hint: string, kind: "text" | "number", width: number,
 *   value: (row: number) => number | string, text: (row: number) => string,
 *   share?: (row: number) => number}} Column
 */

/**
 * `key` names a row for the selection; `search` is what a search looks in.
 * @typedef {{columns: Column[], rows: number, key: (row: number) => string,
 *   search: (row: number) => string, keep: (row: number) => boolean}} TableModel
 */

/**
 * @param {string} id @param {string} title @param {string} hint @param {number} width pixels, 0 = what is
 *     left
 * @param {(row: number) => string} of @returns {Column}
 */
export function textColumn(id, title, hint, width, of) {
  return {id, title, hint, kind: "text", width, value: of, text: of};
}

/**
 * @param {string} id @param {string} title @param {string} hint @param {number} width
 * @param {(row: number) => number} value NaN is shown as a dash
 * @param {(value: number) => string} format @returns {Column}
 */
export function numberColumn(id, title, hint, width, value, format) {
  return {
    id,
    title,
    hint,
    kind: "number",
    width,
    value,
    text: (row) => (Number.isNaN(value(row)) ? "–" : format(value(row)))
  };
}

/** "-loads": by loads, most first. @param {string} sort @returns {{id: string, descending: boolean}} */
export function parseSort(sort) {
  return sort.startsWith("-") ? {id: sort.slice(1), descending: true} : {id: sort, descending: false};
}

/**
 * The sort after a press on a column's head: numbers begin with the most. @param {string}
 * sort @param {Column} column
 */
export function nextSort(sort, column) {
  const now = parseSort(sort);
  if (now.id !== column.id) return column.kind === "number" ? `-${column.id}` : column.id;
  return now.descending ? column.id : `-${column.id}`;
}

/**
 * Rows that are kept and found, in order. Equal rows keep their order; what is not known comes last.
 * @param {TableModel} model @param {string} sort @param {string} query words that must all occur
 * @returns {number[]}
 */
export function orderRows(model, sort, query) {
  const words = query.toLowerCase().split(/\s+/).filter((word) => word !== "");
  /** @type {number[]} */
  const rows = [];
  for (let row = 0; row < model.rows; ++row) {
    if (!model.keep(row)) continue;
    if (words.length > 0) {
      const text = model.search(row).toLowerCase();
      if (!words.every((word) => text.includes(word))) continue;
    }
    rows.push(row);
  }
  const {id, descending} = parseSort(sort);
  const column = model.columns.find((candidate) => candidate.id === id);
  if (!column) return rows;
  const sign = descending ? -1 : 1;
  if (column.kind === "number") {
    const keys = new Float64Array(model.rows);
    for (const row of rows) keys[row] = Number(column.value(row));
    rows.sort((a, b) => {
      const x = keys[a];
      const y = keys[b];
      if (Number.isNaN(x) || Number.isNaN(y))
        return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b;
      return x === y ? a - b : x < y ? -sign : sign;
    });
  } else {
    const keys = new Map(rows.map((row) => [row, String(column.value(row)).toLowerCase()]));
    rows.sort((a, b) => {
      const x = keys.get(a) ?? "";
      const y = keys.get(b) ?? "";
      return x === y ? a - b : x < y ? -sign : sign;
    });
  }
  return rows;
}
