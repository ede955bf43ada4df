#!/usr/bin/env python3
"""What recording costs, beside perf and heaptrack, and reading: `bench.py --build TREE [--quick]`.

Prints Markdown. The configurations of a table run by turns, so that a slow moment of the machine
meets all of them; figures are medians, with the quartiles behind them.
"""

import argparse
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kinds import measure_kinds
from reading import measure_reading

USER_REGISTERS = "AX,BX,CX,DX,SI,DI,BP,SP,IP,R8,R9,R10,R11,R12,R13,R14,R15"


class Bench:
    def __init__(self, build, folder, runs):
        self.build = build
        self.folder = folder
        self.runs = runs
        self.trace = folder / "t.htrace"
        self.heimdallr_program = str(build / "bin" / "heimdallr")
        self.trace_dump = str(build / "bin" / "trace-dump")

    def workload(self, name):
        return str(self.build / "workloads" / name)

    def heimdallr(self, *options):
        return [self.heimdallr_program, "-q", "--force", "-o", str(self.trace), *options, "--"]

    def run(self, prefix, command, environment=None):
        """(wall seconds, output) of one run."""
        start = time.perf_counter()
        done = subprocess.run([*prefix, *command], cwd=self.folder, stdin=subprocess.DEVNULL,
                              capture_output=True, env={**os.environ, **(environment or {})})
        wall = time.perf_counter() - start
        if done.returncode != 0:
            sys.exit(f"{' '.join([*prefix, *command])}: exit status {done.returncode}\n"
                     f"{done.stderr.decode(errors='replace')}")
        return wall, done.stdout.decode(errors="replace")

    def interleave(self, configurations, measure, runs=None):
        """{name: [measure(configuration) of each round]}; the first round only warms up."""
        figures = {name: [] for name in configurations}
        for turn in range((runs or self.runs) + 1):
            for name, configuration in configurations.items():
                figure = measure(configuration)
                if turn > 0:
                    figures[name].append(figure)
        return figures

    def records_of(self, kinds):
        dump = subprocess.run([self.trace_dump, "print", "--json", "--type", kinds,
                               str(self.trace)], capture_output=True, check=True)
        return dump.stdout.count(b"\n")


def spread(values, scale=1.0, digits=1):
    low, middle, high = (statistics.quantiles(values, n=4, method="inclusive")
                         if len(values) > 1 else values * 3)
    return (f"{middle * scale:.{digits}f}",
            f"{low * scale:.{digits}f} - {high * scale:.{digits}f}")


def table(columns, rows):
    print("| " + " | ".join(columns) + " |")
    print("|" + "---|" * len(columns))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print(flush=True)


def verdict(holds, text):
    print(f"{'met' if holds else 'NOT MET'}: {text}\n", flush=True)


def heaptrack_library():
    for place in ("/usr/lib/heaptrack", "/usr/local/lib/heaptrack", "/usr/lib64/heaptrack"):
        library = Path(place) / "libheaptrack_preload.so"
        if library.exists():
            return str(library)
    return None


def measure_pairs(bench):
    """(a) ns of CPU time that a malloc and its free take."""
    program = str(bench.build / "bench" / "malloc_pair")
    # Stacks are walked where there are some: 20 calls deep.
    measure_pairs_at(bench, [program, "2000000", "1", "0"], "1 thread",
                     {"heimdallr": ["--source", "none"], "heimdallr, sampling at 1000 Hz": []}, 40)
    measure_pairs_at(bench, [program, "2000000", "1", "20"], "1 thread, 20 calls deep",
                     {"heimdallr, 16 frames": ["--source", "none", "--stacks", "fp:16"]}, 60)
    measure_pairs_at(bench, [program, "1000000", "2", "0"], "2 threads",
                     {"heimdallr": ["--source", "none"]}, None)


