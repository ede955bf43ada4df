// node viewer_bench.mjs REPORT.html: how fast the page is, from file, in headless Chromium.
// Prints first paint, ready, a full redraw and a zoomed one (medians), in ms.
// A synthetic page of 10 M samples: node ../viewer/write_report.mjs FILE 10000000
import {pathToFileURL} from "node:url";

import {browserMissing, openPage, startBrowser} from "../viewer/open_page.mjs";

const kRedraws = 15;

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Redraws of the window from `from` to `to` (shares of the time): counting, colouring and drawing. */
async function redraws(page, from, to) {
  return page.evaluate(async ([low, high, times]) => {
    const {app} = window.heimdallr;
    const {t0, t1} = app.timeline.whole;
    app.store.set(
        {t0: low === 0 ? null : t0 + (t1 - t0) * low, t1: high === 1 ? null : t0 + (t1 - t0) * high},
        "silent");
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50)));
    const taken = [];
    for (let i = 0; i < times; ++i) {
      const start = performance.now();
      app.timeline.draw();
      taken.push(performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return taken;
  }, [from, to, kRedraws]);
}

async function main() {
  const [file] = process.argv.slice(2);
  const missing = browserMissing();
  if (!file || missing)
    throw new Error(missing || "which report is to be measured? viewer_bench.mjs REPORT.html");
  const {browser, close} = await startBrowser();
  try {
    const {page, problems} = await openPage(browser, pathToFileURL(file).href);
    const {timings, count} = await page.evaluate(
        () => ({
          timings: window.heimdallr.timings,
          count: window.heimdallr.app.runs.reduce((sum, run) => sum + run.samples.count, 0),
        }));
    const full = median(await redraws(page, 0, 1));
    const fifth = median(await redraws(page, 0.4, 0.6));
    const hundredth = median(await redraws(page, 0.5, 0.51));
    const line = (name, value) => console.log(`${name.padEnd(28)}${value.toFixed(0).padStart(8)} ms`);
    console.log(`${count} samples`);
    line("first paint", timings.firstPaint);
    line("ready", timings.ready);
    line("full redraw", full);
    line("zoomed to 20 % of the time", fifth);
    line("zoomed to 1 % of the time", hundredth);
    for (const problem of problems) console.log(problem);
  } finally {
    await close();
  }
}

await main();
