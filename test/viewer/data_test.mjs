// Decoding, density, sums: against the arrays that the samples were made of.
import assert from "node:assert/strict";
import test from "node:test";
import {gzipSync} from "node:zlib";

import {binRange, groupSums, latencyBin, sumBins, sumBreakdown, sumCode, sumFaults, sumObjects} from "../../src/report/viewer/aggregate.js";
import {base64Bytes, bytesPerSample, gunzip, halfTable, splitPlanes} from "../../src/report/viewer/decode.js";
import {countSamples, countTiles, emptyGrid, kNoFilter, weighSamples} from "../../src/report/viewer/density.js";
import {largestCount, logLevel, paintDensity} from "../../src/report/viewer/density_paint.js";
import {chosenTime, selectedObjects} from "../../src/report/viewer/filters.js";
import {chosenNumbers} from "../../src/report/viewer/object_numbers.js";
import {parseReport, RunModel} from "../../src/report/viewer/report.js";
import {SampleSet} from "../../src/report/viewer/samples.js";
import {kDefaultView} from "../../src/report/viewer/state.js";

import {makeReport, makeRun} from "./make_report.mjs";
import {halfBits, randomNumbers} from "./make_samples.mjs";

/** A run whose samples are decoded. */
async function decoded(options) {
  const made = makeRun(options);
  const model = new RunModel(made.run, 0);
  const context = model.axis.decodeContext(made.run.samples.planes);
  const {chunks, planes} = made.run.samples;
  for (let i = 0; i < made.chunks.length; ++i) {
    const bytes = await gunzip(
        base64Bytes(made.chunks[i].toString("base64")), bytesPerSample(planes) * chunks.count[i]);
    model.samples.put(
        i, splitPlanes(bytes, chunks.count[i], chunks.first_ns[i], chunks.time_unit_ns[i], context));
  }
  return {...made, model};
}

const small = await decoded({samples: 6000, latency: true, chunkSamples: 1700});

test("Decode: every column is what was written", () => {
  const s = small.truth.samples;
  let at = 0;
  for (const chunk of small.model.samples.chunks) {
    for (let i = 0; i < chunk.count; ++i, ++at) {
      assert.equal(chunk.time[i], s.time[at]);
      assert.equal(chunk.y[i], s.y[at]);
      assert.equal(chunk.object[i], s.object[at] + 1);
      assert.equal(chunk.code[i], s.code[at]);
      assert.equal(chunk.thread[i], s.thread[at]);
      assert.equal(chunk.meta[i], s.kind[at] | 4 | (s.source[at] << 3));
      assert.equal(chunk.latency[i], s.latency[at]);
      assert.equal(chunk.place[i] & 3, s.kind[at]);
    }
  }
  assert.equal(at, 6000);
});

test("Decode: places are those of the axis", () => {
  const s = small.truth.samples;
  const chunk = small.model.samples.chunks[0];
  for (let i = 0; i < chunk.count; i += 13) {
    const object = small.truth.objects[s.object[i]];
    const place = object.axis + ((s.y[i] - object.y) / object.size) * (object.axisEnd - object.axis);
    assert.ok(Math.abs((chunk.place[i] >>> 2) / 1024 - place) < 0.01, `sample ${i}`);
  }
});

test("Decode: half precision is that of IEEE 754", () => {
  const table = halfTable();
  const cases = [
    [0x0000, 0], [0x3c00, 1], [0x3800, 0.5], [0x4000, 2], [0x7bff, 65504], [0x0001, 2 ** -24],
    [0x0400, 2 ** -14], [0xc000, -2], [0x7c00, Infinity]
  ];
  for (const [bits, value] of cases) assert.equal(table[bits], value);
  for (const value of [0.25, 1.5, 3.140625, 1000]) assert.equal(table[halfBits(value)], value);
});

