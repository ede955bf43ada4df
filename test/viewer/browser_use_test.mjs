// How the page is used in headless Chromium: its address, colours, keys and names for who does not see it.
import assert from "node:assert/strict";

import {BrowserTests, countIn, settle, shown} from "./browser_page.mjs";
import {openPage} from "./open_page.mjs";

const pages = new BrowserTests(["one"]);

pages.test("URL: a view comes back in a new page", "one", async (page) => {
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
  const again = await openPage(pages.session.browser, url);
  assert.deepEqual(await again.page.evaluate(() => window.heimdallr.app.store.state), expected);
  assert.equal(await again.page.evaluate(() => document.documentElement.dataset.theme), "dark");
  assert.equal(await again.page.locator("[role=tab][aria-selected=true]").textContent(), "Code");
  assert.deepEqual((await shown(again.page)).counted, [countIn(pages.made.one[0], 1e9, 2e9).all]);
  assert.deepEqual(again.problems, []);
  await again.page.close();
});

pages.test("URL: back and forward go through the views", "one", async (page) => {
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

pages.test("Colours: dark by preference, changed by the button", "one", async (page) => {
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await page.locator("#actions button").first().click();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "light");
  await settle(page);
  assert.equal(
      await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
}, {colorScheme: "dark"});

pages.test("Keyboard: everything can be reached without a mouse", "one", async (page) => {
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

pages.test("Semantics: tables have heads, tabs and pictures have names", "one", async (page) => {
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
