"""trace-dump export: each format is read by a program of others and compared with trace-dump print."""

import csv
import gzip
import io
import json
import os
import re
import shutil
import signal
import subprocess
import time
import unittest
from collections import Counter
from pathlib import Path

from harness import BUILD, ROOT, TRACE_DUMP, SystemTest, address, need, need_root, records, workload

WRITE_TRACE = BUILD / "bin" / "write-export-trace"
WRITE_STACKS = BUILD / "bin" / "write-stacks-trace"
SCRIPTS = ROOT / "test" / "export"
STREAM_FORMATS = ("pprof", "collapsed", "speedscope", "perfetto", "csv", "jsonl", "perf-script")


def need_node(*packages):
    """Path of node; skips the test where it or a package of npm is missing."""
    node = need("node")
    folder = os.environ.get("HEIMDALLR_NODE")
    if not folder:
        raise unittest.SkipTest("HEIMDALLR_NODE is not set (tools/dev test does)")
    for package in packages:
        if not (Path(folder) / "node_modules" / package).is_dir():
            raise unittest.SkipTest(f"{package} of npm is not installed in {folder}")
    return node


class Export(SystemTest):
    def synthetic(self, parts="all", scale=1):
        trace = self.folder / f"{parts}.htrace"
        subprocess.run([WRITE_TRACE, trace, parts, str(scale)], check=True)
        return trace

    def stacks(self, count, depth):
        """A trace of so many allocations, each through another call stack."""
        trace = self.folder / "stacks.htrace"
        subprocess.run([WRITE_STACKS, trace, str(count), str(depth)], check=True)
        return trace

    def export(self, trace, form, *options, status=0):
        """What is written to standard output."""
        run = self.run_command([TRACE_DUMP, "export", "--format", form, *options, trace])
        self.assertEqual(run.returncode, status, run.stderr)
        return run.stdout

    def export_file(self, trace, form, *options, name=None):
        path = self.folder / (name or f"out.{form}")
        self.export(trace, form, "-o", path, *options)
        return path

    def node(self, script, *arguments, packages=()):
        node = need_node(*packages)
        run = self.run_command([node, SCRIPTS / script, *arguments])
        self.assertEqual(run.returncode, 0, run.stderr.decode(errors="replace"))
        return json.loads(run.stdout)

    def dataset(self, trace, *options):
        """Columns of a Parquet export as two readers see them, which must agree."""
        need("zstd")
        folder = self.folder / "dataset"
        self.export(trace, "parquet", "-o", folder, *options)
        return self.read_dataset(folder)

    def read_dataset(self, folder):
        read = self.node("read_parquet.mjs", folder, packages=("@duckdb/node-api", "hyparquet"))
        duckdb, hyparquet = read["duckdb"], read["hyparquet"]
        self.assertEqual(duckdb["rows"], hyparquet["rows"])
        for name, column in duckdb["columns"].items() if int(duckdb["rows"]) else ():
            other = hyparquet["columns"][name]
            self.assertEqual(column["present"], other["present"], name)
            if column["present"] == "0":
                continue
            self.assertAlmostEqual(float(column["sum"]), float(other["sum"]), msg=name,
                                   delta=abs(float(other["sum"])) * 1e-9)
            if re.fullmatch(r"-?[0-9.e+]+", column["min"]):
                self.assertEqual(float(column["min"]), float(other["min"]), name)
                self.assertEqual(float(column["max"]), float(other["max"]), name)
        return read

    def recorded(self, command, *options):
        recording = self.record(command, options)
        self.assert_status(recording, 0)
        return recording.trace


def access_sums(trace, *options):
    """What accesses add up to, from trace-dump print."""
    sums = Counter()
    for record in records(trace, "--type", "access", *options):
        estimate = record["weight"] * record["period"]
        loads = record.get("kind") in ("load", "load_store")
        stores = record.get("kind") in ("store", "load_store")
        sums["records"] += 1
        sums["load"] += estimate if loads else 0
        sums["store"] += estimate if stores else 0
        sums["latency"] += estimate * record.get("latency", 0)
        sums["address"] += address(record)
        sums["time"] += record["time_ns"]
    return sums


