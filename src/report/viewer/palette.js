// Colours. The hues are those of Okabe and Ito, "Color Universal Design" (2008), which people with
// any of the common kinds of colour blindness tell apart: blue for loads, vermillion for stores,
// reddish purple between them for both, bluish green for faults, orange for the sampling period.

/** @typedef {[number, number, number]} Rgb */

/**
 * @type {Readonly<Record<"load" | "both" | "store" | "fault" | "period" | "unknown" | "sky" | "yellow",
 *     Rgb>>}
 */
export const kHues = {
  load: [0, 114, 178],
  both: [204, 121, 167],
  store: [213, 94, 0],
  fault: [0, 158, 115],
  period: [230, 159, 0],
  unknown: [128, 128, 128],
  sky: [86, 180, 233],
  yellow: [240, 228, 66],
};

/** Steps between all loads and all stores; one more is for accesses of unknown kind. */
export const kShareSteps = 17;
export const kLevels = 64;

/** @typedef {"light" | "dark"} Theme */

/** Colours of what is drawn on a canvas; those of the page are in style.css. @param {Theme} theme */
export function canvasColours(theme) {
  return theme === "dark" ? {
    background: "#101419",
    panel: "#171c23",
    text: "#e4e9f0",
    soft: "#9aa7b6",
    line: "#2c3540",
    grid: "#202832",
    box: "rgba(200,215,235,0.34)",
    boxFill: "rgba(200,215,235,0.045)",
    tint: [200, 215, 235, 30],
    selected: "#f0e442",
    selectedTint: [240, 228, 66, 70],
    cross: "#f5f7fa",
    load: "#56b4e9",
    store: "#f0803c",
    fault: "#2fc79a",
    period: "#e69f00",
    lost: "#ff9d9d",
    heap: "#56b4e9",
    mapped: "#cc79a7",
    gap: "#0a0d11",
    brush: "rgba(240,228,66,0.13)",
    rgb: /** @type {Rgb} */ ([16, 20, 25])
  } :
                            {
                              background: "#ffffff",
                              panel: "#f5f7f9",
                              text: "#17202b",
                              soft: "#566373",
                              line: "#cdd5de",
                              grid: "#e9edf2",
                              box: "rgba(40,60,90,0.36)",
                              boxFill: "rgba(60,90,130,0.045)",
                              tint: [40, 70, 110, 30],
                              selected: "#000000",
                              selectedTint: [0, 0, 0, 60],
                              cross: "#000000",
                              load: "#0072b2",
                              store: "#c45500",
                              fault: "#00805e",
                              period: "#a66f00",
                              lost: "#b00020",
                              heap: "#0072b2",
                              mapped: "#a8497f",
                              gap: "#eef1f5",
                              brush: "rgba(0,114,178,0.12)",
                              rgb: /** @type {Rgb} */ ([255, 255, 255])
                            };
}

/** @param {Rgb} from @param {Rgb} to @param {number} share @returns {Rgb} */
export function mixColours(from, to, share) {
  /** @param {number} i */
  const channel = (i) => Math.round(from[i] + (to[i] - from[i]) * share);
  return [channel(0), channel(1), channel(2)];
}

/** @param {Rgb} colour */
export function cssColour(colour) {
  return `rgb(${colour[0]},${colour[1]},${colour[2]})`;
}

/**
 * The hue of a mixture; on dark the lighter blue of the palette. @param {number} share of stores, 0 to
 * 1 @param {Theme} theme @returns {Rgb}
 */
export function mixedHue(share, theme) {
  const load = theme === "dark" ? kHues.sky : kHues.load;
  const store = theme === "dark" ? mixColours(kHues.store, [255, 255, 255], 0.18) : kHues.store;
  return share < 0.5 ? mixColours(load, kHues.both, share * 2) : mixColours(kHues.both, store, share * 2 - 1);
}

/**
 * The colour of a level: from near the background to beyond the hue, so that a single access is
 * seen and the densest spot stands out.
 * @param {Rgb} hue @param {number} level 0 to 1 @param {Theme} theme @returns {Rgb}
 */
export function levelColour(hue, level, theme) {
  const background = canvasColours(theme).rgb;
  const beyond = /** @type {Rgb} */ (theme === "dark" ? [255, 255, 255] : [0, 0, 0]);
  const start = theme === "dark" ? 0.5 : 0.42;
  if (level < 0.7) return mixColours(background, hue, start + (1 - start) * (level / 0.7));
  return mixColours(hue, beyond, ((level - 0.7) / 0.3) * (theme === "dark" ? 0.6 : 0.42));
}

/**
 * Pixels (little-endian RGBA) by share step and level; the last row is for unknown kinds.
 * @param {Theme} theme @param {"full" | "faded"} strength
 */
export function colourTable(theme, strength) {
  const background = canvasColours(theme).rgb;
  const table = new Uint32Array((kShareSteps + 1) * kLevels);
  for (let step = 0; step <= kShareSteps; ++step) {
    const hue = step === kShareSteps ? kHues.unknown : mixedHue(step / (kShareSteps - 1), theme);
    for (let level = 0; level < kLevels; ++level) {
      const full = levelColour(hue, level / (kLevels - 1), theme);
      const [r, g, b] = strength === "full" ? full : mixColours(full, background, 0.74);
      table[step * kLevels + level] = ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
    }
  }
  return table;
}
