// Synthetic recordings as the page is given them (src/report/README.md), with the counts that the
// page must show. Written from the specification alone: nothing of the viewer is used here.
import {gzipSync} from "node:zlib";

const kAxisLength = 1 << 20;
const kChunk = 524288;
const kKinds = ["unknown", "loads", "stores", "load_stores"];

/** Small, fast and the same everywhere: "mulberry32". @param {number} seed */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

class Strings {
  constructor() {
    this.list = [];
    this.index = new Map();
  }
  of(text) {
    if (!this.index.has(text)) {
      this.index.set(text, this.list.length);
      this.list.push(text);
    }
    return this.index.get(text);
  }
}

/** IEEE half of a number that is small, positive and exact enough. @param {number} value */
export function halfBits(value) {
  if (value === 0) return 0;
  let exponent = Math.floor(Math.log2(value));
  let fraction = Math.round((value / 2 ** exponent - 1) * 1024);
  if (fraction === 1024) {
    fraction = 0;
    ++exponent;
  }
  if (exponent < -14) return Math.round(value / 2 ** -24);
  return ((exponent + 15) << 10) | fraction;
}

const kDefaults = {
  seed: 7,
  samples: 20000,
  threads: 4,
  code: 200,
  seconds: 4,
  latency: false,
  faults: 300,
  name: "made.htrace",
  names: null,
  keptShare: 1,
  hostile: [],
  scale: 1,
  processes: 1,
  chunkSamples: kChunk,
  gzipLevel: 6,
};

/** Objects of 4 KiB to 256 MiB, some of them short-lived, at scattered addresses. */
function makeObjects(options, random, endNs) {
  const objects = [];
  let address = 0x5581_4000_0000n;
  for (let i = 0; i < 20; ++i) {
    const size = Math.round(4096 * 65536 ** (i / 19)) & ~63;
    const group = i < 6 ? 0 : i < 10 ? 1 : i - 8;
    const start = i % 5 === 0 ? 0 : Math.round(random() * 0.4 * endNs);
    const end = i % 3 === 2 ? Math.round(start + (0.3 + 0.3 * random()) * (endNs - start)) : -1;
    objects.push(
        {group,
         address,
         size,
         start,
         end,
         number: 1,
         type: i < 10 ? "heap" :
             i < 16   ? "mapping" :
                        "global"});
    address += BigInt(size) + (i % 4 === 3 ? 0x7_0000_0000n : 0n);
  }
  const numbers = new Map();
  for (const object of objects) {
    object.number = (numbers.get(object.group) ?? 0) + 1;
    numbers.set(object.group, object.number);
  }
  return objects;
}

/** @param {object[]} objects ascending addresses */
function makeAxis(objects, strings, names) {
  const weights = objects.map((object) => object.size ** 0.4);
  const total = weights.reduce((a, b) => a + b, 0);
  const pieces = {process: [], address: [], size: [], start: [], label: []};
  let at = 0;
  let y = 0;
  objects.forEach((object, i) => {
    pieces.process.push(0);
    pieces.address.push("0x" + object.address.toString(16));
    pieces.size.push(object.size);
    pieces.start.push(Math.round(at));
    pieces.label.push(strings.of(names[object.group]));
    object.y = y;
    object.axis = Math.round(at);
    at += (weights[i] / total) * kAxisLength;
    object.axisEnd = i + 1 < objects.length ? Math.round(at) : kAxisLength;
    y += object.size;
  });
  return {unit_bytes: 1, length: kAxisLength, pieces};
}

/** The accesses, in order of time: 60 % strided by instruction, 40 % anywhere in the object. */
function makeSamples(options, objects, random, endNs) {
  const n = options.samples;
  const s = {
    time: new Float64Array(n),
    y: new Uint32Array(n),
    object: new Int32Array(n),
    code: new Uint16Array(n),
    thread: new Uint16Array(n),
    kind: new Uint8Array(n),
    source: new Uint8Array(n),
    latency: new Uint16Array(n),
    estimate: new Float64Array(n),
    cpu: new Float64Array(n),
  };
  const position = new Float64Array(options.code);
  const stride = Array.from({length: options.code}, () => 8 << Math.floor(random() * 6));
  const weight = objects.map((object) => Math.log2(object.size));
  const target = Array.from({length: options.code}, () => pick(weight, random));
  const gap = endNs / (n + 1);
  let now = 0;
  for (let i = 0; i < n; ++i) {
    now = Math.min(endNs - 1, now + Math.round(-Math.log(1 - random() * 0.999) * gap));
    const code = Math.floor(random() * random() * options.code);
    let index = target[code];
    for (let tries = 0; tries < 40; ++tries) {
      const object = objects[index];
      if (now >= object.start && (object.end < 0 || now < object.end)) break;
      index = (index + 1) % objects.length;
    }
    const object = objects[index];
    let offset;
    if (random() < 0.6) {
      position[code] += stride[code] * (object.size > 1e6 ? 997 : 1);
      offset = position[code] % object.size;
    } else
      offset = Math.floor(random() * object.size);
    const kind = random();
    s.time[i] = now;
    s.object[i] = index;
    s.y[i] = object.y + offset;
    s.code[i] = code;
    s.thread[i] = code % options.threads;
    s.kind[i] = kind < 0.55 ? 1 : kind < 0.9 ? 2 : kind < 0.98 ? 3 : 0;
    s.source[i] = options.latency ? 1 + Math.floor(random() ** 2 * 5) : 0;
    s.latency[i] = options.latency && s.kind[i] !== 2 ?
        Math.min(65535, 4 + Math.floor(-Math.log(1 - random() * 0.99999) * 60)) :
        0;
    s.estimate[i] = [0.25, 0.5, 1, 2][code % 4];
    s.cpu[i] = 0.5;
  }
  return s;
}