def allocation_sums(trace):
    sums = Counter()
    for record in records(trace, "--type", "allocation"):
        if "address" in record:
            sums["count"] += 1
            sums["bytes"] += record["size"]
    return sums


class Tables(Export):
    def rows(self, trace, *options):
        text = self.export(trace, "csv", *options).decode()
        self.assertTrue(text.endswith("\r\n"))
        from_csv = list(csv.DictReader(io.StringIO(text, newline="")))
        from_json = [json.loads(line) for line in self.export(trace, "jsonl", *options).splitlines()]
        self.assertEqual(len(from_csv), len(from_json))
        for one, other in zip(from_csv, from_json):
            present = {name: value for name, value in one.items() if value != ""}
            as_text = {name: str(value).lower() if isinstance(value, bool) else value
                       for name, value in other.items()}
            self.assertEqual(present.keys(), as_text.keys())
            for name, value in as_text.items():
                if isinstance(value, float):
                    self.assertEqual(float(present[name]), value)
                else:
                    self.assertEqual(present[name], str(value))
        return from_json

    def check_accesses(self, trace):
        rows = self.rows(trace)
        printed = list(records(trace, "--type", "access"))
        self.assertEqual(len(rows), len(printed))
        same = {"time_ns": "time_ns", "pid": "pid", "tid": "tid", "cpu": "cpu", "stream": "stream",
                "kind": "kind", "address": "address", "size": "size", "ip": "ip",
                "direct": "direct", "tick": "tick", "period": "period",
                "latency": "latency_cycles", "data_source": "data_source"}
        for row, record in zip(rows, printed):
            for printed_name, name in same.items():
                self.assertEqual(row.get(name), record.get(printed_name), name)

    def test_hold_the_accesses_that_print_shows(self):
        self.check_accesses(self.synthetic())

    def test_hold_the_accesses_of_a_real_program(self):
        self.check_accesses(self.recorded([workload("threads")], "-F", "2000"))

    def test_hold_every_allocation(self):
        trace = self.synthetic()
        rows = self.rows(trace, "--what", "allocations")
        printed = list(records(trace, "--type", "allocation,deallocation"))
        key = lambda row: (row["time_ns"], row["tid"], row["call"], row.get("address"),
                           row.get("size"), row.get("caller"))
        self.assertEqual([key(row) for row in rows], [key(record) for record in printed])
        self.assertIn("main;make_grid", {row.get("stack") for row in rows})

    def test_say_which_memory_served_an_allocation(self):
        rows = self.rows(self.synthetic(), "--what", "allocations")
        served = Counter((row["event"], row.get("memory")) for row in rows)
        # Of the first process 16 blocks, the last four of which had no room; 100 of its child.
        self.assertEqual(served, {("allocation", "pmem:/mnt/<b>"): 12, ("allocation", "fallback"): 4,
                                  ("allocation", "default"): 100, ("deallocation", None): 104})

    def test_hold_where_pages_lay(self):
        trace = self.synthetic()
        rows = self.rows(trace, "--what", "placements")
        printed = list(records(trace, "--type", "placement"))
        self.assertEqual(len(rows), 32)
        self.assertEqual(rows, [{name: record[name] for name in row}
                                for row, record in zip(rows, printed)])
        self.assertEqual({tuple(row) for row in rows},
                         {("time_ns", "pid", "address", "size", "node", "weight")})
        late = self.rows(trace, "--what", "placements", "--time", "0.0000015:1", "--address",
                         "0x600000000000:0x600000020001")
        self.assertEqual([(row["time_ns"], row["node"], row["weight"]) for row in late],
                         [(2000, 0, 2), (2000, 1, 2)])

    def test_sum_by_object_and_by_code_to_all_accesses(self):
        trace = self.synthetic()
        for table in ("objects", "code"):
            rows = self.rows(trace, "--what", table)
            self.assertEqual(sum(row["loads"] for row in rows), 800)
            self.assertEqual(sum(row["stores"] for row in rows), 200)
            self.assertEqual(sum(row["faults"] for row in rows), 16)

    def test_hold_faults_and_losses(self):
        trace = self.synthetic()
        self.assertEqual(len(self.rows(trace, "--what", "faults")), 16)
        losses = self.rows(trace, "--what", "losses")
        self.assertEqual([(row["kind"], row["count"]) for row in losses], [("ring_overflow", 7)])

    def test_can_be_of_a_part(self):
        trace = self.synthetic()
        options = ("--time", "0.001:0.002", "--address", "0x600000000000:0x600000100000")
        rows = self.rows(trace, *options)
        printed = list(records(trace, "--type", "access", *options))
        self.assertGreater(len(rows), 0)
        self.assertLess(len(rows), 101)
        self.assertEqual([row["tick"] for row in rows], [record["tick"] for record in printed])
        self.assertEqual(self.rows(trace, "--pid", "4002"), [])

    def test_hold_hostile_names_as_text(self):
        text = self.export(self.synthetic(), "csv")
        text.decode()
        for control in range(32):
            if control not in (10, 13):
                self.assertNotIn(bytes([control]), text)
        self.assertEqual(text.count(b"\n"), 1001)


