// Pages of unusual recordings in headless Chromium: two runs, a sample, served ones, hostile names.
import assert from "node:assert/strict";
import {createServer} from "node:http";
import {join} from "node:path";
import test from "node:test";

import {BrowserTests, countIn, digits, missing, noteCounts, pictureBox, settle, shown} from "./browser_page.mjs";
import {pageParts} from "./join_page.mjs";
import {makeReport, makeRun, rangeAnswer} from "./make_report.mjs";
import {openPage} from "./open_page.mjs";

const kHostile = [
  "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>",
  `"quotes" 'and' \`ticks\` & &amp; \\`,
  "long_" +
      "x".repeat(10240) + "_end",
  "line\nbreak\u0007bell\u202eright to left\u200bnothing"
];

const pages = new BrowserTests(["two", "part", "folded"], {hostile: [{samples: 3000, hostile: kHostile}]});

pages.test("Two runs: differences are those of the recordings", "two", async (page) => {
  const [a, b] = pages.made.two;
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

pages.test("A sample: counts stay exact, parts are marked as estimated", "part", async (page) => {
  const [{truth, run}] = pages.made.part;
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
  const inBins = countIn(pages.made.part[0], 0, 1e12, (i) => bin(i) >= 100 && bin(i) < 300);
  const part = await noteCounts(page);
  assert.equal(part.loads, inBins.loads);
  assert.equal(part.stores, inBins.stores);
  await page.locator("label:has-text('Show') select").selectOption("object");
  await settle(page);
  assert.match((await noteCounts(page)).text, /Estimated from a sample of/);
});

pages.test("Folded objects: a brushed table counts them with their group", "folded", async (page) => {
  const [made] = pages.made.folded;
  await page.evaluate(() => window.heimdallr.app.store.set({b0: 1e9, b1: 2.5e9}));
  await settle(page);
  const {loads, stores, all} = countIn(made, 1e9, 2.5e9);
  const counts = await noteCounts(page);
  assert.deepEqual([counts.loads, counts.stores], [loads, stores]);
  assert.match(counts.text, /Exact, counted from all samples\./);
  const cells = await page.locator("#tab tbody tr:not(.spacer) td:nth-child(3)").allTextContents();
  assert.equal(cells.map(digits).reduce((a, b) => a + b, 0), all);
  await page.locator("label:has-text('Show') select").selectOption("object");
  await settle(page);
  assert.match((await noteCounts(page)).text, /7 further objects with .* are counted only in their group/);
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
        const {page, problems} = await openPage(pages.session.browser, `${origin}/secret/`, {origin});
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

pages.test("Hostile names: are text in every view", "hostile", async (page) => {
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
