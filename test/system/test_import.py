"""Recordings of perf as traces. Expected values are those of test/data/perf/SOURCES.md, and what a
walk over the bytes of the file found (perf.data.weight_struct.samples.json)."""

import json
import shutil
import struct
import subprocess
import unittest

from harness import ROOT, TRACE_DUMP, SystemTest, need, records

DATA = ROOT / "test" / "data" / "perf"
MAGIC = b"PERFILE2"
ATTRIBUTES = 64  # PERF_RECORD_HEADER_ATTR
FINISHED_ROUND = 68
COMPRESSED = 81
COMPRESSED2 = 83


class ImportTest(SystemTest):
    def plain(self, name):
        path = self.folder / name
        subprocess.run([need("zstd"), "-dqf", str(DATA / f"{name}.zst"), "-o", str(path)], check=True)
        return path

    def imported(self, path, status=0):
        """What the import says, and the trace."""
        trace = self.folder / f"{path.name}.htrace"
        run = self.run_command([TRACE_DUMP, "import", "--json", path, "-o", trace])
        self.assert_status(run, status)
        return json.loads(run.stdout), trace

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def refused(self, path, *parts):
        trace = self.folder / "refused.htrace"
        run = self.run_command([TRACE_DUMP, "import", path, "-o", trace])
        self.assert_status(run, 1)
        lines = run.stderr.decode().splitlines()
        self.assertEqual(len(lines), 1, lines)
        self.assertTrue(lines[0].startswith("trace-dump: "), lines[0])
        for part in parts:
            self.assertIn(part, lines[0])


class Recordings(ImportTest):
    def test_samples_with_addresses(self):
        expected = json.loads((DATA / "perf.data.weight_struct.samples.json").read_text())
        told, trace = self.imported(self.plain("perf.data.weight_struct"))
        self.assert_whole(trace)
        self.assert_samples(trace, expected["samples"])
        by_type = expected["record_type_counts"]
        names = {"1": "MMAP", "3": "COMM", "4": "EXIT", "7": "FORK", "9": "SAMPLE", "10": "MMAP2",
                 "68": "FINISHED_ROUND"}
        for number, name in names.items():
            self.assertEqual(told["records"][name], by_type[number], name)
        self.assertEqual(told["accesses"], 14)
        self.assertEqual(told["corrupt"] + told["not_memory"] + told["no_address"], 0)

    def assert_samples(self, trace, expected):
        got = [record for record in records(trace) if record["type"] == "access"]
        first = min(record["time_ns"] for record in got)
        first_expected = min(sample["time_ns"] for sample in expected)
        self.assertEqual(
            sorted((r["time_ns"] - first, r["pid"], r["tid"], r["cpu"], r["ip"], r["address"],
                    r["latency"], hex(r["data_source"]), r["kind"]) for r in got),
            sorted((s["time_ns"] - first_expected, s["pid"], s["tid"], s["cpu"], s["ip"], s["addr"],
                    s["weight_var1_dw"], s["data_src"], "load") for s in expected))

    def test_processes_and_mappings(self):
        _, trace = self.imported(self.plain("perf.data.weight_struct"))
        kinds = {"mapping": 0, "fork": 0, "comm": 0, "exit": 0}
        for record in records(trace):
            what = (record["type"], record.get("event"))
            kinds["mapping"] += what[0] == "mapping"
            kinds["fork"] += what in (("thread", "start"), ("process", "start"))
            kinds["comm"] += what in (("thread", "name"), ("process", "exec"))
            kinds["exit"] += what == ("thread", "exit")
        self.assertEqual(kinds, {"mapping": 6930 + 15, "fork": 2955, "comm": 2959, "exit": 59})

    def test_throttled_and_lost(self):
        told, trace = self.imported(self.plain("perf.data.throttle-3.8"))
        self.assertEqual((told["records"]["THROTTLE"], told["records"]["UNTHROTTLE"]), (68, 64))
        self.assertEqual((told["samples"], told["no_address"], told["throttled"]),
                         (14980, 14980, 68))
        self.assertEqual(self.losses_of(trace), {"throttle": 68, "no_data_address": 14980})
        told, trace = self.imported(self.plain("perf.data.lost_samples-4.4"))
        self.assertEqual(told["records"]["LOST_SAMPLES"], 2)
        self.assertEqual(told["samples"], 191)
        self.assertEqual(self.losses_of(trace)["samples_lost"], told["lost_samples"])

    def losses_of(self, trace):
        sums = {}
        for record in records(trace):
            if record["type"] == "loss":
                sums[record["kind"]] = sums.get(record["kind"], 0) + record["count"]
        return sums

    def test_trace_is_said_to_be_imported(self):
        _, trace = self.imported(self.plain("perf.data.weight_struct"))
        run = self.run_command([TRACE_DUMP, trace])
        self.assertIn(b"by another tool; imported by heimdallr", run.stdout)
        self.assertNotIn(b"1970", run.stdout)
        self.assertIn(b"ALLOCATIONS not recorded", run.stdout)

    def test_own_recording(self):
        self.check_own_recording()

    def check_own_recording(self, *options):
        perf = need("perf")
        data = self.folder / "own.data"
        run = self.run_command([perf, "record", *options, "-q", "-d", "-c", "1", "-e",
                                "page-faults:u", "-o", data, "python3", "-c", "x = bytearray(1 << 24)"])
        if run.returncode != 0:
            self.skipTest(f"perf cannot record here: {run.stderr.decode().strip()[:200]}")
        script = self.run_command([perf, "script", "-F", "addr", "-i", data])
        expected = sorted(int(word, 16) for word in script.stdout.split())
        _, trace = self.imported(data)
        got = sorted(int(record["address"], 16) for record in records(trace)
                     if record["type"] == "fault")
        self.assertGreater(len(got), 1000)
        self.assertEqual(got, expected)

    def test_own_compressed_recording(self):
        self.check_own_recording("-z")