class Parquet(Export):
    def check(self, trace, read):
        sums = access_sums(trace)
        columns = read["duckdb"]["columns"]
        self.assertEqual(int(read["duckdb"]["rows"]), sums["records"])
        self.assertEqual(int(float(columns["time_ns"]["sum"])), sums["time"])
        self.assertEqual(int(columns["address"]["sum"].split(".")[0]), sums["address"])

    def test_is_read_by_others_with_the_same_sums(self):
        trace = self.synthetic()
        read = self.dataset(trace)
        self.check(trace, read)
        self.assertEqual(read["partitions"], [{"run": "all", "rank": "3"}])
        self.assertEqual(read["duckdb"]["columns"]["latency_cycles"]["present"], "800")

    def test_of_real_programs(self):
        need("zstd")
        folder = self.folder / "dataset"
        for command in (["threads"], ["matrix"]):
            trace = self.recorded([workload(command[0]), *command[1:]], "-F", "2000")
            renamed = trace.rename(self.folder / f"{command[0]}.htrace")
            read = self.dataset(renamed)
            self.assertGreater(int(read["duckdb"]["rows"]), 0)
            self.check(renamed, read)
            shutil.rmtree(folder)

    def test_has_bounds_that_hold(self):
        read = self.dataset(self.synthetic(scale=100))
        self.assertEqual(read["duckdb"]["rows"], "100000")
        for bound in read["bounds"]:
            column = read["duckdb"]["columns"][bound["name"]]
            self.assertEqual(int(bound["absent"]) + int(column["present"]), 100000)
        by_name = {bound["name"]: bound for bound in read["bounds"]}
        self.assertEqual(by_name["time_ns"]["min"], "1000")
        self.assertEqual(by_name["time_ns"]["max"], str(1000 + 99999 * 10000))
        self.assertEqual(by_name["latency_cycles"]["absent"], "20000")

    def test_takes_several_recordings_into_one_folder(self):
        need("zstd")
        folder = self.folder / "dataset"
        traces = [self.synthetic("accesses"), self.synthetic("all", 3)]
        self.run_command([TRACE_DUMP, "export", "-f", "parquet", "-o", folder, *traces], check=True)
        read = self.read_dataset(folder)
        self.assertEqual(read["duckdb"]["rows"], "4000")
        self.assertEqual(read["files"], 2)
        self.assertEqual([row["run"] for row in read["partitions"]], ["accesses", "all"])

    def test_of_a_database_is_that_of_its_trace(self):
        trace = self.synthetic()
        self.run_command([TRACE_DUMP, "convert", "-q", "-o", "runs.sqlite", trace], check=True)
        self.check(trace, self.dataset(self.folder / "runs.sqlite", "--run", "all"))

    def test_holds_each_table(self):
        trace = self.synthetic()
        for table, rows in (("allocations", 220), ("faults", 16), ("losses", 1), ("code", 8),
                            ("objects", 116), ("placements", 32)):
            with self.subTest(table=table):
                need("zstd")
                folder = self.folder / table
                self.export(trace, "parquet", "--what", table, "-o", folder)
                self.assertEqual(self.read_dataset(folder)["duckdb"]["rows"], str(rows))

    def test_of_nothing_has_its_columns(self):
        read = self.dataset(self.synthetic("empty"))
        self.assertEqual(read["duckdb"]["rows"], "0")
        self.assertIn("object_name", read["duckdb"]["columns"])

    def test_holds_stacks_as_csv_does(self):
        trace = self.stacks(2000, 30)
        read = self.dataset(trace, "--what", "allocations")
        text = self.export(trace, "csv", "--what", "allocations").decode()
        stacks = [row["stack"] for row in csv.DictReader(io.StringIO(text, newline=""))]
        column = read["duckdb"]["columns"]["stack"]
        self.assertEqual(int(column["present"]), sum(map(bool, stacks)))
        self.assertEqual(column["min"], min(filter(None, stacks)))
        self.assertEqual(column["max"], max(stacks))

    def test_does_not_write_over_parts(self):
        trace = self.synthetic()
        self.export(trace, "parquet", "-o", self.folder / "d")
        run = self.run_command([TRACE_DUMP, "export", "-f", "parquet", "-o", "d", trace])
        self.assertEqual(run.returncode, 1)
        self.assertIn(b"is there already", run.stderr)


