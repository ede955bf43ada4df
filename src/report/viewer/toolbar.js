// The head of the page and the bar above the picture.
import {append, button, byId, choice, el, replaceContent, setChoice} from "./dom.js";
import {threadKey} from "./filters.js";
import {formatBytes, formatCount, formatDuration, formatMoment, formatPlural, formatShort, shortenName} from "./format.js";
import {canvasColours, cssColour, kHues, levelColour, mixedHue} from "./palette.js";
import {layersOf} from "./state.js";
import {wholeTime, windowOf} from "./timeline_geometry.js";

/** @typedef {import("./report.js").RunModel} RunModel */
/** @typedef {import("./state.js").ViewStore} ViewStore */
/** @typedef {import("./palette.js").Theme} Theme */

/** @type {[string, string, string][]} */
const kLayers = [
  ["boxes", "Object boxes", "Boxes of objects, with their lifetimes and names"],
  ["faults", "Page faults", "First touches of pages"],
  ["periods", "Period changes", "Where the sampling period was changed to keep the overhead small"],
  ["heap", "Heap", "Size of the heap over time"],
  ["rate", "Access rate", "Sampled accesses over time"],
  ["losses", "Not recorded", "Samples that were lost or gave no address, over time"],
  ["governor", "Sampling", "Samples per second of CPU time"],
];

/**
 * @typedef {{reset: () => void, zoomToBrush: () => void, brushShown: () => void, savePicture: () => void,
 * help: () => void, theme: () => Theme}} ToolbarEvents
 */

export class Toolbar {
  /** @param {RunModel[]} runs @param {ViewStore} store @param {ToolbarEvents} events */
  constructor(runs, store, events) {
    this.runs = runs;
    this.store = store;
    this.events = events;
    this.range = el("span", {class: "range", id: "range"});
    this.brush = byId("brush");
    this.legend = byId("legend");
    this.theme =
        button("", {class: "tool"}, () => store.set({theme: events.theme() === "dark" ? "light" : "dark"}));
    fillHeader(runs, () => store.set({tab: "run"}));
    replaceContent(
        byId("actions"), this.theme, button("Save PNG", {class: "tool", id: "save-png"}, events.savePicture),
        button(
            "?",
            {class: "tool", id: "show-help", "aria-label": "Keys and mouse", title: "Keys and mouse (?)"},
            events.help));
    this.build();
  }

  build() {
    const {runs, store, events} = this;
    this.layers = kLayers.filter(([name]) => this.hasLayer(name)).map(([name, title, hint]) => {
      const press = () => {
        const on = layersOf(store.state);
        if (on.has(name))
          on.delete(name);
        else
          on.add(name);
        store.set({layers: kLayers.map(([key]) => key).filter((key) => on.has(key)).join(",") || ","});
      };
      return button(title, {class: "toggle", title: hint, "data-layer": name}, press);
    });
    /** @type {Map<string, string>} */
    const threads = new Map();
    for (const run of runs) {
      for (let i = 0; i < run.data.threads.tid.length && threads.size < 2000; ++i) {
        const key = threadKey(run, i, runs.length);
        threads.set(key, shortenName(key, 60));
      }
    }
    this.thread = threads.size > 1 ? choice(
                                         "Thread", [["", `all ${threads.size}`], ...threads],
                                         store.state.thread, (thread) => store.set({thread})) :
                                     null;
    const sources = new Set(runs.flatMap(
        (run) =>
            (run.hasSources ?
                 run.data.source_names.filter(
                     (_name, i) => (run.data.source_counts[run.data.sources_total] ?? [])[i] > 0) :
                 [])));
    this.source = sources.size > 0 ?
        choice(
            "Data from",
            [
              ["", "anywhere"],
              ...[...sources].map(
                  (name) => /** @type {[string, string]} */ ([name, name.replaceAll("_", " ")]))
            ],
            store.state.source, (source) => store.set({source})) :
        null;
    this.run = runs.length > 1 ? choice(
                                     "Tables of",
                                     [
                                       ["0", `A: ${shortenName(runs[0].data.name, 40)}`],
                                       ["1", `B: ${shortenName(runs[1].data.name, 40)}`]
                                     ],
                                     store.state.run, (run) => store.set({run, zoom: ""})) :
                                 null;
    replaceContent(
        byId("toolbar"), el("span", {class: "group", role: "group", "aria-label": "Layers"}, this.layers),
        this.thread, this.source, this.run, el("span", {class: "spring"}), this.range,
        button(
            "Show all", {class: "tool", id: "reset", title: "Back to the whole recording (Escape)"},
            events.reset));
  }

  /** @param {string} name */
  hasLayer(name) {
    const some = (/** @type {(run: RunModel) => boolean} */ test) => this.runs.some(test);
    if (name === "faults") return some((run) => run.data.faults.time.length > 0);
    if (name === "periods") return some((run) => run.data.periods.time.length > 0);
    return true;
  }

  update() {
    const {state} = this.store;
    const on = layersOf(state);
    for (const toggle of this.layers ?? [])
      toggle.setAttribute("aria-pressed", on.has(toggle.dataset.layer ?? "") ? "true" : "false");
    for (const [field, value] of /** @type {[?HTMLElement, string][]} */ ([
           [this.thread ?? null, state.thread], [this.source ?? null, state.source],
           [this.run ?? null, state.run]
         ])) {
      if (field) setChoice(field, value);
    }
    const theme = this.events.theme();
    this.theme.textContent = theme === "dark" ? "Light" : "Dark";
    this.theme.setAttribute("aria-label", `Switch to ${theme === "dark" ? "light" : "dark"} colours`);
    this.updateRange();
    this.updateBrush();
    this.drawLegend(theme);
  }

