// The page in headless Chromium, from file: every view by clicks and keys; what it shows is held
// against the recording's own counts.
import assert from "node:assert/strict";
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {createServer} from "node:http";
import {tmpdir} from "node:os";
import {join} from "node:path";
import test, {after, before} from "node:test";
import {pathToFileURL} from "node:url";

import {pageParts} from "./join_page.mjs";
import {makeReport, makeRun, rangeAnswer} from "./make_report.mjs";
import {browserMissing, openPage, startBrowser} from "./open_page.mjs";
import {writeReport} from "./write_report.mjs";

const missing = browserMissing();
const screenshots = process.env.HEIMDALLR_SCREENSHOTS ?? "";
const kHostile = [
  "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>",
  `"quotes" 'and' \`ticks\` & &amp; \\`,
  "long_" +
      "x".repeat(10240) + "_end",
  "line\nbreak\u0007bell\u202eright to left\u200bnothing"
];

let folder = "";
let session = null;
const files = {};
const made = {};

function write(name, runs) {
  files[name] = join(folder, `${name}.html`);
  made[name] = runs;
  writeReport(files[name], runs);
}

if (!missing) {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "heimdallr-viewer-"));
    write("one", [makeRun({samples: 30000, latency: true, chunkSamples: 9000})]);
    write("clock", [makeRun({samples: 5000})]);
    write("two", [
      makeRun({samples: 8000, name: "before.htrace"}),
      makeRun({samples: 12000, seed: 5, name: "after.htrace"})
    ]);
    write("part", [makeRun({samples: 60000, keptShare: 0.2})]);
    write("hostile", [makeRun({samples: 3000, hostile: kHostile})]);
    session = await startBrowser();
  });
  after(async () => {
    await session?.close();
    rmSync(folder, {recursive: true, force: true});
  });
}

/** A test with a page of its own; fails on errors of the console and on requests. */
function browserTest(name, file, body, options = {}) {
  test(name, {skip: missing || false}, async () => {
    const {hash = "", ...rest} = options;
    const {page, problems} = await openPage(session.browser, pathToFileURL(files[file]).href + hash, rest);
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

const digits = (text) => Number(text.replace(/[\s\u202f]/g, ""));
const settle = (page) =>
    page.evaluate(() => new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve), 250)));
