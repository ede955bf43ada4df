// Decodes chunks beside the page's own work, in workers made of the decoder's text, so that one
// file is enough; on the page itself where workers are forbidden.
import {base64Bytes, blockSamples, bytesPerSample, chunkBuffers, gunzip, placeSamples, planeWidths, splitPlanes} from "./decode.js";

/** @typedef {import("./report_types.js").SampleChunk} SampleChunk */
/** @typedef {import("./decode.js").DecodeContext} DecodeContext */
/**
 * @typedef {{data: string | Uint8Array<ArrayBuffer>, count: number, firstNs: number, unitNs: number,
 *   context: DecodeContext}} ChunkJob  `data`: base64, or the gzip stream itself
 */

/** @param {ChunkJob} job */
async function decodeJob(job) {
  const bytes = typeof job.data === "string" ? base64Bytes(job.data) : job.data;
  const planes = await gunzip(bytes, bytesPerSample(job.context.planes) * job.count);
  return splitPlanes(planes, job.count, job.firstNs, job.unitNs, job.context);
}

function workerText() {
  const parts = [
    base64Bytes, gunzip, planeWidths, blockSamples, placeSamples, splitPlanes, chunkBuffers, bytesPerSample,
    decodeJob
  ];
  return `"use strict";
${parts.map((part) => part.toString()).join("\n")}
onmessage = async ({data}) => {
  try {
    const chunk = await decodeJob(data.job);
    postMessage({id: data.id, chunk}, chunkBuffers(chunk));
  } catch (error) {
    postMessage({id: data.id, error: String(error.message ?? error)});
  }
};`;
}

export class DecoderPool {
  /** @param {number} size workers at most */
  constructor(size) {
    /**
     * @type {Map<number, {resolve: (chunk: SampleChunk) => void, reject: (error: Error) => void, job:
     *     ChunkJob}>}
     */
    this.waiting = new Map();
    this.next = 0;
    /** @type {Worker[]} */
    this.workers = [];
    try {
      const address = URL.createObjectURL(new Blob([workerText()], {type: "text/javascript"}));
      for (let i = 0; i < size; ++i) {
        const worker = new Worker(address);
        worker.onmessage = ({data}) => this.finish(data);
        worker.onerror = (event) => {
          event.preventDefault();
          this.fallBack();
        };
        this.workers.push(worker);
      }
    } catch {
      this.workers = [];
    }
  }

  /** @param {ChunkJob} job @returns {Promise<SampleChunk>} */
  decode(job) {
    if (this.workers.length === 0) return decodeJob(job);
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, {resolve, reject, job});
      this.workers[id % this.workers.length].postMessage({id, job});
    });
  }

  /** @param {{id: number, chunk?: SampleChunk, error?: string}} answer */
  finish({id, chunk, error}) {
    const entry = this.waiting.get(id);
    if (!entry) return;
    this.waiting.delete(id);
    if (chunk)
      entry.resolve(chunk);
    else
      entry.reject(new Error(error ?? "no reason given"));
  }

  fallBack() {
    this.close();
    for (const {resolve, reject, job} of this.waiting.values()) decodeJob(job).then(resolve, reject);
    this.waiting.clear();
  }

  close() {
    for (const worker of this.workers) worker.terminate();
    this.workers = [];
  }
}
