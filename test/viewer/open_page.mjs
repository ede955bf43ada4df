// A page in headless Chromium. Everything that a test must know: errors on the console, requests to
// the network.
import {existsSync, mkdtempSync, rmSync} from "node:fs";
import {createRequire} from "node:module";
import {tmpdir} from "node:os";
import {join} from "node:path";

export const kChromium = process.env.HEIMDALLR_CHROMIUM ?? "/usr/bin/chromium";

/** Why there is no browser to test with, or nothing. */
export function browserMissing() {
  if (!process.env.HEIMDALLR_NODE) return "HEIMDALLR_NODE does not name the folder with node_modules";
  if (!existsSync(kChromium)) return `${kChromium} is not installed`;
  return "";
}

/** @returns {Promise<{browser: any, close: () => Promise<void>}>} */
export async function startBrowser() {
  const require = createRequire(process.env.HEIMDALLR_NODE + "/");
  const {chromium} = require("playwright-core");
  const profile = mkdtempSync(join(tmpdir(), "heimdallr-chromium-"));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: kChromium,
    headless: true,
    viewport: {width: 1440, height: 900},
    acceptDownloads: true,
    args: [
      "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync"
    ],
  });
  return {
    browser,
    close: async () => {
      await browser.close();
      rmSync(profile, {recursive: true, force: true});
    },
  };
}

/** Opens a page and watches it. @param {any} browser @param {string} url @param {object} [options] */
export async function openPage(browser, url, options = {}) {
  const page = await browser.newPage();
  const problems = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (!/^(file|blob|data):/.test(request.url()) &&
        !(options.origin && request.url().startsWith(options.origin)))
      problems.push(`request: ${request.url()}`);
  });
  if (options.viewport) await page.setViewportSize(options.viewport);
  if (options.colorScheme) await page.emulateMedia({colorScheme: options.colorScheme});
  await page.goto(url, {waitUntil: "commit"});
  if (options.wait !== "no") {
    await page.waitForFunction(() => window.heimdallr !== undefined, undefined, {timeout: 60000});
    await page.evaluate(() => window.heimdallr.ready.catch(() => {}));
  }
  return {page, problems};
}
