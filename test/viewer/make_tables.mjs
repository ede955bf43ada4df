// The tables of a synthetic recording (src/report/README.md): everything that is counted of its accesses,
// one by one.
import {gzipSync} from "node:zlib";

import {sampleObjects, shownObjects, tileOf, zeros} from "./make_samples.mjs";

const kKinds = ["unknown", "loads", "stores", "load_stores"];

function gzipNumbers(values) {
  return gzipSync(Buffer.from(values.buffer)).toString("base64");
}

function newSums() {
  return {
    loads: 0,
    stores: 0,
    load_stores: 0,
    unknown: 0,
    estimated_loads: 0,
    estimated_stores: 0,
    time_ns: 0,
    latency_records: 0,
    latency_cycles: 0,
    first_ns: -1,
    last_ns: -1
  };
}

export function countTables(options, s, objects, groups, endNs) {
  const byObject = Array.from({length: objects.length}, () => newSums());
  const byGroup = Array.from({length: groups}, () => newSums());
  const byCode = Array.from({length: options.code}, () => newSums());
  const total = newSums();
  const cells = new Map();
  const sources = zeros(6);
  const bins = Array.from({length: 16}, (_, i) => (i === 0 ? 0 : 2 ** i));
  const latency = {bins, loads: zeros(16), stores: zeros(16), unknown: zeros(16)};
  for (let i = 0; i < s.time.length; ++i) {
    const group = objects[s.object[i]].group;
    for (const sums of [total, byObject[s.object[i]], byGroup[group], byCode[s.code[i]]]) {
      ++sums[kKinds[s.kind[i]]];
      const estimate = s.estimate[i] * 4;
      if (s.kind[i] & 1) sums.estimated_loads += estimate;
      if (s.kind[i] & 2) sums.estimated_stores += estimate;
      sums.time_ns += s.cpu[i] * 1000;
      if (s.latency[i] > 0) {
        ++sums.latency_records;
        sums.latency_cycles += s.latency[i];
      }
      if (sums.first_ns < 0) sums.first_ns = s.time[i];
      sums.last_ns = s.time[i];
    }
    ++sources[s.source[i]];
    if (s.latency[i] > 0) {
      const bin = Math.min(15, Math.max(0, Math.floor(Math.log2(s.latency[i]))));
      if (s.kind[i] & 1) ++latency.loads[bin];
      if (s.kind[i] & 2) ++latency.stores[bin];
      if (s.kind[i] === 0) ++latency.unknown[bin];
    }
    const key = s.thread[i] * groups + group;
    if (!cells.has(key))
      cells.set(key, {loads: 0, stores: 0, unknown: 0, latency_cycles: 0, latency_records: 0, remote: 0});
    const cell = cells.get(key);
    if (s.kind[i] & 1) ++cell.loads;
    if (s.kind[i] & 2) ++cell.stores;
    if (s.kind[i] === 0) ++cell.unknown;
    cell.latency_cycles += s.latency[i];
    if (s.latency[i] > 0) ++cell.latency_records;
    if (s.source[i] === 5) ++cell.remote;
  }
  const threadGroups = {
    thread: [],
    group: [],
    loads: [],
    stores: [],
    unknown: [],
    latency_cycles: [],
    latency_records: [],
    remote: []
  };
  for (const [key, cell] of cells) {
    threadGroups.thread.push(Math.floor(key / groups));
    threadGroups.group.push(key % groups);
    for (const [name, value] of Object.entries(cell)) threadGroups[name].push(value);
  }
  const {first_ns, last_ns, ...totals} = total;
  void first_ns, last_ns, endNs;
  return {
    byObject,
    byGroup,
    byCode,
    totals: {accesses: s.time.length, ...totals},
    threadGroups,
    sources,
    latency
  };
}

function column(rows, name) {
  return rows.map((row) => row[name]);
}

