"""Sampling costs no more than it may, and says so when it had to slow down."""

import resource
import statistics
import unittest
from collections import defaultdict

from harness import HEIMDALLR, SystemTest, Truth, losses, records, summary, workload

FASTEST_HZ = 100_000
FASTEST_NS = 10_000


def periods(trace):
    return list(records(trace, "--type", "period"))


class Budget(SystemTest):
    """What the stencil takes for the same work, alone and sampled as fast as can be asked for."""

    REPEATS = 9
    # Native runs that differ by more say that the machine has other things to do.
    QUIET = 1.04

    def run_once(self, command):
        """Wall time of the loop as the program saw it, and CPU time of all that ran, in s."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run = self.run_command(command)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assert_status(run, 0)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Truth.parse(run.stdout).numbers["loop_us"] / 1e6, cpu

    def test_holds_at_the_highest_rate(self):
        trace = self.folder / "t.htrace"
        wall, _ = self.run_once([workload("stencil"), "20x"])
        command = [workload("stencil"), f"{max(int(20 * 1.5 / wall), 20)}x"]
        recorder = [HEIMDALLR, "-F", FASTEST_HZ, "--max-overhead", 5, "--force", "-o", trace, "--"]
        native, sampled = [], []
        for _ in range(self.REPEATS):
            native.append(self.run_once(command))
            wall, _ = self.run_once([*recorder, *command])
            statistic = next(record for record in records(trace, "--type", "statistics")
                             if record["source"] == "wait")
            sampled.append((wall, (statistic["user_ns"] + statistic["system_ns"]) / 1e9))
        wall, cpu = (statistics.median(times[i] for times in sampled) /
                     statistics.median(times[i] for times in native) for i in (0, 1))
        quartiles = statistics.quantiles(times[0] for times in native)
        quiet = quartiles[2] / quartiles[0] <= self.QUIET
        print(f"\n-F {FASTEST_HZ} --max-overhead 5: {wall:.3f} x native wall time, {cpu:.3f} x CPU "
              f"time{'' if quiet else '; a busy machine: the wall time says little'}")
        self.assertLessEqual(cpu, 1.10, (native, sampled))
        if quiet:
            self.assertLessEqual(wall, 1.10, (native, sampled))
        self.assertGreaterEqual(len(periods(trace)), 1)


class Changes(SystemTest):
    def test_are_in_the_trace_and_in_the_summary(self):
        # On a busy machine ticks may cost what is assumed before any was measured (governor.cc);
        # then there is nothing to change.
        for _ in range(3):
            run = self.record([workload("load_store"), 1], ["-F", FASTEST_HZ, "--force"])
            self.assert_status(run, 0)
            changes = periods(run.trace)
            # No machine takes a tick in 350 ns, so the asked rate cannot be had for 5 %.
            self.assertGreaterEqual(len(changes), 1)
            if len(changes) > 1:
                break
        self.assertGreater(len(changes), 1)
        self.assertNotIn("sample_cost_ns", changes[0])
        self.assertGreater(changes[-1]["sample_cost_ns"], 0)
        for change in changes:
            self.assertGreater(change["period"], FASTEST_NS)
        last = changes[-1]
        self.assertLessEqual(last["sample_cost_ns"] / last["period"], 0.05)
        self.assertIn(b"sampling  slowed from 10 us", run.stderr)

    def test_are_known_to_each_access(self):
        run = self.record([workload("load_store"), 1], ["-F", FASTEST_HZ])
        self.assert_status(run, 0)
        steps = {change["period"] for change in periods(run.trace)}
        seen = {access["period"] for access in records(run.trace, "--type", "access")}
        self.assertLessEqual(seen, steps)
        self.assertIn(periods(run.trace)[-1]["period"], seen)

    def test_reach_programs_started_afterwards(self):
        one = workload("load_store")
        script = (f"{one} 0.4; {one} 0.3 & {one} 0.3; wait; sh -c 'exec {one} 0.2'")
        run = self.record(["sh", "-c", script], ["-F", FASTEST_HZ])
        self.assert_status(run, 0)
        changes = periods(run.trace)
        by_process = defaultdict(list)
        for access in records(run.trace, "--type", "access"):
            by_process[access["pid"]].append((access["time_ns"], access["period"]))
        later = [ticks for ticks in by_process.values() if ticks[0][0] > changes[-1]["time_ns"]]
        self.assertGreaterEqual(len(later), 3)
        for ticks in later:
            self.assertEqual({period for _, period in ticks}, {changes[-1]["period"]})

    def test_lose_no_tick_uncounted(self):
        run = self.record([workload("load_store"), 1], ["-F", FASTEST_HZ])
        lost = losses(run.trace)
        cpu_ns = defaultdict(int)
        for access in records(run.trace, "--type", "access"):
            cpu_ns[access["tick"]] = access["period"]
        not_decoded = summary(run.trace)["recorder"]["ticks"] - len(cpu_ns)
        user_ns = max(record.get("user_ns", 0)
                      for record in records(run.trace, "--type", "statistics"))
        self.assertEqual(lost["ring_overflow"], 0)
        self.assertLess(not_decoded, 0.05 * len(cpu_ns))
        # Each tick stands for the time since the one before it, at whatever period.
        self.assertAlmostEqual(sum(cpu_ns.values()) / user_ns, 1.0, delta=0.2)


class Option(SystemTest):
    def test_zero_means_no_limit_and_a_warning(self):
        run = self.record([workload("load_store"), 0.2], ["-F", 8000, "--max-overhead", 0])
        self.assert_status(run, 0)
        changes = periods(run.trace)
        self.assertEqual([change["period"] for change in changes], [125_000])
        self.assertIn(b"no limit to what that costs", run.stderr.splitlines()[0])
        self.assertNotIn(b"sampling  slowed", run.stderr)

    def test_zero_is_no_risk_at_the_usual_rate(self):
        run = self.record(["true"], ["--max-overhead", 0])
        self.assert_status(run, 0)
        self.assertNotIn(b"no limit", run.stderr)

    def test_takes_percentages(self):
        for value in ("0.5", "5%", "100"):
            with self.subTest(value=value):
                self.assert_status(self.record(["true"], ["--force", "--max-overhead", value]), 0)

    def test_refuses_what_is_none(self):
        for value in ("-1", "101", "much", "", "nan", "inf", "5%%"):
            with self.subTest(value=value):
                run = self.run_command([HEIMDALLR, f"--max-overhead={value}", "--", "true"])
                self.assert_status(run, 125)
                self.assertIn(b"--max-overhead", run.stderr)
                self.assertLessEqual(len(run.stderr.splitlines()), 2)
                self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
