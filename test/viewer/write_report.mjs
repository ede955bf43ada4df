// node write_report.mjs FILE [SAMPLES] [RUNS]: a synthetic page, for looking at and for measuring.
import {closeSync, openSync, writeSync} from "node:fs";

import {chunkElement, pageParts} from "./join_page.mjs";
import {makeReport, makeRun} from "./make_report.mjs";

/** @param {string} file @param {object[]} runs of makeRun */
export function writeReport(file, runs) {
  const elements = runs.flatMap(
      (made, run) => made.chunks.map((bytes, index) => chunkElement(run, index, bytes.toString("base64"))));
  const out = openSync(file, "w");
  for (const part of pageParts(makeReport(runs), elements)) writeSync(out, part);
  closeSync(out);
}

if (process.argv[1]?.endsWith("write_report.mjs")) {
  const [file, samples = "200000", runs = "1"] = process.argv.slice(2);
  if (!file) throw new Error("which file is to be written?");
  const list = Array.from({length: Number(runs)}, (_, i) => makeRun({
                                                    samples: Number(samples),
                                                    threads: 8,
                                                    seed: 7 + i,
                                                    seconds: 10,
                                                    latency: i === 0,
                                                    name: `run${i + 1}.htrace`
                                                  }));
  writeReport(file, list);
}