test("Decode: a chunk that is cut or too long is refused in words", async () => {
  const whole = gzipSync(Buffer.alloc(100));
  await assert.rejects(gunzip(Uint8Array.from(whole), 99), /more than the 99 bytes/);
  await assert.rejects(gunzip(Uint8Array.from(whole), 101), /100 bytes instead of 101/);
  await assert.rejects(gunzip(Uint8Array.from(whole).slice(0, 12), 100));
  assert.throws(() => bytesPerSample(["dt", "colour"]), /column 'colour'/);
});

test("Report: data that is not as it should be gives one line", () => {
  assert.throws(() => parseReport(""), /no data/);
  assert.throws(() => parseReport("{"), /damaged/);
  assert.throws(() => parseReport(JSON.stringify({version: 99, runs: []})), /version 99/);
  const report = makeReport([makeRun({samples: 10})]);
  report.runs[0].groups.loads.pop();
  assert.throws(() => parseReport(JSON.stringify(report)), /columns of/);
  delete report.runs[0].axis;
  assert.throws(() => parseReport(JSON.stringify(report)), /'axis'/);
});

/** Cells counted one by one, without columns, blocks or packing. */
function cellsOf(truth, window, columns, rows, keep = () => true) {
  const counts = new Map();
  const s = truth.samples;
  for (let i = 0; i < s.time.length; ++i) {
    if (s.time[i] < window.t0 || s.time[i] >= window.t1 || !keep(i)) continue;
    const object = truth.objects[s.object[i]];
    const place = Math.floor(
        (object.axis + ((s.y[i] - object.y) / object.size) * (object.axisEnd - object.axis)) * 1024);
    const low = Math.floor(window.p0 * 1024);
    const high = Math.ceil(window.p1 * 1024);
    if (place < low || place >= high) continue;
    const column =
        Math.min(columns - 1, Math.floor((s.time[i] - window.t0) / ((window.t1 - window.t0) / columns)));
    const row = Math.floor((place - low) * (rows / (high - low)));
    const at = (column * rows + row) * 4 + s.kind[i];
    counts.set(at, (counts.get(at) ?? 0) + 1);
  }
  return counts;
}

function sameCells(grid, expected) {
  let sum = 0;
  for (let at = 0; at < grid.counts.length; ++at) {
    assert.equal(grid.counts[at], expected.get(at) ?? 0, `cell ${at}`);
    sum += grid.counts[at];
  }
  return sum;
}

const windows = [
  {t0: 0, t1: 4e9, p0: 0, p1: 1 << 20},
  {t0: 1.1e9, t1: 1.9e9, p0: 0, p1: 1 << 20},
  {t0: 0, t1: 4e9, p0: 300000, p1: 700000},
  {t0: 2.00001e9, t1: 2.05e9, p0: 1000, p1: 5000},
];

test("Density: cells are those of counting one by one", () => {
  for (const window of windows) {
    const grid = emptyGrid(97, 61, null);
    const counted = countSamples(grid, small.model.samples, window, kNoFilter);
    assert.equal(sameCells(grid, cellsOf(small.truth, window, 97, 61)), counted);
  }
});

test("Density: filters leave out what they should", () => {
  const threads = new Uint8Array(65536);
  threads[2] = 1;
  const objects = new Uint8Array(65536);
  objects[8 + 1] = 1;
  objects[12 + 1] = 1;
  const s = small.truth.samples;
  const grid = emptyGrid(50, 40, null);
  countSamples(grid, small.model.samples, windows[0], {threads, objects: null, sources: null});
  sameCells(grid, cellsOf(small.truth, windows[0], 50, 40, (i) => s.thread[i] === 2));
  const other = emptyGrid(50, 40, null);
  countSamples(other, small.model.samples, windows[1], {threads: null, objects, sources: null});
  sameCells(other, cellsOf(small.truth, windows[1], 50, 40, (i) => s.object[i] === 8 || s.object[i] === 12));
});