const noteCounts = async (page) => {
  const text = await page.locator("#objects-note").textContent();
  const [, loads, stores] = /([\d\u202f]+) loads, ([\d\u202f]+) stores/.exec(text);
  return {text, loads: digits(loads), stores: digits(stores)};
};
const shown = (page) => page.evaluate(() => {
  const {timeline} = window.heimdallr.app;
  return {...timeline.window, counted: timeline.caches.map((cache) => cache.counted)};
});
const pictureBox = async (page) => page.locator("#density").boundingBox();
/** Loads and stores in [from, to) that pass, both kinds in both. */
function countIn({truth}, from, to, keep = () => true) {
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

browserTest("Page: shows all samples and the exact sums", "one", async (page) => {
  const [{truth}] = made.one;
  const {loads, stores, load_stores: both} = truth.totals;
  const counts = await noteCounts(page);
  assert.equal(counts.loads, loads + both);
  assert.equal(counts.stores, stores + both);
  assert.match(counts.text, /Exact, of all records/);
  assert.deepEqual((await shown(page)).counted, [30000]);
  assert.match(await page.locator("#picture-text").textContent(), /30\u202f000 sampled accesses shown/);
  assert.equal(await page.title(), "./solver --size 1000 – heimdallr");
});

browserTest("Page: a cut file says so in one line", "one", async (page) => {
  const broken = join(folder, "broken.html");
  const text = readFileSync(files.one, "utf8");
  writeFileSync(broken, text.slice(0, text.lastIndexOf("<script type=\"text/plain\"") - 400));
  await page.goto(pathToFileURL(broken).href);
  await page.waitForFunction(() => window.heimdallr?.error);
  assert.match(await page.locator("#error").textContent(), /cannot be shown as it should: .*chunk/);
  assert.ok((await page.locator("#tab tbody tr").count()) > 5, "what is there is shown all the same");
});

browserTest("Page: data of another version says so in one line", "one", async (page) => {
  const other = join(folder, "other.html");
  writeFileSync(other, readFileSync(files.one, "utf8").replace("\"version\":1", "\"version\":7"));
  await page.goto(pathToFileURL(other).href);
  await page.waitForFunction(() => window.heimdallr?.error);
  assert.match(await page.locator("#error").textContent(), /version 7/);
});

browserTest("Table: rows are those of the recording, sorted by a click", "one", async (page) => {
  const [{truth}] = made.one;
  const totals =
      truth.byGroup.map((sums, i) => ({name: truth.names[i], loads: sums.loads + sums.load_stores}));
  await page.locator("button[data-column=loads]").click();
  const most = totals.sort((a, b) => b.loads - a.loads);
  const row = page.locator("#tab tbody tr:not(.spacer)").first();
  assert.equal(await row.locator("th").textContent(), most[0].name);
  assert.equal(digits(await row.locator("td").nth(3).textContent()), most[0].loads);
  assert.equal(await page.locator("th[aria-sort=descending]").count(), 1);
  await page.locator("button[data-column=loads]").click();
  assert.equal(await row.locator("th").textContent(), most.at(-1).name);
});

browserTest("Table: search and type leave the rows that match", "one", async (page) => {
  const [{truth}] = made.one;
  await page.locator("#object-search").fill("grid");
  await settle(page);
  const names = await page.locator("#tab tbody th .link").allTextContents();
  assert.deepEqual(
      names.sort(), truth.names.slice(0, truth.groups).filter((name) => name.includes("grid")).sort());
  await page.locator("#object-search").fill("");
  await page.locator("label:has-text('Type') select").selectOption("heap");
  await settle(page);
  assert.equal(await page.locator("#tab tbody tr:not(.spacer)").count(), 2);
});

browserTest("Table: each object has its own row and address", "one", async (page) => {
  await page.locator("label:has-text('Show') select").selectOption("object");
  await settle(page);
  assert.match(await page.locator("#objects-note").textContent(), /^20 objects/);
  const [{truth}] = made.one;
  const text = await page.locator("#tab tbody").textContent();
  assert.ok(text.includes("0x" + truth.objects[19].address.toString(16)));
});

browserTest("Brush: the table shows the exact part", "one", async (page) => {
  const box = await pictureBox(page);
  const area = await page.evaluate(() => window.heimdallr.app.timeline.geometry.plots[0]);
  await page.keyboard.down("Shift");
  await page.mouse.move(box.x + area.x + 200, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + area.x + 520, box.y + 70, {steps: 6});
  await page.mouse.up();
  await page.keyboard.up("Shift");
  await settle(page);
  const {b0, b1} = await page.evaluate(() => window.heimdallr.app.store.state);
  assert.ok(b0 > 0 && b1 > b0);
  const expected = countIn(made.one[0], b0, b1);
  const counts = await noteCounts(page);
  assert.equal(counts.loads, expected.loads);
  assert.equal(counts.stores, expected.stores);
  assert.match(counts.text, /Exact, counted from all samples/);
  assert.match(page.url(), /b0=/);
  await page.locator("#zoom-brush").click();
  await settle(page);
  assert.deepEqual((await shown(page)).counted, [expected.all]);
  await page.goBack();
  await settle(page);
  assert.deepEqual((await shown(page)).counted, [30000]);
});

browserTest("Filters: by thread and by source count what passes", "one", async (page) => {
  const [{truth}] = made.one;
  const s = truth.samples;
  await page.locator("label:has-text('Thread') select").selectOption({index: 2});
  await settle(page);
  const ofThread = countIn(made.one[0], 0, 1e12, (i) => s.thread[i] === 1);
  assert.deepEqual((await shown(page)).counted, [ofThread.all]);
  assert.equal((await noteCounts(page)).loads, ofThread.loads);
  await page.locator("label:has-text('Data from') select").selectOption("remote_memory");
  await settle(page);
  const both = countIn(made.one[0], 0, 1e12, (i) => s.thread[i] === 1 && s.source[i] === 5);
  assert.deepEqual((await shown(page)).counted, [both.all]);
  assert.equal((await noteCounts(page)).stores, both.stores);
});

browserTest("Zoom: wheel, drag, keys and reset move the window", "one", async (page) => {
  const box = await pictureBox(page);
  await page.mouse.move(box.x + box.width / 2, box.y + 80);
  const first = await shown(page);
  await page.mouse.wheel(0, -400);
  await settle(page);
  const zoomed = await shown(page);
  assert.ok(zoomed.t1 - zoomed.t0 < 0.8 * (first.t1 - first.t0));
  assert.deepEqual([zoomed.p0, zoomed.p1], [first.p0, first.p1]);
  assert.deepEqual(zoomed.counted, [countIn(made.one[0], zoomed.t0, zoomed.t1).all]);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 - 100, box.y + 80, {steps: 4});
  await page.mouse.up();
  await settle(page);
  const dragged = await shown(page);
  assert.ok(dragged.t0 > zoomed.t0 && Math.abs(dragged.t1 - dragged.t0 - (zoomed.t1 - zoomed.t0)) < 1000);
  await page.keyboard.press("a");
  await settle(page);
  assert.ok((await shown(page)).t0 < dragged.t0);
  await page.keyboard.press("Shift+W");
  await settle(page);
  const high = await shown(page);
  assert.ok(high.p1 - high.p0 < first.p1 - first.p0);
  await page.keyboard.press("s");
  await page.keyboard.press("+");
  await page.keyboard.press("-");
  await page.keyboard.press("Escape");
  await settle(page);
  assert.deepEqual(await shown(page), first);
  await page.mouse.wheel(0, -300);
  await settle(page);
  await page.locator("#density").dblclick({position: {x: box.width / 2, y: 60}});
  await settle(page);
  assert.deepEqual((({t0, t1}) => [t0, t1])(await shown(page)), [first.t0, first.t1]);
});

