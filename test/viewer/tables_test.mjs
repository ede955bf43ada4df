// Tables, flame trees, comparison.
import assert from "node:assert/strict";
import test from "node:test";

import {codePath} from "../../src/report/viewer/code_tab.js";
import {joinGroups} from "../../src/report/viewer/compare_rows.js";
import {buildFlame, layoutFlame, nodeOfPath, searchFlame} from "../../src/report/viewer/flame_tree.js";
import {RunModel} from "../../src/report/viewer/report.js";
import {brushedSites} from "../../src/report/viewer/sites_tab.js";
import {rateOf} from "../../src/report/viewer/strips.js";
import {nextSort, orderRows} from "../../src/report/viewer/table_model.js";

import {makeRun} from "./make_report.mjs";

function table() {
  const names = ["beta", "Alpha", "gamma", "delta"];
  const values = [3, NaN, 7, 3];
  return {
    rows: 4,
    key: (row) => names[row],
    search: (row) => `${names[row]} site${row}`,
    keep: (row) => row !== 9,
    columns: [
      {
        id: "name",
        title: "Name",
        hint: "",
        kind: "text",
        width: 0,
        value: (row) => names[row],
        text: (row) => names[row]
      },
      {
        id: "value",
        title: "Value",
        hint: "",
        kind: "number",
        width: 0,
        value: (row) => values[row],
        text: (row) => String(values[row])
      },
    ],
  };
}

test("Table: numbers sort both ways, unknown ones last, equal ones as they were", () => {
  assert.deepEqual(orderRows(table(), "-value", ""), [2, 0, 3, 1]);
  assert.deepEqual(orderRows(table(), "value", ""), [0, 3, 2, 1]);
});

test("Table: names sort without regard to case", () => {
  assert.deepEqual(orderRows(table(), "name", ""), [1, 0, 3, 2]);
});

test("Table: every word of a search must occur", () => {
  assert.deepEqual(orderRows(table(), "name", "A site"), [1, 0, 3, 2]);
  assert.deepEqual(orderRows(table(), "name", "ta site0"), [0]);
  assert.deepEqual(orderRows(table(), "name", "nothing"), []);
});

test("Table: a press on a head begins with the most, then turns", () => {
  const [name, value] = table().columns;
  assert.equal(nextSort("name", value), "-value");
  assert.equal(nextSort("-value", value), "value");
  assert.equal(nextSort("-value", name), "name");
});

/** main -> {a -> c, b -> c}, and main itself. */
function paths() {
  const path = (...names) => names.map((name) => ({name, detail: `${name}.c`}));
  return [
    {path: path("main", "a", "c"), value: 5, row: 0},
    {path: path("main", "b", "c"), value: 3, row: 1},
    {path: path("main"), value: 2, row: 2},
    {path: path("main", "a", "d", "c"), value: 4, row: 3},
    {path: path("other"), value: 0, row: 4},
  ];
}

test("Flame: values add up along the paths", () => {
  const root = buildFlame(paths(), "callees", "all");
  assert.equal(root.value, 14);
  const [main] = root.children;
  assert.equal(root.children.length, 1);
  assert.equal(main.value, 14);
  assert.equal(main.self, 2);
  assert.deepEqual(main.children.map((child) => [child.name, child.value]), [["a", 9], ["b", 3]]);
});

test("Flame: inverted it begins with the innermost code", () => {
  const root = buildFlame(paths(), "callers", "all");
  assert.deepEqual(root.children.map((child) => [child.name, child.value]), [["c", 12], ["main", 2]]);
  assert.deepEqual(root.children[0].children.map((child) => child.name).sort(), ["a", "b", "d"]);
});