class Pprof(Export):
    def pprof(self, path, *options):
        go = need("go")
        environment = dict(os.environ, HOME=str(self.folder), PPROF_BINARY_PATH="/nonexistent")
        run = self.run_command([go, "tool", "pprof", *options, path], env=environment)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout.decode()

    def total(self, path, value):
        # The total of a value in its own unit: "Samples" of -raw hold each of them.
        raw = self.pprof(path, "-raw")
        kinds = re.search(r"^Samples:\n(.*)$", raw, re.M)[1].split()
        index = [kind.split("/")[0] for kind in kinds].index(value)
        total = 0
        for line in raw[raw.index("Samples:"):raw.index("Locations")].splitlines():
            values = re.match(r"\s*([\d ]+): [\d ]+$", line)
            if values:
                total += int(values[1].split()[index])
        return total

    def check_totals(self, trace):
        path = self.export_file(trace, "pprof")
        accesses, allocations = access_sums(trace), allocation_sums(trace)
        # Each of some stacks is rounded.
        for value, kind in (("loads", "load"), ("stores", "store")):
            self.assertAlmostEqual(self.total(path, value), accesses[kind],
                                   delta=max(2, accesses[kind] * 1e-3))
        self.assertEqual(self.total(path, "alloc_space"), allocations["bytes"])
        self.assertEqual(self.total(path, "alloc_objects"), allocations["count"])
        return path

    def test_has_the_sums_that_print_gives(self):
        trace = self.synthetic()
        path = self.check_totals(trace)
        self.assertEqual(self.total(path, "inuse_space"), 12 * 65536)
        self.assertEqual(self.total(path, "inuse_objects"), 12)
        self.assertEqual(self.total(path, "latency"), access_sums(trace)["latency"])

    def test_of_real_programs(self):
        for command in (["threads"], ["fork_tree", "5", "500"]):
            with self.subTest(command=command):
                trace = self.recorded([workload(command[0]), *command[1:]], "-F", "2000", "--faults")
                self.check_totals(trace)
                trace.unlink()

    def test_shows_functions_inlining_mappings_and_labels(self):
        path = self.export_file(self.synthetic(), "pprof")
        raw = self.pprof(path, "-raw")
        self.assertIn("sweep(double*, int) sweep.c:20", raw)
        self.assertRegex(raw, r"1: 0x555555554000/0x555555564000/0x0 /opt/my solver 1234ab \[FN\]")
        self.assertRegex(raw, r"sweep\(double\*, int\) sweep.c:20:?0? s=0\n\s+main main.c:8")
        top = self.pprof(path, "-top", "-sample_index=alloc_space")
        self.assertRegex(top, r"516.69kB.*make_grid")
        tags = self.pprof(path, "-tags", "-sample_index=loads")
        for part in ("heap", "make_grid (grid.c:11)", "remote_memory", "sol ver (4000)",
                     "wor\\x0aker;\\xff (4001)"):
            self.assertIn(part, tags)

    def test_has_no_latency_where_no_source_tells(self):
        trace = self.recorded([workload("triad")], "-F", "1000")
        raw = self.pprof(self.export_file(trace, "pprof"), "-raw")
        self.assertNotIn("latency", raw)

    def test_of_nothing_is_read(self):
        for parts in ("empty", "accesses", "allocations", "faults"):
            with self.subTest(parts=parts):
                path = self.export_file(self.synthetic(parts), "pprof")
                self.pprof(path, "-raw")


