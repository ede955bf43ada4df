"""Where pages lie and who touched them first, held against what the kernel told the workload."""

import csv
import io
import json
import sqlite3
import subprocess
import time
import unittest
from collections import Counter, defaultdict

from harness import (HEIMDALLR, TIMEOUT_S, TRACE_DUMP, Recording, SystemTest, Truth, address, losses,
                     records, workload)
from test_placement import need_nodes

PAGE = 4096
# Sizes of the blocks by which touch_pages marks its steps.
MARKS = {10001: "touched", 10002: "freed"}


class PageNodes(SystemTest):
    def setUp(self):
        super().setUp()
        need_nodes()

    def looks(self, trace):
        """Time of each look -> its placements, of a trace that may still grow."""
        looks = defaultdict(list)
        for record in self.print_growing(trace, "--type", "placement"):
            looks[record["time_ns"]].append(record)
        return looks

    def print_growing(self, trace, *options):
        run = self.run_command([TRACE_DUMP, "print", "--json", *options, trace])
        # The last line may be cut where the trace is.
        return [json.loads(line) for line in run.stdout.splitlines() if line.endswith(b"}")]

    def marks(self, trace):
        """Time of each step of the workload."""
        return {MARKS[record["size"]]: record["time_ns"]
                for record in self.print_growing(trace, "--type", "allocation")
                if record["size"] in MARKS}

    def wait_for_look(self, trace, mark):
        """Until a look after this step of the workload is in the trace."""
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            since = self.marks(trace).get(mark)
            if since is not None and any(at > since for at in self.looks(trace)):
                return
        self.fail(f"no look after the block was {mark}")

    def record_steps(self, pages, *options):
        """touch_pages, which is given time to be looked at after each step."""
        trace = self.folder / "t.htrace"
        process = self.start([HEIMDALLR, *options, "-o", trace, "--", workload("touch_pages"),
                              pages], stdin=subprocess.PIPE)
        output = b""
        for step, mark in ((1, "touched"), (2, "freed")):
            for line in process.stdout:
                output += line
                if f"step {step}" in line.decode():
                    break
            self.wait_for_look(trace, mark)
            process.stdin.write(b"\n")
            process.stdin.flush()
        rest, errors = process.communicate(timeout=TIMEOUT_S)
        run = Recording(process.returncode, output + rest, errors, trace)
        self.assert_status(run, 0)
        self.assert_whole(trace)
        return run

    def pages_in(self, look, first, end):
        """Pages of a look in a range, by node, and what they stand for."""
        pages = Counter()
        for record in look:
            begin = max(address(record), first)
            behind = min(address(record) + record["size"], end)
            if begin < behind:
                pages[record["node"]] += (behind - begin) // PAGE * record["weight"]
        return pages

    def objects(self, trace, *options):
        run = self.run_command([TRACE_DUMP, "objects", "--json", *options, trace])
        self.assert_status(run, 0)
        return json.loads(run.stdout)["objects"]

    def block(self, trace, *options):
        """The row of the block, which MakeBlock made."""
        rows = [row for row in self.objects(trace, *options)
                if row.get("site", {}).get("function") == "MakeBlock"]
        self.assertEqual(len(rows), 1, rows)
        return rows[0]


class Looks(PageNodes):
    def test_count_the_touched_pages_of_a_block_until_it_is_freed(self):
        run = self.record_steps(3000, "--page-nodes=0.02")
        truth = run.truth
        first, end = truth.objects["block"]
        nodes = {int(name[4:]): count for name, count in truth.numbers.items()
                 if name.startswith("node")}
        if not nodes:
            self.skipTest("this kernel has no /proc/PID/numa_maps")
        self.assertEqual(sum(nodes.values()), 1500 + 750)  # as the workload touched them
        self.assertEqual(truth.numbers["anon"], 1500 + 750)

        marks, looks = self.marks(run.trace), self.looks(run.trace)
        freed = min(record["time_ns"] for record in records(run.trace, "--type", "deallocation")
                    if address(record) == first)
        while_touched = [at for at in looks if marks["touched"] < at < freed]
        afterwards = [at for at in looks if at > marks["freed"]]
        self.assertGreater(len(while_touched), 0)
        self.assertGreater(len(afterwards), 0)
        # A look goes on for a while; the last one of a step may end in the next.
        for at in while_touched[:-1] or while_touched:
            self.assertEqual(self.pages_in(looks[at], first, end), nodes)
        for at in afterwards:
            self.assertEqual(self.pages_in(looks[at], first, end), {})

    def test_of_much_memory_are_of_a_part_that_stands_for_all(self):
        run = self.record_steps(60_000, "--page-nodes=0.05")
        first, end = run.truth.objects["block"]
        touched = run.truth.numbers.get("anon") or self.skipTest("no /proc/PID/numa_maps")
        marks, looks = self.marks(run.trace), self.looks(run.trace)
        freed = min(record["time_ns"] for record in records(run.trace, "--type", "deallocation")
                    if address(record) == first)
        at = next(at for at in looks if marks["touched"] < at < freed)
        self.assertGreater(looks[at][0]["weight"], 1.5)
        self.assertEqual(len({record["weight"] for record in looks[at]}), 1)
        # Stretches of 64 pages, every few of them: a block of so many is hit nearly evenly.
        estimate = sum(self.pages_in(looks[at], first, end).values())
        self.assertAlmostEqual(estimate / touched, 1, delta=0.05)

    def test_of_processes_that_end_meanwhile_are_no_errors(self):
        for command in (["fork_tree", "5", "500"], ["short_threads"], ["exec_chain", "20"]):
            with self.subTest(command=command):
                run = self.record([workload(command[0]), *command[1:]],
                                  ["--page-nodes=0.01", "--force"])
                self.assert_status(run, 0)
                self.assert_whole(run.trace)
                self.assertNotIn(b"not known where pages lay", run.stderr)

    def test_are_made_only_when_asked_for(self):
        run = self.record([workload("touch_pages"), 10])
        self.assert_status(run, 0)
        self.assertEqual(list(records(run.trace, "--type", "placement")), [])

    def test_refuse_an_interval_that_is_none(self):
        for text in ("0", "-1", "soon", "1e9"):
            with self.subTest(text):
                run = self.record(["true"], [f"--page-nodes={text}"])
                self.assert_status(run, 125)
                self.assert_one_line(run.stderr, "--page-nodes")