function pick(weights, random) {
  let at = random() * weights.reduce((a, b) => a + b, 0);
  return Math.max(0, weights.findIndex((weight) => (at -= weight) < 0));
}

function zeros(n) {
  return new Array(n).fill(0);
}

function plane(parts, values, bytes) {
  for (let k = 0; k < bytes; ++k) {
    const part = new Uint8Array(values.length);
    for (let i = 0; i < values.length; ++i) part[i] = (values[i] / 2 ** (8 * k)) & 255;
    parts.push(part);
  }
}

/** @returns {{meta: object, data: Buffer[]}} */
function makeChunks(options, s, kept) {
  const meta = {count: [], first_ns: [], time_unit_ns: []};
  const data = [];
  for (let from = 0; from < kept.length; from += Math.min(kept.length, options.chunkSamples)) {
    const rows = kept.subarray(from, Math.min(kept.length, from + options.chunkSamples));
    const of = (values, change = (x) => x) => Float64Array.from(rows, (i) => change(values[i], i));
    let before = s.time[rows[0]];
    meta.count.push(rows.length);
    meta.first_ns.push(before);
    meta.time_unit_ns.push(1);
    const parts = [];
    plane(parts, of(s.time, (time) => {
            const step = time - before;
            before = time;
            return step;
          }), 4);
    plane(parts, of(s.y), 4);
    plane(parts, of(s.object, (object) => object + 1), 3);
    plane(parts, of(s.code), 2);
    plane(parts, of(s.thread), 2);
    plane(parts, of(s.kind, (kind, i) => kind | 4 | (s.source[i] << 3)), 1);
    if (options.latency) plane(parts, of(s.latency), 2);
    plane(parts, of(s.estimate, halfBits), 2);
    plane(parts, of(s.cpu, halfBits), 2);
    data.push(gzipSync(Buffer.concat(parts), {level: options.gzipLevel}));
  }
  return {meta, data};
}

const kPlanes = (options) =>
    ["dt", "y", "object", "code", "thread", "meta", ...(options.latency ? ["latency"] : []), "estimate",
     "time"];

function gzipNumbers(values) {
  return gzipSync(Buffer.from(values.buffer)).toString("base64");
}

