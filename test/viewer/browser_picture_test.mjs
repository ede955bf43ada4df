// The picture in headless Chromium, from file: brush, zoom, hover, layers; what it shows is held against the
// recording's own counts.
import assert from "node:assert/strict";
import {readFileSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {pathToFileURL} from "node:url";

import {BrowserTests, countIn, noteCounts, pictureBox, settle, shown} from "./browser_page.mjs";

const pages = new BrowserTests(["one"]);

pages.test("Page: shows all samples and the exact sums", "one", async (page) => {
  const [{truth}] = pages.made.one;
  const {loads, stores, load_stores: both} = truth.totals;
  const counts = await noteCounts(page);
  assert.equal(counts.loads, loads + both);
  assert.equal(counts.stores, stores + both);
  assert.match(counts.text, /Exact, of all records/);
  assert.deepEqual((await shown(page)).counted, [30000]);
  assert.match(await page.locator("#picture-text").textContent(), /30\u202f000 sampled accesses shown/);
  assert.equal(await page.title(), "./solver --size 1000 – heimdallr");
});

pages.test("Page: a cut file says so in one line", "one", async (page) => {
  const broken = join(pages.folder, "broken.html");
  const text = readFileSync(pages.files.one, "utf8");
  writeFileSync(broken, text.slice(0, text.lastIndexOf("<script type=\"text/plain\"") - 400));
  await page.goto(pathToFileURL(broken).href);
  await page.waitForFunction(() => window.heimdallr?.error);
  assert.match(await page.locator("#error").textContent(), /cannot be shown as it should: .*chunk/);
  assert.ok((await page.locator("#tab tbody tr").count()) > 5, "what is there is shown all the same");
});

pages.test("Page: data of another version says so in one line", "one", async (page) => {
  const other = join(pages.folder, "other.html");
  writeFileSync(other, readFileSync(pages.files.one, "utf8").replace("\"version\":2", "\"version\":7"));
  await page.goto(pathToFileURL(other).href);
  await page.waitForFunction(() => window.heimdallr?.error);
  assert.match(await page.locator("#error").textContent(), /version 7/);
});

pages.test("Brush: the table shows the exact part", "one", async (page) => {
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
  const expected = countIn(pages.made.one[0], b0, b1);
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

pages.test("Filters: by thread and by source count what passes", "one", async (page) => {
  const [{truth}] = pages.made.one;
  const s = truth.samples;
  await page.locator("label:has-text('Thread') select").selectOption({index: 2});
  await settle(page);
  const ofThread = countIn(pages.made.one[0], 0, 1e12, (i) => s.thread[i] === 1);
  assert.deepEqual((await shown(page)).counted, [ofThread.all]);
  assert.equal((await noteCounts(page)).loads, ofThread.loads);
  await page.locator("label:has-text('Data from') select").selectOption("remote_memory");
  await settle(page);
  const both = countIn(pages.made.one[0], 0, 1e12, (i) => s.thread[i] === 1 && s.source[i] === 5);
  assert.deepEqual((await shown(page)).counted, [both.all]);
  assert.equal((await noteCounts(page)).stores, both.stores);
});

pages.test("Zoom: wheel, drag, keys and reset move the window", "one", async (page) => {
  const box = await pictureBox(page);
  await page.mouse.move(box.x + box.width / 2, box.y + 80);
  const first = await shown(page);
  await page.mouse.wheel(0, -400);
  await settle(page);
  const zoomed = await shown(page);
  assert.ok(zoomed.t1 - zoomed.t0 < 0.8 * (first.t1 - first.t0));
  assert.deepEqual([zoomed.p0, zoomed.p1], [first.p0, first.p1]);
  assert.deepEqual(zoomed.counted, [countIn(pages.made.one[0], zoomed.t0, zoomed.t1).all]);
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

pages.test("Hover: tells time, address, object and offset, code", "one", async (page) => {
  const [{truth}] = pages.made.one;
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

pages.test(
    "Selection: a click on a row selects it in every view, and ends with another", "one", async (page) => {
      const [{truth}] = pages.made.one;
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

pages.test("Layers: buttons switch strips and overlays", "one", async (page) => {
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

pages.test("PNG: the picture is saved as a file", "one", async (page) => {
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#save-png").click()]);
  const path = join(pages.folder, "picture.png");
  await download.saveAs(path);
  const bytes = readFileSync(path);
  assert.equal(bytes.subarray(1, 4).toString(), "PNG");
  assert.ok(bytes.length > 10000);
  assert.match(download.suggestedFilename(), /\.png$/);
});

for (const [viewport, scheme] of [
         [{width: 1440, height: 900}, "light"], [{width: 800, height: 600}, "dark"]]) {
  pages.test(
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