browserTest("Hover: tells time, address, object and offset, code", "one", async (page) => {
  const [{truth}] = made.one;
  const s = truth.samples;
  // A sample of a large object, well inside the picture.
  const at = s.time.findIndex((time, i) => time > 2e9 && s.object[i] === 15);
  const point = await page.evaluate(
      ([time, place]) => {
        const {timeline} = window.heimdallr.app;
        const [area] = timeline.geometry.plots;
        const {t0, t1, p0, p1} = timeline.window;
        return {
          x: area.x + ((time - t0) / (t1 - t0)) * area.w,
          y: area.y + area.h - ((place - p0) / (p1 - p0)) * area.h
        };
      },
      [
        s.time[at],
        ((object) => object.axis +
             ((s.y[at] - object.y) / object.size) * (object.axisEnd - object.axis))(truth.objects[15])
      ]);
  const box = await pictureBox(page);
  await page.mouse.move(box.x + point.x, box.y + point.y);
  const text = await page.locator("#tip").textContent();
  assert.match(text, /Time2\.\d+/);
  const address = truth.objects[15].address + BigInt(s.y[at] - truth.objects[15].y);
  assert.ok(text.includes("0x" + address.toString(16)), `${text} for 0x${address.toString(16)}`);
  assert.ok(
      text.includes(
          `${truth.names[truth.objects[15].group]} + 0x${(s.y[at] - truth.objects[15].y).toString(16)}`),
      text);
  assert.match(text, /Code(kernel|inlined)_\d+/);
  await page.mouse.click(box.x + point.x, box.y + point.y);
  await settle(page);
  assert.equal(await page.evaluate(() => window.heimdallr.app.store.state.select), "o0.15");
  assert.equal(await page.locator("#tab tr.selected th").textContent(), truth.names[truth.objects[15].group]);
  assert.match(await page.locator("#picture-text").textContent(), /Selected: /);
});