def measure_pairs_at(bench, command, title, ours, target_ns):
    """One table of (a); the first of `ours` is held against the target and against heaptrack."""
    raw = bench.folder / "heaptrack.raw"
    configurations = {"native": ([], {})}
    for name, options in ours.items():
        configurations[name] = (bench.heimdallr(*options), {})
    library = heaptrack_library()
    if library:
        configurations["heaptrack"] = ([], {"LD_PRELOAD": library,
                                            "DUMP_HEAPTRACK_OUTPUT": str(raw)})

    def measure(configuration):
        prefix, environment = configuration
        _, output = bench.run(prefix, command, environment)
        raw.unlink(missing_ok=True)
        return float(re.search(r"cpu_ns_per_pair ([0-9.]+)", output)[1])

    figures = bench.interleave(configurations, measure)
    native = statistics.median(figures["native"])
    added = {name: statistics.median(values) - native for name, values in figures.items()}
    print(f"### (a) ns of CPU time of a malloc and free pair, {title}\n")
    table(["", "median", "quartiles", "added"],
          [(name, *spread(values), f"{added[name]:.1f}") for name, values in figures.items()])
    first = next(iter(ours))
    if target_ns:
        verdict(added[first] <= target_ns, f"{first} adds at most {target_ns} ns")
    if library:
        verdict(added[first] <= added["heaptrack"] / 6, f"{first} adds at most a sixth of what "
                f"heaptrack adds (1/{added['heaptrack'] / max(added[first], 0.1):.1f})")
    else:
        print("heaptrack is not installed: not compared\n")


def rounds_of_two_seconds(bench, name):
    _, output = bench.run([], [bench.workload(name), "2"])
    return int(re.search(r"number \d+ sweeps (\d+)", output)[1])


def measure_wall(bench):
    """(b) wall time of the same work, native, recorded, and under perf."""
    perf = shutil.which("perf")
    configurations = {"native": [], "heimdallr at 1000 Hz": bench.heimdallr("-F", "1000")}
    if perf:
        configurations["perf record"] = [
            perf, "record", "-q", "-o", str(bench.folder / "perf.data"), "-e", "cpu-clock:u", "-F",
            "1000", "-d", f"--user-regs={USER_REGISTERS}", "--"]
    # A round of the stencil is two sweeps.
    for name, sweeps in {"stencil": 2, "triad": 1}.items():
        limit = f"{rounds_of_two_seconds(bench, name) // sweeps}x"

        def measure(prefix):
            wall, output = bench.run(prefix, [bench.workload(name), limit])
            return wall, int(re.search(r"number \d+ loop_us (\d+)", output)[1]) / 1e6

        figures = bench.interleave(configurations, measure)
        compare_walls(f"wall time of `{name} {limit}`", perf, {
            label: [wall for wall, _ in values] for label, values in figures.items()})
        # perf takes a good part of a second to end, whatever it recorded.
        compare_walls(f"wall time of the rounds of `{name} {limit}`, without start and end", perf, {
            label: [loop for _, loop in values] for label, values in figures.items()})


def compare_walls(title, perf, figures):
    native = statistics.median(figures["native"])
    added = {label: statistics.median(values) / native - 1 for label, values in figures.items()}
    print(f"### (b) {title}, ms\n")
    table(["", "median", "quartiles", "added"],
          [(label, *spread(values, 1e3), f"{added[label] * 100:.1f} %")
           for label, values in figures.items()])
    if perf:
        verdict(added["heimdallr at 1000 Hz"] <= added["perf record"], "adds no more than perf does")
    else:
        print("perf is not installed: not compared\n")


def size_and_records(bench, options, command, kinds):
    bench.run(bench.heimdallr(*options), command)
    return bench.trace.stat().st_size, bench.records_of(kinds)


def measure_bytes(bench):
    """(c) bytes of a record: what the file grows by, over the number of records."""
    rows = []
    command = [bench.workload("stencil"), "2"]
    for label, options in (("", []), (", --compress", ["--compress"])):
        with_accesses, accesses = size_and_records(
            bench, ["--no-allocations", *options], command, "access")
        without, _ = size_and_records(
            bench, ["--no-allocations", "--source", "none", *options], command, "access")
        rows.append((f"access (stencil, 1000 Hz{label})", accesses,
                     (with_accesses - without) / max(accesses, 1)))
        for name, program in (
                ("threads", [bench.workload("threads"), "16", "200000"]),
                ("python3", ["python3", "-c", "import json; x = [str(i) * 20 for i in range(10**5)]; "
                                              "json.loads(json.dumps(x))"])):
            size, events = size_and_records(bench, ["--source", "none", *options], program,
                                            "allocation,deallocation")
            rows.append((f"allocation ({name}{label})", events, size / max(events, 1)))
    print("### (c) bytes of a record in the file\n")
    table(["", "records", "bytes"], [(name, count, f"{size:.1f}") for name, count, size in rows])
    verdict(all(size <= 12 for _, _, size in rows), "at most 12 bytes")


