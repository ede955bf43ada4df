// Joins the viewer and a report into a page, by the rules of src/report/README.md: for tests that
// need a page without the C++ program.
import {readFileSync} from "node:fs";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";

export const kViewer = join(dirname(fileURLToPath(import.meta.url)), "../../src/report/viewer");

export function moduleNames() {
  return readFileSync(join(kViewer, "modules.txt"), "utf8").split("\n").filter((line) => line !== "");
}

/** The modules as one function; `transform` may look at each. */
export function joinedScript() {
  const texts = moduleNames().map(
      (name) => readFileSync(join(kViewer, name), "utf8")
                    .split("\n")
                    .filter((line) => !/^import \{.*\} from "\.\/.*";$/.test(line))
                    .map((line) => line.replace(/^export (?=async |function |class |const |let )/, ""))
                    .join("\n"));
  return `(() => {\n"use strict";\n${texts.join("\n")}\n})();`;
}

/** @param {object} report @param {string[]} chunks elements, in order */
export function pageParts(report, chunks) {
  const page = readFileSync(join(kViewer, "page.html"), "utf8");
  const json = JSON.stringify(report).replaceAll("<", "\\u003c");
  const [before, after] = page.replace("{{style}}", () => readFileSync(join(kViewer, "style.css"), "utf8"))
                              .replace("{{report}}", () => json)
                              .replace("{{script}}", () => joinedScript())
                              .split("{{chunks}}");
  return [before, ...chunks, after];
}

/** @param {number} run @param {number} index @param {string} base64 */
export function chunkElement(run, index, base64) {
  return `<script type="text/plain" class="heimdallr-chunk" data-run="${run}" data-chunk="${index}">${
      base64}</script>\n`;
}
