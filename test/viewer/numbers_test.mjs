// Texts of numbers, axis, state.
import assert from "node:assert/strict";
import test from "node:test";

import {AddressAxis} from "../../src/report/viewer/axis.js";
import * as format from "../../src/report/viewer/format.js";
import {fragmentToView, kDefaultView, parseSelection, viewToFragment} from "../../src/report/viewer/state.js";
import {panWindow, windowState, zoomWindow} from "../../src/report/viewer/timeline_geometry.js";

/** The thin spaces as plain ones. */
const plain = (text) => text.replaceAll("\u202f", " ");

test("Format: counts have all their digits", () => {
  assert.equal(plain(format.formatCount(0)), "0");
  assert.equal(plain(format.formatCount(999)), "999");
  assert.equal(plain(format.formatCount(1234567)), "1 234 567");
});

test("Format: short numbers have three digits", () => {
  const cases = [
    [0, "0"], [7, "7"], [0.254, "0.25"], [999, "999"], [1000, "1 k"], [1234, "1.23 k"], [12345, "12.3 k"],
    [999499, "999 k"], [999999, "1 M"], [5.5e9, "5.5 G"]
  ];
  for (const [value, text] of cases) assert.equal(plain(format.formatShort(value)), text);
});

test("Format: bytes are in powers of 1024", () => {
  const cases = [
    [0, "0 B"], [1023, "1023 B"], [1024, "1 KiB"], [1536, "1.5 KiB"], [256 * 2 ** 20, "256 MiB"],
    [2 ** 40, "1 TiB"]
  ];
  for (const [value, text] of cases) assert.equal(plain(format.formatBytes(value)), text);
});

test("Format: durations take the unit that fits", () => {
  const cases =
      [[0, "0 ns"], [15, "15 ns"], [1500, "1.5 µs"], [2.5e6, "2.5 ms"], [1e9, "1 s"], [123.4e9, "123 s"]];
  for (const [value, text] of cases) assert.equal(plain(format.formatDuration(value)), text);
});

test("Format: moments have the digits that tell them apart", () => {
  assert.equal(plain(format.formatMoment(1.5e9, 1e8)), "1.5 s");
  assert.equal(plain(format.formatMoment(1.5e9, 1e3)), "1.500000 s");
});

test("Format: shares and ratios say what cannot be told", () => {
  assert.equal(plain(format.formatShare(1, 4)), "25 %");
  assert.equal(format.formatShare(1, 0), "–");
  assert.equal(plain(format.formatShare(1, 1e9)), "< 0.01 %");
  assert.equal(format.formatRatio(10, 25), "2.5×");
  assert.equal(format.formatRatio(0, 3), "new");
  assert.equal(format.formatRatio(3, 0), "gone");
  assert.equal(format.formatRatio(0, 0), "–");
});

test("Format: a long name keeps its ends", () => {
  const name = "a".repeat(50) + "b".repeat(50);
  const short = format.shortenName(name, 20);
  assert.equal(short.length, 20);
  assert.ok(short.startsWith("aaaa") && short.endsWith("bbbb"));
  assert.equal(format.shortenName("short", 20), "short");
});

test("Format: ticks are round and inside", () => {
  const {step, values} = format.roundTicks(0.3, 9.7, 10);
  assert.equal(step, 1);
  assert.deepEqual(values, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(format.roundTicks(5, 5, 10).values, []);
});

/** Two processes; a gap of 2^40 bytes; a piece of 100 bytes that gets a tenth of the axis. */
function axisRun() {
  return {
    strings: ["heap", "small", "other"],
    axis: {
      unit_bytes: 1,
      length: 1000,
      pieces: {
        process: [0, 0, 0, 1],
        address: ["0x1000", "0x2000", "0x10000002000", "0x1000"],
        size: [4096, 4096, 100, 4096],
        start: [0, 400, 800, 900],
        label: [0, 0, 1, 2],
      }
    },
  };
}

test("Axis: places and addresses lead to each other", () => {
  const axis = new AddressAxis(axisRun());
  assert.equal(axis.addressAt(0), 0x1000n);
  assert.equal(axis.addressAt(400), 0x2000n);
  assert.equal(axis.addressAt(200), 0x1000n + 2047n);
  assert.equal(axis.addressAt(850), 0x10000002000n + 49n);
  assert.equal(axis.placeOfY(4096 + 2048), 600);
  assert.equal(axis.placeOfY(8192 + 50), 850);
  assert.equal(axis.addressOfY(8192 + 99), 0x10000002000n + 99n);
  assert.equal(axis.addressOfY(8292), 0x1000n);
});

test("Axis: breaks are where addresses do not join", () => {
  assert.deepEqual(
      new AddressAxis(axisRun()).pieces.map((piece) => piece.broken), [false, false, true, true]);
});

test("Axis: an object's span covers its pieces, and is none without one", () => {
  const axis = new AddressAxis(axisRun());
  assert.deepEqual(axis.span(0, 0x1000n, 8192), {from: 0, to: 800});
  assert.deepEqual(axis.span(0, 0x2800n, 1024), {from: 600, to: 700});
  assert.deepEqual(axis.span(1, 0x1000n, 4096), {from: 900, to: 1000});
  assert.equal(axis.span(0, 0x500000n, 16), null);
  assert.equal(axis.span(7, 0x1000n, 16), null);
});

test("State: a view survives the URL", () => {
  const view = {
    ...kDefaultView,
    t0: 1234567,
    t1: 99999999,
    b0: 5,
    b1: 7.5,
    select: "o1.42",
    tab: "code",
    q: "a&b=c #<>",
    theme: "dark",
    sort: "loads",
    fq: "malloc"
  };
  assert.deepEqual(fragmentToView("#" + viewToFragment(view)), view);
});

test("State: the default view leaves the URL empty", () => {
  assert.equal(viewToFragment({...kDefaultView}), "");
  assert.deepEqual(fragmentToView(""), {...kDefaultView});
});

test("State: nonsense in the URL is left out", () => {
  assert.deepEqual(fragmentToView("#t0=abc&t1=5&p0=9&p1=3&b0=&nonsense=1"), {...kDefaultView});
});

test("State: selections name run and row", () => {
  assert.deepEqual(parseSelection("g0.12"), {kind: "group", run: 0, index: 12});
  assert.deepEqual(parseSelection("o1.3"), {kind: "object", run: 1, index: 3});
  assert.equal(parseSelection("x"), null);
  assert.equal(parseSelection("g0.-1"), null);
});

const whole = {
  t0: 0,
  t1: 1000,
  p0: 0,
  p1: 100
};

test("Window: zoom keeps the point under the pointer", () => {
  const zoomed = zoomWindow(whole, 0.5, 1, 0.25, 0.5, whole);
  assert.deepEqual(zoomed, {t0: 125, t1: 625, p0: 0, p1: 100});
});

test("Window: zoom and pan stay inside", () => {
  assert.deepEqual(zoomWindow(whole, 3, 3, 0.5, 0.5, whole), whole);
  assert.deepEqual(
      panWindow({t0: 0, t1: 500, p0: 0, p1: 100}, -1, 0, whole), {t0: 0, t1: 500, p0: 0, p1: 100});
  assert.deepEqual(
      panWindow({t0: 400, t1: 900, p0: 0, p1: 50}, 1, 1, whole), {t0: 500, t1: 1000, p0: 50, p1: 100});
});

test("Window: all of it is null in the state", () => {
  assert.deepEqual(windowState(whole, whole), {t0: null, t1: null, p0: null, p1: null});
});
