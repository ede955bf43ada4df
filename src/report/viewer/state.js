// The view - what is shown, selected, sorted, searched - and its place in the URL's fragment, so that
// a link shows the same and the back button works.

/**
 * `select`: "", "g<run>.<group>" or "o<run>.<object>". Times are ns, places those of the axis; null = all.
 * `layers`: layers that are switched off (or, of those off by default, "+name" when on), by commas.
 * @typedef {{t0: ?number, t1: ?number, p0: ?number, p1: ?number, b0: ?number, b1: ?number,
 *   select: string, tab: string, by: string, sort: string, q: string, type: string,
 *   thread: string, source: string, run: string, sites: string, code: string, order: string, up: string,
 *   zoom: string, fq: string, layers: string, theme: string, metric: string}} ViewState
 */

/** @type {Readonly<ViewState>} */
export const kDefaultView = {
  t0: null,
  t1: null,
  p0: null,
  p1: null,
  b0: null,
  b1: null,
  select: "",
  tab: "",
  by: "site",
  sort: "-accesses",
  q: "",
  type: "",
  thread: "",
  source: "",
  run: "0",
  sites: "bytes",
  code: "accesses",
  order: "callees",
  up: "down",
  zoom: "",
  fq: "",
  layers: "boxes,heap,rate",
  theme: "",
  metric: "accesses",
};

const kNumberKeys = /** @type {const} */ (["t0", "t1", "p0", "p1", "b0", "b1"]);

/** @param {ViewState} state @returns {string} without "#" */
export function viewToFragment(state) {
  const values = new URLSearchParams();
  for (const [key, value] of Object.entries(state)) {
    if (value === null || value === kDefaultView[/** @type {keyof ViewState} */ (key)]) continue;
    values.set(key, typeof value === "number" ? String(Number(value.toFixed(3))) : value);
  }
  return values.toString();
}

/** What makes no sense is left at its default. @param {string} fragment @returns {ViewState} */
export function fragmentToView(fragment) {
  const values = new URLSearchParams(fragment.replace(/^#/, ""));
  /** @type {ViewState} */
  const state = {...kDefaultView};
  for (const key of /** @type {(keyof ViewState)[]} */ (Object.keys(kDefaultView))) {
    const text = values.get(key);
    if (text === null) continue;
    if (isNumberKey(key)) {
      const number = Number(text);
      if (text !== "" && Number.isFinite(number)) state[key] = number;
    } else {
      state[key] = text;
    }
  }
  for (const [from, to] of /** @type {const} */ ([["t0", "t1"], ["p0", "p1"], ["b0", "b1"]])) {
    const low = state[from];
    const high = state[to];
    if (low === null || high === null || !(low < high)) state[from] = state[to] = null;
  }
  return state;
}

/** @param {string} key @returns {key is typeof kNumberKeys[number]} */
function isNumberKey(key) {
  return /** @type {readonly string[]} */ (kNumberKeys).includes(key);
}

/**
 * How a change goes into the history: as a step of its own; as part of a movement, of which only the
 * end becomes a step; or not at all.
 * @typedef {"step" | "movement" | "silent"} HistoryMode
 */

const kSettleMs = 400;

export class ViewStore {
  constructor() {
    this.state = fragmentToView(location.hash);
    /** @type {((changed: Set<keyof ViewState>) => void)[]} */
    this.listeners = [];
    this.timer = 0;
    const follow = () => this.apply(fragmentToView(location.hash));
    addEventListener("popstate", follow);
    addEventListener("hashchange", follow);
  }

  /** @param {(changed: Set<keyof ViewState>) => void} listener */
  subscribe(listener) {
    this.listeners.push(listener);
  }

  /** @param {Partial<ViewState>} patch @param {HistoryMode} [mode] */
  set(patch, mode = "step") {
    const next = {...this.state, ...patch};
    if (mode === "step") this.settle();
    if (!this.apply(next)) return;
    if (mode === "step")
      this.write("push");
    else if (mode === "silent")
      this.write("replace");
    else {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => {
        this.timer = 0;
        this.write("push");
      }, kSettleMs);
    }
  }

  /** Ends a movement now. */
  settle() {
    if (this.timer === 0) return;
    clearTimeout(this.timer);
    this.timer = 0;
    this.write("push");
  }

  /** @param {ViewState} next @returns {boolean} something changed */
  apply(next) {
    /** @type {Set<keyof ViewState>} */
    const changed = new Set();
    for (const key of /** @type {(keyof ViewState)[]} */ (Object.keys(kDefaultView))) {
      if (next[key] !== this.state[key]) changed.add(key);
    }
    if (changed.size === 0) return false;
    this.state = next;
    for (const listener of this.listeners) listener(changed);
    return true;
  }

  /** @param {"push" | "replace"} how */
  write(how) {
    const fragment = "#" + viewToFragment(this.state);
    if (fragment === (location.hash || "#")) return;
    if (how === "push")
      history.pushState(null, "", fragment);
    else
      history.replaceState(null, "", fragment);
  }
}

/** Layers that are on. @param {ViewState} state */
export function layersOf(state) {
  return new Set(state.layers.split(",").filter((name) => name !== ""));
}

/**
 * @param {string} select @returns {?{kind: "group" | "object", run: number, index: number}}
 */
export function parseSelection(select) {
  const match = /^([go])(\d+)\.(\d+)$/.exec(select);
  if (!match) return null;
  return {kind: match[1] === "g" ? "group" : "object", run: Number(match[2]), index: Number(match[3])};
}