test("Density: tiles add up to their counts", async () => {
  const {loads, stores, unknown, columns, rows} = small.run.tiles;
  const numbers = async (text) =>
      new Uint32Array((await gunzip(base64Bytes(text), columns * rows * 4)).buffer);
  const tiles = {
    columns,
    rows,
    loads: await numbers(loads),
    stores: await numbers(stores),
    unknown: await numbers(unknown)
  };
  const grid = emptyGrid(256, 128, null);
  countTiles(grid, tiles, {t0: 0, t1: 4e9, p0: 0, p1: 1 << 20}, {t0: 0, t1: 4e9, length: 1 << 20});
  const sums = [0, 0, 0, 0];
  grid.counts.forEach((count, i) => (sums[i % 4] += count));
  const {loads: read, stores: written, load_stores: both, unknown: neither} = small.truth.totals;
  assert.deepEqual(sums, [neither, read + both, written + both, 0]);
});

test("Density: a painted cell has the hue of its kind", () => {
  const grid = emptyGrid(2, 2, null);
  grid.counts[(0 * 2 + 0) * 4 + 1] = 50;
  grid.counts[(1 * 2 + 1) * 4 + 2] = 50;
  const pixels = new Uint32Array(4);
  paintDensity(pixels, grid, largestCount(grid), "light", "full");
  const [red, , blue] = [pixels[2] & 255, 0, (pixels[2] >> 16) & 255];
  assert.ok(blue > red, "loads at the bottom left are blue");
  assert.ok((pixels[1] & 255) > ((pixels[1] >> 16) & 255), "stores at the top right are red");
  assert.equal(pixels[0], 0);
  assert.ok(logLevel(2, 1000) < logLevel(100, 1000));
});

test("Sums: by object, group and code are those of the recording", () => {
  const {model, truth} = small;
  const objects = sumObjects(model, 0, 5e9, kNoFilter);
  truth.byObject.forEach((sums, object) => {
    assert.equal(objects.loads[object + 1], sums.loads + sums.load_stores);
    assert.equal(objects.stores[object + 1], sums.stores + sums.load_stores);
    assert.equal(objects.accesses(object + 1), sums.loads + sums.stores + sums.load_stores + sums.unknown);
    assert.ok(Math.abs(objects.estimatedLoads[object + 1] - sums.estimated_loads) < 1e-6);
    assert.ok(Math.abs(objects.timeNs[object + 1] - sums.time_ns) < 1e-6);
    assert.equal(objects.latencyCycles[object + 1], sums.latency_cycles);
  });
  const groups = groupSums(model, objects);
  truth.byGroup.forEach((sums, group) => assert.equal(groups.loads[group], sums.loads + sums.load_stores));
  const code = sumCode(model, 0, 5e9, kNoFilter);
  truth.byCode.forEach((sums, row) => assert.equal(code.stores[row], sums.stores + sums.load_stores));
});

test("Sums: a part of the time has what lies in it", () => {
  const {model, truth} = small;
  const s = truth.samples;
  const [from, to] = [1e9, 2.5e9];
  const sums = sumObjects(model, from, to, kNoFilter);
  const expected = new Array(21).fill(0);
  for (let i = 0; i < s.time.length; ++i)
    if (s.time[i] >= from && s.time[i] < to) ++expected[s.object[i] + 1];
  expected.forEach((count, row) => assert.equal(sums.accesses(row), count));
});

test("Sums: latency, sources and threads are those of the recording", () => {
  const {model, truth, run} = small;
  const all = sumBreakdown(model, 0, 5e9, kNoFilter);
  assert.deepEqual([...all.sources], truth.sources);
  assert.deepEqual([...all.latencyLoads], run.latency.loads);
  const t = truth.threadGroups;
  assert.equal(all.threads.size, t.thread.length);
  t.thread.forEach((thread, i) => {
    const cell = all.threads.get(thread * truth.groups + t.group[i]);
    assert.equal(cell.loads, t.loads[i]);
    assert.equal(cell.stores, t.stores[i]);
    assert.equal(cell.unknown, t.unknown[i]);
    assert.equal(cell.remote, t.remote[i]);
  });
  assert.equal(latencyBin([0, 2, 4, 8], 5), 2);
  assert.equal(latencyBin([0, 2, 4, 8], 0), 0);
  assert.equal(latencyBin([0, 2, 4, 8], 800), 3);
});

