// Opens files in speedscope's own page, in a headless browser, and says what it made of each.
//
//     node read_speedscope.mjs CHROMIUM FILE...
//
// Prints a JSON list: for each file how speedscope says it imported it, and what it saves then (by
// its file-format-schema.json). HEIMDALLR_NODE is the folder of node_modules.
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

const require = createRequire(process.env.HEIMDALLR_NODE + "/");
const { chromium } = require("playwright-core");
const release = join(process.env.HEIMDALLR_NODE, "node_modules/speedscope/dist/release");
const [executablePath, ...files] = process.argv.slice(2);
const types = { html: "text/html", js: "text/javascript", css: "text/css", wasm: "application/wasm" };

const server = createServer((request, response) => {
  const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
  const number = path.match(/^\/file\/(\d+)\//);
  const file = number ? files[number[1]] : join(release, path === "/" ? "index.html" : basename(path));
  if (!existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { "content-type": types[file.split(".").pop()] ?? "application/octet-stream" });
  createReadStream(file).pipe(response);
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const origin = `http://127.0.0.1:${server.address().port}`;
const profile = mkdtempSync(join(tmpdir(), "heimdallr-browser-"));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath,
  headless: true,
  acceptDownloads: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update"],
});
const results = [];
try {
  for (let i = 0; i < files.length; ++i) {
    const page = await browser.newPage();
    const messages = [];
    // The page says how it imports a file, or that it cannot.
    const imported = new Promise((done, failed) => {
      page.on("console", (message) => {
        messages.push(message.text());
        if (/^Import/.test(message.text())) done();
      });
      setTimeout(() => failed(new Error("it was not imported")), 60000).unref();
    });
    page.on("pageerror", (error) => messages.push(`error: ${error.message}`));
    const name = encodeURIComponent(basename(files[i]));
    await page.goto(`${origin}/#profileURL=${encodeURIComponent(`${origin}/file/${i}/${name}`)}`);
    const result = { file: files[i], messages };
    results.push(result);
    try {
      await imported;
      // The button is there when there is a profile to save.
      const download = page.waitForEvent("download", { timeout: 60000 });
      await page.getByText("Export").first().click({ timeout: 60000 });
      result.saved = JSON.parse(readFileSync(await (await download).path(), "utf8"));
    } catch (error) {
      result.failed = `${error.message}: ${await page.evaluate(() => document.body.innerText)}`;
    }
    await page.close();
  }
} finally {
  await browser.close();
  server.close();
  rmSync(profile, { recursive: true, force: true });
}
console.log(JSON.stringify(results));