browserTest(
    "Selection: a click on a row selects it in every view, and ends with another", "one", async (page) => {
      const [{truth}] = made.one;
      await page.locator("#tab tbody tr:not(.spacer)").nth(2).click();
      await settle(page);
      const group = await page.evaluate(() => Number(window.heimdallr.app.store.state.select.slice(3)));
      const marked = await page.evaluate(
          () => window.heimdallr.app.timeline.caches[0].marked.counts.reduce((a, b) => a + b, 0));
      const sums = truth.byGroup[group];
      assert.equal(marked, sums.loads + sums.stores + sums.load_stores + sums.unknown);
      await page.keyboard.press("4");
      await settle(page);
      assert.equal(await page.locator(".matrix th.selected").count(), 1);
      await page.keyboard.press("3");
      await settle(page);
      assert.match(await page.locator("#tab .note").textContent(), /Only what accesses the selected object/);
      await page.keyboard.press("Escape");
      await settle(page);
      assert.equal(await page.evaluate(() => window.heimdallr.app.store.state.select), "");
    });

browserTest("Flame graph: sites have the recording's sums, search, zoom and back", "one", async (page) => {
  const {allocation_sites: sites} = made.one[0].run;
  await page.locator("#tab-sites").click();
  const root = () => page.evaluate(() => window.heimdallr.app.tab.view.view.root.value);
  assert.equal(await root(), sites.bytes.reduce((a, b) => a + b, 0));
  for (const metric
           of ["allocations", "live_bytes", "temporary", "at_peak_bytes", "peak_bytes", "live_blocks"]) {
    await page.locator("#tab label:has-text('Width') select").selectOption(metric);
    await settle(page);
    assert.ok(Math.abs((await root()) - sites[metric].reduce((a, b) => a + b, 0)) < 1e-6, metric);
  }
  await page.locator("#sites-search").fill("calloc");
  await settle(page);
  const calls = made.one[0].run.strings;
  const matched =
      sites.live_blocks.reduce((sum, blocks, i) => sum + (calls[sites.call[i]] === "calloc" ? blocks : 0), 0);
  const share = Math.round((100 * matched) / sites.live_blocks.reduce((a, b) => a + b, 0));
  assert.match(await page.locator(".matches").textContent(), new RegExp(`, ${share}(\\.\\d)?\u202f% of all`));
  await page.locator("#sites-search").fill("");
  await page.locator("#sites-canvas").click({position: {x: 30, y: 50}});
  await settle(page);
  assert.ok((await page.locator(".path .link").count()) >= 1);
  const zoomed = await page.evaluate(() => window.heimdallr.app.store.state.zoom);
  assert.notEqual(zoomed, "");
  await page.locator(".path .link").first().click();
  await settle(page);
  assert.equal(await page.evaluate(() => window.heimdallr.app.store.state.zoom), "");
  await page.locator("#tab label:has-text('Order') select").selectOption("callers");
  await page.locator("#tab label:has-text('Grows') select").selectOption("up");
  await settle(page);
  assert.equal(
      await page.evaluate(
          () => window.heimdallr.app.tab.view.view.root.children.every((node) => /alloc/.test(node.name))),
      true);
});

browserTest("Flame graph: code has the recording's sums, whole and brushed", "one", async (page) => {
  const [{truth}] = made.one;
  await page.keyboard.press("3");
  const root = () => page.evaluate(() => window.heimdallr.app.tab.view.view.root.value);
  assert.equal(await root(), 30000);
  await page.locator("#tab label:has-text('Width') select").selectOption("stores");
  await settle(page);
  assert.equal(await root(), truth.totals.stores + truth.totals.load_stores);
  await page.evaluate(() => window.heimdallr.app.store.set({b0: 1e9, b1: 2e9}));
  await settle(page);
  assert.equal(await root(), countIn(made.one[0], 1e9, 2e9).stores);
});

