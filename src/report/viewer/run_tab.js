// What was run, where, what was lost, and what the numbers mean.
import {announce, el, replaceContent} from "./dom.js";
import {formatBytes, formatCount, formatDuration, formatMoment, formatPlural, formatShare, formatShort} from "./format.js";
import {explanations} from "./words.js";

/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./report_types.js").StreamData} StreamData */
/** @typedef {import("./dom.js").Child} Child */

export class RunTab {
  /** @param {RunModel[]} runs */
  constructor(runs) {
    this.runs = runs;
    this.element = el("div", {class: "tab-body scroll"});
    this.built = false;
  }

  update() {
    if (!this.built) {
      replaceContent(
          this.element, this.runs.map((run) => this.run(run)),
          el("section", {class: "card reading"}, el("h3", {}, "What the numbers mean"),
             explanations(this.runs)
                 .map(([title, text]) => [el("h4", {}, title), el("p", {}, text)])
                 .flat()));
      this.built = true;
    }
    announce("What was run, what was lost, and what the numbers mean");
  }

  /** @param {RunModel} run */
  run(run) {
    const title =
        this.runs.length > 1 ? `Run ${run.index === 0 ? "A" : "B"}: ${run.data.name}` : run.data.name;
    return el(
        "section", {class: "run"}, el("h3", {}, title),
        run.data.defect ? el("p", {class: "defect"}, `This recording is damaged: ${run.data.defect}`) : null,
        el("div", {class: "cards"}, lostCard(run), countsCard(run), programCard(run), filtersCard(run),
           sourcesCard(run)));
  }
}

/** @param {string} title @param {[string, Child][]} lines */
function listCard(title, lines) {
  return el(
      "section", {class: "card"}, el("h4", {}, title),
      el("dl", {class: "facts"},
         lines.filter(([, text]) => text !== null && text !== "")
             .map(([name, text]) => [el("dt", {}, name), el("dd", {}, text)])
             .flat()));
}

/** @param {RunModel} run */
function programCard(run) {
  const {header, statistics, recorder} = run.data;
  const milliseconds = Number(BigInt(header.start_realtime_ns || "0") / 1000000n);
  const ended = statistics === null ? "" :
      statistics.exit_signal > 0    ? `, killed by signal ${statistics.exit_signal}` :
         statistics.exit_code >= 0 ? `, exit status ${statistics.exit_code}` :
                                     "";
  return listCard("What was run", [
    ["Command", el("code", {}, header.command_line.join(" "))],
    ["Folder", header.working_directory],
    [
      "When",
      milliseconds > 0 ? new Date(milliseconds).toISOString().replace("T", " ").slice(0, 19) + " UTC" : ""
    ],
    ["Host", `${header.host}, ${header.cpus} CPUs, ${header.processor}`],
    ["Kernel", header.kernel],
    ["Environment", header.environment.length > 0 ? el("code", {}, header.environment.join(" ")) : ""],
    [
      "Took",
      statistics ? `${formatDuration(statistics.wall_ns)} (${formatDuration(statistics.user_ns)} user, ${
                       formatDuration(statistics.system_ns)} system)${ended}` :
                   ""
    ],
    [
      "Largest size",
      statistics ? `${formatBytes(statistics.max_rss_bytes)} resident, ${
                       formatCount(statistics.minor_faults)} minor and ${
                       formatCount(statistics.major_faults)} major faults` :
                   ""
    ],
    [
      "Processes",
      `${formatPlural(run.data.processes.pid.length, "process", "processes")}, ${
          formatPlural(run.data.processes.threads.reduce((sum, count) => sum + count, 0), "thread")}, ${
          formatCount(run.data.threads.tid.length)} of them sampled`
    ],
    [
      "Recorder",
      recorder ? `heimdallr ${header.tool_version}: ${
                     formatDuration(recorder.user_ns + recorder.system_ns)} of CPU time beside the program` :
                 `heimdallr ${header.tool_version}`
    ],
  ]);
}