class Flames(Export):
    def counts(self, trace, value):
        stacks = Counter()
        for line in self.export(trace, "collapsed", "--value", value).decode().splitlines():
            stack, count = line.rsplit(" ", 1)
            stacks[stack] += int(count)
        return stacks

    def test_collapsed_sums_to_what_print_gives(self):
        trace = self.synthetic()
        accesses, allocations = access_sums(trace), allocation_sums(trace)
        for value, total in (("bytes", allocations["bytes"]), ("allocations", allocations["count"]),
                             ("live", 12 * 65536), ("loads", accesses["load"]),
                             ("stores", accesses["store"])):
            with self.subTest(value=value):
                self.assertEqual(self.counts(trace, value).total(), total)
        self.assertEqual(self.counts(trace, "live")["main;make_grid"], 4 * 65536)

    def test_collapsed_time_is_that_of_the_ticks(self):
        trace = self.recorded([workload("matrix")], "-F", "1000")
        ticks = {record["tick"]: record["period"] for record in records(trace, "--type", "access")}
        self.assertAlmostEqual(self.counts(trace, "time").total(), sum(ticks.values()),
                               delta=len(ticks))

    def test_are_imported_by_speedscope(self):
        trace = self.synthetic()
        files = [self.export_file(trace, "speedscope", name="a.speedscope"),
                 self.export_file(trace, "perf-script", name="b.perf"),
                 self.export_file(trace, "collapsed", "--value", "live", name="c.txt"),
                 self.export_file(trace, "pprof", name="d.pb.gz")]
        chromium = need("chromium")
        results = self.node("read_speedscope.mjs", chromium, *files,
                            packages=("playwright-core", "speedscope"))
        ways = ["speedscope json file", "linux perf script", "collapsed stack", "pprof file"]
        for result, way in zip(results, ways):
            self.assertNotIn("failed", result)
            self.assertTrue(any(way in message for message in result["messages"]), result["messages"])
        speedscope, perf, collapsed, pprof = [result["saved"]["profiles"] for result in results]
        self.assertEqual({profile["name"]: profile["endValue"] for profile in speedscope},
                         {"allocated bytes": 1053376, "bytes never freed": 12 * 65536,
                          "allocations": 116, "loads (estimated)": 800 * 1009,
                          "stores (estimated)": 200 * 1009})
        self.assertEqual(len(perf), 2)  # threads
        self.assertEqual(collapsed[0]["endValue"], 12 * 65536)
        self.assertEqual(pprof[0]["endValue"], 1053376)

    def test_speedscope_of_nothing_is_json(self):
        for parts in ("empty", "accesses", "allocations"):
            document = json.loads(self.export(self.synthetic(parts), "speedscope"))
            self.assertEqual(document["$schema"],
                             "https://www.speedscope.app/file-format-schema.json")