  updateRange() {
    const {state} = this.store;
    const shown = windowOf(state, this.runs);
    const resolution = Math.max(1, (shown.t1 - shown.t0) / 500);
    const all = state.t0 === null && state.p0 === null;
    this.range.textContent = `${formatMoment(shown.t0, resolution)} – ${formatMoment(shown.t1, resolution)}${
        all ? "" : ` (${formatDuration(shown.t1 - shown.t0)})`}`;
    byId("reset").toggleAttribute("disabled", all && state.b0 === null);
  }

  updateBrush() {
    const {state} = this.store;
    if (state.b0 === null || state.b1 === null) {
      if (this.brush.firstChild) replaceContent(this.brush);
      return;
    }
    const had = this.brush.querySelector(".brushed");
    const text = `Brushed: ${formatDuration(state.b1 - state.b0)}`;
    if (had)
      had.textContent = text;
    else {
      replaceContent(
          this.brush, el("span", {class: "brushed"}, text),
          button(
              "Zoom to it", {class: "tool", id: "zoom-brush", title: "Show the brushed time (Z)"},
              this.events.zoomToBrush),
          button("Clear", {class: "tool", id: "clear-brush"}, () => this.store.set({b0: null, b1: null})));
    }
  }

  /** @param {Theme} theme */
  drawLegend(theme) {
    if (this.legend.dataset.theme === theme) return;
    this.legend.dataset.theme = theme;
    const bar = (/** @type {import("./palette.js").Rgb} */ hue) => {
      const element = el("span", {class: "ramp"});
      element.style.background = `linear-gradient(to right, ${
              [0, 0.35, 0.7, 1].map((level) => cssColour(levelColour(hue, level, theme))).join(",")})`;
      return element;
    };
    const hasUnknown = this.runs.some((run) => run.data.totals.unknown > 0);
    replaceContent(
        this.legend, "loads", bar(mixedHue(0, theme)), "both", bar(mixedHue(0.5, theme)), "stores",
        bar(mixedHue(1, theme)), hasUnknown ? ["not known", bar(kHues.unknown)] : null,
        el("span", {class: "soft"}, "few → many"));
    this.legend.style.color = canvasColours(theme).text;
  }
}

/** @param {RunModel[]} runs @param {() => void} tellMore what a press on a warning does */
function fillHeader(runs, tellMore) {
  // Scripts are given as one word: of its lines one is made.
  const names = runs.map(
      (run) =>
          shortenName(run.data.header.command_line.join(" ").replaceAll("\\x0a", " ") || run.data.name, 90));
  replaceContent(byId("title"), runs.length > 1 ? `A: ${names[0]}  ·  B: ${names[1]}` : names[0]);
  byId("title").title =
      runs.map((run) => shortenName(run.data.header.command_line.join(" "), 2000)).join("\n");
  document.title = `${names.join(" / ")} – heimdallr`;
  const first = runs[0].data;
  const milliseconds = Number(BigInt(first.header.start_realtime_ns || "0") / 1000000n);
  const date =
      milliseconds > 0 ? new Date(milliseconds).toISOString().replace("T", " ").slice(0, 16) + " UTC" : "";
  replaceContent(byId("subtitle"), [
    runs.map((run) => run.data.name).join(" and "), first.header.host, date
  ].filter((text) => text).join(" · "));
  for (const run of runs)
    append(byId("chips"), [chipsOf(run, runs.length > 1 ? (run.index === 0 ? "A" : "B") : "", tellMore)]);
}

/** @param {RunModel} run @param {string} letter @param {() => void} tellMore */
function chipsOf(run, letter, tellMore) {
  const {data} = run;
  const {totals} = data;
  const whole = wholeTime([run]);
  /** @param {string} name @param {string} value @param {string} [kind] @param {string} [hint] */
  const chip = (name, value, kind = "", hint = "") =>
      el("span", {class: `chip ${kind}`, title: hint}, el("b", {}, value), ` ${name}`);
  /** @param {string} text @param {string} kind @param {string} hint */
  const warning = (text, kind, hint) => button(text, {class: `chip ${kind}`, title: hint}, tellMore);
  const lost = data.losses.filter((loss) => loss.missing);
  return el(
      "span", {class: "chip-row"}, letter ? el("b", {class: "letter"}, letter) : null,
      chip("", formatDuration(whole.t1 - whole.t0)),
      data.streams.length > 0 ?
          chip("sampled accesses", formatShort(totals.accesses), "", formatCount(totals.accesses)) :
          chip("", data.header.dry_run ? "dry run: only timed" : "accesses not sampled", "info"),
      data.header.allocations ? chip("heap at its peak", formatBytes(totals.peak_live_bytes)) :
                                chip("", "no allocations recorded"),
      data.header.origin === "synthetic" ? chip("", "synthetic: no program ran", "warn") :
          data.header.origin === "imported" ? chip("", "imported from another tool", "info") :
                                              null,
      data.filters.time || data.filters.address || data.filters.objects ?
          chip(
              "", "part of the recording", "info",
              "A filter was given when the report was made: see the tab Run") :
          null,
      data.samples.complete ? null :
                              chip(
                                  "of the accesses as dots", formatShort(data.samples.count), "info",
                                  "All counts are exact; details come from a sample"),
      lost.length > 0 ? warning(
                            formatPlural(lost.length, "kind") + " of loss", "warn",
                            lost.map((loss) => `${formatCount(loss.count)} ${loss.text}`).join("\n")) :
                        null,
      data.defect ? warning("damaged", "bad", data.defect) : null);
}
