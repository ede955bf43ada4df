"""Recordings in a database: sqlite3 finds in it what jq finds in what trace-dump print says."""

import csv
import io
import json
import os
import random
import signal
import subprocess
import time
import unittest
from collections import Counter

from harness import BUILD, TIMEOUT_S, TRACE_DUMP, SystemTest, need, need_root, workload

DEMO = str(BUILD / "bin" / "write-demo-trace")


class DatabaseTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.database = self.folder / "runs.sqlite"

    def sql(self, query, database=None):
        """Rows of words, as sqlite3 prints them."""
        run = self.run_command([need("sqlite3"), "-batch", "-separator", "\t",
                                database or self.database, query])
        self.assert_status(run, 0)
        return [line.split("\t") for line in run.stdout.decode(errors="replace").splitlines()]

    def number(self, query, database=None):
        return int(self.sql(query, database)[0][0])

    def jq(self, trace, keep, *options):
        """Counts of the lines that a jq filter makes of the records."""
        with subprocess.Popen([TRACE_DUMP, "print", "--json", *options, str(trace)],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as dump:
            run = subprocess.run([need("jq"), "-r", keep], stdin=dump.stdout, check=True,
                                 capture_output=True, timeout=TIMEOUT_S)
        return Counter(run.stdout.decode().splitlines())

    def convert(self, *words, status=0):
        run = self.run_command([TRACE_DUMP, "convert", "-o", self.database, *words])
        self.assert_status(run, status)
        return run

    def dump_of(self, database):
        """All rows, as SQL."""
        run = self.run_command([need("sqlite3"), "-batch", database, ".dump"])
        self.assert_status(run, 0)
        return run.stdout

    def printed(self, *words):
        run = self.run_command([TRACE_DUMP, "print", "--json", *words])
        return run.stdout

    def demo(self, name, rounds, *options):
        trace = self.folder / name
        trace.parent.mkdir(exist_ok=True)
        subprocess.run([DEMO, str(trace), str(rounds), *options], check=True, timeout=TIMEOUT_S)
        return trace

    def assert_agrees(self, trace):
        """All that can be counted and summed is the same, and reading it back gives the trace."""
        self.assertEqual(
            self.jq(trace, 'select(.type == "access") | '
                    '"\\(.kind)|\\(.tid)|\\(.size)|\\(.direct)"'),
            Counter({key: int(count) for key, count in self.sql(
                "SELECT kind || '|' || tid || '|' || size || '|' || iif(direct, 'true', 'false'), "
                "count(*) FROM access_list GROUP BY 1")}))
        for record, table, columns in (
                ("access", "accesses", ("time_ns", "tick", "cpu")),
                ("fault", "faults", ("time_ns", "cpu")),
                ("loss", "losses", ("time_ns", "count")),
                ("period", "periods", ("time_ns", "period")),
                ("statistics", "statistics", ("wall_ns", "user_ns", "max_rss_bytes")),
                ("mapping", "mappings", ("size", "offset"))):
            lines = self.jq(trace, f'select(.type == "{record}") | '
                            f'[{", ".join("." + column + " // 0" for column in columns)}] | @tsv')
            rows = [line.split("\t") for line in lines.elements()]
            sums = [str(sum(int(row[i]) for row in rows)) for i in range(len(columns))]
            got = self.sql(f"SELECT count(*), {', '.join(f'total({c})' for c in columns)} "
                           f"FROM {table}")[0]
            self.assertEqual(int(got[0]), len(rows), record)
            # total() is a double: exact below 2^53, near enough above.
            for column, mine, theirs in zip(columns, sums, got[1:]):
                self.assertAlmostEqual(int(mine), float(theirs), delta=1e-9 * float(theirs) + 0.5,
                                       msg=f"{record}.{column}")
        self.assertEqual(
            self.jq(trace, 'select(.type == "allocation" or .type == "deallocation") | '
                    '"\\(.type)|\\(.call)|\\(.tid)|\\(.size // 0)"'),
            Counter({key: int(count) for key, count in self.sql(
                "SELECT event || '|' || call || '|' || tid || '|' || size, count(*) "
                "FROM allocation_list GROUP BY 1")}))
        self.assertEqual(self.printed(self.database), self.printed(trace))

    def assert_shares(self, trace):
        """Shares of CPU time are of all of it, ticks without an access included, everywhere."""
        run = self.run_command([TRACE_DUMP, "objects", "--json", "--limit", "100000", trace])
        self.assert_status(run, 0)
        told = sum(row["time_share"] for row in json.loads(run.stdout)["objects"])
        got = float(self.sql("SELECT coalesce(sum(time_share), 0) FROM group_list")[0][0])
        self.assertAlmostEqual(told, got, places=6)

    def assert_sums(self, trace):
        """Per object and instruction, the summary tables and the commands say what the rows say."""
        self.assertEqual(self.number(
            "SELECT count(*) FROM objects AS o JOIN (SELECT object, count(*) AS n FROM accesses "
            "WHERE object IS NOT NULL GROUP BY object) AS a ON a.object = o.id "
            "WHERE n <> loads + stores + load_stores + unknown"), 0)
        self.assertEqual(
            self.number("SELECT (SELECT coalesce(sum(loads + stores + load_stores + unknown), 0) "
                        "FROM objects) + (SELECT coalesce(sum(loads + stores + load_stores + "
                        "unknown), 0) FROM unmatched)"),
            self.number("SELECT count(*) FROM accesses"))
        self.assertEqual(
            self.number("SELECT coalesce(sum(loads + stores + load_stores + unknown), 0) "
                        "FROM instructions"),
            self.number("SELECT count(*) FROM accesses"))
        for command, key in (("objects", "objects"), ("code", "code")):
            of_trace, of_database = (
                json.loads(self.run_command([TRACE_DUMP, command, "--json", path]).stdout)
                for path in (trace, self.database))
            self.assertEqual(of_database[key], of_trace[key])
        rows = json.loads(self.run_command(
            [TRACE_DUMP, "objects", "--json", "--by", "object", self.database]).stdout)["objects"]
        self.assertEqual(
            Counter((int(row["address"], 16), row["loads"], row["stores"]) for row in rows
                    if not row["merged"]),
            Counter((int(address), int(loads), int(stores)) for address, loads, stores in self.sql(
                "SELECT address, loads, stores FROM objects")))
        self.assertEqual(self.sql("PRAGMA integrity_check"), [["ok"]])
        self.assertEqual(self.sql("PRAGMA foreign_key_check"), [])


class Contents(DatabaseTest):
    def check(self, command, options=(), **run_options):
        recorded = self.record(command, ["-q", *options], **run_options)
        self.convert(recorded.trace)
        self.assert_agrees(recorded.trace)
        self.assert_sums(recorded.trace)
        self.assert_shares(recorded.trace)
        return recorded

    def test_threads(self):
        self.check([workload("threads"), 4, 5000], ["--stacks", "fp"])
        self.assertGreater(self.number("SELECT count(*) FROM allocations"), 1000)
        self.assertGreater(self.number("SELECT count(DISTINCT stack) FROM stacks"), 1)

    def test_fork(self):
        self.check([workload("fork_tree"), 3])
        self.assertGreater(self.number("SELECT count(*) FROM processes"), 1)

    def test_accesses_and_faults(self):
        self.check([workload("stream")], ["--faults"])
        self.assertGreater(self.number("SELECT count(*) FROM faults"), 100)
        self.assertGreater(self.number("SELECT count(*) FROM accesses"), 100)
        self.assertEqual(
            self.number("SELECT sum(loads + stores + unknown) FROM heat"),
            self.number("SELECT sum(1 + (kind = 'load_store')) FROM access_list"))

    def test_hostile_names(self):
        name = "<script>alert('x')</script>\x1b[31m\n\"; DROP TABLE runs; --"
        recorded = self.check(["sh", "-c", "exit 0", name, b"\xff\xfe".decode(errors="replace")])
        self.assertEqual(self.number("SELECT count(*) FROM runs"), 1)
        for command in (["list"], ["stat"], ["list", "--csv"], ["list", "--json"]):
            run = self.run_command([TRACE_DUMP, *command, self.database])
            self.assert_status(run, 0)
            self.assertNotIn(b"\x1b", run.stdout)
        listed = json.loads(self.run_command([TRACE_DUMP, "list", "--json", self.database]).stdout)
        self.assertEqual(listed["command_line"][3], name)
        self.assertTrue(recorded.trace.exists())

    def test_all_types_of_the_demo(self):
        trace = self.demo("demo.htrace", 1000)
        self.convert(trace)
        self.assert_agrees(trace)
        self.assert_sums(trace)

    def test_cut_trace(self):
        trace = self.demo("demo.htrace", 20000)
        with open(trace, "r+b") as file:
            file.truncate(trace.stat().st_size * 2 // 3)
        run = self.convert(trace, status=1)
        self.assertIn(b"cut", run.stderr)
        self.assert_agrees(trace)
        self.assertGreater(self.number("SELECT count(*) FROM accesses"), 1000)
        listed = json.loads(self.run_command([TRACE_DUMP, "list", "--json", self.database]).stdout)
        self.assertEqual(listed["state"], "cut")
        self.assertIn("cut", listed["defect"])

    def test_a_trace_that_grows(self):
        whole = self.demo("whole.htrace", 20000)
        size = whole.stat().st_size
        growing = self.folder / "growing.htrace"

        def convert_first(part):
            growing.write_bytes(whole.read_bytes()[:size * part // 3])
            self.convert(growing, status=0 if part == 3 else 1)
            self.assert_agrees(growing)
            self.assert_sums(growing)
            self.assertEqual(self.sql("SELECT run, number, whole FROM recordings"),
                             [["growing", "1", "1"]])

        for part in (1, 2, 3):
            convert_first(part)
        # Nothing is gained any more, neither from the same nor from less of it.
        before = self.database.read_bytes(), self.dump_of(self.database)
        for part in (3, 1):
            growing.write_bytes(whole.read_bytes()[:size * part // 3])
            for words in ([growing], ["--all", growing, whole]):
                self.convert(*words)
                self.assertEqual((self.database.read_bytes(), self.dump_of(self.database)), before)
        # It is as if only the whole one had been converted, but for the file's name.
        self.database = self.folder / "fresh.sqlite"
        self.convert(whole)
        self.assertEqual(self.dump_of(self.database),
                         before[1].replace(b"growing", b"whole"))

    def test_damaged_trace(self):
        trace = self.demo("demo.htrace", 20000)
        with open(trace, "r+b") as file:
            file.seek(trace.stat().st_size // 2)
            file.write(b"\xff" * 64)
        self.convert(trace, status=1)
        self.assert_agrees(trace)
        self.assertEqual(self.number("SELECT count(*) FROM repetitions WHERE defect IS NOT NULL"),
                         1)


class Runs(DatabaseTest):
    def sweep(self):
        for mode in ("dry", "clock"):
            folder = self.folder / "sweep" / f"work.{mode}"
            folder.mkdir(parents=True)
            for repetition in (1, 2, 10):
                command = ["false"] if (mode, repetition) == ("clock", 10) else ["true"]
                options = ["--dry-run"] if mode == "dry" else []
                self.run_command(["heimdallr", "-q", *options, "-o",
                                  folder / f"{repetition}.htrace", "--", *command],
                                 executable=str(BUILD / "bin" / "heimdallr"))
        return self.folder / "sweep"

    def test_sweep(self):
        sweep = self.sweep()
        self.convert("-i", sweep)
        self.assertEqual(
            self.sql("SELECT run, workload, mode, number, whole FROM recordings ORDER BY 1, 4"),
            [["work.clock", "work", "clock", "1", "1"], ["work.clock", "work", "clock", "2", "0"],
             ["work.clock", "work", "clock", "10", "0"], ["work.dry", "work", "dry", "1", "1"],
             ["work.dry", "work", "dry", "2", "0"], ["work.dry", "work", "dry", "10", "0"]])
        for command in ("list", "stat"):
            by_folder, by_database = (
                self.run_command([TRACE_DUMP, command, "--csv", path]).stdout.decode()
                for path in (sweep, self.database))
            self.assertEqual(by_folder.replace(",records,", ",,").replace(",statistics,", ",,"),
                             by_database.replace(",records,", ",,").replace(",statistics,", ",,"))
        rows = list(csv.DictReader(io.StringIO(by_database)))
        self.assertEqual([(row["run"], row["repetitions"], row["failed"], row["compared_with"])
                          for row in rows],
                         [("work.clock", "3", "1", "work.dry"), ("work.dry", "3", "0", "")])
        stat = json.loads(self.run_command(
            [TRACE_DUMP, "stat", "--json", self.database]).stdout.splitlines()[1])
        walls = [int(row[0]) for row in self.sql(
            "SELECT p.wall_ns FROM repetitions AS p JOIN recordings AS r USING (id) "
            "WHERE r.run = 'work.dry'")]
        self.assertAlmostEqual(stat["wall_ns"]["mean"], sum(walls) / 3, delta=1)
        self.assertEqual((stat["wall_ns"]["min"], stat["wall_ns"]["max"]), (min(walls), max(walls)))
        # Of three values: Student's t for 2 degrees of freedom is 4.303.
        mean = sum(walls) / 3
        deviation = (sum((wall - mean) ** 2 for wall in walls) / 2) ** 0.5
        self.assertAlmostEqual(stat["wall_ns"]["high95"], mean + 4.3027 * deviation / 3 ** 0.5,
                               delta=1e-4 * mean)

        again = self.database.read_bytes()
        self.convert("-i", sweep)
        self.assertEqual(self.database.read_bytes(), again)
        self.convert("-i", sweep, "--all")
        self.assertEqual(self.number("SELECT sum(whole) FROM recordings"), 6)
        self.assertEqual(self.number("SELECT count(*) FROM recordings"), 6)

    def test_another_trace_of_the_same_name_is_a_repetition(self):
        first = self.demo("a/x.htrace", 10)
        second = self.demo("b/x.htrace", 20)
        self.convert(first, second)
        self.assertEqual(self.sql("SELECT run, number, whole FROM recordings ORDER BY number"),
                         [["x", "1", "1"], ["x", "2", "0"]])
        self.assertEqual(self.printed("--run", "x", self.database), self.printed(first))
        missing = self.run_command([TRACE_DUMP, "print", "--repetition", 2, self.database])
        self.assert_status(missing, 1)
        self.assertIn(b"--all", missing.stderr)

    def test_a_repetition_that_was_cut_does_not_stand_for_its_run(self):
        folder = self.folder / "work.clock"
        traces = [self.demo(f"work.clock/{number}.htrace", 1000 + number) for number in (1, 2, 3)]
        first = traces[0].read_bytes()
        traces[0].write_bytes(first[:len(first) // 2])
        self.convert(folder, status=1)
        kept = "SELECT number, whole FROM recordings ORDER BY number"
        self.assertEqual(self.sql(kept), [["1", "1"], ["2", "1"], ["3", "0"]])
        # Who may choose takes the one that is whole.
        self.assertEqual(self.printed(self.database), self.printed(traces[1]))
        listed = self.run_command([TRACE_DUMP, "list", "--json", self.database, folder]).stdout
        self.assertEqual([json.loads(line)["state"] for line in listed.splitlines()],
                         ["cut", "whole", "whole"])
        traces[0].write_bytes(first)
        listed = self.run_command([TRACE_DUMP, "list", "--json", self.database, folder]).stdout
        self.assertEqual([json.loads(line)["state"] for line in listed.splitlines()],
                         ["whole", "whole", "whole"])
        self.convert(folder)
        self.assertEqual(self.sql(kept), [["1", "1"], ["2", "1"], ["3", "0"]])
        self.assertEqual(self.printed("--repetition", 1, self.database), self.printed(traces[0]))

    def test_what_is_no_database(self):
        self.database.write_text("just a text\n" * 1000)
        run = self.convert(self.demo("x.htrace", 10), status=1)
        self.assertIn(b"runs.sqlite", run.stderr)
        self.assertEqual(len(run.stderr.splitlines()), 1, run.stderr)
        self.assertEqual(self.database.read_text(), "just a text\n" * 1000)

    def test_newer_database(self):
        trace = self.demo("x.htrace", 10)
        self.convert(trace)
        self.sql("PRAGMA user_version = 99")
        for command in (["list"], ["stat"], ["print"], ["summary"], ["convert", trace, "-o"]):
            run = self.run_command([TRACE_DUMP, *command, self.database])
            self.assert_status(run, 1)
            self.assertIn(b"newer", run.stderr)

    def test_progress_is_silent_where_there_is_no_terminal(self):
        trace = self.demo("x.htrace", 200000)
        run = self.convert(trace)
        self.assertEqual(len(run.stderr.splitlines()), 1, run.stderr)
        self.assertNotIn(b"\r", run.stderr)
        other = self.demo("y.htrace", 10)
        self.assertEqual(self.convert("--quiet", other).stderr, b"")

    def test_list_of_a_large_database_is_quick(self):
        self.convert("--quiet", self.demo("x.htrace", 300000))
        for command in ("list", "stat"):
            best = min(self.seconds(command) for _ in range(5))
            self.assertLess(best, 0.2)

    def seconds(self, command):
        start = time.monotonic()
        self.assert_status(self.run_command([TRACE_DUMP, command, self.database]), 0)
        return time.monotonic() - start


class Interrupted(DatabaseTest):
    """Whatever ends a conversion, the database is as before."""

    def start_convert(self, trace):
        return self.start([TRACE_DUMP, "convert", "--all", "-o", self.database, trace])

    def contents(self):
        run = self.run_command([TRACE_DUMP, "list", "--json", self.database])
        self.assert_status(run, 0)
        return run.stdout

    def duration(self, trace):
        """Of a conversion into a database of its own."""
        start = time.monotonic()
        scratch = self.folder / "scratch.sqlite"
        self.assert_status(self.run_command([TRACE_DUMP, "convert", "-q", "-o", scratch, trace]), 0)
        scratch.unlink()
        return time.monotonic() - start

    def kill_at_random(self, trace, number, seconds):
        """Returns whether the conversion had not ended before."""
        process = self.start_convert(trace)
        time.sleep(random.uniform(0, seconds))
        process.send_signal(number)
        process.wait(TIMEOUT_S)
        return process.returncode != 0

    def start_anew(self, trace):
        self.database.unlink()
        self.convert("--quiet", trace)

    def test_kill_9_while_adding(self):
        first = self.demo("first.htrace", 50000)
        self.convert("--quiet", first)
        before = self.contents()
        printed = self.printed("--limit", "5000", self.database)
        trace = self.demo("second.htrace", 300000)
        seconds = self.duration(trace)
        self.convert("--all", "--quiet", trace)
        after = self.contents()
        self.assertNotEqual(after, before)
        self.start_anew(first)
        killed = 0
        for _ in range(30):
            if killed == 10:
                break
            ended = not self.kill_at_random(trace, signal.SIGKILL, seconds)
            # A conversion may be killed between its commit and its end, too.
            contents = self.contents()
            if ended or contents == after:
                self.assertEqual(contents, after)
                self.start_anew(first)
                continue
            killed += 1
            self.assertEqual(contents, before)
            self.assertEqual(self.printed("--limit", "5000", self.database), printed)
            self.assertEqual(self.sql("PRAGMA quick_check"), [["ok"]])
        self.assertEqual(killed, 10)
        self.convert("--quiet", trace)
        self.assertEqual(self.number("SELECT count(*) FROM recordings"), 2)

    def test_kill_9_while_making(self):
        trace = self.demo("x.htrace", 300000)
        seconds = self.duration(trace)
        for _ in range(5):
            if self.kill_at_random(trace, signal.SIGKILL, 0.8 * seconds):
                self.assertFalse(self.database.exists())
            else:
                self.database.unlink()
        self.convert("--quiet", trace)
        self.assertEqual([path.name for path in self.folder.glob("runs.sqlite*")], ["runs.sqlite"])

    def test_control_c(self):
        self.convert("--quiet", self.demo("first.htrace", 1000))
        before = self.database.read_bytes()
        trace = self.demo("second.htrace", 500000)
        process = self.start_convert(trace)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=TIMEOUT_S)
        self.assertEqual(process.returncode, 130, errors)
        self.assertIn(b"as before", errors)
        self.assertEqual(self.database.read_bytes(), before)
        self.assertEqual(len(list(self.folder.glob("runs.sqlite*"))), 1)

    def test_full_disk(self):
        need_root()
        place = self.folder / "small"
        place.mkdir()
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)],
                               capture_output=True)
        if mount.returncode != 0:
            self.skipTest(f"cannot mount here: {mount.stderr.decode().strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", str(place)], check=False)
        self.database = place / "runs.sqlite"
        trace = self.demo("big.htrace", 300000)
        run = self.convert(trace, status=1)
        self.assertIn(b"room", run.stderr)
        self.assertEqual(list(place.iterdir()), [])
        for rounds in (1000, 12000):  # more than is kept in memory, too
            self.convert("--quiet", self.demo(f"{rounds}.htrace", rounds))
            before = self.database.read_bytes()
            run = self.convert(trace, status=1)
            self.assertIn(b"room", run.stderr)
            self.assertEqual(self.database.read_bytes(), before)
            self.assertEqual(list(place.iterdir()), [self.database])

    def test_file_size_limit(self):
        trace = self.demo("big.htrace", 300000)
        run = self.run_command(["sh", "-c", 'ulimit -f 4096; exec "$@"', "sh", TRACE_DUMP, "convert",
                                "-o", self.database, trace])
        self.assert_status(run, 1)
        self.assertEqual(list(self.folder.glob("runs.sqlite*")), [])

    def test_two_at_once(self):
        self.convert("--quiet", self.demo("first.htrace", 1000))
        traces = [self.demo(f"{rounds}.htrace", rounds) for rounds in (100000, 100001)]
        processes = [self.start_convert(trace) for trace in traces]
        statuses = []
        for process in processes:
            process.communicate(timeout=TIMEOUT_S)
            statuses.append(process.returncode)
        self.assertIn(0, statuses)
        self.assertEqual(self.number("SELECT count(*) FROM recordings"), 1 + statuses.count(0))
        self.assertEqual(self.sql("PRAGMA quick_check"), [["ok"]])


class OnATerminal(DatabaseTest):
    def test_progress_bar(self):
        trace = self.demo("x.htrace", 400000)
        leader, follower = os.openpty()
        process = self.start([TRACE_DUMP, "convert", "-o", self.database, trace], stderr=follower)
        os.close(follower)
        shown = b""
        while True:
            try:
                part = os.read(leader, 4096)
            except OSError:
                break
            if not part:
                break
            shown += part
        os.close(leader)
        process.wait(TIMEOUT_S)
        self.assertEqual(process.returncode, 0, shown)
        self.assertIn(b"\r", shown)
        self.assertIn(b"%", shown)
        self.assertIn(b"records", shown)


if __name__ == "__main__":
    unittest.main()
