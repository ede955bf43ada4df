// What the tests of the page share: synthetic recordings, a browser, and what is read off the page.
import assert from "node:assert/strict";
import {mkdirSync, mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import test, {after, before} from "node:test";
import {pathToFileURL} from "node:url";

import {makeRun} from "./make_report.mjs";
import {browserMissing, openPage, startBrowser} from "./open_page.mjs";
import {writeReport} from "./write_report.mjs";

const screenshots = process.env.HEIMDALLR_SCREENSHOTS ?? "";

/** Options of the runs of each page, see makeRun. */
const kPages = {
  one: [{samples: 30000, latency: true, chunkSamples: 9000}],
  clock: [{samples: 5000}],
  two: [{samples: 8000, name: "before.htrace"}, {samples: 12000, seed: 5, name: "after.htrace"}],
  part: [{samples: 60000, keptShare: 0.2}],
  folded: [{samples: 20000, foldedObjects: [1, 2, 3, 4, 5, 9, 12]}],
};

/** Why no page can be tested, or nothing. */
export const missing = browserMissing();

/** A file's browser and pages: made before its tests, gone after them. */
export class BrowserTests {
  /** @param {string[]} names of kPages @param {Record<string, object[]>} [more] further pages */
  constructor(names, more = {}) {
    this.folder = "";
    this.session = null;
    this.files = {};
    this.made = {};
    if (missing) return;
    before(async () => {
      this.folder = mkdtempSync(join(tmpdir(), "heimdallr-viewer-"));
      for (const name of names) this.write(name, kPages[name]);
      for (const [name, options] of Object.entries(more)) this.write(name, options);
      this.session = await startBrowser();
    });
    after(async () => {
      await this.session?.close();
      rmSync(this.folder, {recursive: true, force: true});
    });
  }

  /** @param {string} name @param {object[]} options of each run */
  write(name, options) {
    this.files[name] = join(this.folder, `${name}.html`);
    this.made[name] = options.map((of) => makeRun(of));
    writeReport(this.files[name], this.made[name]);
  }

  /** A test with a page of its own; fails on errors of the console and on requests. */
  test(name, file, body, options = {}) {
    test(name, {skip: missing || false}, async () => {
      const {hash = "", ...rest} = options;
      const url = pathToFileURL(this.files[file]).href + hash;
      const {page, problems} = await openPage(this.session.browser, url, rest);
      try {
        await body(page);
        if (screenshots) {
          mkdirSync(screenshots, {recursive: true});
          await page.screenshot({path: join(screenshots, `${name.replace(/\W+/g, "_").slice(0, 70)}.png`)});
        }
        assert.deepEqual(problems, []);
      } finally {
        await page.close();
      }
    });
  }
}

export const digits = (text) => Number(text.replace(/[\s\u202f]/g, ""));
/** Waits until everything is drawn that the last event asked for. */
export const settle = (page) => page.evaluate(async () => {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  do {
    await frame();
    await frame();
  } while (window.heimdallr.app.busy);
});
export const noteCounts = async (page) => {
  const text = await page.locator("#objects-note").textContent();
  const [, loads, stores] = /([\d\u202f]+) loads, ([\d\u202f]+) stores/.exec(text);
  return {text, loads: digits(loads), stores: digits(stores)};
};
export const shown = (page) => page.evaluate(() => {
  const {timeline} = window.heimdallr.app;
  return {...timeline.window, counted: timeline.caches.map((cache) => cache.counted)};
});
export const pictureBox = async (page) => page.locator("#density").boundingBox();
/** Loads and stores in [from, to) that pass, both kinds in both. */
export function countIn({truth}, from, to, keep = () => true) {
  const s = truth.samples;
  let loads = 0;
  let stores = 0;
  let all = 0;
  for (let i = 0; i < s.time.length; ++i) {
    if (s.time[i] < from || s.time[i] >= to || !keep(i)) continue;
    ++all;
    if (s.kind[i] & 1) ++loads;
    if (s.kind[i] & 2) ++stores;
  }
  return {loads, stores, all};
}