class PerfScript(Export):
    HEAD = re.compile(r"^(\S.*?)\s+(\d+)/(\d+) \[(\d+)\] (\d+)\.(\d{9}): +(\d+) (\S+): +([0-9a-f]+) $")

    def test_has_a_sample_for_each_access(self):
        trace = self.recorded([workload("threads")], "-F", "2000")
        samples = self.export(trace, "perf-script").decode().rstrip("\n").split("\n\n")
        printed = list(records(trace, "--type", "access"))
        self.assertEqual(len(samples), len(printed))
        start = None
        for sample, record in zip(samples, printed):
            head, *code = sample.split("\n")
            comm, pid, tid, cpu, seconds, ns, period, event, data = self.HEAD.match(head).groups()
            self.assertEqual((int(pid), int(tid), int(cpu)),
                             (record["pid"], record["tid"], record["cpu"]))
            self.assertEqual(int(data, 16), address(record))
            self.assertEqual(int(period), record["period"])
            time = int(seconds) * 1_000_000_000 + int(ns) - record["time_ns"]
            start = start or time
            self.assertEqual(time, start)
            self.assertEqual(event, "cpu-clock:u")
            for line in code:
                self.assertRegex(line, r"^\t *[0-9a-f]+ .+ \(\S+\)$")
                self.assertEqual(int(line.split()[0], 16), address(record, "ip"))


class Perfetto(Export):
    def read(self, trace, *options):
        path = self.export_file(trace, "perfetto", *options)
        schema = os.environ.get("HEIMDALLR_PERFETTO_SCHEMA")
        return self.node("read_perfetto.mjs", path, *([schema] if schema else []),
                         packages=("protobufjs",))

    def test_holds_processes_threads_counters_and_stacks(self):
        trace = self.read(self.synthetic())
        self.assertEqual(trace["processes"]["4000"]["cmdline"], ["./solver", "two words", "<b>\\x0a"])
        self.assertEqual(trace["threads"]["4001"]["thread_name"], "wor\\x0aker;\\xff")
        self.assertEqual(trace["clocks"], {"1": "1700000000000000000", "3": "50000000000",
                                           "6": "50000000000"})
        counters = trace["counters"]
        values = lambda pid, name: [int(value) for _, value in counters[pid][name]]
        self.assertEqual(max(values("4000", "heap")), 16 * 65536)
        self.assertEqual(values("4000", "heap")[-1], 12 * 65536)
        self.assertEqual(sum(values("4000", "sampled loads in 10 ms")), 800)
        self.assertEqual(sum(values("4000", "sampled stores in 10 ms")), 200)
        self.assertEqual(sum(values("4000", "page faults in 10 ms")), 16)
        self.assertEqual(values("0", "lost"), [7])
        self.assertEqual(values("0", "sampling period of loads (events)"), [1009])
        heap = {(sample["pid"], sample["stack"][-1]): sample for sample in trace["heap"]}
        grid = heap["4000", "make_grid"]
        self.assertEqual(grid["stack"], ["main", "make_grid"])
        self.assertEqual((grid["self_allocated"], grid["self_freed"]), (str(8 * 65536), str(4 * 65536)))
        self.assertEqual(grid["modules"], ["/opt/my solver"] * 2)
        self.assertEqual(heap["4002", "make_grid"]["free_count"], "100")
        self.assertEqual(trace["instants"], [])

    def test_holds_accesses_when_asked_for(self):
        synthetic = self.synthetic()
        instants = self.read(synthetic, "--accesses")["instants"]
        printed = list(records(synthetic, "--type", "access"))
        self.assertEqual([int(instant["address"]) for instant in instants],
                         [address(record) for record in printed])
        self.assertEqual({instant["thread"] for instant in instants}, {4000, 4001})
        self.assertIn("make_grid (grid.c:11)", {instant["object"] for instant in instants})

    def test_of_a_real_program_sums_to_what_print_gives(self):
        trace = self.recorded([workload("fork_tree"), "5", "500"], "-F", "2000")
        read = self.read(trace)
        # The heap profile is without what mmap and its kin gave.
        heap = Counter()
        for record in records(trace, "--type", "allocation"):
            if "address" in record and record["call"] not in ("mmap", "mremap", "brk", "sbrk"):
                heap[str(record["pid"])] += record["size"]
        profile = Counter()
        for sample in read["heap"]:
            profile[sample["pid"]] += int(sample["self_allocated"])
        self.assertEqual(profile, heap)

    def test_of_nothing_is_read(self):
        for parts in ("empty", "accesses", "allocations", "faults"):
            with self.subTest(parts=parts):
                self.read(self.synthetic(parts), "--accesses")


