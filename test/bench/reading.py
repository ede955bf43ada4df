"""How fast recordings are read: library, summary, conversion, and what is asked of a database.

On synthetic recordings (make_trace). Each command runs on one core; its time is the user and system
time the kernel accounts it.
"""

import os
import re
import statistics
import subprocess
import time
from dataclasses import dataclass

ACCESSES = 10_000_000
MANY_ACCESSES = 100_000_000
MEMORY_LIMIT_MB = 512


@dataclass
class Cost:
    cpu_s: float
    wall_s: float
    memory_mb: float
    output: str


def run_on_one_core(command):
    """Runs to the end and fails with what the command said of itself."""
    start = time.monotonic()
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE,
                          preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
                          ) as process:
        output = process.stdout.read().decode(errors="replace")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit status {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - start, usage.ru_maxrss / 1024,
                output)


def best(command, runs):
    """The run with the least CPU time: others on the machine only ever make it longer."""
    return min((run_on_one_core(command) for _ in range(runs)), key=lambda cost: cost.cpu_s)


class Reading:
    """Fills a table row by row, with what was asked for beside what was found."""

    def __init__(self, bench):
        self.bin = bench.build / "bin"
        self.folder = bench.folder
        self.runs = 3 if bench.runs <= 3 else 5
        self.quick = bench.runs <= 3
        self.rows = []
        self.verdicts = []

    def add(self, what, cost, rate, wanted, met):
        self.rows.append((what, f"{cost.cpu_s:.2f}", f"{cost.wall_s:.2f}", f"{cost.memory_mb:.0f}",
                          rate))
        self.verdicts.append((met, f"{what}: {wanted}"))

    def make(self, name, *options):
        path = self.folder / name
        subprocess.run([str(self.bin / "make_trace"), "-o", str(path), *map(str, options)],
                       check=True)
        return path

    def has_command(self, name):
        text = subprocess.run([str(self.bin / "trace-dump"), "--help"], capture_output=True,
                              check=True).stdout.decode()
        return re.search(rf"^  {name} ", text, re.MULTILINE) is not None

    def library(self, trace, what):
        figures = []
        for _ in range(self.runs):
            cost = run_on_one_core([self.bin / "read_trace", trace])
            words = cost.output.split()
            values = dict(zip(words[::2], map(int, words[1::2])))
            # Without the start of the program.
            cost.cpu_s = values["cpu_ns"] / 1e9
            figures.append((cost.cpu_s, values["records"], cost))
        cpu_s, records, cost = min(figures, key=lambda figure: figure[0])
        rate = records / cpu_s / 1e6
        self.add(what, cost, f"{rate:.1f} M records/s", "at least 20 M records/s", rate >= 20)

    def summary(self, trace, what, accesses, limit_s):
        cost = best([self.bin / "trace-dump", "summary", trace], self.runs if accesses < 5e7 else 1)
        self.add(what, cost, f"{accesses / cost.cpu_s / 1e6:.1f} M accesses/s",
                 f"at most {limit_s:g} s and {MEMORY_LIMIT_MB} MB",
                 cost.cpu_s <= limit_s and cost.memory_mb <= MEMORY_LIMIT_MB)

    def database(self, trace, accesses):
        if not self.has_command("convert"):
            return
        database = self.folder / "runs.sqlite"

        def convert():
            database.unlink(missing_ok=True)
            return run_on_one_core([self.bin / "trace-dump", "convert", "-i", trace, "-o",
                                    database])

        cost = min((convert() for _ in range(self.runs)), key=lambda one: one.cpu_s)
        rate = accesses / cost.cpu_s / 1e6
        self.add("convert", cost, f"{rate:.2f} M accesses/s",
                 f"at least 1.2 M accesses/s in {MEMORY_LIMIT_MB} MB",
                 rate >= 1.2 and cost.memory_mb <= MEMORY_LIMIT_MB)
        for command in ("list", "stat"):
            if not self.has_command(command):
                continue
            costs = [run_on_one_core([self.bin / "trace-dump", command, database])
                     for _ in range(self.runs)]
            cost = min(costs, key=lambda one: one.cpu_s)
            cost.wall_s = statistics.median(one.wall_s for one in costs)
            self.add(f"{command} of that database", cost, "", "at most 0.2 s",
                     cost.cpu_s <= 0.2 and cost.wall_s <= 0.2)
        database.unlink(missing_ok=True)


def measure_reading(bench):
    """(f) reading: the rows, and then which of them are as they should be."""
    reading = Reading(bench)
    trace = reading.make("pmu.htrace", "-n", ACCESSES)
    reading.library(trace, "read 10 M accesses")
    reading.summary(trace, "summary of 10 M accesses", ACCESSES, 3)
    reading.database(trace, ACCESSES)
    trace.unlink()
    trace = reading.make("clock.htrace", "-n", ACCESSES, "--clock", "--churn", 5_000_000)
    reading.library(trace, "read 10 M accesses of ticks, 10 M allocation events")
    trace.unlink()
    if not reading.quick:
        trace = reading.make("many.htrace", "-n", MANY_ACCESSES)
        reading.summary(trace, "summary of 100 M accesses", MANY_ACCESSES, 30)
        trace.unlink()
        trace = reading.make("many.htrace", "-n", MANY_ACCESSES, "--clock", "--churn", 10_000_000)
        reading.summary(trace, "summary of 100 M accesses of ticks, 20 M allocation events",
                        MANY_ACCESSES, 30)
        trace.unlink()
    return reading.rows, reading.verdicts
