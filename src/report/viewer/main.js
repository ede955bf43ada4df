// Start: the first picture from the tiles at once, then the samples as they arrive.
import {App, showError} from "./app.js";
import {loadChunks} from "./chunk_source.js";
import {base64Bytes, gunzip} from "./decode.js";
import {byId} from "./dom.js";
import {parseReport} from "./report.js";

/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./report_types.js").ReportData} ReportData */

/**
 * For tests and measurements. Times are ms since the page was asked for.
 * @typedef {{ready: Promise<void>, timings: Record<string, number>, app: ?App, error: string}} HeimdallrPage
 */

/** @type {HeimdallrPage} */
const page = {
  ready: Promise.resolve(),
  timings: {},
  app: null,
  error: ""
};

/** @param {string} base64 @param {number} cells */
async function decodeTiles(base64, cells) {
  const bytes = await gunzip(base64Bytes(base64), cells * 4);
  return new Uint32Array(bytes.buffer, 0, cells);
}

/** @param {RunModel} run */
async function loadTiles(run) {
  const {columns, rows, loads, stores, unknown} = run.data.tiles;
  try {
    run.tiles = {
      columns,
      rows,
      loads: await decodeTiles(loads, columns * rows),
      stores: await decodeTiles(stores, columns * rows),
      unknown: unknown === undefined ? null : await decodeTiles(unknown, columns * rows)
    };
  } catch (error) {
    throw new Error(`the overview of run ${run.index + 1} is damaged (${
        error instanceof Error ? error.message : error}): make the report again`);
  }
}

function nextPaint() {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
}

/** @param {App} app @param {ReportData} data */
async function loadSamples(app, data) {
  const {runs} = app;
  const total = runs.reduce((sum, run) => sum + run.samples.chunks.length, 0);
  let loaded = 0;
  const progress = byId("progress");
  const contexts = runs.map((run) => run.axis.decodeContext(run.data.samples.planes));
  progress.hidden = total === 0;
  await loadChunks(data, contexts, (run, index, chunk) => {
    runs[run].samples.put(index, chunk);
    progress.textContent = `Loading samples: ${Math.round((100 * ++loaded) / total)} %`;
  });
  progress.hidden = true;
}

async function start() {
  if (typeof DecompressionStream === "undefined") {
    throw new Error("this browser cannot unpack gzip (DecompressionStream): use one of 2023 or newer");
  }
  const {data, runs} = parseReport(byId("heimdallr-report").textContent ?? "");
  page.timings.parsed = performance.now();
  const app = new App(runs, data.served);
  page.app = app;
  await Promise.all(runs.map(loadTiles));
  app.timeline.draw();
  page.timings.drawn = performance.now();
  await nextPaint();
  page.timings.firstPaint = performance.now();
  await loadSamples(app, data);
  page.timings.decoded = performance.now();
  app.timeline.draw();
  app.updateTab(0);
  await nextPaint();
  page.timings.ready = performance.now();
}

page.ready = start().catch((error) => {
  page.error = error instanceof Error ? error.message : String(error);
  showError(page.error);
  const progress = document.getElementById("progress");
  if (progress) progress.hidden = true;
  throw error;
});
// Whoever waits for it sees the error; it is on the page already, and no second time in the console.
page.ready.catch(() => {});
Object.assign(window, {heimdallr: page});