class Failures(Export):
    def test_a_cut_trace_is_exported_as_far_as_it_is_good(self):
        whole = self.synthetic("all", 20)
        cut = self.folder / "cut.htrace"
        cut.write_bytes(whole.read_bytes()[:whole.stat().st_size * 2 // 3])
        for form in STREAM_FORMATS:
            with self.subTest(form=form):
                run = self.run_command([TRACE_DUMP, "export", "-f", form, "-o", f"cut.{form}", cut])
                self.assertEqual(run.returncode, 1)
                self.assertEqual(len(run.stderr.splitlines()), 1, run.stderr)
                self.assertIn(b"cut.htrace", run.stderr)
                self.assertGreater((self.folder / f"cut.{form}").stat().st_size, 0)
        gzip.decompress((self.folder / "cut.pprof").read_bytes())
        rows = (self.folder / "cut.jsonl").read_text().splitlines()
        self.assertGreater(len(rows), 0)
        self.assertTrue(all(json.loads(row) for row in rows))
        run = self.run_command([TRACE_DUMP, "export", "-f", "parquet", "-o", "d", cut])
        self.assertEqual(run.returncode, 1)
        self.assertTrue(list((self.folder / "d").rglob("*.parquet")))

    def test_wrong_use_is_told(self):
        trace = self.synthetic()
        for options, part in ((["-f", "xml"], "xml"), (["-f", "csv", "--what", "x"], "--what"),
                              (["-f", "csv", "--value", "live"], "--value"),
                              (["-f", "pprof", "--what", "code"], "--what"),
                              (["-f", "csv", "--accesses"], "--accesses"),
                              (["-f", "parquet"], "-o"), (["-f", "csv", "--time", "2:1"], "--time"),
                              (["-f", "csv", trace], "one recording")):
            with self.subTest(options=options):
                second = self.folder / "second.htrace"
                second.write_bytes(trace.read_bytes())
                run = self.run_command([TRACE_DUMP, "export", *options, second])
                self.assertEqual(run.returncode, 2, run.stderr)
                self.assertIn(part, run.stderr.decode())
                self.assertEqual(run.stdout, b"")

    def test_is_not_written_over_its_own_recording(self):
        trace = self.synthetic()
        content = trace.read_bytes()
        (self.folder / "link").symlink_to(trace)
        for output in (trace, self.folder / "link", f"./{trace.name}"):
            run = self.run_command([TRACE_DUMP, "export", "-f", "csv", "-o", output, trace])
            self.assertEqual(run.returncode, 1)
            self.assertIn(b"would replace the recording", run.stderr)
            self.assertEqual(trace.read_bytes(), content)

    def interrupt(self, number, *options):
        """Exports a long recording and sends a signal when something has been written."""
        trace = self.synthetic("all", 3000)
        before = set(self.folder.rglob("*"))
        process = subprocess.Popen([TRACE_DUMP, "export", *options, trace], cwd=self.folder,
                                   stderr=subprocess.PIPE)
        with process:
            written = lambda: [path for path in set(self.folder.rglob("*")) - before
                               if path.is_file() and path.stat().st_size > 0]
            while not written() and process.poll() is None:
                time.sleep(0.001)
            process.send_signal(number)
        self.assertEqual(process.returncode, -number, "it ended before it could be interrupted")
        self.assertEqual(set(self.folder.rglob("*")), before)

    def test_an_interruption_leaves_no_file(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            for form in ("csv", "perf-script"):
                with self.subTest(number=number, form=form):
                    self.interrupt(number, "-f", form, "-o", f"out.{form}")

    def test_an_interruption_leaves_no_part(self):
        self.interrupt(signal.SIGINT, "-f", "parquet", "-o", "new/dataset")
        (self.folder / "there").mkdir()
        self.interrupt(signal.SIGTERM, "-f", "parquet", "-o", "there")

    def test_a_disk_that_fills_up_keeps_no_part(self):
        need_root()
        place = self.folder / "small"
        place.mkdir()
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place],
                               capture_output=True)
        if mount.returncode != 0:
            self.skipTest(f"cannot mount here: {mount.stderr.decode().strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", place], check=False)
        trace = self.synthetic("all", 1000)
        for options in (["-f", "parquet", "-o", place], ["-f", "parquet", "-o", place / "new"],
                        ["-f", "csv", "-o", place / "out.csv"]):
            with self.subTest(options=options):
                run = self.run_command([TRACE_DUMP, "export", *options, trace])
                self.assertEqual(run.returncode, 1)
                self.assertIn(b"No space left", run.stderr)
                self.assertEqual(list(place.iterdir()), [])

    def test_what_is_no_trace_leaves_no_file(self):
        bad = self.folder / "bad.htrace"
        bad.write_text("no trace")
        for path in (bad, self.folder / "missing.htrace"):
            run = self.run_command([TRACE_DUMP, "export", "-f", "csv", "-o", "out.csv", path])
            self.assertEqual(run.returncode, 1)
            self.assertIn(path.name.encode(), run.stderr)
            self.assertFalse((self.folder / "out.csv").exists())

    def test_a_full_disk_is_told(self):
        run = self.run_command([TRACE_DUMP, "export", "-f", "csv", "-o", "/dev/full",
                                self.synthetic("all", 50)])
        self.assertEqual(run.returncode, 1)
        self.assertIn(b"No space left", run.stderr)

    def test_a_reader_may_go_away(self):
        trace = self.synthetic("all", 50)
        for form in STREAM_FORMATS:
            with self.subTest(form=form):
                run = self.run_command(
                    ["bash", "-c", f"'{TRACE_DUMP}' export -f {form} '{trace}' | head -c 10 >/dev/null;"
                                   " exit ${PIPESTATUS[0]}"])
                self.assertEqual(run.returncode, 0, run.stderr)

    def test_binary_formats_are_not_for_terminals(self):
        need("script")
        trace = self.synthetic()
        for form in ("pprof", "perfetto"):
            run = self.run_command(["script", "-qec", f"'{TRACE_DUMP}' export -f {form} '{trace}'",
                                    "/dev/null"])
            self.assertEqual(run.returncode, 2)
            self.assertIn(b"-o", run.stdout)