class FirstTouch(PageNodes):
    def test_is_by_the_thread_and_the_processor_that_touched(self):
        run = self.record_steps(1000, "--page-nodes=0.02", "--faults")
        numbers = run.truth.numbers
        first, end = run.truth.objects["block"]
        faults = [record for record in records(run.trace, "--type", "fault")
                  if first <= address(record) < end]
        self.assertEqual(len({address(record) // PAGE for record in faults}), 750)
        self.assertEqual({record["tid"] for record in faults}, {numbers["tid"]})
        self.assertEqual({record["cpu"] for record in faults}, {numbers["cpu"]})
        self.assertEqual(losses(run.trace)["ring_overflow"], 0)

        touch = self.block(run.trace)["first_touch"]
        self.assertEqual(touch["threads"], [{"tid": numbers["tid"], "faults": len(faults)}])
        self.assertEqual(touch["cpus"], [{"cpu": numbers["cpu"], "faults": len(faults)}])
        self.assertEqual(sum(node["faults"] for node in touch["nodes"]), len(faults))
        self.assert_node_has_cpu(touch["nodes"][0]["node"], numbers["cpu"])
        self.assert_all_agree(run, faults)

    def assert_node_has_cpu(self, node, cpu):
        path = f"/sys/devices/system/node/node{node}/cpulist"
        with open(path) as file:
            ranges = [part.split("-") for part in file.read().strip().split(",")]
        self.assertTrue(any(int(part[0]) <= cpu <= int(part[-1]) for part in ranges), (path, cpu))

    def assert_all_agree(self, run, faults):
        """Text, JSON, exports and a database say what the records say."""
        trace = run.trace
        first, end = run.truth.objects["block"]
        lived = [(record["time_ns"], record["type"])
                 for record in records(trace, "--type", "allocation,deallocation")
                 if address(record) == first]
        self.assertEqual([kind for _, kind in lived], ["allocation", "deallocation"])
        pages = Counter()
        printed = list(records(trace, "--type", "placement"))
        for record in printed:
            if lived[0][0] <= record["time_ns"] <= lived[1][0]:
                pages.update(self.pages_in([record], first, end))
        shares = {row["node"]: row["share"] for row in self.block(trace)["pages"]}
        self.assertEqual(set(shares), set(pages))
        for node, count in pages.items():
            self.assertAlmostEqual(shares[node], count / sum(pages.values()), places=6)

        text = self.run_command([TRACE_DUMP, "objects", "--limit", "1000", trace]).stdout.decode()
        heads, *lines = text.splitlines()[1:]
        line = next(line for line in lines if "MakeBlock" in line)
        column = heads.index("pages on node")
        node, count = pages.most_common(1)[0]
        self.assertTrue(line[column:].startswith(f"{node}: {100 * count / sum(pages.values()):.0f} %"),
                        line)
        column = heads.index("first touch by")
        self.assertRegex(line[column:], rf"node \d+: 100 %; CPU {run.truth.numbers['cpu']}: 100 %; "
                                        rf"thread {run.truth.numbers['tid']}: 100 %")

        exported = self.run_command([TRACE_DUMP, "export", "--format", "csv", "--what",
                                     "placements", trace]).stdout.decode()
        rows = list(csv.DictReader(io.StringIO(exported, newline="")))
        self.assertEqual([(int(row["time_ns"]), row["address"], int(row["size"]), int(row["node"]))
                          for row in rows],
                         [(record["time_ns"], record["address"], record["size"], record["node"])
                          for record in printed])
        self.assert_database_agrees(trace, printed, faults)

    def assert_database_agrees(self, trace, printed, faults):
        database = self.folder / "runs.sqlite"
        converted = self.run_command([TRACE_DUMP, "convert", "-q", "-o", database, trace])
        self.assert_status(converted, 0)
        self.assertEqual(self.block(database), self.block(trace))
        both = [self.run_command([TRACE_DUMP, "print", "--json", "--type", "placement", source])
                for source in (trace, database)]
        self.assertEqual(both[0].stdout, both[1].stdout)
        connection = sqlite3.connect(database)
        self.addCleanup(connection.close)
        bytes_by_node = Counter()
        for record in printed:
            bytes_by_node[record["node"]] += record["size"] * record["weight"]
        self.assertEqual(dict(connection.execute(
            "SELECT node, sum(bytes) FROM placement_list GROUP BY node")), bytes_by_node)
        self.assertEqual(connection.execute(
            "SELECT count(*) FROM fault_list WHERE tid = ? AND cpu = ? AND address BETWEEN ? AND ?",
            (faults[0]["tid"], faults[0]["cpu"], min(map(address, faults)),
             max(map(address, faults)))).fetchone(), (len(faults),))


if __name__ == "__main__":
    unittest.main()
