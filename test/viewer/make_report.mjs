// Synthetic recordings as the page is given them (src/report/README.md), with the counts that the
// page must show. Written from the specification alone: nothing of the viewer is used here.
import {gzipSync} from "node:zlib";

import {keptRows, kPlanes, makeAxis, makeChunks, makeObjects, makeSamples, placeOf, randomNumbers, zeros} from "./make_samples.mjs";
import {allocationTables, binTables, codeTables, countTables, faultColumns, groupColumns, objectColumns, seriesOf, tilesOf} from "./make_tables.mjs";

const kChunk = 524288;

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
  /** Indices of objects that have no row of their own: counted with their group. */
  foldedObjects: [],
};

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
  const {kept, weight} = keptRows(options, s, objects, endNs);
  const chunks = makeChunks(options, s, kept, objects);
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
      stack_depth: 8,
      origin: "recorded"
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
    processes: {pid: [4242], parent: [1], command: [strings.of("solver")], start: [0], threads: [4], end: [endNs]},
    threads: {
      process: zeros(options.threads),
      tid: Array.from({length: options.threads}, (_, i) => 4242 + i),
      name: Array.from({length: options.threads}, (_, i) => strings.of(i === 0 ? "solver" : `worker${i}`))
    },
    axis,
    groups: groupColumns(options, strings, names, objects, tables, groups),
    objects: objectColumns(options, objects, tables),
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
    faults: faultColumns(options, s, random, objects),
    fault_total: options.faults,
    latency: options.latency ? tables.latency : {bins: [], loads: [], stores: [], unknown: []},
    source_names: sourceNames,
    source_counts: [tables.sources],
    sources_total: 0,
    thread_groups: tables.threadGroups,
    tiles: tilesOf(s, objects, endNs),
    samples: {
      complete: kept.length === options.samples,
      count: kept.length,
      total: options.samples,
      weight,
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
  const {meta, data} = makeChunks({...options, chunkSamples: Infinity}, s, Uint32Array.from(rows), objects);
  return {
    about: {count: rows.length, first_ns: meta.first_ns[0] ?? 0, time_unit_ns: 1, complete: true},
    bytes: data[0] ?? gzipSync("")
  };
}

/** @param {object[]} runs of makeRun */
export function makeReport(runs, served = false) {
  return {version: 2, tool: "heimdallr 0.1.0", served, runs: runs.map((made) => made.run)};
}
