"""The HTML report says of a recording what trace-dump print says, read by other means than ours."""

import base64
import gzip
import json
import os
import re
import signal
import struct
import unittest
import urllib.error
import urllib.request
from collections import Counter

from harness import BUILD, SystemTest, TRACE_DUMP, need, records, workload
from report_page import KINDS, WIDTHS, Page, Run, counts, read_page, rows

WRITE_OBJECTS = str(BUILD / "bin" / "write-objects-trace")


class ReportTest(SystemTest):
    def report(self, *arguments, status=0):
        """Runs trace-dump report; returns what it printed."""
        run = self.run_command([TRACE_DUMP, "report", *arguments])
        self.assert_status(run, status)
        return (run.stdout if status == 0 else run.stderr).decode()

    def page(self, *arguments):
        self.report(*arguments, "-o", "page.html", "--force")
        return read_page(self.folder / "page.html")

    def some_recording(self, options=("--faults", "--stacks", "fp")):
        recording = self.record([workload("matrices"), 1], options=options)
        self.assert_status(recording, 0)
        return recording.trace


class Figures(ReportTest):
    def test_says_what_print_says(self):
        trace = self.some_recording()
        _, report, (run,) = self.page(trace)
        accesses = list(records(trace, "--type", "access"))
        self.assertGreater(len(accesses), 100)
        by_kind = Counter(access["kind"] for access in accesses)
        self.assertEqual(+counts(run.data["totals"]), by_kind)
        self.assertEqual(run.data["totals"]["accesses"], len(accesses))
        self.assertEqual(report["version"], 2)

        samples = list(run.samples())
        self.assertTrue(run.data["samples"]["complete"])
        self.assertEqual(Counter(KINDS[s["meta"] & 3] for s in samples), by_kind)
        self.assertEqual(Counter(s["ns"] for s in samples),
                         Counter(access["time_ns"] for access in accesses))
        self.assertEqual(Counter((run.threads[s["thread"]]["tid"]) for s in samples),
                         Counter(access["tid"] for access in accesses))
        # Exact places, whatever the axis does.
        self.assertEqual(Counter((s["ns"], *run.address(s["y"])) for s in samples),
                         Counter((a["time_ns"], a["pid"], int(a["address"], 16))
                                 for a in accesses))
        faults = sum(1 for _ in records(trace, "--type", "fault"))
        self.assertEqual(run.data["totals"]["faults"], faults)
        self.assertEqual(run.data["fault_total"], len(run.data["faults"]["time"]))

    def test_every_table_adds_up(self):
        run = self.page(self.some_recording())[2][0]
        totals = counts(run.data["totals"])
        unmatched = sum((counts({**row, "unknowns": 0}) for row in run.data["unmatched"]),
                        Counter())
        groups = sum((counts(group) for group in run.groups), Counter())
        self.assertEqual(+(groups + unmatched), +totals)
        self.assertEqual(+sum((counts(row) for row in run.code), Counter()), +totals)
        of_objects = sum((counts(row) for row in run.objects), Counter())
        self.assertEqual(+(of_objects + unmatched), +totals)
        # Where a load_store is no column it is both; what is of unknown kind is neither.
        loads = totals["load"] + totals["load_store"]
        stores = totals["store"] + totals["load_store"]
        tiles = run.data["tiles"]
        for name, total in (("loads", loads), ("stores", stores), ("unknown", totals["unknown"])):
            if name in tiles:
                data = gzip.decompress(base64.b64decode(tiles[name]))
                self.assertEqual(sum(struct.unpack(f"<{1 << 20}I", data)), total)
            self.assertEqual(sum(run.data["series"][name]), total)
        pairs = rows(run.data["thread_groups"])
        self.assertEqual(sum(pair["stores"] for pair in pairs),
                         groups["store"] + groups["load_store"])

    def test_samples_belong_to_the_rows_they_name(self):
        run = self.page(self.some_recording())[2][0]
        by_object, by_code = Counter(), Counter()
        for sample in run.samples():
            by_object[sample["object"]] += 1
            by_code[sample["code"]] += 1
            if 0 < sample["object"] <= len(run.objects):
                held = run.objects[sample["object"] - 1]
                _, address = run.address(sample["y"])
                start = int(held["address"], 16)
                if held["size"] >= 4096 and run.strings[
                        run.groups[held["group"]]["type"]] == "heap":
                    self.assertTrue(start <= address < start + held["size"])
                self.assertLessEqual(held["start"], sample["ns"] + 10_000)
        self.assertEqual({i + 1: sum(counts(row).values()) for i, row in enumerate(run.objects)
                          if sum(counts(row).values())},
                         {i: n for i, n in by_object.items() if i != 0})
        self.assertEqual({i: sum(counts(row).values()) for i, row in enumerate(run.code)
                          if sum(counts(row).values())}, dict(by_code))
        estimated = sum(run.estimate(s) * (2 if s["meta"] & 3 == 3 else 1)
                        for s in run.samples() if s["meta"] & 3)
        totals = run.data["totals"]
        self.assertAlmostEqual(estimated / (totals["estimated_loads"]
                                            + totals["estimated_stores"]), 1, places=2)

    def test_groups_are_those_of_objects(self):
        trace = self.some_recording()
        run = self.page(trace)[2][0]
        listed = json.loads(self.run_command([TRACE_DUMP, "objects", "--json", trace]).stdout)
        self.assertEqual(
            Counter((run.strings[group["name"]], run.strings[group["type"]], group["count"],
                     group["loads"], group["stores"], group["faults"]) for group in run.groups),
            Counter((row["name"], row["type"], row["count"], row["loads"], row["stores"],
                     row["faults"]) for row in listed["objects"]))

    def test_the_heap_is_that_of_the_allocations(self):
        trace = self.some_recording()
        run = self.page(trace)[2][0]
        live, size, peak, made = {}, 0, 0, 0
        for record in records(trace, "--type", "allocation,deallocation"):
            if record["call"] in ("mmap", "munmap", "mremap", "brk", "sbrk"):
                continue
            place = record["pid"], record.get("address")
            if record["type"] == "deallocation":
                size -= live.pop(place, 0)
            elif record.get("address"):
                size += record["size"]
                live[place] = record["size"]
                made += 1
            peak = max(peak, size)
        totals = run.data["totals"]
        self.assertEqual((totals["allocations"], totals["peak_live_bytes"]), (made, peak))
        self.assertEqual(max(run.data["series"]["heap_bytes"]), peak)
        sites = [site for site in rows(run.data["allocation_sites"])
                 if run.strings[site["call"]] not in ("mmap", "mremap", "brk", "sbrk")]
        self.assertEqual(sum(site["allocations"] for site in sites), made)
        self.assertEqual(sum(site["at_peak_bytes"] for site in sites), peak)
        self.assertEqual(sum(site["live_bytes"] for site in sites), sum(live.values()))