test("Sums: an incomplete recording is estimated from its sample, and exact by bins", async () => {
  const part = await decoded({samples: 30000, keptShare: 0.25});
  assert.equal(part.model.samples.complete, false);
  const {loads, load_stores: both} = part.truth.totals;
  const sums = sumObjects(part.model, 0, 5e9, kNoFilter);
  const estimated = sums.loads.reduce((a, b) => a + b, 0);
  assert.ok(Math.abs(estimated / (loads + both) - 1) < 0.05, `${estimated} for ${loads + both}`);
  const bins = sumBins(part.run.object_bins, part.truth.groups, 0, 4e9, 0, 4e9 + 1);
  part.truth.byGroup.forEach((group, i) => assert.equal(bins.stores[i], group.stores + group.load_stores));
});

test("Sums: ranges of bins that meet share none and miss none", () => {
  const random = randomNumbers(3);
  for (let i = 0; i < 200; ++i) {
    const cut = random() * 1000;
    const [a0, a1] = binRange(512, 0, 1000, 0, cut);
    const [b0, b1] = binRange(512, 0, 1000, cut, 1001);
    assert.equal(a0, 0);
    assert.equal(a1, b0);
    assert.equal(b1, 512);
  }
});

/** Accesses by group, counted one by one. */
function byGroup(truth, from, to) {
  const counts = new Array(truth.groups).fill(0);
  const s = truth.samples;
  for (let i = 0; i < s.time.length; ++i)
    if (s.time[i] >= from && s.time[i] < to) ++counts[truth.objects[s.object[i]].group];
  return counts;
}

const view = (state) => ({...kDefaultView, ...state});
const numbersOf = (model, state, by) => chosenNumbers(model, view(state), [model], by).numbers;

test("Folded objects: their samples count with their group, in every sum of a part", async () => {
  const options = {samples: 6000, latency: true, foldedObjects: [1, 2, 3, 9, 12, 19]};
  const {model, truth, run} = await decoded(options);
  assert.equal(run.objects.group.length, 14);
  const [from, to] = [1e9, 2.5e9];
  const expected = byGroup(truth, from, to);
  const numbers = numbersOf(model, {b0: from, b1: to}, "site");
  assert.deepEqual(expected.map((_count, group) => numbers.accesses(group)), expected);
  const matrix = new Array(truth.groups).fill(0);
  const s = truth.samples;
  const both = new Array(truth.groups).fill(0);
  for (let i = 0; i < s.time.length; ++i)
    if (s.time[i] >= from && s.time[i] < to && s.kind[i] === 3) ++both[truth.objects[s.object[i]].group];
  for (const [key, cell] of sumBreakdown(model, from, to, kNoFilter).threads)
    matrix[key % truth.groups] += cell.loads + cell.stores + cell.unknown;
  assert.deepEqual(matrix, expected.map((count, group) => count + both[group]));
  // A selected group has all of its samples.
  const objects = selectedObjects(view({select: "g0.0"}), [model], model);
  const grid = emptyGrid(40, 30, null);
  countSamples(grid, model.samples, windows[0], {threads: null, objects, sources: null});
  sameCells(grid, cellsOf(truth, windows[0], 40, 30, (i) => truth.objects[s.object[i]].group === 0));
  const alone = selectedObjects(view({select: "o0.0"}), [model], model);
  assert.deepEqual([...alone].flatMap((mark, row) => (mark ? [row] : [])), [1]);
});

test("Folded objects: their page faults count with their group", async () => {
  const {model, truth, run} = await decoded({samples: 600, faults: 500, foldedObjects: [0, 1, 2, 3, 4, 5]});
  const rows = sumFaults(model, 0, 4e9, kNoFilter);
  assert.equal(rows.reduce((a, b) => a + b, 0), 500);
  const ofFirst = run.faults.y.filter((y) => y < truth.objects[6].y).length;
  assert.ok(ofFirst > 0);
  assert.equal(rows[1 + run.objects.group.length], ofFirst);
});