export function groupColumns(options, strings, names, objects, tables, groups) {
  const of = (group) => objects.filter((object) => object.group === group);
  const indices = Array.from({length: groups}, (_, i) => i);
  const g = tables.byGroup;
  const columns = {
    name: indices.map((i) => strings.of(names[i])),
    type: indices.map((i) => strings.of(of(i)[0].type)),
    call: indices.map((i) => (of(i)[0].type === "heap" ? strings.of("malloc") : -1)),
    site: indices.map(
        (i) => (of(i)[0].type === "global" ? -1 : strings.of(`${names[i]} (solver.c:${10 + i})`))),
    key: indices.map((i) => strings.of(`site:${names[i]}`)),
    count: indices.map((i) => of(i).length),
    bytes: indices.map((i) => of(i).reduce((sum, object) => sum + object.size, 0)),
    mean_lifetime_ns: indices.map(
        (i) =>
            of(i).reduce(
                (sum, object) => sum + ((object.end < 0 ? options.seconds * 1e9 : object.end) - object.start),
                0) /
            of(i).length),
  };
  for (const name
           of ["loads", "stores", "load_stores", "unknown", "estimated_loads", "estimated_stores", "time_ns"])
    columns[name] = column(g, name);
  columns.faults = indices.map((i) => i);
  for (const name of ["latency_records", "latency_cycles", "first_ns", "last_ns"])
    columns[name] = column(g, name);
  columns.threads = indices.map(() => options.threads);
  columns.folded_objects = zeros(groups);
  columns.folded_records = zeros(groups);
  for (const i of options.foldedObjects) {
    const {loads, stores, load_stores: both, unknown} = tables.byObject[i];
    ++columns.folded_objects[objects[i].group];
    columns.folded_records[objects[i].group] += loads + stores + both + unknown;
  }
  columns.sources = zeros(groups).map(() => -1);
  return columns;
}

export function objectColumns(options, all, tables) {
  const objects = shownObjects(options, all);
  const o = objects.map((object) => tables.byObject[all.indexOf(object)]);
  const columns = {
    group: column(objects, "group"),
    process: zeros(objects.length),
    address: objects.map((object) => "0x" + object.address.toString(16)),
    size: column(objects, "size"),
    start: column(objects, "start"),
    end: column(objects, "end"),
    number: column(objects, "number")
  };
  for (const name of ["loads", "stores", "load_stores", "unknown"]) columns[name] = column(o, name);
  columns.faults = zeros(objects.length);
  for (const name of ["latency_records", "latency_cycles", "first_ns", "last_ns"])
    columns[name] = column(o, name);
  return columns;
}

export function codeTables(options, strings, tables, names) {
  const rows = options.code;
  const frames = {function: [], file: [], line: []};
  const frame = (name, file, line) => {
    frames.function.push(strings.of(name));
    frames.file.push(strings.of(file));
    frames.line.push(line);
    return frames.line.length - 1;
  };
  const stacks = Array.from({length: rows}, (_, i) => {
    const outer = frame(
        i === 0 && options.hostile.length > 0 ? options.hostile[0] : `kernel_${i % 12}`,
        "/home/user/src/kernels.c", 100 + i);
    return i % 3 === 0 ? [outer, frame(`inlined_${i % 5}`, "/home/user/src/inline.h", 7 + i)] : [outer];
  });
  const c = tables.byCode;
  const code = {
    stack: stacks.map((_, i) => i),
    module: zeros(rows).map((_, i) => strings.of(i % 7 === 0 ? "/usr/lib/libm.so.6" : "/home/user/solver"))
  };
  for (const name
           of ["loads", "stores", "load_stores", "unknown", "estimated_loads", "estimated_stores", "time_ns"])
    code[name] = column(c, name);
  code.faults = zeros(rows);
  for (const name of ["latency_records", "latency_cycles"]) code[name] = column(c, name);
  code.place = zeros(rows).map((_, i) => strings.of(`solver+0x${(4096 + i * 16).toString(16)}`));
  void names;
  return {code, frames, code_stacks: stacks};
}

