// Where chunks come from: elements of the page, taken as its parser reaches them, or the server.
import {DecoderPool} from "./worker_pool.js";

/** @typedef {import("./report_types.js").ReportData} ReportData */
/** @typedef {import("./report_types.js").SampleChunk} SampleChunk */
/** @typedef {import("./decode.js").DecodeContext} DecodeContext */
/** @typedef {{run: number, chunk: number}} ChunkName */

/**
 * Hands over each chunk when it is decoded. Resolves when all are there.
 * @param {ReportData} report @param {DecodeContext[]} contexts of each run
 * @param {(run: number, index: number, chunk: SampleChunk) => void} put
 */
export async function loadChunks(report, contexts, put) {
  const total = report.runs.reduce((sum, run) => sum + run.samples.chunks.count.length, 0);
  if (total === 0) return;
  const pool = new DecoderPool(Math.max(1, Math.min(2, navigator.hardwareConcurrency || 1, total)));
  /** @param {ChunkName} name @param {string | Uint8Array<ArrayBuffer>} data */
  const decode = async (name, data) => {
    const {chunks} = report.runs[name.run].samples;
    try {
      const chunk = await pool.decode({
        data,
        count: chunks.count[name.chunk],
        firstNs: chunks.first_ns[name.chunk],
        unitNs: chunks.time_unit_ns[name.chunk],
        context: contexts[name.run],
      });
      put(name.run, name.chunk, chunk);
    } catch (error) {
      throw new Error(`samples of run ${name.run + 1}, chunk ${name.chunk}: ${
          error instanceof Error ? error.message : error}`);
    }
  };
  try {
    await (report.served ? fetchChunks(report, decode) : collectElements(report, decode, total));
  } finally {
    pool.close();
  }
}

/**
 * The elements stand behind the script, so that the page shows before they are read. What is taken
 * is removed: it would be kept twice.
 * @param {ReportData} report
 * @param {(name: ChunkName, data: string) => Promise<void>} decode @param {number} total
 */
async function collectElements(report, decode, total) {
  /** @type {Promise<void>[]} */
  const work = [];
  for (let complete = false; !complete;) {
    complete = document.readyState !== "loading";
    const elements = [...document.querySelectorAll("script.heimdallr-chunk")];
    // The last one may be half read as long as the page is being parsed.
    for (const element of complete ? elements : elements.slice(0, -1)) {
      const name = {
        run: Number(element.getAttribute("data-run")),
        chunk: Number(element.getAttribute("data-chunk"))
      };
      const text = element.textContent ?? "";
      element.remove();
      if (report.runs[name.run]?.samples.chunks.count[name.chunk] === undefined) {
        throw new Error(
            `the page holds chunk ${name.chunk} of run ${name.run + 1}, which its description does not have`);
      }
      const promise = decode(name, text);
      promise.catch(() => {});
      work.push(promise);
    }
    if (!complete) await new Promise((resolve) => setTimeout(resolve, 15));
  }
  await Promise.all(work);
  if (work.length < total)
    throw new Error(`only ${work.length} of ${total} chunks of samples are in this file: it is not whole`);
}

/**
 * @param {ReportData} report
 * @param {(name: ChunkName, data: Uint8Array<ArrayBuffer>) => Promise<void>} decode
 */
async function fetchChunks(report, decode) {
  /** @type {ChunkName[]} */
  const names = report.runs.flatMap(
      (run, index) => run.samples.chunks.count.map((_count, chunk) => ({run: index, chunk})));
  let next = 0;
  const takeNext = async () => {
    while (next < names.length) {
      const name = names[next++];
      const answer = await fetch(`samples/${name.run}/${name.chunk}`);
      if (!answer.ok)
        throw new Error(`the server answers ${answer.status} for chunk ${name.chunk} of run ${
            name.run + 1}: is it still running?`);
      await decode(name, new Uint8Array(await answer.arrayBuffer()));
    }
  };
  await Promise.all([takeNext(), takeNext(), takeNext()]);
}
