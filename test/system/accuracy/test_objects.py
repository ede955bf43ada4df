"""Accesses are given to the object that was there at their time: test/workloads/churn.c knows."""

import struct
import subprocess
import unittest
from bisect import bisect_right, insort
from collections import Counter
from dataclasses import dataclass

from accuracy.modules import file_function
from harness import BUILD, TIMEOUT_S, SystemTest, workload

ACCESS_OWNERS = str(BUILD / "bin" / "access-owners")
SECONDS = 3
# More often than usual and whatever it costs: this is about right and wrong, not about time.
OPTIONS = ["-F", "4000", "--max-overhead", "0"]
ENOUGH_ACCESSES = 2000
RIGHT = 0.999
UNMATCHED = 0.001


@dataclass
class Access:
    """A line of access-owners."""

    time_ns: int
    ip: int
    address: int
    type: str
    site: int


def accesses_of(trace):
    run = subprocess.run([ACCESS_OWNERS, str(trace)], check=True, stdout=subprocess.PIPE,
                         timeout=TIMEOUT_S)
    for line in run.stdout.decode().splitlines():
        time_ns, _, _, ip, address, type_, site = line.split(" ")
        yield Access(int(time_ns), int(ip, 16), int(address, 16), type_, int(site, 16))


def ownerships(path, count):
    """(first ns, end ns, address, end address, site) of churn's log."""
    entry = struct.Struct("=5Q")
    with open(path, "rb") as log:
        data = log.read(count * entry.size)
    for first_ns, end_ns, address, size, site in entry.iter_unpack(data):
        yield first_ns, end_ns, address, address + size, site


def owners(intervals, accesses):
    """(access, site) for each access to a logged block while the program had it."""
    # At equal times ends go first, then starts: an access is strictly within.
    events = sorted([(interval[0], 1, interval) for interval in intervals] +
                    [(interval[1], 0, interval) for interval in intervals])
    live = []  # (address, end address, site), by address; those of one time do not overlap
    at = 0
    for access in accesses:
        while at < len(events) and events[at][0] < access.time_ns:
            _, starts, (_, _, address, end, site) = events[at]
            if starts:
                insort(live, (address, end, site))
            else:
                live.remove((address, end, site))
            at += 1
        near = bisect_right(live, (access.address, float("inf"))) - 1
        if near >= 0 and access.address < live[near][1]:
            yield access, live[near][2]


class Owners(unittest.TestCase):
    """Of the sweep above: an answer that is known."""

    def test_are_those_alive_at_the_time(self):
        intervals = [(10, 20, 0x100, 0x140, 1), (30, 40, 0x100, 0x110, 2), (5, 50, 0x200, 0x300, 3)]
        probes = [(8, 0x100), (12, 0x100), (15, 0x13f), (15, 0x140), (16, 0x2ff), (25, 0x100),
                  (35, 0x10f), (35, 0x110), (45, 0x200)]
        accesses = [Access(time, 0, address, "heap", 0) for time, address in probes]
        self.assertEqual([(access.time_ns, access.address, site)
                          for access, site in owners(intervals, accesses)],
                         [(12, 0x100, 1), (15, 0x13f, 1), (16, 0x2ff, 3), (35, 0x10f, 2),
                          (45, 0x200, 3)])


class Churn(SystemTest):
    def test_each_access_is_given_to_its_block(self):
        program, log = workload("churn"), self.folder / "log"
        run = self.record([program, SECONDS, log], OPTIONS)
        self.assert_status(run, 0)
        self.assert_whole(run.trace)
        truth = run.truth
        intervals = list(ownerships(log, truth.numbers["owned"]))
        accesses = list(accesses_of(run.trace))

        wrong, checked = Counter(), 0
        for access, site in owners(intervals, accesses):
            checked += 1
            given = file_function(program, access.site) if access.site else access.type
            if given != f"Site{site}":
                wrong[f"Site{site}", given] += 1
        own = [access for access in accesses if truth.in_text(access.ip)]
        unmatched = Counter(access.type for access in own
                            if access.type in ("between_blocks", "not_mapped", "null_page",
                                               "process_unknown"))
        print(f"accuracy: churn: {truth.numbers['blocks']} blocks, {len(accesses)} accesses; of "
              f"{checked} to {len(intervals)} logged ownerships {sum(wrong.values())} were given to "
              f"another object; of {len(own)} by the program's own code "
              f"{sum(unmatched.values())} to none", flush=True)
        self.assertGreater(checked, ENOUGH_ACCESSES)
        self.assertLessEqual(sum(wrong.values()), (1 - RIGHT) * checked, wrong.most_common(5))
        self.assertLessEqual(sum(unmatched.values()), UNMATCHED * len(own), unmatched)


if __name__ == "__main__":
    unittest.main()
