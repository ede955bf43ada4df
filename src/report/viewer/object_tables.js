// The columns of the tables of objects: by the code that allocated them, or each by itself.
import {formatAddress, formatBytes, formatCount, formatDuration, formatMoment, formatShare, formatShort} from "./format.js";
import {numberColumn, textColumn} from "./table_model.js";

/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./table_model.js").TableModel} TableModel */
/** @typedef {import("./table_model.js").Column} Column */
/** @typedef {import("./object_numbers.js").RowNumbers} RowNumbers */

/** @param {number} ns */
function moment(ns) {
  return formatMoment(ns, 1e6);
}

/**
 * How often: accesses, and what they were. @param {RunModel} run @param {RowNumbers} numbers @returns
 * {Column[]}
 */
function countColumns(run, numbers) {
  let most = 0;
  for (let row = 0; row < numbers.rows; ++row) most += numbers.accesses(row);
  const share = (/** @type {number} */ row) => numbers.accesses(row) / Math.max(1, most);
  const kinds = "(those that read and write count in both, those of unknown kind in neither)";
  const columns = [
    {
      ...numberColumn(
          "accesses", "Accesses",
          "Sampled accesses: records of the recording, not all accesses of the program", 112,
          numbers.accesses, formatCount),
      share
    },
    numberColumn(
        "share", "Of these", "Share of the sampled accesses in this table, not of the estimated ones", 88, share,
        (value) => formatShare(value, 1)),
    numberColumn("loads", "Loads", `Sampled accesses that read ${kinds}`, 92, numbers.loads, formatCount),
    numberColumn("stores", "Stores", `Sampled accesses that write ${kinds}`, 92, numbers.stores, formatCount),
  ];
  if (run.data.totals.unknown > 0)
    columns.push(numberColumn(
        "unknown", "Unknown", "Sampled accesses of which the source does not tell whether they read or write",
        84, numbers.unknown, formatCount));
  return columns;
}

/**
 * What they cost, and when they were. @param {RunModel} run @param {RowNumbers} numbers
 * @param {boolean} partial @returns {Column[]}
 */
function costColumns(run, numbers, partial) {
  let time = 0;
  for (let row = 0; row < numbers.rows; ++row) time += numbers.timeNs(row) || 0;
  const whole = partial ? time : run.data.totals.time_ns;
  const columns = [
    numberColumn(
        "estimated", "Estimated",
        "Estimated accesses: how often the code ran, so that fast code counts as much as slow code. Compare with others of this table only",
        92, numbers.estimated, formatShort),
    numberColumn(
        "time", "Time",
        partial ? "Share of the sampled CPU time in this table in which the code that was running accessed it" :
                  "Share of all sampled CPU time in which the code that was running accessed it",
        70,
        numbers.timeNs, (value) => formatShare(value, whole)),
  ];
  if (run.hasLatency)
    columns.push(numberColumn(
        "latency", "Latency", "Mean latency of its accesses, in cycles", 76, numbers.latency, formatShort));
  columns.push(
      numberColumn(
          "faults", "Faults", "Page faults: first touches of its pages", 72, numbers.faults, formatCount),
      numberColumn("first", "First", "First sampled access", 84, numbers.first, moment),
      numberColumn("last", "Last", "Last sampled access", 84, numbers.last, moment));
  return columns;
}

/**
 * @param {RunModel} run @param {RowNumbers} numbers @param {string} type @param {boolean}
 *     partial @returns {TableModel}
 */
export function groupModel(run, numbers, type, partial) {
  const {groups} = run.data;
  const name = (/** @type {number} */ row) => run.groupName(row);
  const typeOf = (/** @type {number} */ row) => run.text(groups.type[row]);
  return {
    columns: [
      textColumn("name", "Object", "Heap blocks have the name of the code that allocated them", 0, name),
      textColumn("type", "Type", "What kind of memory", 96, typeOf),
      ...countColumns(run, numbers),
      ...costColumns(run, numbers, partial),
      numberColumn("count", "Objects", "How many there were", 92, (row) => groups.count[row], formatCount),
      numberColumn(
          "bytes", "Bytes", "Sizes of all of them together", 80, (row) => groups.bytes[row], formatBytes),
      numberColumn(
          "lifetime", "Lifetime", "Mean time from allocation to release", 80,
          (row) => groups.mean_lifetime_ns[row], formatDuration),
      numberColumn(
          "threads", "Threads", "How many threads accessed it", 84, (row) => groups.threads[row],
          formatCount),
    ],
    rows: groups.name.length,
    key: (row) => `g${run.index}.${row}`,
    search: (row) => `${run.text(groups.name[row])} ${run.text(groups.site[row])} ${typeOf(row)}`,
    keep: (row) => (type === "" || typeOf(row) === type) && (!partial || numbers.accesses(row) > 0),
  };
}

/** What each object is, and where and when it was. @param {RunModel} run @returns {Column[]} */
function placeColumns(run) {
  const {objects, processes} = run.data;
  const end = (/** @type {number} */ row) => (objects.end[row] < 0 ? Infinity : objects.end[row]);
  const columns = [
    numberColumn("bytes", "Bytes", "Its size", 86, (row) => objects.size[row], formatBytes),
    {
      ...numberColumn(
          "address", "Address", "Its first byte", 132, (row) => Number(BigInt(objects.address[row])), String),
      text: (/** @type {number} */ row) => formatAddress(BigInt(objects.address[row]))
    },
    numberColumn("start", "From", "When it came to be", 84, (row) => objects.start[row], moment),
    numberColumn(
        "end", "To", "When it was released", 84, end,
        (value) => (value === Infinity ? "the end" : moment(value))),
  ];
  if (processes.pid.length > 1)
    columns.push(numberColumn(
        "process", "Process", "Its process id", 76, (row) => processes.pid[objects.process[row]] ?? 0,
        String));
  return columns;
}

/**
 * @param {RunModel} run @param {RowNumbers} numbers @param {string} type @param {boolean}
 *     partial @returns {TableModel}
 */
export function objectModel(run, numbers, type, partial) {
  const {groups, objects} = run.data;
  const typeOf = (/** @type {number} */ row) => run.text(groups.type[objects.group[row]]);
  return {
    columns: [
      textColumn(
          "name", "Object", "Name and number among those of its site", 0, (row) => run.objectName(row)),
      textColumn("type", "Type", "What kind of memory", 84, typeOf),
      ...countColumns(run, numbers),
      ...costColumns(run, numbers, partial)
          .filter((column) => partial || (column.id !== "estimated" && column.id !== "time")),
      ...placeColumns(run),
    ],
    rows: objects.group.length,
    key: (row) => `o${run.index}.${row}`,
    search: (row) => `${run.objectName(row)} ${run.text(groups.site[objects.group[row]])} ${typeOf(row)} ${
        objects.address[row]}`,
    keep: (row) => (type === "" || typeOf(row) === type) && (!partial || numbers.accesses(row) > 0),
  };
}
