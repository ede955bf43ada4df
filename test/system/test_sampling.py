"""Sampled accesses: where they are, and that none is lost without being counted."""

import unittest
from collections import Counter

from harness import SystemTest, address, losses, records, summary, workload

# Losses of the clock source that stand for one tick each.
TICK_LOSSES = ("no_memory_operand", "code_unreadable", "instruction_unknown", "operand_unknown",
               "no_user_registers")
TRUTH_WORKLOADS = ("triad", "gups", "linked_list", "matrix", "stencil", "load_store")


class AddressMap:
    """What lies where in a process, as the records of its trace tell."""

    def __init__(self):
        self.ranges = []  # (first, end, what); later ones count

    def add(self, first, size, what):
        if first is not None and size:
            self.ranges.append((first, first + size, what))

    def what(self, target):
        for first, end, what in reversed(self.ranges):
            if first <= target < end:
                return what
        return None


def known_places(trace, truth):
    """The objects of the workload, then whatever else the trace knows of the address space."""
    places = AddressMap()
    for record in records(trace, "--type", "mapping"):
        places.add(address(record), record["size"], record.get("path") or "mapping")
    for record in records(trace, "--type", "allocation"):
        places.add(address(record), record.get("size"), record["call"])
    for name, (first, end) in truth.objects.items():
        places.add(first, end - first, f"object {name}")
    return places


class Ledger(SystemTest):
    """What was produced is what was recorded and what was counted as lost, to the unit."""

    def check(self, command, options=()):
        run = self.record(command, options)
        self.assert_status(run, 0)
        self.assert_whole(run.trace)
        ticks = {record["tick"] for record in records(run.trace, "--type", "access")}
        lost = losses(run.trace)
        produced = summary(run.trace)["recorder"]["ticks"]
        not_decoded = sum(lost[kind] for kind in TICK_LOSSES)
        self.assertGreater(produced, 0)
        self.assertEqual(len(ticks) + not_decoded, produced, lost)
        self.assertEqual(max(ticks) <= produced, True)
        return produced, lost, run

    def test_of_the_truth_workloads(self):
        for name in TRUTH_WORKLOADS:
            with self.subTest(workload=name):
                produced, lost, _ = self.check([workload(name), 0.7])
                useless = lost["code_unreadable"] + lost["instruction_unknown"]
                self.assertLess(useless, 0.05 * produced)
                (self.folder / "t.htrace").unlink()

    def test_of_many_processes(self):
        self.check(["bash", "-c", "for i in 1 2 3 4; do "
                                  "python3 -c 'sum(i*i for i in range(10**6))' & done; wait"])

    def test_against_the_cpu_time(self):
        # The clock counts time in user code: a tick each 1/1000 s of it, or a counted loss.
        produced, lost, run = self.check([workload("load_store"), 1])
        user_ns = max(record.get("user_ns", 0)
                      for record in records(run.trace, "--type", "statistics"))
        self.assertGreater(user_ns, 0)
        expected = user_ns / 1e6
        self.assertAlmostEqual((produced + lost["ring_overflow"]) / expected, 1.0, delta=0.2)


class Addresses(SystemTest):
    def sampled(self, name, options=()):
        run = self.record([workload(name), 1], options)
        self.assert_status(run, 0)
        truth = run.truth
        accesses = list(records(run.trace, "--type", "access"))
        self.assertGreater(len(accesses), 100)
        return run, truth, accesses

    def test_nineteen_of_twenty_ticks_give_one(self):
        shares, with_address, produced = {}, 0, 0
        for name in TRUTH_WORKLOADS:
            run, _, accesses = self.sampled(name)
            hits = len({access["tick"] for access in accesses})
            ticks = summary(run.trace)["recorder"]["ticks"]
            shares[name] = hits / ticks
            with_address += hits
            produced += ticks
            run.trace.unlink()
        self.assertGreaterEqual(with_address, 0.95 * produced, shares)

    def test_every_one_of_gups_and_stencil_is_explained(self):
        for name in ("gups", "stencil"):
            with self.subTest(workload=name):
                run, truth, accesses = self.sampled(name)
                places = known_places(run.trace, truth)
                found = Counter(places.what(address(access)) for access in accesses)
                self.assertEqual(found[None], 0, [
                    access for access in accesses if places.what(address(access)) is None][:5])
                on_objects = sum(count for what, count in found.items()
                                 if what.startswith("object "))
                self.assertGreater(on_objects, 0.9 * len(accesses), found)
                (self.folder / "t.htrace").unlink()

    def test_loads_and_stores_fall_on_their_arrays(self):
        _, truth, accesses = self.sampled("load_store")
        of_kind = {"from": Counter(), "to": Counter()}
        for access in accesses:
            for name, (first, end) in truth.objects.items():
                if first <= address(access) < end:
                    of_kind[name][access["kind"]] += 1
        self.assertEqual(of_kind["from"]["store"], 0)
        self.assertEqual(of_kind["to"]["load"], 0)
        self.assertGreater(of_kind["to"]["store"], 0)

    def test_each_array_of_the_triad_is_seen(self):
        _, truth, accesses = self.sampled("triad")
        seen = Counter()
        for access in accesses:
            for name, (first, end) in truth.objects.items():
                seen[name] += first <= address(access) < end
        self.assertGreater(sum(seen.values()), 0.9 * len(accesses), seen)
        self.assertGreater(seen["a"], 0, seen)
        self.assertGreater(seen["b"] + seen["c"], 0, seen)

    def test_thread_locals_and_stacks_of_threads_that_allocate_nothing(self):
        run, truth, accesses = self.sampled("thread_local")
        seen = Counter()
        for access in accesses:
            for name, (first, end) in truth.objects.items():
                seen[name] += first <= address(access) < end
        self.assertEqual(len(truth.objects), 8)
        for name in truth.objects:
            self.assertGreater(seen[name], 0.05 * len(accesses), seen)
        lost = losses(run.trace)
        self.assertLess(lost["segment_base"], 0.01 * len(accesses), lost)

    def test_faults_are_the_first_touches_of_the_table(self):
        run = self.record([workload("gups"), 0.1, 8], ["--source", "none", "--faults"])
        self.assert_status(run, 0)
        first, end = run.truth.objects["table"]
        pages = {address(fault) // 4096 for fault in records(run.trace, "--type", "fault")
                 if first <= address(fault) < end}
        # All 2048 pages, or fewer where the kernel maps several at one fault.
        self.assertTrue(1 <= len(pages) <= (end - first) // 4096, len(pages))
        if len(pages) > 4:
            self.assertEqual(len(pages), (end - first) // 4096)


if __name__ == "__main__":
    unittest.main()
