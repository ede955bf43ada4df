// Tables, flame graphs and breakdowns in headless Chromium, from file, held against the recording's own
// counts.
import assert from "node:assert/strict";

import {BrowserTests, countIn, digits, settle} from "./browser_page.mjs";

const pages = new BrowserTests(["one", "clock"]);

pages.test("Table: rows are those of the recording, sorted by a click", "one", async (page) => {
  const [{truth}] = pages.made.one;
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

pages.test("Table: search and type leave the rows that match", "one", async (page) => {
  const [{truth}] = pages.made.one;
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

pages.test("Table: each object has its own row and address", "one", async (page) => {
  await page.locator("label:has-text('Show') select").selectOption("object");
  await settle(page);
  assert.match(await page.locator("#objects-note").textContent(), /^20 objects/);
  const [{truth}] = pages.made.one;
  const text = await page.locator("#tab tbody").textContent();
  assert.ok(text.includes("0x" + truth.objects[19].address.toString(16)));
});

pages.test("Flame graph: sites have the recording's sums, search, zoom and back", "one", async (page) => {
  const {allocation_sites: sites} = pages.made.one[0].run;
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
  const calls = pages.made.one[0].run.strings;
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

pages.test("Flame graph: code has the recording's sums, whole and brushed", "one", async (page) => {
  const [{truth}] = pages.made.one;
  await page.keyboard.press("3");
  const root = () => page.evaluate(() => window.heimdallr.app.tab.view.view.root.value);
  assert.equal(await root(), 30000);
  await page.locator("#tab label:has-text('Width') select").selectOption("stores");
  await settle(page);
  assert.equal(await root(), truth.totals.stores + truth.totals.load_stores);
  await page.evaluate(() => window.heimdallr.app.store.set({b0: 1e9, b1: 2e9}));
  await settle(page);
  assert.equal(await root(), countIn(pages.made.one[0], 1e9, 2e9).stores);
});

pages.test("Breakdowns: matrix, latency and sources are the recording's", "one", async (page) => {
  const [{truth, run}] = pages.made.one;
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
  assert.match(
      title,
      /^[\d\u202f]+ loads, [\d\u202f]+ stores(, [\d\u202f]+ of unknown kind)?, [\d.]+ cycles on average/);
});

pages.test("Breakdowns: where the source tells nothing, a sentence says why", "clock", async (page) => {
  await page.locator("#tab-breakdown").click();
  const sentences = await page.locator(".absent").allTextContents();
  assert.equal(sentences.length, 2);
  for (const sentence of sentences) assert.match(sentence, /clock source/);
});

pages.test("Run: says what was run, what was lost and what numbers mean", "one", async (page) => {
  await page.locator("#tab-run").click();
  const text = await page.locator("#tab").textContent();
  for (const part
           of ["./solver --size 1000", "testhost", "ring overflow", "17",
               "samples the kernel had no room for", "Estimated accesses", "Losses", "exit status 0"]) {
    assert.ok(text.includes(part), part);
  }
});