browserTest("Breakdowns: matrix, latency and sources are the recording's", "one", async (page) => {
  const [{truth, run}] = made.one;
  await page.locator("#tab-breakdown").click();
  await settle(page);
  const rows = await page.locator("section.card:has(h3:has-text('Where the data')) tbody tr").all();
  const shownCounts = {};
  for (const row of rows)
    shownCounts[await row.locator("th").textContent()] =
        digits(await row.locator("td").first().textContent());
  assert.deepEqual(
      shownCounts,
      Object.fromEntries(truth.sources.map((count, i) => [run.source_names[i].replaceAll("_", " "), count])
                             .filter(([, count]) => count > 0)));
  assert.match(await page.locator(".remote").textContent(), /was remote/);
  const latency = await page.locator("section.card:has(h3:has-text('Latency')) tbody tr td:nth-child(2)")
                      .allTextContents();
  assert.equal(
      latency.map(digits).reduce((a, b) => a + b, 0), truth.latency.loads.reduce((a, b) => a + b, 0));
  const title = await page.locator(".matrix tbody tr").first().locator("td").first().getAttribute("title");
  assert.match(title, /^[\d\u202f]+ loads, [\d\u202f]+ stores, [\d.]+ cycles on average/);
});

browserTest("Breakdowns: where the source tells nothing, a sentence says why", "clock", async (page) => {
  await page.locator("#tab-breakdown").click();
  const sentences = await page.locator(".absent").allTextContents();
  assert.equal(sentences.length, 2);
  for (const sentence of sentences) assert.match(sentence, /clock source/);
});

browserTest("Run: says what was run, what was lost and what numbers mean", "one", async (page) => {
  await page.locator("#tab-run").click();
  const text = await page.locator("#tab").textContent();
  for (const part
           of ["./solver --size 1000", "testhost", "ring overflow", "17",
               "samples the kernel had no room for", "Estimated accesses", "Losses", "exit status 0"]) {
    assert.ok(text.includes(part), part);
  }
});

browserTest("Layers: buttons switch strips and overlays", "one", async (page) => {
  const before =
      await page.evaluate(() => window.heimdallr.app.timeline.geometry.strips.map((strip) => strip.name));
  assert.deepEqual(before, ["heap", "rate"]);
  for (const layer of ["faults", "periods", "losses", "governor"])
    await page.locator(`[data-layer=${layer}]`).click();
  await page.locator("[data-layer=heap]").click();
  await settle(page);
  assert.deepEqual(
      await page.evaluate(() => window.heimdallr.app.timeline.geometry.strips.map((strip) => strip.name)),
      ["rate", "losses", "governor"]);
  assert.equal(await page.locator("[data-layer=faults]").getAttribute("aria-pressed"), "true");
  assert.equal(await page.locator("[data-layer=heap]").getAttribute("aria-pressed"), "false");
  const box = await pictureBox(page);
  const strip = await page.evaluate(() => window.heimdallr.app.timeline.geometry.strips[0]);
  await page.mouse.move(box.x + strip.x + 100, box.y + strip.y + 10);
  assert.match(await page.locator("#tip").textContent(), /Time.*loads/);
});

browserTest("URL: a view comes back in a new page", "one", async (page) => {
  await page.evaluate(() => window.heimdallr.app.store.set({
    t0: 1e9,
    t1: 2e9,
    b0: 1.2e9,
    b1: 1.5e9,
    select: "g0.4",
    tab: "code",
    theme: "dark",
    fq: "kernel",
    order: "callers",
    layers: "boxes,rate"
  }));
  await settle(page);
  const url = page.url();
  const expected = await page.evaluate(() => window.heimdallr.app.store.state);
  const again = await openPage(session.browser, url);
  assert.deepEqual(await again.page.evaluate(() => window.heimdallr.app.store.state), expected);
  assert.equal(await again.page.evaluate(() => document.documentElement.dataset.theme), "dark");
  assert.equal(await again.page.locator("[role=tab][aria-selected=true]").textContent(), "Code");
  assert.deepEqual((await shown(again.page)).counted, [countIn(made.one[0], 1e9, 2e9).all]);
  assert.deepEqual(again.problems, []);
  await again.page.close();
});

