"""Bytes read and written for each site that allocates, against valgrind's DHAT.

The bound is that of the objects of loops of even cost (test_truth.py): here each site has one
block, and DHAT counts what lackey counts, in bytes.
"""

import unittest
from collections import Counter

from accuracy.exact import dhat
from accuracy.pictures import Pictures, amount
from accuracy.shares import Sampled, distance, kinds, report
from harness import Truth, address, records, workload

SECONDS = 3
ENOUGH_TICKS = 600
LIMIT = 0.05


class Sites(Pictures):
    def sampled(self, command):
        """By (kind, offset of the allocating call in the program)."""
        run = self.record(command)
        self.assert_status(run, 0)
        truth = run.truth
        blocks = []  # (first, end, site)
        for record in records(run.trace, "--type", "allocation"):
            caller = address(record, "caller")
            if truth.in_text(caller):
                first = address(record)
                # The byte before a return address is the call's, as valgrind has it.
                blocks.append((first, first + record["size"], caller - 1 - truth.text[0][0]))
        sampled = Sampled()
        for access in records(run.trace, "--type", "access"):
            for first, end, site in blocks:
                if first <= address(access) < end:
                    for kind in kinds(access["kind"]):
                        sampled.add(access["tick"], (kind, f"site +{site:#x}"),
                                    amount(access) * access["size"])
        return sampled

    def exact(self, command):
        stdout, sites = dhat(command, self.folder)
        truth = Truth.parse(stdout)
        counts = Counter()
        for site in sites:
            frames = [int(frame.split(":")[0], 16) for frame in site.frames if frame[:2] == "0x"]
            own = [frame for frame in frames if truth.in_text(frame)]
            if own:
                name = f"site +{own[0] - truth.text[0][0]:#x}"
                counts["load", name] += site.read_bytes
                counts["store", name] += site.written_bytes
        return counts

    def check(self, name, arguments, rounds):
        program = workload(name)
        sampled = self.sampled([program, SECONDS, *arguments])
        exact = self.exact([program, f"{rounds + 1}x", *arguments])
        exact -= self.exact([program, "1x", *arguments])
        print(report(f"{name}, bytes by kind and site, beside DHAT", sampled, exact, 6), flush=True)
        self.assertGreater(sampled.ticks, ENOUGH_TICKS)
        self.assertLessEqual(distance(sampled.amounts(), exact), LIMIT)

    def test_of_the_scalar_triad(self):
        self.check("triad-scalar", [0.0625], 50)

    def test_of_the_stencils(self):
        self.check("stencils", [24], 10)


if __name__ == "__main__":
    unittest.main()