/** @param {RunModel} run */
function countsCard(run) {
  const t = run.data.totals;
  return listCard("What was recorded", [
    [
      "Accesses",
      run.data.streams.length === 0 ? "not sampled" : `${formatCount(t.accesses)} sampled: ${formatCount(t.loads)} loads, ${formatCount(t.stores)} stores, ${
          formatCount(t.load_stores)} that do both${
          t.unknown > 0 ? `, ${formatCount(t.unknown)} of unknown kind` : ""}`
    ],
    ["Samples", run.data.streams.length === 0 ? "" : `${formatCount(t.ticks)} gave an access, ${formatCount(t.ticks_without_access)} did not`],
    ["CPU time", run.data.streams.length > 0 ? formatDuration(t.time_ns) : ""],
    [
      "Estimated",
      run.data.streams.length === 0 ? "" :
      run.hasEstimates ?
          `${formatShort(t.estimated_loads)} loads, ${formatShort(t.estimated_stores)} stores (see below)` :
          "not known: no record says what it stands for"
    ],
    ["Page faults", formatCount(t.faults)],
    [
      "Allocations",
      run.data.header.allocations ?
          `${formatCount(t.allocations)} of ${formatBytes(t.allocated_bytes)} in all, ${
              formatCount(t.deallocations)} released` :
          "not recorded"
    ],
    [
      "Heap's peak",
      run.data.header.allocations ?
          `${formatBytes(t.peak_live_bytes)} at ${formatMoment(t.peak_time_ns, 1e6)}` :
          ""
    ],
    ["Mapped peak", t.mapped_peak_bytes > 0 ? formatBytes(t.mapped_peak_bytes) : ""],
    [
      "Never freed",
      run.data.header.allocations ?
          `${formatPlural(t.never_freed_blocks, "block")}, ${formatBytes(t.never_freed_bytes)}` :
          ""
    ],
    ["Objects", formatCount(t.objects)],
    [
      "In this report",
      run.data.streams.length === 0 ? (run.data.header.dry_run ? "nothing but times: this was a dry run" : "") :
      run.data.samples.complete ? "every sampled access" :
                                  `all counts, and a sample of ${formatCount(run.data.samples.count)} of ${
                                      formatCount(run.data.samples.total)} accesses for details`
    ],
  ]);
}

/** @param {RunModel} run */
function lostCard(run) {
  const {losses, unmatched, totals} = run.data;
  const rows = losses.map(
      (loss) =>
          el("tr", {class: loss.missing ? "missing" : ""},
             el("th", {scope: "row"}, loss.kind.replaceAll("_", " ")),
             el("td", {class: "number"}, formatCount(loss.count), loss.duration_ns > 0 ? el("br") : null,
                loss.duration_ns > 0 ? formatDuration(loss.duration_ns) : null),
             el("td", {}, loss.text)));
  const without = unmatched.reduce((sum, entry) => sum + entry.records, 0);
  const missing = losses.some((loss) => loss.missing);
  return el(
      "section", {class: "card wide"}, el("h4", {}, "What is missing"),
      el("p", {},
         missing               ? "Something that happened is not among the records:" :
             losses.length > 0 ? "No record was lost. What could not be turned into an access was counted:" :
                                 "Nothing was lost."),
      losses.length > 0 ?
          el("table", {class: "plain"},
             el("thead", {},
                el("tr", {},
                   ["Kind", "Count", "What it means"].map((text) => el("th", {scope: "col"}, text)))),
             el("tbody", {}, rows)) :
          null,
      el("p", {},
         totals.accesses === 0 ? "" :
             without === 0     ? "Every access belongs to an object." :
                         `${formatCount(without)} accesses (${
                             formatShare(without, totals.accesses)}) belong to no object:`),
      without === 0 ?
          null :
          el("ul", {},
             unmatched.filter((entry) => entry.records > 0)
                 .map(
                     (entry) => el(
                         "li", {}, `${formatCount(entry.records)}: ${entry.reason.replaceAll("_", " ")}`))));
}

/** @param {RunModel} run */
function filtersCard(run) {
  const {filters, begin_ns: begin, end_ns: end} = run.data;
  const resolution = Math.max(1, (end - begin) / 1000);
  return listCard("What of it is shown", [
    [
      "Time",
      `${formatMoment(begin, resolution)} to ${formatMoment(end, resolution)}${
          filters.time ? " (--time)" : ", all of it"}`
    ],
    ["Addresses", filters.address ? `${filters.address[0]} to ${filters.address[1]} (--address)` : "all"],
    [
      "Objects", filters.objects ? `those with “${filters.objects}” in their name or site (--objects)` : "all"
    ],
  ]);
}

/** @param {RunModel} run @param {StreamData} stream */
function governorWords(run, stream) {
  const {periods} = run.data;
  const own = periods.period.filter((_period, i) => periods.stream[i] === stream.id);
  const longest = Math.max(stream.period, ...own);
  if (longest === stream.period) return "";
  return `; to keep its cost low, the recorder sampled less often at times, down to every ${formatDuration(longest)}`;
}

/** @param {RunModel} run */
function sourcesCard(run) {
  return listCard("How accesses were sampled", run.data.streams.map((stream) => {
    const rate = stream.frequency_hz > 0 ?
        `${formatCount(stream.frequency_hz)} samples a second of CPU time asked for` :
        stream.source === "clock" ? `every ${formatDuration(stream.period)} of CPU time` :
                                    `one of ${formatCount(stream.period)}`;
    return [
      stream.name,
      `${stream.event}: ${rate}${
          stream.minimum_latency_cycles > 0 ?
              `, only loads of ${stream.minimum_latency_cycles} cycles or more` :
              ""}${governorWords(run, stream)}`
    ];
  }));
}
