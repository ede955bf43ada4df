// One chunk of samples: base64, gzip, byte planes, columns. The functions here also run in a
// worker, which is made of their text: they use nothing but each other.

/** @typedef {import("./report_types.js").SampleChunk} SampleChunk */

/**
 * What a worker must know to decode the chunks of a run.
 * @typedef {{planes: string[], pieceY: Float64Array, pieceStart: Float64Array, lengths: Float64Array,
 *   slopes: Float64Array}} DecodeContext
 */

/** @param {string} text */
export function base64Bytes(text) {
  const native = /** @type {any} */ (Uint8Array).fromBase64;
  if (native) return /** @type {Uint8Array<ArrayBuffer>} */ (native.call(Uint8Array, text));
  const binary = atob(text.trim());
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; ++i) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** @param {Uint8Array<ArrayBuffer>} bytes @param {number} expected bytes that must come out */
export async function gunzip(bytes, expected) {
  const stream = new DecompressionStream("gzip");
  const writer = stream.writable.getWriter();
  // A failure of the stream shows at the reader; here it would only be reported twice.
  writer.write(bytes).catch(() => {});
  writer.close().catch(() => {});
  const result = new Uint8Array(expected);
  let filled = 0;
  const reader = stream.readable.getReader();
  for (;;) {
    const {done, value} = await reader.read();
    if (done) break;
    if (filled + value.length > expected)
      throw new Error(`more than the ${expected} bytes that it should hold`);
    result.set(value, filled);
    filled += value.length;
  }
  if (filled !== expected) throw new Error(`${filled} bytes instead of ${expected}`);
  return result;
}

/** Bytes of a value of each column that a chunk may have. */
export function planeWidths() {
  return new Map([
    ["dt", 4], ["y", 4], ["object", 3], ["code", 2], ["thread", 2], ["meta", 1], ["latency", 2],
    ["estimate", 2], ["time", 2]
  ]);
}

/** Samples of a block that shares its least and greatest place. */
export function blockSamples() {
  return 8192;
}

/**
 * Sets the places of samples on the axis, from their `y`: the piece is looked up in a table first,
 * as there may be thousands.
 * @param {SampleChunk} chunk @param {DecodeContext} context
 */