export function allocationTables(options, strings, random, groups) {
  const sites = 60;
  const stacks = [];
  const base = options.code + Math.ceil(options.code / 3);
  void base;
  // Frames of functions that the code tables made: outermost first.
  for (let i = 0; i < sites; ++i) stacks.push([0, 1 + (i % 9), 10 + (i % 23)].slice(0, 1 + (i % 3)));
  const list = (make) => Array.from({length: sites}, (_, i) => make(i));
  const allocations = list((i) => 10 + i * 3);
  const bytes = list((i) => (10 + i * 3) * 64 * (1 + (i % 7) ** 3));
  const bins = {bins: 512, site: [], bin: [], allocations: [], bytes: []};
  for (let i = 0; i < sites; ++i) {
    for (let k = 0; k < 2; ++k) {
      bins.site.push(i);
      bins.bin.push((i * 8 + k * 3) % 512);
      bins.allocations.push(k === 0 ? 10 : allocations[i] - 10);
      bins.bytes.push(
          k === 0 ? 10 * (bytes[i] / allocations[i]) : bytes[i] - 10 * (bytes[i] / allocations[i]));
    }
  }
  void random;
  return {
    allocation_sites: {
      stack: list((i) => i),
      call: list((i) => strings.of(i % 4 === 0 ? "calloc" : "malloc")),
      group: list((i) => (i < groups ? i : -1)),
      allocations,
      bytes,
      live_bytes: list((i) => (i % 5 === 0 ? bytes[i] / 2 : 0)),
      live_blocks: list((i) => (i % 5 === 0 ? 5 : 0)),
      peak_bytes: list((i) => bytes[i] / 3),
      at_peak_bytes: list((i) => bytes[i] / 4),
      temporary: list((i) => (i % 2 ? 9 : 0))
    },
    allocation_stacks: stacks,
    allocation_bins: bins,
  };
}

export function seriesOf(options, s, endNs, objects) {
  const bins = 2048;
  const series = {bins};
  for (const name
           of ["heap_bytes", "mapped_bytes", "allocations", "deallocations", "loads", "stores", "unknown",
               "faults", "lost", "ticks_without_access"])
    series[name] = zeros(bins);
  for (let bin = 0; bin < bins; ++bin) {
    const time = ((bin + 0.5) / bins) * endNs;
    for (const object of objects) {
      if (time >= object.start && (object.end < 0 || time < object.end))
        series[object.type === "heap" ? "heap_bytes" : "mapped_bytes"][bin] += object.size;
    }
  }
  for (let i = 0; i < s.time.length; ++i) {
    const bin = Math.min(bins - 1, Math.floor((s.time[i] / endNs) * bins));
    if (s.kind[i] & 1) ++series.loads[bin];
    if (s.kind[i] & 2) ++series.stores[bin];
    if (s.kind[i] === 0) ++series.unknown[bin];
  }
  series.lost[1024] = 17;
  series.ticks_without_access[300] = 120;
  return series;
}

export function faultColumns(options, s, random, objects) {
  const names = sampleObjects(options, objects);
  const columns = {time: [], y: [], object: [], thread: []};
  const order =
      Array
          .from({length: Math.min(options.faults, s.time.length)}, () => Math.floor(random() * s.time.length))
          .sort((a, b) => a - b);
  for (const i of order) {
    columns.time.push(s.time[i]);
    columns.y.push(s.y[i]);
    columns.object.push(names[s.object[i]] - 1);
    columns.thread.push(s.thread[i]);
  }
  return columns;
}

export function tilesOf(s, objects, endNs) {
  const loads = new Uint32Array(1024 * 1024);
  const stores = new Uint32Array(1024 * 1024);
  const unknown = new Uint32Array(1024 * 1024);
  for (let i = 0; i < s.time.length; ++i) {
    const cell = tileOf(s, i, objects, endNs);
    if (s.kind[i] & 1) ++loads[cell];
    if (s.kind[i] & 2) ++stores[cell];
    if (s.kind[i] === 0) ++unknown[cell];
  }
  const tiles = {columns: 1024, rows: 1024, loads: gzipNumbers(loads), stores: gzipNumbers(stores)};
  if (unknown.some((count) => count > 0)) tiles.unknown = gzipNumbers(unknown);
  return tiles;
}

export function binTables(s, objects, endNs) {
  const make = (index) => {
    const cells = new Map();
    for (let i = 0; i < s.time.length; ++i) {
      const key = index(i) * 512 + Math.min(511, Math.floor((s.time[i] / endNs) * 512));
      if (!cells.has(key)) cells.set(key, [0, 0, 0, 0]);
      ++cells.get(key)[s.kind[i]];
    }
    const table = {bins: 512, index: [], bin: [], unknown: [], loads: [], stores: [], load_stores: []};
    for (const [key, counts] of cells) {
      table.index.push(Math.floor(key / 512));
      table.bin.push(key % 512);
      kKinds.forEach((kind, i) => table[kind].push(counts[i]));
    }
    return table;
  };
  return {object_bins: make((i) => objects[s.object[i]].group), code_bins: make((i) => s.code[i])};
}