browserTest("URL: back and forward go through the views", "one", async (page) => {
  await page.keyboard.press("2");
  await page.keyboard.press("5");
  const tab = () => page.locator("[role=tab][aria-selected=true]").textContent();
  assert.equal(await tab(), "Run and losses");
  await page.goBack();
  await settle(page);
  assert.equal(await tab(), "Allocation sites");
  await page.goBack();
  await settle(page);
  assert.equal(await tab(), "Objects");
  await page.goForward();
  await settle(page);
  assert.equal(await tab(), "Allocation sites");
});

browserTest("Colours: dark by preference, changed by the button", "one", async (page) => {
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await page.locator("#actions button").first().click();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "light");
  await settle(page);
  assert.equal(
      await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
}, {colorScheme: "dark"});

browserTest("Keyboard: everything can be reached without a mouse", "one", async (page) => {
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  const seen = new Set();
  for (let i = 0; i < 40; ++i) {
    await page.keyboard.press("Tab");
    seen.add(await page.evaluate(
        () => document.activeElement.id || document.activeElement.dataset.layer ||
            document.activeElement.dataset.column || document.activeElement.textContent));
  }
  for (const id
           of ["save-png", "show-help", "boxes", "density", "splitter", "tab-objects", "object-search",
               "loads"])
    assert.ok(seen.has(id), `${id} in ${[...seen]}`);
  await page.locator("#density").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowUp");
  assert.match(await page.locator("#announce").textContent(), /^Time .*Address 0x/);
  await page.keyboard.press("Enter");
  await settle(page);
  await page.locator("#tab-objects").focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.locator("[role=tab][aria-selected=true]").textContent(), "Allocation sites");
  await page.locator("#sites-canvas").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  assert.match(await page.locator("#announce").textContent(), /^Function .*Value/);
  await page.keyboard.press("Enter");
  assert.notEqual(await page.evaluate(() => window.heimdallr.app.store.state.zoom), "");
  await page.locator("#sites-canvas").focus();
  await page.keyboard.press("Backspace");
  await page.keyboard.press("1");
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "object-search");
  await page.keyboard.type("w");
  assert.equal(
      await page.evaluate(() => window.heimdallr.app.store.state.t0), null, "what is typed is no shortcut");
  await page.keyboard.press("Escape");
  await settle(page);
  assert.equal(await page.evaluate(() => window.heimdallr.app.store.state.q), "", "Escape clears the search");
  await page.keyboard.press("Escape");
  await settle(page);
  await page.locator("#tab tbody button[tabindex='0']").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await settle(page);
  assert.match(await page.evaluate(() => window.heimdallr.app.store.state.select), /^g0\./);
  await page.keyboard.press("?");
  assert.equal(await page.locator("dialog[open]").count(), 1);
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("dialog[open]").count(), 0);
});

browserTest("Semantics: tables have heads, tabs and pictures have names", "one", async (page) => {
  assert.ok((await page.locator("#tab thead th[scope=col]").count()) > 8);
  assert.ok((await page.locator("#tab tbody th[scope=row]").count()) > 5);
  assert.match(await page.locator("#density").getAttribute("aria-label"), /time/);
  assert.equal(await page.locator("#density").getAttribute("aria-describedby"), "picture-text");
  assert.equal(
      await page.evaluate(() => document.getElementById("announce").getAttribute("aria-live")), "polite");
  const unnamed = await page.evaluate(
      () => [...document.querySelectorAll("button, select, input")]
                .filter(
                    (field) =>
                        !(field.textContent.trim() || field.getAttribute("aria-label") ||
                          field.closest("label")))
                .length);
  assert.equal(unnamed, 0);
});