test("Flame: boxes fill their parents and leave out what is too narrow", () => {
  const root = buildFlame(paths(), "callees", "all");
  const boxes = layoutFlame(root, 0.001);
  const of = (name) => boxes.find((box) => box.node.name === name);
  assert.deepEqual([of("main").x0, of("main").x1], [0, 1]);
  assert.ok(Math.abs(of("b").x0 - 9 / 14) < 1e-12 && Math.abs(of("b").x1 - 12 / 14) < 1e-12);
  assert.equal(layoutFlame(root, 0.5).some((box) => box.node.name === "b"), false);
});

test("Flame: zoomed, ancestors are as wide as all", () => {
  const root = buildFlame(paths(), "callees", "all");
  const node = nodeOfPath(root, "0.1");
  assert.equal(node.name, "b");
  assert.deepEqual(
      layoutFlame(node, 0).map((box) => [box.node.name, box.x0, box.x1]),
      [["all", 0, 1], ["main", 0, 1], ["b", 0, 1], ["c", 0, 1]]);
  assert.equal(nodeOfPath(root, "0.99.1").name, "main");
});

test("Flame: a search counts each path once", () => {
  const root = buildFlame(
      [...paths(), {path: [{name: "c", detail: ""}, {name: "c", detail: ""}], value: 6, row: 5}], "callees",
      "all");
  const found = searchFlame(root, "C");
  assert.equal(found.value, 20, "places end in .c, so that all are found");
  const only = searchFlame(
      buildFlame(
          [
            {path: [{name: "xc", detail: ""}, {name: "c", detail: ""}], value: 6, row: 0},
            {path: [{name: "y", detail: ""}], value: 1, row: 1}
          ],
          "callees", "all"),
      "c");
  assert.equal(only.value, 6);
  assert.equal(only.nodes.size, 2);
  assert.equal(searchFlame(root, "").value, 0);
});

test("Code: a path goes from the module to the place", () => {
  const made = makeRun({samples: 10});
  const names = codePath(new RunModel(made.run, 0), 0).map((frame) => frame.name);
  assert.deepEqual(names, ["libm.so.6", "kernel_0", "inlined_0", "inline.h:7"]);
});

test("Compare: groups join by their key, and those of one run alone stay", () => {
  const first = new RunModel(makeRun({samples: 10}).run, 0);
  const names = [
    "make_index_nodes", "make_matrix_blocks",
    ...Array.from({length: 10}, (_, i) => (i === 0 ? "newcomer" : first.groupName(i + 2)))
  ];
  const second = new RunModel(makeRun({samples: 10, seed: 8, names}).run, 1);
  const rows = joinGroups(first, second);
  const of = (key) => rows.find((row) => row.key === `site:${key}`);
  assert.deepEqual([of("make_matrix_blocks").a, of("make_matrix_blocks").b], [0, 1]);
  assert.deepEqual([of("make_index_nodes").a, of("make_index_nodes").b], [1, 0]);
  assert.deepEqual([of("newcomer").a, of("newcomer").b], [-1, 2]);
  assert.deepEqual([of("make_edges").a, of("make_edges").b], [2, -1]);
  assert.equal(rows.length, 13);
});

test("Strips: bins taken together keep the mean rate", () => {
  assert.deepEqual([...rateOf([1, 3, 0, 4], 0.5, 2)], [4, 4]);
});

test("Sites: those that are not told apart by time are one more", () => {
  const {run} = makeRun({samples: 10});
  const bins = run.allocation_bins;
  bins.site.push(-1, -1);
  bins.bin.push(0, 511);
  bins.allocations.push(3, 4);
  bins.bytes.push(300, 400);
  const sites = run.allocation_sites.stack.length;
  const {values, note} = brushedSites(run, "bytes", {from: 0, to: run.end_ns});
  assert.equal(values.length, sites + 1);
  assert.equal(values[sites], 700);
  assert.ok(Math.abs(values[5] - run.allocation_sites.bytes[5]) < 1e-6);
  assert.match(note, /together/);
  const half = brushedSites(run, "allocations", {from: 0, to: run.end_ns / 2});
  assert.equal(half.values[sites], 3);
});