class ManyObjects(ReportTest):
    """More objects than a page keeps apart."""

    OBJECTS = 60_000

    def setUp(self):
        super().setUp()
        self.trace = self.folder / "many.htrace"
        self.run_command([WRITE_OBJECTS, self.trace, self.OBJECTS], check=True)
        self.shown = self.page(self.trace)[2][0]
        # What block each access was to: (site, time, kind).
        self.accesses, live = [], {}
        for record in records(self.trace, "--type", "allocation,deallocation,access"):
            if record["type"] == "allocation":
                live[int(record["address"], 16)] = record["caller"]
            elif record["type"] == "deallocation":
                del live[int(record["address"], 16)]
            else:
                block = int(record["address"], 16) & ~63
                kind = record.get("kind", "unknown")
                self.accesses.append((live[block], record["time_ns"], kind))

    def test_a_part_of_the_time_counts_all_of_a_group(self):
        run = self.shown
        self.assertLess(len(run.objects), self.OBJECTS)
        self.assertTrue(run.data["samples"]["complete"])
        folded = sum(group["folded_objects"] for group in run.groups)
        self.assertEqual(folded + sum(1 for row in run.objects if row["number"]), self.OBJECTS)
        end = run.data["end_ns"]
        for begin, until in ((0, end), (end // 3, end // 2), (end - 1_000_000, end)):
            expected = Counter((site, kind) for site, ns, kind in self.accesses
                               if begin <= ns < until)
            found = Counter((run.strings[run.groups[run.group_of(sample)]["name"]],
                             KINDS[sample["meta"] & 3])
                            for sample in run.samples() if begin <= sample["ns"] < until)
            # Without symbols a site is called after its place.
            sites = {name: site for name in {name for name, _ in found}
                     for site in {site for site, _ in expected}
                     if name.endswith(f"{int(site, 16) - 0x555555554000:x}")}
            self.assertEqual(len(sites), 3, found)
            self.assertEqual(Counter({(sites[name], kind): count
                                      for (name, kind), count in found.items()}), expected)

    def test_the_groups_are_in_order_of_their_accesses(self):
        sums = [sum(counts(group).values()) for group in self.shown.groups]
        self.assertEqual(sums, sorted(sums, reverse=True))
        self.assertEqual(sum(sums), len(self.accesses))


class Filters(ReportTest):
    def test_time(self):
        trace = self.some_recording()
        run = self.page(trace, "--time", "0.05:0.15")[2][0]
        expected = sum(1 for _ in records(trace, "--type", "access", "--time", "0.05:0.15"))
        self.assertGreater(expected, 0)
        self.assertEqual(run.data["totals"]["accesses"], expected)
        self.assertEqual((run.data["begin_ns"], run.data["end_ns"]), (50_000_000, 150_000_000))

    def test_address(self):
        trace = self.some_recording()
        some = next(records(trace, "--type", "access"))
        first = int(some["address"], 16) & ~0xffff
        span = f"{first:#x}:{first + 0x100000:#x}"
        run = self.page(trace, "--address", span)[2][0]
        expected = sum(1 for _ in records(trace, "--type", "access", "--address", span))
        self.assertEqual(run.data["totals"]["accesses"], expected)

    def test_objects(self):
        trace = self.some_recording()
        everything = self.page(trace)[2][0]
        top = max(everything.groups, key=lambda group: group["loads"])
        name = everything.strings[top["name"]]
        run = self.page(trace, "--objects", name)[2][0]
        self.assertEqual({run.strings[group["name"]] for group in run.groups}, {name})
        self.assertEqual(sum(group["loads"] for group in run.groups), run.data["totals"]["loads"])
        self.assertEqual(run.data["filters"]["objects"], name)

    def test_mistakes_are_told(self):
        trace = self.some_recording()
        for arguments in (("--time", "2:1"), ("--address", "x:y"), ("--run", "nonsense")):
            run = self.run_command([TRACE_DUMP, "report", trace, "-o", "no.html", *arguments])
            self.assertNotEqual(run.returncode, 0)
            self.assertEqual(len(run.stderr.decode().splitlines()), 1, run.stderr)
            self.assertFalse((self.folder / "no.html").exists())


class Names(ReportTest):
    HOSTILE = "</script><script>alert(1)</script>\"'&<!--\n\x1b[31m"

    def test_hostile_names_are_text(self):
        source = self.folder / "hostile.c"
        source.write_text("int main(void) { volatile double sum = 0;\n"
                          "  for (int i = 0; i < 100000000; ++i) sum += i; return 0; }\n")
        program = os.fsencode(self.folder / "hostile") + b"<b>\"\xff"
        self.run_command([need("gcc"), "-g", "-O1", source, "-o", self.folder / "plain"],
                         check=True)
        os.rename(self.folder / "plain", program)
        trace = self.folder / "t.htrace"
        recording = self.record([os.fsdecode(program), self.HOSTILE, "<" * 10_000])
        self.assert_status(recording, 0)
        page, report, (run,) = self.page(trace)
        plain = read_page(self.folder / "page.html")[0]
        self.assertNotIn("<", page.json)
        header = run.data["header"]["command_line"]
        self.assertIn("\\xff", header[0])
        self.assertEqual(header[1], self.HOSTILE.replace("\n", "\\x0a").replace("\x1b", "\\x1b"))
        self.assertEqual(header[2], "<" * 10_000)
        self.assertEqual(plain.scripts, 1)
        self.assertNotIn("b", page.elements)


class Output(ReportTest):
    def test_is_named_after_the_trace_and_says_where_it_is(self):
        trace = self.some_recording()
        line = self.report(trace)
        page = self.folder / "t.html"
        self.assertTrue(page.exists())
        self.assertRegex(line, rf"^{re.escape(str(page))}: [0-9.]+ [KM]iB, all [0-9,]+ accesses$")
        self.assertEqual(page.stat().st_mode & 0o777, 0o644)

    def test_a_report_is_replaced_another_file_is_not(self):
        trace = self.some_recording()
        self.report(trace, "-o", "page.html")
        self.report(trace, "-o", "page.html")
        other = self.folder / "mine.html"
        other.write_text("mine")
        self.assertIn("--force", self.report(trace, "-o", other, status=1))
        self.assertEqual(other.read_text(), "mine")
        self.report(trace, "-o", other, "--force")
        self.assertGreater(other.stat().st_size, 10_000)
        before = trace.read_bytes()
        self.report(trace, "-o", trace, "--force", status=1)
        self.assertEqual(trace.read_bytes(), before)

    def test_nothing_stays_of_what_fails(self):
        trace = self.some_recording()
        self.report(self.folder / "none.htrace", status=1)
        self.report(trace, "-o", "/nonexistent/page.html", status=1)
        self.assertEqual(os.listdir(self.folder), [trace.name])

    def test_a_cut_recording_is_shown_up_to_where_it_is_good(self):
        trace = self.some_recording()
        cut = self.folder / "cut.htrace"
        cut.write_bytes(trace.read_bytes()[:trace.stat().st_size * 2 // 3])
        self.assertIn("cut", self.report(cut, "-o", "page.html", status=1))
        run = read_page(self.folder / "page.html")[2][0]
        self.assertIn("cut", run.data["defect"])
        self.assertEqual(run.data["totals"]["accesses"],
                         len(list(run.samples())))

    def test_nothing_of_the_network(self):
        self.some_recording()
        self.report("t.htrace")
        text = (self.folder / "t.html").read_text()
        self.assertNotRegex(text, r"(src|href)\s*=\s*[\"']?(https?:)?//")
        self.assertNotIn("@import", text)

    def test_two_are_compared(self):
        trace = self.some_recording()
        first = trace.rename(self.folder / "first.htrace")
        second = self.some_recording()
        _, report, runs = self.page(first, second)
        self.assertEqual([run["name"] for run in report["runs"]], ["first.htrace", "t.htrace"])
        for run, path in zip(runs, (first, second)):
            self.assertEqual(len(list(run.samples())),
                             sum(1 for _ in records(path, "--type", "access")))
        keys = [{run.strings[group["key"]] for group in run.groups
                 if run.strings[group["type"]] == "heap"} for run in runs]
        self.assertEqual(keys[0], keys[1])


class Serving(ReportTest):
    def serve(self, *arguments):
        server = self.start([TRACE_DUMP, "serve", *arguments])
        url = server.stdout.readline().decode().strip()
        self.assertRegex(url, r"^http://127\.0\.0\.1:[0-9]+/[0-9a-f]{32}/$")
        return server, url

    def get(self, url, **headers):
        """(status, headers, body)"""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(urllib.request.Request(url, headers=headers), timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def test_gives_the_page_and_its_samples(self):
        trace = self.some_recording()
        server, url = self.serve(trace)
        status, headers, body = self.get(url)
        self.assertEqual(status, 200)
        self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(headers["Referrer-Policy"], "no-referrer")
        page = Page(body.decode())
        report = json.loads(page.json)
        self.assertTrue(report["served"])
        self.assertEqual(page.chunks, {})
        run = Run(report, [self.get(url + "samples/0/0")[2]])
        accesses = [access["time_ns"] for access in records(trace, "--type", "access")]
        self.assertEqual(Counter(sample["ns"] for sample in run.samples()), Counter(accesses))
        middle = sorted(accesses)[len(accesses) // 2]
        status, headers, body = self.get(f"{url}samples/0?begin_ns=0&end_ns={middle}"
                                         f"&axis_begin=0&axis_end={1 << 20}")
        about = json.loads(headers["X-Heimdallr-Samples"])
        self.assertEqual(about["count"], sum(1 for ns in accesses if ns < middle))
        self.assertTrue(about["complete"])
        widths = sum(WIDTHS[name] for name in run.data["samples"]["planes"])
        self.assertEqual(len(gzip.decompress(body)), widths * about["count"])

    def test_gives_nothing_to_others(self):
        server, url = self.serve(self.some_recording())
        root = url[:url.index("/", len("http://")) + 1]
        port = int(root.rsplit(":", 1)[1].strip("/"))
        self.assertEqual(self.get(root)[0], 404)
        self.assertEqual(self.get(root + "0" * 32 + "/")[0], 404)
        self.assertEqual(self.get(root + "samples/0/0")[0], 404)
        self.assertEqual(self.get(url, Host="evil.example")[0], 403)
        self.assertEqual(self.get(url + "samples/0/99")[0], 404)
        self.assertEqual(self.get(url + "samples/../../etc/passwd")[0], 404)
        # On loopback alone.
        listening = set()
        for table in ("tcp", "tcp6"):
            for line in open(f"/proc/{server.pid}/net/{table}").readlines()[1:]:
                local, state = line.split()[1], line.split()[3]
                if state == "0A" and int(local.split(":")[1], 16) == port:
                    listening.add(local.split(":")[0])
        self.assertEqual(listening, {"0100007F"})

    def test_a_signal_ends_it(self):
        trace = self.some_recording()
        for number in (signal.SIGINT, signal.SIGTERM):
            server, _ = self.serve(trace)
            server.send_signal(number)
            self.assertEqual(server.wait(timeout=30), 0)
            self.assertEqual(server.stderr.read(), b"")


if __name__ == "__main__":
    unittest.main()