browserTest("PNG: the picture is saved as a file", "one", async (page) => {
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#save-png").click()]);
  const path = join(folder, "picture.png");
  await download.saveAs(path);
  const bytes = readFileSync(path);
  assert.equal(bytes.subarray(1, 4).toString(), "PNG");
  assert.ok(bytes.length > 10000);
  assert.match(download.suggestedFilename(), /\.png$/);
});

browserTest("Two runs: differences are those of the recordings", "two", async (page) => {
  const [a, b] = made.two;
  assert.equal(await page.locator("[role=tab][aria-selected=true]").textContent(), "Differences");
  assert.deepEqual((await shown(page)).counted, [8000, 12000]);
  const count = (sums) => sums.loads + sums.stores + sums.load_stores + sums.unknown;
  const rows = a.truth.byGroup
                   .map((sums, i) => ({name: a.truth.names[i], a: count(sums), b: count(b.truth.byGroup[i])}))
                   .sort((x, y) => Math.abs(y.b - y.a) - Math.abs(x.b - x.a));
  const first = page.locator("#tab tbody tr:not(.spacer)").first();
  assert.equal(await first.locator("th").textContent(), rows[0].name);
  const cells = await first.locator("td").allTextContents();
  assert.equal(digits(cells[1]), rows[0].a);
  assert.equal(digits(cells[2]), rows[0].b);
  assert.equal(digits(cells[5].replace("+", "").replace("−", "-")), rows[0].b - rows[0].a);
  await first.click();
  await settle(page);
  assert.deepEqual(
      await page.evaluate(
          () => window.heimdallr.app.timeline.caches.map(
              (cache) => cache.marked.counts.reduce((x, y) => x + y, 0))),
      [rows[0].a, rows[0].b]);
  await page.locator("label:has-text('Tables of') select").selectOption("1");
  await page.locator("#tab-objects").click();
  await settle(page);
  assert.equal((await noteCounts(page)).loads, b.truth.totals.loads + b.truth.totals.load_stores);
});

browserTest("A sample: counts stay exact, parts are marked as estimated", "part", async (page) => {
  const [{truth, run}] = made.part;
  const {loads, stores, load_stores: both} = truth.totals;
  const counts = await noteCounts(page);
  assert.equal(counts.loads, loads + both);
  assert.equal(counts.stores, stores + both);
  assert.match(
      await page.locator("#picture-text").textContent(),
      /60\u202f000 sampled accesses in all, drawn from exact counts/);
  // Whole bins: exact by object group.
  await page.evaluate(
      ([from, to]) => window.heimdallr.app.store.set({b0: from, b1: to}),
      [run.end_ns * (100 / 512), run.end_ns * (300 / 512)]);
  await settle(page);
  const s = truth.samples;
  const bin = (i) => Math.min(511, Math.floor((s.time[i] / run.end_ns) * 512));
  const inBins = countIn(made.part[0], 0, 1e12, (i) => bin(i) >= 100 && bin(i) < 300);
  const unknown = countIn(made.part[0], 0, 1e12, (i) => bin(i) >= 100 && bin(i) < 300 && s.kind[i] === 0).all;
  const part = await noteCounts(page);
  assert.equal(part.loads, inBins.loads + unknown);
  assert.equal(part.stores, inBins.stores);
  await page.locator("label:has-text('Show') select").selectOption("object");
  await settle(page);
  assert.match((await noteCounts(page)).text, /Estimated from a sample of/);
});

