// Two runs, object group by object group: what both call by one key is one row.

/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./object_numbers.js").RowNumbers} RowNumbers */

/**
 * Group numbers of a key in each run, -1 where a run has none. @typedef {{key: string, a: number, b:
 * number}} ComparedGroup
 */

/** @param {RunModel} first @param {RunModel} second @returns {ComparedGroup[]} */
export function joinGroups(first, second) {
  /** @type {Map<string, ComparedGroup>} */
  const rows = new Map();
  first.data.groups.key.forEach((index, group) => {
    const key = first.text(index);
    // Keys are to be unique; if two groups share one all the same, both stay rows.
    rows.set(rows.has(key) ? `${key}\u0000${group}` : key, {key, a: group, b: -1});
  });
  second.data.groups.key.forEach((index, group) => {
    const key = second.text(index);
    const row = rows.get(key);
    if (row && row.b < 0)
      row.b = group;
    else
      rows.set(row ? `${key}\u0001${group}` : key, {key, a: -1, b: group});
  });
  return [...rows.values()];
}

/**
 * What can be compared: value, title, and how much of it a group has. @typedef {{id: string, title: string,
 * value: (run: RunModel, numbers: RowNumbers, group: number) => number}} ComparedMetric
 */

/** @type {ComparedMetric[]} */
export const kComparedMetrics = [
  {id: "accesses", title: "sampled accesses", value: (_run, numbers, group) => numbers.accesses(group)},
  {id: "loads", title: "loads", value: (_run, numbers, group) => numbers.loads(group)},
  {id: "stores", title: "stores", value: (_run, numbers, group) => numbers.stores(group)},
  {id: "estimated", title: "estimated accesses", value: (_run, numbers, group) => numbers.estimated(group)},
  {id: "time", title: "CPU time", value: (_run, numbers, group) => numbers.timeNs(group)},
  {id: "bytes", title: "bytes allocated", value: (run, _numbers, group) => run.data.groups.bytes[group]},
  {id: "count", title: "number of objects", value: (run, _numbers, group) => run.data.groups.count[group]},
];