export function placeSamples(chunk, context) {
  const {pieceY, pieceStart, lengths, slopes} = context;
  const pieces = pieceY.length;
  const end = pieces === 0 ? 1 : pieceY[pieces - 1] + lengths[pieces - 1];
  const buckets = 65536;
  const scale = buckets / end;
  const first = new Uint32Array(buckets + 1);
  for (let bucket = 0, piece = 0; bucket <= buckets; ++bucket) {
    while (piece + 1 < pieces && pieceY[piece + 1] * scale <= bucket) ++piece;
    first[bucket] = piece;
  }
  const {y, meta, place, low, high, count} = chunk;
  const block = blockSamples();
  for (let from = 0, index = 0; from < count; from += block, ++index) {
    const to = Math.min(count, from + block);
    let least = 0xffffffff;
    let most = 0;
    for (let i = from; i < to; ++i) {
      const value = y[i];
      const bucket = value * scale;
      let piece = first[bucket < buckets ? bucket | 0 : buckets];
      while (piece + 1 < pieces && pieceY[piece + 1] <= value) ++piece;
      const position = pieces === 0 ? 0 : pieceStart[piece] + (value - pieceY[piece]) * slopes[piece];
      // The last place of the axis: one more would not fit the 30 bits.
      const step = Math.min(1073741823, position * 1024);
      const packed = ((step << 2) | (meta[i] & 3)) >>> 0;
      place[i] = packed;
      if (packed < least) least = packed;
      if (packed > most) most = packed;
    }
    low[index] = least;
    high[index] = most;
  }
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes the planes one after the other
 * @param {number} count @param {number} firstNs @param {number} unitNs
 * @param {DecodeContext} context
 * @returns {SampleChunk}
 */
export function splitPlanes(bytes, count, firstNs, unitNs, context) {
  const widths = planeWidths();
  /** @type {Map<string, number>} */
  const offsets = new Map();
  let offset = 0;
  for (const name of context.planes) {
    offsets.set(name, offset);
    offset += (widths.get(name) ?? 0) * count;
  }
  if (offset !== bytes.length) throw new Error(`${bytes.length} bytes of planes instead of ${offset}`);

  /** @param {string} name */
  const planes16 = (name) => {
    const at = offsets.get(name);
    if (at === undefined) return new Uint16Array(0);
    const column = new Uint16Array(count);
    const p0 = bytes.subarray(at, at + count);
    const p1 = bytes.subarray(at + count, at + 2 * count);
    for (let i = 0; i < count; ++i) column[i] = p0[i] | (p1[i] << 8);
    return column;
  };
  /** @param {string} name */
  const planes32 = (name) => {
    const column = new Uint32Array(count);
    const at = offsets.get(name);
    if (at === undefined) return column;
    const p0 = bytes.subarray(at, at + count);
    const p1 = bytes.subarray(at + count, at + 2 * count);
    const p2 = bytes.subarray(at + 2 * count, at + 3 * count);
    const p3 = bytes.subarray(at + 3 * count, at + 4 * count);
    for (let i = 0; i < count; ++i) column[i] = p0[i] | (p1[i] << 8) | (p2[i] << 16) | (p3[i] << 24);
    return column;
  };

  const dt = planes32("dt");
  const time = new Float64Array(count);
  let now = 0;
  for (let i = 0; i < count; ++i) {
    now += dt[i];
    time[i] = firstNs + now * unitNs;
  }
  const object = new Uint32Array(count);
  const objectAt = offsets.get("object");
  if (objectAt !== undefined) {
    const p0 = bytes.subarray(objectAt, objectAt + count);
    const p1 = bytes.subarray(objectAt + count, objectAt + 2 * count);
    const p2 = bytes.subarray(objectAt + 2 * count, objectAt + 3 * count);
    for (let i = 0; i < count; ++i) object[i] = p0[i] | (p1[i] << 8) | (p2[i] << 16);
  }
  const metaAt = offsets.get("meta");
  const blocks = Math.ceil(count / blockSamples());
  /** @type {SampleChunk} */
  const chunk = {
    count,
    time,
    object,
    place: new Uint32Array(count),
    y: planes32("y"),
    code: planes16("code"),
    thread: planes16("thread"),
    meta: metaAt === undefined ? new Uint8Array(count) : bytes.slice(metaAt, metaAt + count),
    latency: planes16("latency"),
    estimate: planes16("estimate"),
    cpu: planes16("time"),
    low: new Uint32Array(blocks),
    high: new Uint32Array(blocks),
  };
  placeSamples(chunk, context);
  return chunk;
}

/** Buffers of a chunk that can be handed over without a copy. @param {SampleChunk} chunk */
export function chunkBuffers(chunk) {
  return Object.values(chunk).flatMap((column) => (typeof column === "number" ? [] : [column.buffer]));
}

/** Bytes of one sample before compression. @param {string[]} planes */
export function bytesPerSample(planes) {
  const widths = planeWidths();
  let sum = 0;
  for (const name of planes) {
    const width = widths.get(name);
    if (width === undefined)
      throw new Error(`column '${name}' of the samples is not known here: the report is of a newer version`);
    sum += width;
  }
  return sum;
}

/** All values of IEEE 754 half precision. */
export function halfTable() {
  const table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; ++bits) {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    let value = 0;
    if (exponent === 0)
      value = fraction * 2 ** -24;
    else if (exponent === 31)
      value = fraction === 0 ? Infinity : NaN;
    else
      value = (1 + fraction / 1024) * 2 ** (exponent - 15);
    table[bits] = bits & 0x8000 ? -value : value;
  }
  return table;
}