class Forms(ImportTest):
    def as_pipe(self, name):
        """The file as perf would have written it into a pipe: events as records, then the rest."""
        content = self.plain(name).read_bytes()
        each, events, size, data, length = struct.unpack_from("<5Q", content, 16)
        piped = MAGIC + struct.pack("<Q", 16)
        for at in range(events, events + size, each):
            attributes = content[at:at + each - 16]
            ids_at, ids_size = struct.unpack_from("<2Q", content, at + each - 16)
            body = attributes + content[ids_at:ids_at + ids_size]
            piped += struct.pack("<IHH", ATTRIBUTES, 0, 8 + len(body)) + body
        return self.write(f"{name}.pipe", piped + content[data:data + length])

    def test_pipe(self):
        expected = json.loads((DATA / "perf.data.weight_struct.samples.json").read_text())
        told, trace = self.imported(self.as_pipe("perf.data.weight_struct"))
        self.assertEqual(told["records"]["MMAP2"], 6930)
        Recordings.assert_samples(self, trace, expected["samples"])

    def test_cut(self):
        content = self.plain("perf.data.weight_struct").read_bytes()
        path = self.write("cut.data", content[:len(content) - 200_001])
        told, trace = self.imported(path, status=1)
        self.assertLess(told["records"]["MMAP2"], 6930)
        self.assert_whole(trace)

    def test_cut_where_no_record_is(self):
        """After the last record, or within what perf writes behind them: said, and all is there."""
        content = self.plain("perf.data.weight_struct").read_bytes()
        data, length = struct.unpack_from("<2Q", content, 40)
        unfinished = content[:48] + bytes(8) + content[56:data + length]
        for name, cut, part in (
                ("features", content[:-100], "behind the records"),
                ("table", content[:data + length + 5], "behind the records"),
                ("killed", unfinished, "not finished")):
            with self.subTest(name):
                trace = self.folder / f"{name}.htrace"
                run = self.run_command([TRACE_DUMP, "import", "--json", self.write(name, cut),
                                        "-o", trace])
                self.assert_status(run, 1)
                self.assertIn(part, run.stderr.decode())
                self.assertEqual(json.loads(run.stdout)["records"]["MMAP2"], 6930)
                self.assert_whole(trace)

    def test_not_perf_data(self):
        for name, content, part in (
                ("empty", b"", "no recording of perf"),
                ("text", b"hello, world, this is no recording", "no recording of perf"),
                ("foreign", MAGIC[::-1] + bytes(200), "other byte order"),
                ("header", MAGIC + struct.pack("<Q", 104) + bytes(10), "cut"),
                ("nothing", MAGIC + struct.pack("<Q", 16), "names no event")):
            with self.subTest(name):
                self.refused(self.write(name, content), name, part)
        self.refused(self.folder, "no regular file")
        self.refused(self.folder / "missing", "missing", "No such file")

    def compressed(self, kind):
        """A recording in pieces of one stream, which end anywhere."""
        content = self.plain("perf.data.weight_struct").read_bytes()
        data, length = struct.unpack_from("<2Q", content, 40)
        stream = subprocess.run([need("zstd"), "-qc"], input=content[data:data + length],
                                capture_output=True, check=True).stdout
        pieces = b""
        for at in range(0, len(stream), 1001):
            piece = stream[at:at + 1001]
            if kind == COMPRESSED2:
                piece = struct.pack("<Q", len(piece)) + piece + bytes(-len(piece) % 8)
            pieces += struct.pack("<IHH", kind, 0, 8 + len(piece)) + piece
        return content[:data], pieces

    def test_compressed(self):
        expected = json.loads((DATA / "perf.data.weight_struct.samples.json").read_text())
        for kind in (COMPRESSED, COMPRESSED2):
            with self.subTest(kind):
                head, pieces = self.compressed(kind)
                told, trace = self.imported(self.without_features(f"z{kind}", head, pieces))
                self.assertEqual(told["records"]["MMAP2"], 6930)
                Recordings.assert_samples(self, trace, expected["samples"])

    def without_features(self, name, head, records):
        """A file of these records behind which nothing follows."""
        size = struct.pack("<Q", len(records))
        return self.write(name, head[:48] + size + head[56:72] + bytes(32) + head[104:] + records)

    def test_compressed_and_damaged(self):
        head, pieces = self.compressed(COMPRESSED)
        middle = len(pieces) // 2
        whole = 8 + 1001
        for name, records, part in (
                ("cut", pieces[:middle // whole * whole], "compressed record is cut"),
                ("changed", pieces[:middle] + bytes(64) + pieces[middle + 64:], "compressed")):
            with self.subTest(name):
                path = self.without_features(name, head, records)
                trace = self.folder / f"{name}.htrace"
                run = self.run_command([TRACE_DUMP, "import", path, "-o", trace])
                self.assert_status(run, 1)
                self.assertIn(part, run.stderr.decode())
                self.assert_whole(trace)

    def test_bomb(self):
        head, _ = self.compressed(COMPRESSED)
        zeros = struct.pack("<IHH", 99, 0, 8) * (1 << 23)
        stream = subprocess.run([need("zstd"), "-qc19"], input=zeros, capture_output=True,
                                check=True).stdout
        record = struct.pack("<IHH", COMPRESSED, 0, 8 + len(stream)) + stream
        path = self.without_features("bomb", head, record)
        run = self.run_command([TRACE_DUMP, "import", path, "-o", self.folder / "bomb.htrace"])
        self.assert_status(run, 1)
        self.assertIn("more than records do", run.stderr.decode())

    def test_output_is_not_replaced(self):
        data = self.plain("perf.data.lost_samples-4.4")
        kept = self.write("kept.htrace", b"precious")
        run = self.run_command([TRACE_DUMP, "import", data, "-o", kept])
        self.assert_status(run, 1)
        self.assertEqual(kept.read_bytes(), b"precious")
        run = self.run_command([TRACE_DUMP, "import", data, "-o", data, "--force"])
        self.assert_status(run, 2)
        self.assertEqual(data.read_bytes()[:8], MAGIC)

    def test_wrong_sizes(self):
        content = bytearray(self.plain("perf.data.lost_samples-4.4").read_bytes())
        data = struct.unpack_from("<Q", content, 40)[0]
        struct.pack_into("<H", content, data + 6, 3)
        told, trace = self.imported(self.write("sizes.data", bytes(content)), status=1)
        self.assertEqual(told["samples"], 0)
        self.assert_whole(trace)


if __name__ == "__main__":
    unittest.main()
