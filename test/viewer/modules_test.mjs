// The modules as a whole: types, names, and what joining them needs.
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import {existsSync, readdirSync, readFileSync} from "node:fs";
import {join} from "node:path";
import test from "node:test";

import {joinedScript, kViewer, moduleNames} from "./join_page.mjs";

const compiler =
    process.env.HEIMDALLR_NODE ? join(process.env.HEIMDALLR_NODE, "node_modules/typescript/bin/tsc") : "";

test(
    "Modules: pass the type check", {skip: existsSync(compiler) ? false : "no TypeScript in HEIMDALLR_NODE"},
    () => {
      try {
        execFileSync(process.execPath, [compiler, "-p", join(kViewer, "tsconfig.json")], {encoding: "utf8"});
      } catch (error) {
        assert.fail(error.stdout || error.message);
      }
    });

test("Modules: all are listed, those with types alone aside", () => {
  const files =
      readdirSync(kViewer).filter((name) => name.endsWith(".js") && name !== "report_types.js").sort();
  assert.deepEqual([...moduleNames()].sort(), files);
});

test("Modules: each stands behind what it imports", () => {
  const seen = new Set();
  for (const name of moduleNames()) {
    const text = readFileSync(join(kViewer, name), "utf8");
    for (const [, other] of text.matchAll(/^import .* from "\.\/(.*)";$/gm))
      assert.ok(seen.has(other), `${name} imports ${other}, which comes later`);
    seen.add(name);
  }
});

test("Modules: names at the top are unique over all", () => {
  const owners = new Map();
  for (const name of moduleNames()) {
    const text = readFileSync(join(kViewer, name), "utf8");
    for (const [, symbol] of text.matchAll(/^(?:export )?(?:async )?(?:function|class|const|let) (\w+)/gm)) {
      assert.ok(!owners.has(symbol), `${symbol} is in ${owners.get(symbol)} and in ${name}`);
      owners.set(symbol, name);
    }
  }
});

test("Modules: imports and exports have the form that joining takes", () => {
  for (const name of moduleNames()) {
    for (const line of readFileSync(join(kViewer, name), "utf8").split("\n")) {
      if (/^import\b/.test(line))
        assert.match(line, /^import \{[\w, ]+\} from "\.\/\w+\.js";$/, `${name}: ${line}`);
      if (/^export\b/.test(line))
        assert.match(line, /^export (async function|function|class|const) /, `${name}: ${line}`);
    }
  }
});

test("Modules: joined they are one script", () => {
  const script = joinedScript();
  assert.doesNotThrow(() => new Function(script));
  assert.doesNotMatch(script, /^(import|export) /m);
  assert.doesNotMatch(script, /<\/script/i, "the script would end there");
});

test("Modules: nothing is made of text as HTML, nothing is loaded from elsewhere", () => {
  const script = joinedScript();
  assert.doesNotMatch(script, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/);
  assert.doesNotMatch(script, /https?:\/\//);
});