def measure_start(bench):
    """(d) what a recording costs that records next to nothing."""
    configurations = {
        "true": [],
        "heimdallr -- true": bench.heimdallr(),
        "heimdallr --dry-run -- true": bench.heimdallr("--dry-run"),
    }
    figures = bench.interleave(configurations, lambda prefix: bench.run(prefix, ["true"])[0],
                               runs=bench.runs * 5)
    native = statistics.median(figures["true"])
    added = statistics.median(figures["heimdallr -- true"]) - native
    print("### (d) wall time of `true`, ms\n")
    table(["", "median", "quartiles", "added"],
          [(name, *spread(values, 1e3, 2), f"{(statistics.median(values) - native) * 1e3:.2f}")
           for name, values in figures.items()])
    verdict(added <= 0.015, "adds at most 15 ms")


def measure_replay(bench):
    """(e) what the recorder does with a tick, from registers to records, without the kernel."""
    rows = []
    for name in ("triad", "stencil", "gups", "matrix"):
        command = [str(bench.build / "bin" / "replay-ticks"), "2", "1000"]
        figures = []
        for _ in range(max(3, bench.runs // 3)):
            # Behind what the workload says of itself.
            words = bench.run(command, [bench.workload(name), "60"])[1].splitlines()[-1].split()
            figures.append(dict(zip(words[::2], words[1::2])))
        rows.append((name, *(statistics.median(float(figure[key]) for figure in figures) for key in (
            "ns_per_tick", "accesses_per_tick", "million_accesses_per_second"))))
    print("### (e) replay of a recorded stream of ticks, CPU time of one thread\n")
    table(["", "ns a tick", "accesses a tick", "million accesses a second"],
          [(name, f"{ns:.0f}", f"{accesses:.1f}", f"{rate:.1f}")
           for name, ns, accesses, rate in rows])
    verdict(all(ns <= 300 for _, ns, _, _ in rows), "at most 300 ns a tick")
    verdict(all(rate >= 5 for _, _, _, rate in rows), "at least 5 million access records a second")


def measure_recordings_read(bench):
    """(f) reading synthetic recordings, on one core."""
    rows, verdicts = measure_reading(bench)
    print("### (f) reading synthetic recordings, one core\n")
    table(["", "CPU s", "wall s", "peak MB", ""], rows)
    for holds, text in verdicts:
        verdict(holds, text)


def measure_memory_kinds(bench):
    """(g) a malloc and free pair by the memory it comes from, without recording."""
    figures, verdicts = measure_kinds(bench)
    print("### (g) ns of CPU time of a malloc and free pair, by memory\n")
    if not figures:
        print("memkind is not built: not measured\n")
        return
    table(["", "median", "quartiles"], [(name, *spread(values)) for name, values in figures])
    for holds, text in verdicts:
        verdict(holds, text)


def machine():
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return f"{model}, {os.cpu_count()} CPUs, Linux {platform.release()}"


MEASUREMENTS = {"pairs": measure_pairs, "wall": measure_wall, "bytes": measure_bytes,
                "start": measure_start, "replay": measure_replay,
                "reading": measure_recordings_read, "kinds": measure_memory_kinds}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True, help="the build tree to measure")
    parser.add_argument("--quick", action="store_true", help="few runs: a first impression")
    parser.add_argument("only", nargs="*", choices=[*MEASUREMENTS, []],
                        help="measure these alone")
    arguments = parser.parse_args()
    runs = 3 if arguments.quick else 11
    with tempfile.TemporaryDirectory(prefix="heimdallr-bench-") as folder:
        bench = Bench(arguments.build.resolve(), Path(folder), runs)
        print(f"## Cost of recording and reading\n\n{machine()}; medians of {runs} interleaved runs\n",
              flush=True)
        for name in arguments.only or MEASUREMENTS:
            MEASUREMENTS[name](bench)


if __name__ == "__main__":
    main()
