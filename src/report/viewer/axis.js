// The axis of addresses without its gaps.

/** @typedef {import("./report_types.js").RunData} RunData */
/** @typedef {import("./decode.js").DecodeContext} DecodeContext */

/**
 * A piece: memory that lies together. `start` and `end` are places on the axis.
 * @typedef {{index: number, process: number, address: bigint, size: number, start: number, end: number,
 *   y: number, label: string, broken: boolean}} AxisPiece  `broken`: a gap lies before it
 */

/** Places on the axis and addresses, both ways. */
export class AddressAxis {
  /** @param {RunData} run */
  constructor(run) {
    const {pieces, unit_bytes: unit, length} = run.axis;
    this.length = length;
    this.unitBytes = unit;
    /** @type {AxisPiece[]} */
    this.pieces = [];
    let y = 0;
    for (let i = 0; i < pieces.start.length; ++i) {
      const address = BigInt(pieces.address[i]);
      const before = this.pieces[i - 1];
      this.pieces.push({
        index: i,
        process: pieces.process[i],
        address,
        size: pieces.size[i],
        start: pieces.start[i],
        end: i + 1 < pieces.start.length ? pieces.start[i + 1] : length,
        y,
        label: run.strings[pieces.label[i]] ?? "",
        broken: before !== undefined &&
            (before.process !== pieces.process[i] || before.address + BigInt(before.size) !== address),
      });
      y += pieces.size[i] / unit;
    }
    /** @type {Map<number, AxisPiece[]>} */
    this.ofProcess = new Map();
    for (const piece of this.pieces) {
      const list = this.ofProcess.get(piece.process);
      if (list)
        list.push(piece);
      else
        this.ofProcess.set(piece.process, [piece]);
    }
  }

  /** What decoding needs to place samples. @param {string[]} planes @returns {DecodeContext} */
  decodeContext(planes) {
    const list = this.pieces;
    const lengths = Float64Array.from(list, (piece) => piece.size / this.unitBytes);
    return {
      planes,
      pieceY: Float64Array.from(list, (piece) => piece.y),
      pieceStart: Float64Array.from(list, (piece) => piece.start),
      lengths,
      slopes: Float64Array.from(
          list, (piece, i) => (lengths[i] > 0 ? (piece.end - piece.start) / lengths[i] : 0)),
    };
  }

  /** The piece at a place of the axis. @param {number} place @returns {AxisPiece | undefined} */
  pieceAt(place) {
    const at = lastAtMost(this.pieces.length, (i) => this.pieces[i].start <= place);
    return this.pieces[at];
  }

  /** @param {number} y axis units, as samples have it @returns {AxisPiece | undefined} */
  pieceOfY(y) {
    return this.pieces[lastAtMost(this.pieces.length, (i) => this.pieces[i].y <= y)];
  }

  /** @param {number} y @returns {bigint} */
  addressOfY(y) {
    const piece = this.pieceOfY(y);
    return piece ? piece.address + BigInt(Math.round((y - piece.y) * this.unitBytes)) : 0n;
  }

  /** @param {number} y */
  placeOfY(y) {
    const piece = this.pieceOfY(y);
    if (!piece || piece.size === 0) return piece?.start ?? 0;
    return piece.start + (((y - piece.y) * this.unitBytes) / piece.size) * (piece.end - piece.start);
  }

  /** The address at a place of the axis. @param {number} place @returns {bigint} */
  addressAt(place) {
    const piece = this.pieceAt(place);
    if (!piece || piece.end <= piece.start) return piece?.address ?? 0n;
    const share = Math.min(1, Math.max(0, (place - piece.start) / (piece.end - piece.start)));
    return piece.address + BigInt(Math.floor(share * Math.max(0, piece.size - 1)));
  }

  /**
   * Where memory lies on the axis: the part of it that has a place there, or null.
   * @param {number} process @param {bigint} address @param {number} size bytes
   * @returns {?{from: number, to: number}}
   */
  span(process, address, size) {
    const pieces = this.ofProcess.get(process);
    if (!pieces) return null;
    const end = address + BigInt(Math.max(1, size));
    const first = pieces[Math.max(0, lastAtMost(pieces.length, (i) => pieces[i].address <= address))];
    const from = placeInPiece(first, address);
    const last = pieces[Math.max(0, lastAtMost(pieces.length, (i) => pieces[i].address < end))];
    const to = placeInPiece(last, end);
    const outside = end <= first.address || address >= last.address + BigInt(last.size);
    return outside || to < from ? null : {from, to};
  }
}

/** @param {AxisPiece} piece @param {bigint} address */
function placeInPiece(piece, address) {
  if (piece.size <= 0) return piece.start;
  const offset = Math.min(piece.size, Math.max(0, Number(address - piece.address)));
  return piece.start + (offset / piece.size) * (piece.end - piece.start);
}

/**
 * The last index for which `holds` is true, given that it holds for a beginning of them; -1 if none.
 * @param {number} count @param {(index: number) => boolean} holds
 */
export function lastAtMost(count, holds) {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle))
      low = middle + 1;
    else
      high = middle;
  }
  return low - 1;
}