test(
    "Served: chunks come from the server, and every sample of what is zoomed to", {skip: missing || false},
    async () => {
      const options = {samples: 60000, keptShare: 0.1, chunkSamples: 2000};
      const run = makeRun(options);
      const asked = [];
      const server = createServer((request, response) => {
        const url = new URL(request.url, "http://127.0.0.1");
        asked.push(url.pathname);
        const chunk = /^\/secret\/samples\/0\/(\d+)$/.exec(url.pathname);
        if (url.pathname === "/secret/") {
          response.setHeader("Content-Type", "text/html; charset=utf-8");
          response.end(pageParts(makeReport([run], true), []).join(""));
        } else if (chunk) {
          response.end(run.chunks[Number(chunk[1])]);
        } else if (url.pathname === "/secret/samples/0") {
          const of = (name) => Number(url.searchParams.get(name));
          const {about, bytes} =
              rangeAnswer(run, options, of("begin_ns"), of("end_ns"), of("axis_begin"), of("axis_end"));
          response.setHeader("X-Heimdallr-Samples", JSON.stringify(about));
          response.end(bytes);
        } else {
          response.statusCode = 404;
          response.end();
        }
      });
      await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
      const origin = `http://127.0.0.1:${server.address().port}`;
      try {
        const {page, problems} = await openPage(session.browser, `${origin}/secret/`, {origin});
        assert.equal(await page.evaluate(() => window.heimdallr.error), "");
        assert.equal(await page.evaluate(() => window.heimdallr.app.runs[0].samples.ready), true);
        await page.evaluate(() => window.heimdallr.app.store.set({t0: 1e9, t1: 2e9}));
        await page.waitForFunction(() => window.heimdallr.app.timeline.details[0].detail);
        await settle(page);
        assert.deepEqual((await shown(page)).counted, [countIn(run, 1e9, 2e9).all]);
        assert.match(await page.locator("#picture-text").textContent(), /\d sampled accesses shown/);
        const requests = asked.length;
        await page.evaluate(() => window.heimdallr.app.store.set({t0: 1.1e9, t1: 1.9e9}));
        await settle(page);
        assert.equal(asked.length, requests, "what is here is not asked for again");
        assert.deepEqual(problems, []);
        await page.close();
      } finally {
        server.close();
      }
    });

browserTest("Hostile names: are text in every view", "hostile", async (page) => {
  for (const key of ["1", "2", "3", "4", "5"]) {
    await page.keyboard.press(key);
    await settle(page);
  }
  await page.keyboard.press("1");
  await settle(page);
  for (let i = 0; i < 4; ++i) {
    await page.locator("#tab tbody tr:not(.spacer)").nth(i).click();
    await settle(page);
  }
  const box = await pictureBox(page);
  for (let y = 20; y < box.height - 20; y += 25) await page.mouse.move(box.x + box.width / 2, box.y + y);
  const names = await page.locator("#tab tbody th .link").allTextContents();
  assert.ok(names.includes(kHostile[0]), names.join("\n"));
  assert.ok(names.includes(kHostile[1]));
  assert.ok(names.some((name) => name.startsWith("long_xxx") && name.endsWith("_end") && name.length < 300));
  assert.ok(names.some((name) => name.includes("bell\\u202eright")), names.join("\n"));
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(
      await page.evaluate(
          () => document.querySelectorAll("#tab script, #tab img, header script, header img").length),
      0);
  await page.keyboard.press("?");
});

for (const [viewport, scheme] of [
         [{width: 1440, height: 900}, "light"], [{width: 800, height: 600}, "dark"]]) {
  browserTest(
      `Layout: at ${viewport.width} x ${viewport.height} nothing lies outside the window`,
      "one", async (page) => {
        for (const key of ["1", "2", "3", "4", "5"]) {
          await page.keyboard.press(key);
          await settle(page);
          const size = await page.evaluate(
              () => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]);
          assert.ok(size[0] <= viewport.width && size[1] <= viewport.height, `${size} on tab ${key}`);
        }
        const plot = await page.evaluate(() => window.heimdallr.app.timeline.geometry.plots[0]);
        assert.ok(plot.h >= 90 && plot.w >= 500, JSON.stringify(plot));
      }, {viewport, colorScheme: scheme});
}