class Memory(Export):
    MOST_MIB = 512
    STACKS = 300_000  # more than are told apart

    def peak_mib(self, trace, *options):
        with open(os.devnull, "wb") as nothing:
            process = subprocess.Popen([TRACE_DUMP, "export", *options, trace], stdout=nothing,
                                       cwd=self.folder)
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        return usage.ru_maxrss / 1024

    def test_is_bounded_however_many_call_stacks_there_are(self):
        trace = self.stacks(self.STACKS, 30)
        for options in (["-f", "collapsed"], ["-f", "speedscope"], ["-f", "pprof"],
                        ["-f", "perfetto"], ["-f", "csv", "--what", "allocations"],
                        ["-f", "jsonl", "--what", "allocations"], ["-f", "csv", "--what", "objects"],
                        ["-f", "parquet", "--what", "allocations", "-o", "dataset"]):
            with self.subTest(options=options):
                self.assertLess(self.peak_mib(trace, *options), self.MOST_MIB)

    def test_of_too_many_stacks_no_byte_is_lost(self):
        trace = self.stacks(self.STACKS, 4)
        lines = self.export(trace, "collapsed", "--value", "bytes").decode().splitlines()
        self.assertEqual(sum(int(line.rsplit(" ", 1)[1]) for line in lines),
                         sum(1 + i % 64 for i in range(self.STACKS)))


if __name__ == "__main__":
    unittest.main()
