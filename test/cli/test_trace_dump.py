#!/usr/bin/env python3
"""trace-dump as its users meet it: exit status, what it says, JSON that another parser reads.

    test_trace_dump.py TRACE_DUMP WRITE_DEMO_TRACE
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TRACE_DUMP, WRITE_DEMO = (str(Path(argument).resolve()) for argument in sys.argv[1:3])
ROUNDS = 6_000
ACCESS_KEYS = ["type", "time_ns", "pid", "tid", "cpu", "ip", "address", "size", "kind", "stream",
               "direct", "weight", "tick"]


class TraceDump(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory(prefix="heimdallr-dump-")
        cls.folder = Path(cls.holder.name)
        cls.trace = cls.folder / "demo.htrace"
        subprocess.run([WRITE_DEMO, cls.trace, str(ROUNDS)], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.holder.cleanup()

    def dump(self, *arguments, **options):
        return subprocess.run([TRACE_DUMP, *map(str, arguments)], capture_output=True,
                              cwd=self.folder, timeout=60, **options)

    def json_lines(self, *arguments):
        run = self.dump("print", "--json", *arguments)
        self.assertEqual(run.returncode, 0, run.stderr)
        return [json.loads(line) for line in run.stdout.decode("utf-8").splitlines()]

    def assert_refused(self, run, status, *parts):
        self.assertEqual(run.returncode, status, run.stderr)
        lines = run.stderr.decode().splitlines()
        self.assertEqual(len(lines), 1, run.stderr)
        for part in parts:
            self.assertIn(part, lines[0])

    def test_every_record_is_one_json_line_in_order_of_time(self):
        records = self.json_lines(self.trace)
        # 13 processes of 4 records; 3 records a round and 10 kept blocks; 4 at the end
        self.assertEqual(len(records), 13 * 4 + 3 * ROUNDS + 10 + 4)
        times = [record["time_ns"] for record in records]
        self.assertEqual(times, sorted(times))

    def test_json_keys_of_an_access(self):
        access = self.json_lines("--type", "access", "--limit", 1, self.trace)[0]
        self.assertEqual(list(access), ACCESS_KEYS)
        self.assertEqual(access["address"], "0x7f0000000000")
        self.assertEqual(access["kind"], "store")
        self.assertEqual(access["stream"], "clock")
        self.assertIs(access["direct"], True)

    def test_json_of_allocations_and_frees(self):
        records = self.json_lines("--type", "allocation,deallocation", "--limit", 3, self.trace)
        self.assertEqual(records, [
            {"type": "allocation", "time_ns": 1001, "pid": 100, "tid": 100, "call": "malloc",
             "address": "0x10000", "size": 64, "caller": "0x400200",
             "stack": ["0x400200", "0x400204"]},
            {"type": "allocation", "time_ns": 1002, "pid": 100, "tid": 100,
             "call": "operator new[]", "address": "0x20000", "size": 1000, "caller": "0x400300"},
            {"type": "deallocation", "time_ns": 1003, "pid": 100, "tid": 100, "call": "free",
             "address": "0x10000", "caller": "0x400200"}])

    def test_strings_of_any_bytes_stay_valid_json(self):
        mapping = self.json_lines("--type", "mapping", "--limit", 1, self.trace)[0]
        self.assertEqual(mapping["path"], "/bin/caf\u00e9\u00ff")
        self.assertEqual(mapping["protection"], "r-xp")
        process = self.json_lines("--type", "process", "--limit", 2, self.trace)[1]
        self.assertEqual(process["executable"], "/bin/\x1b[31mred")

    def test_text_keeps_control_characters_from_the_terminal(self):
        for arguments in (["print", self.trace], [self.trace]):
            run = self.dump(*arguments)
            self.assertEqual(run.returncode, 0)
            text = run.stdout.decode("utf-8")
            self.assertFalse([c for c in text if ord(c) < 32 and c != "\n"])

    def test_filters_by_time_address_and_process(self):
        third = self.json_lines("--time", "0.000003:0.000004", self.trace)
        self.assertEqual([record["time_ns"] for record in third], [3000, 3001, 3002, 3003])
        touched = self.json_lines("--address", "0x20000:0x20400", self.trace)
        self.assertEqual([record["call"] for record in touched], ["operator new[]"])
        pids = {record["pid"] for record in self.json_lines("--pid", "101,105", "--pid", "107",
                                                            self.trace)}
        self.assertEqual(pids, {101, 105, 107})

    def test_limit_ends_the_output(self):
        self.assertEqual(len(self.json_lines("--limit", 7, self.trace)), 7)
        self.assertEqual(len(self.json_lines("--limit", 0, self.trace)), 0)

    def test_summary_as_json(self):
        run = self.dump("summary", "--json", self.trace)
        self.assertEqual(run.returncode, 0, run.stderr)
        summary = json.loads(run.stdout.decode("utf-8"))
        heap = summary["allocations"]["heap"]
        self.assertEqual(heap["calls"]["malloc"]["allocations"], ROUNDS)
        self.assertEqual(heap["calls"]["malloc"]["bytes"], 64 * ROUNDS)
        self.assertEqual(heap["peak_live_bytes"], 10 * 1000 + 64)
        self.assertEqual(heap["live_bytes_at_end"], 10 * 1000)
        self.assertEqual(summary["process_count"], 13)
        self.assertEqual(summary["processes"][1]["pid"], 112)
        clock = summary["streams"][0]
        self.assertEqual(clock["accesses"], ROUNDS)
        self.assertEqual(clock["stores"], ROUNDS // 4)
        self.assertEqual(summary["streams"][1]["faults"], 1)
        self.assertEqual({loss["kind"]: loss["count"] for loss in summary["losses"]},
                         {"no_memory_operand": 3, "allocation_overflow": 7})
        self.assertTrue(summary["whole"])
        site = heap["sites"][0]
        self.assertEqual(site["module_offset"], hex(0x400200 - 0x400000 + 0x1000))
        self.assertEqual((site["function"], site["file"], site["line"]), ("walk", "walk.c", 60))

    def table(self, *arguments):
        run = self.dump(*arguments, "--json", self.trace)
        self.assertEqual(run.returncode, 0, run.stderr)
        return json.loads(run.stdout.decode("utf-8"))

    def test_objects_as_json(self):
        table = self.table("objects")
        self.assertEqual((table["by"], table["trace"]), ("site", str(self.trace)))
        self.assertEqual(table["totals"]["records"], ROUNDS)
        self.assertEqual(table["totals"]["time_ns"], ROUNDS * 1_000_000)
        # Nothing is known to be where the accesses go; the page fault is at address 0.
        # Three more ticks gave no access.
        self.assertEqual(table["totals"]["ticks_without_access"], 3)
        time_share = table["unmatched"].pop("time_share")
        self.assertAlmostEqual(time_share, ROUNDS / (ROUNDS + 3))
        self.assertEqual(table["unmatched"], {"records": ROUNDS, "share": 1, "faults": 1,
                                              "reasons": {"not_mapped": ROUNDS}})
        sites = {row["site"]["call"]: row for row in table["objects"]}
        self.assertEqual(sites["malloc"]["name"], "walk (walk.c:60)")
        self.assertEqual(sites["malloc"]["count"], ROUNDS)
        self.assertEqual(sites["operator new[]"]["bytes"], 10_000)
        self.assertEqual(self.table("objects", "--by", "object")["objects"], [])
        self.assertEqual([row["name"] for row in self.table("objects", "--by", "type")["objects"]], ["heap"])

    def test_code_as_json(self):
        table = self.table("code")
        # The page fault, too, has an instruction: at address 0.
        walk, other = table["code"]
        self.assertEqual((walk["function"], walk["file"], walk["access_share"]), ("walk", "walk.c", 1))
        self.assertEqual((walk["loads"], walk["stores"]), (ROUNDS - ROUNDS // 4, ROUNDS // 4))
        self.assertEqual((other["faults"], other["loads"]), (1, 0))
        lines = self.table("code", "--by", "line", "--sort", "records", "--limit", 50)["code"]
        self.assertEqual(sorted(row["line"] for row in lines), list(range(1, 51)))
        self.assertEqual({row["loads"] + row["stores"] for row in lines}, {ROUNDS // 50})

    def test_tables_as_text(self):
        for command in ("objects", "code"):
            text = self.dump(command, self.trace).stdout.decode("utf-8")
            self.assertIn("walk (walk.c", text)
            self.assertFalse([c for c in text if ord(c) < 32 and c != "\n"])
        self.assertIn("nothing is known to be mapped",
                      self.dump("objects", self.trace).stdout.decode("utf-8"))

    def test_summary_has_the_tops(self):
        summary = self.table("summary")
        self.assertEqual(summary["top_code"][0]["function"], "walk")
        self.assertEqual(summary["top_objects"], [])

    def test_summary_of_several_files(self):
        run = self.dump(self.trace, "missing.htrace", self.trace)
        self.assertEqual(run.stdout.decode().count("\nLOST\n"), 2)
        self.assert_refused(run, 1, "missing.htrace", "No such file")

    def test_a_whole_file_is_valid(self):
        run = self.dump("validate", self.trace)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(len(run.stdout.decode().splitlines()), 1)
        self.assertIn("whole", run.stdout.decode())

    def test_a_recorder_that_was_killed(self):
        path = self.folder / "killed.htrace"
        subprocess.run([WRITE_DEMO, path, "100", "unfinished"], check=True)
        self.assert_refused(self.dump("validate", path), 1, "killed.htrace", "end mark")
        run = self.dump(path)
        self.assert_refused(run, 1, "end mark")
        self.assertIn("NOT WHOLE", run.stdout.decode())

    def test_a_file_cut_anywhere_is_read_as_far_as_it_is_good(self):
        whole = self.trace.read_bytes()
        path = self.folder / "cut.htrace"
        counts = []
        for part in range(1, 20):
            path.write_bytes(whole[:len(whole) * part // 20])
            self.assert_refused(self.dump("validate", path), 1, "cut.htrace")
            run = self.dump("print", "--json", path)
            self.assert_refused(run, 1, "cut.htrace")
            counts.append(len([json.loads(line) for line in run.stdout.splitlines()]))
            self.assert_refused(self.dump(path), 1, "cut.htrace")
        self.assertEqual(counts, sorted(counts))
        self.assertGreater(counts[-1], 2 * ROUNDS)

    def test_damaged_bytes_never_crash(self):
        whole = bytearray(self.trace.read_bytes())
        path = self.folder / "damaged.htrace"
        for at in range(0, len(whole), max(1, len(whole) // 60)):
            damaged = bytearray(whole)
            damaged[at] ^= 0x55
            path.write_bytes(damaged)
            for arguments in (["validate", path], ["print", path], [path], ["objects", path],
                              ["code", path]):
                self.assertIn(self.dump(*arguments).returncode, (0, 1), f"byte {at}")

    def test_what_is_no_trace_gets_one_line(self):
        (self.folder / "empty").write_bytes(b"")
        (self.folder / "foreign").write_bytes(b"\x7fELF" + bytes(1000))
        (self.folder / "text").write_text("hello\n" * 100)
        for command in ([], ["summary"], ["print"], ["validate"], ["objects"], ["code"]):
            for name in ("./empty", "./foreign", "./text", "/", "./missing"):
                run = self.dump(*command, name)
                self.assert_refused(run, 1, name)
                self.assertEqual(run.stdout, b"")

    def test_wrong_command_lines_get_one_line_and_a_hint(self):
        for arguments in (["--no-such-option", self.trace], ["print", "--tine", "1:2", self.trace],
                          ["print", self.trace, self.trace], ["print"], ["summary"], ["validate"],
                          ["print", "--time", "2:1", self.trace], ["print", "--pid", "x", self.trace],
                          ["print", "--type", "acces", self.trace],
                          ["print", "--limit", "-1", self.trace], ["sumary", self.trace],
                          ["objects", "--by", "colour", self.trace], ["code", "--by", "object", self.trace],
                          ["objects", "--sort", "colour", self.trace],
                          ["code", "--sort", "size", self.trace], ["objects"], ["code"]):
            run = self.dump(*arguments)
            self.assert_refused(run, 2, "--help")
            self.assertEqual(run.stdout, b"")

    def test_no_arguments_give_the_usage(self):
        run = self.dump()
        self.assertEqual(run.returncode, 2)
        self.assertIn(b"Usage:", run.stderr)

    def test_help_and_version(self):
        for arguments in (["--help"], ["-h"], ["summary", "--help"], ["print", "--help"],
                          ["validate", "--help"], ["objects", "--help"], ["code", "--help"]):
            run = self.dump(*arguments)
            self.assertEqual(run.returncode, 0)
            self.assertIn(b"Example", run.stdout)
        self.assertRegex(self.dump("--version").stdout.decode(), r"^trace-dump \d+\.\d+\.\d+\n$")

    def test_a_file_called_like_a_command_can_be_reached(self):
        (self.folder / "print").write_bytes(self.trace.read_bytes())
        self.assertEqual(self.dump("./print").returncode, 0)
        self.assertEqual(self.dump("validate", "print").returncode, 0)

    def test_a_reader_that_goes_away_ends_it_quietly(self):
        command = f"'{TRACE_DUMP}' print '{self.trace}' | head -n 1"
        run = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True)
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        self.assertEqual(len(run.stdout.splitlines()), 1)

    def test_a_full_device_is_an_error(self):
        with open("/dev/full", "wb") as full:
            run = subprocess.run([TRACE_DUMP, "print", self.trace], stdout=full,
                                 stderr=subprocess.PIPE)
        self.assertEqual(run.returncode, 1)
        self.assertIn(b"No space left", run.stderr)

    @unittest.skipIf(os.geteuid() == 0, "root may read every file")
    def test_an_unreadable_file_gets_one_line(self):
        path = self.folder / "secret.htrace"
        path.write_bytes(b"x")
        path.chmod(0)
        self.assert_refused(self.dump(path), 1, "Permission denied")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