test(
    "Weights: a rare object is not counted for more than it is, and a hot one for all of its accesses",
    () => {
      const {run} = makeRun({samples: 10});
      const model = new RunModel(run, 0);
      // Cells of 1001 accesses to a hot object: the first, and 100 of 1000 others; one access to a rare
      // object.
      const hot = 5 * 101;
      const count = hot + 1;
      const chunk = {
        count,
        time: Float64Array.from({length: count}, (_, i) => 1000 + i),
        place: new Uint32Array(count).fill(1),
        y: new Uint32Array(count),
        object: Uint32Array.from({length: count}, (_, i) => (i < hot ? 1 : 2)),
        code: new Uint16Array(count),
        thread: new Uint16Array(count),
        meta: Uint8Array.from({length: count}, (_, i) => (i % 101 === 0 ? 0x81 : 0x01)),
        latency: new Uint16Array(0),
        estimate: new Uint16Array(0),
        cpu: new Uint16Array(0),
        low: new Uint32Array(1),
        high: new Uint32Array(1).fill(8),
      };
      model.samples =
          new SampleSet({...run, samples: {...run.samples, complete: false, count, total: 5006, weight: 10}});
      model.samples.chunks = [chunk];
      const sums = sumObjects(model, 0, 1e6, kNoFilter);
      assert.equal(sums.loads[1], 5 * 1001);
      assert.equal(sums.loads[2], 1);
      const all = {t0: 0, t1: 1e6, p0: 0, p1: 1};
      assert.equal(weighSamples(model.samples, all, kNoFilter), 5006);
      const [cell] = sumBreakdown(model, 0, 1e6, kNoFilter).threads.values();
      assert.equal(cell.loads, 5006);
    });

test("Weights: every object of a sample is estimated without a bias", async () => {
  const part = await decoded({samples: 60000, keptShare: 0.1, seconds: 0.05});
  const sums = sumObjects(part.model, 0, 5e9, kNoFilter);
  const all =
      part.truth.byObject.map((_sums, object) => sums.accesses(object + 1)).reduce((a, b) => a + b, 0);
  assert.ok(Math.abs(all - 60000) < 1e-6 * 60000, "the weights are of all accesses");
  part.truth.byObject.forEach((o, object) => {
    const count = o.loads + o.stores + o.load_stores + o.unknown;
    const most = 5 * Math.sqrt(count * 10) + 5;
    assert.ok(
        Math.abs(sums.accesses(object + 1) - count) < most,
        `object ${object}: ${sums.accesses(object + 1)} for ${count}`);
  });
});

test("Kinds: what is of unknown kind is neither load nor store, in bins as in sums", async () => {
  const part = await decoded({samples: 30000, keptShare: 0.25});
  const bins = sumBins(part.run.object_bins, part.truth.groups, 0, 4e9, 0, 4e9);
  part.truth.byGroup.forEach((group, i) => {
    assert.equal(bins.loads[i], group.loads + group.load_stores);
    assert.equal(bins.unknown[i], group.unknown);
    assert.equal(bins.accesses(i), group.loads + group.stores + group.load_stores + group.unknown);
  });
});

test("Time: the last instant is in the whole, and in a brush up to the end", async () => {
  const {model, run} = await decoded({samples: 50});
  const last = model.samples.chunks[0].time[49];
  run.end_ns = last + 1;
  const {from, to} = chosenTime(view({}), [model]);
  assert.deepEqual([from, to], [0, last + 1]);
  assert.equal(model.samples.countIn(from, to), 50);
  assert.equal(model.samples.countIn(last, to), 1);
});

test("Estimates: where no record says what it stands for they are not known", async () => {
  const made = await decoded({samples: 50});
  made.run.samples.estimate_scale = null;
  const model = new RunModel(made.run, 0);
  model.samples.chunks = made.model.samples.chunks;
  assert.ok(Number.isNaN(numbersOf(model, {}, "site").estimated(0)));
  assert.ok(Number.isNaN(numbersOf(model, {b0: 0, b1: 4e9}, "site").estimated(0)));
  assert.ok(numbersOf(model, {b0: 0, b1: 4e9}, "site").accesses(0) > 0);
});
