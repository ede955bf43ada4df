// Counts into pixels: hue tells loads from stores, strength is the logarithm of the count.
import {colourTable, kLevels, kShareSteps} from "./palette.js";

/** @typedef {import("./density.js").DensityGrid} DensityGrid */
/** @typedef {import("./palette.js").Theme} Theme */

const kSmallCounts = 4096;

/** @param {DensityGrid} grid @returns {number} of the fullest cell */
export function largestCount(grid) {
  const {counts} = grid;
  let most = 0;
  for (let i = 0; i < counts.length; i += 4) {
    const sum = counts[i] + counts[i + 1] + counts[i + 2] + counts[i + 3];
    if (sum > most) most = sum;
  }
  return most;
}

/** @param {number} count 1 or more @param {number} most @returns {number} 0 to 1 */
export function logLevel(count, most) {
  return most <= 1 ? 0.7 : Math.min(1, Math.log(count) / Math.log(most));
}

/**
 * @param {Uint32Array} pixels row by row from the top, columns x rows
 * @param {DensityGrid} grid @param {number} most count of the strongest colour
 * @param {Theme} theme @param {"full" | "faded"} strength
 */
export function paintDensity(pixels, grid, most, theme, strength) {
  const {columns, rows, counts} = grid;
  const table = colourTable(theme, strength);
  const small = new Uint8Array(kSmallCounts);
  for (let count = 1; count < kSmallCounts; ++count)
    small[count] = Math.round(logLevel(count, most) * (kLevels - 1));
  for (let column = 0; column < columns; ++column) {
    let at = column * rows * 4;
    let pixel = (rows - 1) * columns + column;
    for (let row = 0; row < rows; ++row, at += 4, pixel -= columns) {
      const both = counts[at + 3];
      const loads = counts[at + 1] + both;
      const stores = counts[at + 2] + both;
      const sum = counts[at] + counts[at + 1] + counts[at + 2] + both;
      if (sum === 0) continue;
      const level = sum < kSmallCounts ? small[sum] : Math.round(logLevel(sum, most) * (kLevels - 1));
      const step =
          loads + stores === 0 ? kShareSteps : Math.round((stores / (loads + stores)) * (kShareSteps - 1));
      pixels[pixel] = table[step * kLevels + level];
    }
  }
}

/**
 * Pixels of a cell on the screen: few samples are drawn larger, as single pixels would not be seen.
 * @param {number} samples in the window @param {number} ratio device pixels of a CSS pixel
 */
export function cellPixels(samples, ratio) {
  const size = samples > 400000 ? 1 : samples > 40000 ? 2 : 3;
  return Math.max(1, Math.round(size * ratio));
}
