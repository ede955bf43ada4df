// Numbers as people read them. Nothing here rounds a count that is shown as exact.

const kThinSpace = "\u202f";

/** A whole number with groups of three, all digits. @param {number} value */
export function formatCount(value) {
  const digits = Math.round(value).toString();
  if (digits.includes("e")) return value.toPrecision(4);
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, kThinSpace);
}

/** Three significant digits and k, M, G, T. @param {number} value */
export function formatShort(value) {
  const magnitude = Math.abs(value);
  if (magnitude < 1000) {
    return Number.isInteger(value) ? value.toString() : trimNumber(value, magnitude < 10 ? 2 : 1);
  }
  const units = ["k", "M", "G", "T", "P", "E"];
  let scaled = value;
  let unit = -1;
  while (Math.abs(scaled) >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    ++unit;
  }
  return trimNumber(
             scaled,
             Math.abs(scaled) < 9.995     ? 2 :
                 Math.abs(scaled) < 99.95 ? 1 :
                                            0) +
      kThinSpace + units[unit];
}

/** @param {number} value @param {number} digits */
function trimNumber(value, digits) {
  const text = value.toFixed(digits);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** Powers of 1024. @param {number} bytes */
export function formatBytes(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
  let scaled = bytes;
  let unit = 0;
  while (Math.abs(scaled) >= 1023.5 && unit < units.length - 1) {
    scaled /= 1024;
    ++unit;
  }
  const digits = unit === 0 ? 0 : Math.abs(scaled) < 9.995 ? 2 : Math.abs(scaled) < 99.95 ? 1 : 0;
  return trimNumber(scaled, digits) + kThinSpace + units[unit];
}

/** A length of time. @param {number} ns */
export function formatDuration(ns) {
  const magnitude = Math.abs(ns);
  /** @type {[number, string][]} */
  const units = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"]];
  for (const [size, name] of units) {
    if (magnitude >= size) {
      const scaled = ns / size;
      const digits = Math.abs(scaled) < 9.995 ? 2 : Math.abs(scaled) < 99.95 ? 1 : 0;
      return trimNumber(scaled, digits) + kThinSpace + name;
    }
  }
  return trimNumber(ns, magnitude > 0 && magnitude < 10 && !Number.isInteger(ns) ? 1 : 0) + kThinSpace + "ns";
}

/**
 * A moment, in seconds, with as many digits as tell moments `resolution_ns` apart.
 * @param {number} ns @param {number} resolution_ns
 */
export function formatMoment(ns, resolution_ns) {
  const digits = Math.max(0, Math.min(9, Math.ceil(9 - Math.log10(Math.max(1, resolution_ns)))));
  return (ns / 1e9).toFixed(digits) + kThinSpace + "s";
}

/** @param {number} part @param {number} whole */
export function formatShare(part, whole) {
  if (!(whole > 0)) return "–";
  const percent = (100 * part) / whole;
  if (percent > 0 && percent < 0.01) return "<" + kThinSpace + "0.01" + kThinSpace + "%";
  return trimNumber(percent, percent < 1 ? 2 : percent < 10 ? 1 : 0) + kThinSpace + "%";
}

/** "2.1×", and words where there is no ratio. @param {number} before @param {number} after */
export function formatRatio(before, after) {
  if (before === 0 && after === 0) return "–";
  if (before === 0) return "new";
  if (after === 0) return "gone";
  const ratio = after / before;
  return trimNumber(ratio, ratio < 10 ? 2 : ratio < 100 ? 1 : 0) + "×";
}

/** @param {bigint} address */
export function formatAddress(address) {
  return "0x" + address.toString(16);
}

/** "1 block", "2 blocks". @param {number} count @param {string} one @param {string} [many] */
export function formatPlural(count, one, many = one + "s") {
  return formatCount(count) + " " + (count === 1 ? one : many);
}

/**
 * The start and the end of a name that is too long to show, as its ends tell the most.
 * @param {string} name @param {number} length in characters, at least 5
 */
export function shortenName(name, length) {
  if (name.length <= length) return name;
  const tail = Math.floor((length - 1) / 3);
  return name.slice(0, length - 1 - tail) + "…" + name.slice(name.length - tail);
}

/**
 * Round steps of 1, 2 or 5 times a power of ten: ticks of a time axis, at most `most` of them.
 * @param {number} from @param {number} to @param {number} most
 * @returns {{step: number, values: number[]}}
 */
export function roundTicks(from, to, most) {
  const span = to - from;
  if (!(span > 0) || most < 1) return {step: 1, values: []};
  const raw = span / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step =
      [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw * (1 - 1e-9)) ?? 10 * power;
  const values = [];
  for (let k = Math.ceil(from / step - 1e-9); k * step <= to * (1 + 1e-12) + 1e-9; ++k) values.push(k * step);
  return {step, values};
}
