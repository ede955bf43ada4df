// The picture as a PNG file, with a title that says what it shows.
import {visibleText} from "./dom.js";
import {shortenName} from "./format.js";
import {canvasColours} from "./palette.js";
import {kBoldFont, kSmallFont} from "./plot_layers.js";
import {contextOf} from "./timeline.js";

/**
 * @param {HTMLCanvasElement[]} layers of one size, the lowest first @param {string} title
 * @param {string} subtitle @param {import("./palette.js").Theme} theme @param {number} ratio
 * @returns {HTMLCanvasElement}
 */
export function composePicture(layers, title, subtitle, theme, ratio) {
  const colours = canvasColours(theme);
  const top = Math.round(46 * ratio);
  const canvas = document.createElement("canvas");
  canvas.width = layers[0].width;
  canvas.height = layers[0].height + top;
  const ctx = contextOf(canvas);
  ctx.fillStyle = colours.background;
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  for (const layer of layers) ctx.drawImage(layer, 0, top);
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.textBaseline = "top";
  ctx.fillStyle = colours.text;
  ctx.font = kBoldFont.replace("11px", "14px");
  ctx.fillText(visibleText(shortenName(title, 160)), 10, 8);
  ctx.font = kSmallFont;
  ctx.fillStyle = colours.soft;
  ctx.fillText(visibleText(shortenName(subtitle, 240)), 10, 27);
  return canvas;
}

/** Gives a canvas to the user as a file. @param {HTMLCanvasElement} canvas @param {string} name */
export function savePng(canvas, name) {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (!blob) return reject(new Error("the browser made no picture"));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = `${name.replace(/[^\w.-]+/g, "_").slice(0, 80) || "heimdallr"}.png`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
      resolve(undefined);
    }, "image/png");
  });
}
