"""Runs the programs of the build tree and reads what they made.

HEIMDALLR_BUILD names the build tree; without it, build/release of this checkout is taken.
"""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("HEIMDALLR_BUILD") or ROOT / "build" / "release").resolve()
HEIMDALLR = str(BUILD / "bin" / "heimdallr")
TRACE_DUMP = str(BUILD / "bin" / "trace-dump")

# Far beyond what anything here takes: what reaches it hangs.
TIMEOUT_S = 120


def workload(name):
    return str(BUILD / "workloads" / name)


def need(program):
    """Path of an installed program; skips the test when there is none."""
    path = shutil.which(program)
    if path is None:
        raise unittest.SkipTest(f"{program} is not installed")
    return path


def need_root():
    if os.geteuid() != 0:
        raise unittest.SkipTest("needs root to mount a file system")


def call_name(name):
    """The name in truth.h, which has no spaces, as the trace spells it."""
    return name.replace("_new", " new").replace("_delete", " delete")


@dataclass
class Truth:
    """What a workload said of itself (test/workloads/truth.h)."""

    text: list = field(default_factory=list)  # (first, end)
    objects: dict = field(default_factory=dict)  # name -> (first, end)
    calls: Counter = field(default_factory=Counter)  # (pid, call) -> count
    failed: Counter = field(default_factory=Counter)
    numbers: dict = field(default_factory=dict)
    lists: dict = field(default_factory=lambda: defaultdict(list))
    pids: set = field(default_factory=set)

    @staticmethod
    def parse(output):
        truth = Truth()
        for line in output.decode().splitlines():
            word, pid, *rest = line.split(" ")
            truth.pids.add(int(pid))
            if word == "text":
                truth.text.append((int(rest[0], 16), int(rest[1], 16)))
            elif word == "object":
                first = int(rest[1], 16)
                truth.objects[rest[0]] = (first, first + int(rest[2]))
            elif word == "calls":
                truth.calls[int(pid), call_name(rest[0])] += int(rest[1])
            elif word == "failed":
                truth.failed[int(pid), call_name(rest[0])] += int(rest[1])
            elif word == "number":
                truth.numbers[rest[0]] = int(rest[1])
                truth.lists[rest[0]].append(int(rest[1]))
            else:
                raise ValueError(f"no line of truth.h: {line}")
        return truth

    def in_text(self, address):
        return any(first <= address < end for first, end in self.text)

    def in_object(self, address):
        return any(first <= address < end for first, end in self.objects.values())


def records(trace, *options):
    """Records of a trace as trace-dump prints them."""
    with subprocess.Popen([TRACE_DUMP, "print", "--json", *options, str(trace)],
                          stdout=subprocess.PIPE) as dump:
        for line in dump.stdout:
            yield json.loads(line)
    if dump.returncode != 0:
        raise AssertionError(f"trace-dump print gave exit status {dump.returncode}")


def summary(trace):
    run = subprocess.run([TRACE_DUMP, "summary", "--json", str(trace)], check=True,
                         capture_output=True, timeout=TIMEOUT_S)
    return json.loads(run.stdout)


def validate(trace):
    return subprocess.run([TRACE_DUMP, "validate", str(trace)], capture_output=True,
                          timeout=TIMEOUT_S)


def address(record, key="address"):
    return int(record[key], 16) if key in record else None


def losses(trace):
    """Counts by kind."""
    counts = Counter()
    for record in records(trace, "--type", "loss"):
        counts[record["kind"]] += record["count"]
    return counts


def calls_in_trace(trace, truth):
    """(pid, call) -> events whose caller is in the workload's own code: calls made, and failures.

    realloc and mremap of a block make two records, the first the deallocation of the old block; the
    second stands for the call.
    """
    made, failed = Counter(), Counter()
    for record in records(trace, "--type", "allocation,deallocation"):
        caller = address(record, "caller")
        if caller is None or not truth.in_text(caller):
            continue
        if record["type"] == "deallocation" and record["call"] in ("realloc", "reallocarray",
                                                                   "mremap"):
            continue
        made[record["pid"], record["call"]] += 1
        if record["type"] == "allocation" and "address" not in record:
            failed[record["pid"], record["call"]] += 1
    return made, failed


@dataclass
class Recording:
    status: int
    stdout: bytes
    stderr: bytes
    trace: Path

    @property
    def truth(self):
        return Truth.parse(self.stdout)


class SystemTest(unittest.TestCase):
    """Each test has a folder of its own, which is gone afterwards."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="heimdallr-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def run_command(self, command, **options):
        """subprocess.run with output captured, in the test's folder."""
        options.setdefault("cwd", self.folder)
        options.setdefault("timeout", TIMEOUT_S)
        if "input" not in options:
            options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        return subprocess.run([str(word) for word in command], **options)

    def start(self, command, **options):
        """A process in the test's folder, killed at the end of the test if it still runs."""
        options.setdefault("cwd", self.folder)
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        process = subprocess.Popen([str(word) for word in command], **options)

        def end():
            if process.poll() is None:
                process.kill()
            process.communicate()

        self.addCleanup(end)
        return process

    def record(self, command, options=(), **run_options):
        """heimdallr OPTIONS -o t.htrace -- COMMAND."""
        trace = self.folder / "t.htrace"
        run = self.run_command([HEIMDALLR, *options, "-o", trace, "--", *command], **run_options)
        return Recording(run.returncode, run.stdout or b"", run.stderr or b"", trace)

    def assert_status(self, run, status):
        got = run.status if isinstance(run, Recording) else run.returncode
        self.assertEqual(got, status, (run.stderr or b"").decode(errors="replace"))

    def assert_whole(self, trace):
        check = validate(trace)
        self.assertEqual(check.returncode, 0, check.stderr.decode(errors="replace"))

    def assert_one_line(self, text, *parts):
        """An error for people: one line of ours that has all of `parts`."""
        lines = [line for line in text.decode().splitlines() if line.startswith("heimdallr: ")]
        self.assertEqual(len(lines), 1, text)
        for part in parts:
            self.assertIn(part, lines[0])

    def assert_exact(self, recording):
        """Each call the workload counted is in the trace, by process, and no other."""
        truth = recording.truth
        made, failed = calls_in_trace(recording.trace, truth)
        self.assertEqual(dict(made), dict(truth.calls))
        self.assertEqual(dict(failed), dict(truth.failed))
        self.assertEqual(losses(recording.trace)["allocation_overflow"], 0)


__all__ = [name for name in dir() if not name.startswith("_")]