/** @returns {{run: object, chunks: Buffer[], truth: object}} */
export function makeRun(given = {}) {
  const options = {...kDefaults, ...given};
  const random = randomNumbers(options.seed);
  const strings = new Strings();
  const endNs = Math.round(options.seconds * 1e9);
  const names = options.names ?? [
    "matrix blocks", "index nodes", "edges", "queue", "frontier", "visited bits", "input buffer", "result",
    "grid", "next grid", "table", "counters", "scratch"
  ].map((name) => `make_${name.replaceAll(" ", "_")}`);
  options.hostile.forEach((name, i) => (names[i] = name));
  const objects = makeObjects(options, random, endNs);
  const axis = makeAxis(objects, strings, names);
  const s = makeSamples(options, objects, random, endNs);
  const groups = Math.max(...objects.map((object) => object.group)) + 1;
  const tables = countTables(options, s, objects, groups, endNs);
  const kept = keptRows(options, s);
  const chunks = makeChunks(options, s, kept);
  const sourceNames = ["unknown", "l1", "l2", "l3", "local_memory", "remote_memory"];
  const run = {
    name: options.name,
    header: {
      host: "testhost",
      kernel: "6.1.0",
      processor: "Made Processor",
      cpus: 8,
      page_size: 4096,
      start_realtime_ns: "1700000000000000000",
      command_line:
          ["./solver", "--size", "1000", ...(options.hostile.length > 0 ? [options.hostile[0]] : [])],
      working_directory: "/home/user",
      environment: ["OMP_NUM_THREADS=4"],
      tool_version: "0.1.0",
      allocations: true,
      dry_run: false,
      stack_depth: 8
    },
    streams: [{
      id: 1,
      source: options.latency ? "pmu" : "clock",
      name: options.latency ? "loads" : "clock",
      event: "cpu-clock:u",
      period: 1000003,
      frequency_hz: 1000,
      precise_level: 0,
      minimum_latency_cycles: 0
    }],
    begin_ns: 0,
    end_ns: endNs,
    filters: {time: null, address: null, objects: null},
    defect: null,
    estimate_unit: options.latency ? "accesses" : "accesses_per_ns_of_code",
    totals: {
      ...tables.totals,
      faults: options.faults,
      ticks: options.samples,
      ticks_without_access: 120,
      allocations: 5000,
      allocated_bytes: 9e8,
      deallocations: 4200,
      peak_live_bytes: 6.2e8,
      peak_time_ns: endNs / 2,
      never_freed_blocks: 800,
      never_freed_bytes: 1.2e6,
      mapped_peak_bytes: 7e8,
      objects: 5012,
      records: options.samples + 9000
    },
    unmatched: [{reason: "freed_memory", records: 0, loads: 0, stores: 0, load_stores: 0, unknown: 0}],
    losses: [
      {
        kind: "no_memory_operand",
        stream: 1,
        count: 120,
        duration_ns: 0,
        missing: false,
        text: "samples whose code reads and writes no memory"
      },
      {
        kind: "ring_overflow",
        stream: 1,
        count: 17,
        duration_ns: 0,
        missing: true,
        text: "samples the kernel had no room for"
      }
    ],
    statistics: {
      wall_ns: endNs,
      user_ns: endNs * 3,
      system_ns: endNs / 9,
      max_rss_bytes: 7e8,
      minor_faults: 160000,
      major_faults: 2,
      exit_code: 0,
      exit_signal: 0
    },
    recorder: {user_ns: 2e8, system_ns: 1e8, wall_ns: endNs, ticks: options.samples, channel_events: 9200},
    processes: {pid: [4242], parent: [1], command: [strings.of("solver")], start: [0], end: [endNs]},
    threads: {
      process: zeros(options.threads),
      tid: Array.from({length: options.threads}, (_, i) => 4242 + i),
      name: Array.from({length: options.threads}, (_, i) => strings.of(i === 0 ? "solver" : `worker${i}`))
    },
    axis,
    groups: groupColumns(options, strings, names, objects, tables, groups),
    objects: objectColumns(objects, tables),
    ...codeTables(options, strings, tables, names),
    ...allocationTables(options, strings, random, groups),
    series: seriesOf(options, s, endNs, objects),
    periods: {
      stream: [1, 1],
      time: [endNs * 0.25, endNs * 0.6],
      period: [2000003, 1500007],
      sample_cost_ns: [14000, 14000],
      overhead: [0.07, 0.05]
    },
    stalls: {time: [endNs * 0.5], kind: [strings.of("ring_overflow")], count: [17], duration_ns: [0]},
    faults: faultColumns(options, s, random),
    fault_total: options.faults,
    latency: options.latency ? tables.latency : {bins: [], loads: [], stores: []},
    source_names: sourceNames,
    source_counts: [tables.sources],
    sources_total: 0,
    thread_groups: tables.threadGroups,
    tiles: tilesOf(s, objects, endNs),
    samples: {
      complete: kept.length === options.samples,
      count: kept.length,
      total: options.samples,
      chunks: chunks.meta,
      planes: kPlanes(options),
      estimate_scale: 4,
      time_scale: 1000
    },
  };
  if (!run.samples.complete) Object.assign(run, binTables(s, objects, endNs));
  run.strings = strings.list;
  return {run, chunks: chunks.data, truth: {samples: s, objects, names, groups, endNs, ...tables}};
}

/** A sample of each hundred or so in turn. */
function keptRows(options, s) {
  const random = randomNumbers(99);
  const rows = [];
  for (let i = 0; i < s.time.length; ++i)
    if (options.keptShare >= 1 || random() < options.keptShare) rows.push(i);
  return Uint32Array.from(rows);
}

function countTables(options, s, objects, groups, endNs) {
  const byObject = Array.from({length: objects.length}, () => newSums());
  const byGroup = Array.from({length: groups}, () => newSums());
  const byCode = Array.from({length: options.code}, () => newSums());
  const total = newSums();
  const cells = new Map();
  const sources = zeros(6);
  const bins = Array.from({length: 16}, (_, i) => (i === 0 ? 0 : 2 ** i));
  const latency = {bins, loads: zeros(16), stores: zeros(16)};
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
    }
    const key = s.thread[i] * groups + group;
    if (!cells.has(key))
      cells.set(key, {loads: 0, stores: 0, latency_cycles: 0, latency_records: 0, remote: 0});
    const cell = cells.get(key);
    if (s.kind[i] & 1 || s.kind[i] === 0) ++cell.loads;
    if (s.kind[i] & 2) ++cell.stores;
    cell.latency_cycles += s.latency[i];
    if (s.latency[i] > 0) ++cell.latency_records;
    if (s.source[i] === 5) ++cell.remote;
  }
  const threadGroups =
      {thread: [], group: [], loads: [], stores: [], latency_cycles: [], latency_records: [], remote: []};
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

