// The accesses of a synthetic recording: objects, their places, and chunks of samples as src/report/README.md
// specifies them. Nothing of the viewer is used here.
import {gzipSync} from "node:zlib";

const kAxisLength = 1 << 20;

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

/** Objects of 4 KiB to 256 MiB, some of them short-lived, at scattered addresses. */
export function makeObjects(options, random, endNs) {
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
export function makeAxis(objects, strings, names) {
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
export function makeSamples(options, objects, random, endNs) {
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

export function zeros(n) {
  return new Array(n).fill(0);
}

export function shownObjects(options, objects) {
  return objects.filter((_object, i) => !options.foldedObjects.includes(i));
}

/** What samples call each object: those with a row from 1, the others by their group behind them. */
export function sampleObjects(options, objects) {
  const shown = shownObjects(options, objects);
  return objects.map(
      (object) => 1 + (shown.includes(object) ? shown.indexOf(object) : shown.length + object.group));
}

function plane(parts, values, bytes) {
  for (let k = 0; k < bytes; ++k) {
    const part = new Uint8Array(values.length);
    for (let i = 0; i < values.length; ++i) part[i] = (values[i] / 2 ** (8 * k)) & 255;
    parts.push(part);
  }
}

/** @returns {{meta: object, data: Buffer[]}} */
export function makeChunks(options, s, kept, objects) {
  const names = sampleObjects(options, objects);
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
    plane(parts, of(s.object, (object) => names[object]), 3);
    plane(parts, of(s.code), 2);
    plane(parts, of(s.thread), 2);
    plane(parts, of(s.kind, (kind, i) => kind | 4 | (s.source[i] << 3) | (s.first[i] ? 128 : 0)), 1);
    if (options.latency) plane(parts, of(s.latency), 2);
    plane(parts, of(s.estimate, halfBits), 2);
    plane(parts, of(s.cpu, halfBits), 2);
    data.push(gzipSync(Buffer.concat(parts), {level: options.gzipLevel}));
  }
  return {meta, data};
}

export const kPlanes = (options) =>
    ["dt", "y", "object", "code", "thread", "meta", ...(options.latency ? ["latency"] : []), "estimate",
     "time"];

/** Place on the axis. */
export function placeOf(object, y) {
  return object.axis + ((y - object.y) / object.size) * (object.axisEnd - object.axis);
}

export function tileOf(s, i, objects, endNs) {
  const row = Math.min(1023, Math.floor(placeOf(objects[s.object[i]], s.y[i]) / 1024));
  return row * 1024 + Math.min(1023, Math.floor((s.time[i] / endNs) * 1024));
}

/**
 * The first access of each cell of the tiles, and a share of the others, each of which stands for `weight`.
 */
export function keptRows(options, s, objects, endNs) {
  const random = randomNumbers(99);
  const rows = [];
  const cells = new Set();
  s.first = new Uint8Array(s.time.length);
  for (let i = 0; i < s.time.length; ++i) {
    if (options.keptShare < 1 && !cells.has(tileOf(s, i, objects, endNs))) {
      cells.add(tileOf(s, i, objects, endNs));
      s.first[i] = 1;
    }
    if (options.keptShare >= 1 || s.first[i] || random() < options.keptShare) rows.push(i);
  }
  const kept = Uint32Array.from(rows);
  const others = kept.length - cells.size;
  return {kept, weight: others === 0 ? 1 : (s.time.length - cells.size) / others};
}