function column(rows, name) {
  return rows.map((row) => row[name]);
}

function groupColumns(options, strings, names, objects, tables, groups) {
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
  columns.sources = zeros(groups).map(() => -1);
  return columns;
}

function objectColumns(objects, tables) {
  const o = tables.byObject;
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

function codeTables(options, strings, tables, names) {
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

function allocationTables(options, strings, random, groups) {
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

function seriesOf(options, s, endNs, objects) {
  const bins = 2048;
  const series = {bins};
  for (const name
           of ["heap_bytes", "mapped_bytes", "allocations", "deallocations", "loads", "stores", "faults",
               "lost", "ticks_without_access"])
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
    if (s.kind[i] & 1 || s.kind[i] === 0) ++series.loads[bin];
    if (s.kind[i] & 2) ++series.stores[bin];
  }
  series.lost[1024] = 17;
  series.ticks_without_access[300] = 120;
  return series;
}

function faultColumns(options, s, random) {
  const columns = {time: [], y: [], object: [], thread: []};
  const order =
      Array
          .from({length: Math.min(options.faults, s.time.length)}, () => Math.floor(random() * s.time.length))
          .sort((a, b) => a - b);
  for (const i of order) {
    columns.time.push(s.time[i]);
    columns.y.push(s.y[i]);
    columns.object.push(s.object[i]);
    columns.thread.push(s.thread[i]);
  }
  return columns;
}

/** Place on the axis. */
function placeOf(object, y) {
  return object.axis + ((y - object.y) / object.size) * (object.axisEnd - object.axis);
}

function tilesOf(s, objects, endNs) {
  const loads = new Uint32Array(1024 * 1024);
  const stores = new Uint32Array(1024 * 1024);
  for (let i = 0; i < s.time.length; ++i) {
    const row = Math.min(1023, Math.floor(placeOf(objects[s.object[i]], s.y[i]) / 1024));
    const cell = row * 1024 + Math.min(1023, Math.floor((s.time[i] / endNs) * 1024));
    if (s.kind[i] & 1 || s.kind[i] === 0) ++loads[cell];
    if (s.kind[i] & 2) ++stores[cell];
  }
  return {columns: 1024, rows: 1024, loads: gzipNumbers(loads), stores: gzipNumbers(stores)};
}

function binTables(s, objects, endNs) {
  const make = (index) => {
    const cells = new Map();
    for (let i = 0; i < s.time.length; ++i) {
      const key = index(i) * 512 + Math.min(511, Math.floor((s.time[i] / endNs) * 512));
      if (!cells.has(key)) cells.set(key, [0, 0]);
      const cell = cells.get(key);
      if (s.kind[i] & 1 || s.kind[i] === 0) ++cell[0];
      if (s.kind[i] & 2) ++cell[1];
    }
    const table = {bins: 512, index: [], bin: [], loads: [], stores: []};
    for (const [key, [loads, stores]] of cells) {
      table.index.push(Math.floor(key / 512));
      table.bin.push(key % 512);
      table.loads.push(loads);
      table.stores.push(stores);
    }
    return table;
  };
  return {object_bins: make((i) => objects[s.object[i]].group), code_bins: make((i) => s.code[i])};
}

/**
 * What a server answers for a part of a run: all of its samples, as one chunk.
 * @param {object} made of makeRun @param {object} given options of it
 */
export function rangeAnswer(made, given, begin, end, axisBegin, axisEnd) {
  const options = {...kDefaults, ...given};
  const {samples: s, objects} = made.truth;
  const rows = [];
  for (let i = 0; i < s.time.length; ++i) {
    const place = Math.floor(placeOf(objects[s.object[i]], s.y[i]));
    if (s.time[i] >= begin && s.time[i] < end && place >= axisBegin && place < axisEnd) rows.push(i);
  }
  const {meta, data} = makeChunks({...options, chunkSamples: Infinity}, s, Uint32Array.from(rows));
  return {
    about: {count: rows.length, first_ns: meta.first_ns[0] ?? 0, time_unit_ns: 1, complete: true},
    bytes: data[0] ?? gzipSync("")
  };
}

/** @param {object[]} runs of makeRun */
export function makeReport(runs, served = false) {
  return {version: 1, tool: "heimdallr 0.1.0", served, runs: runs.map((made) => made.run)};
}
