"""Shares of accesses of programs whose truth is known, against exact counts.

Each program has loops of even cost: time per instruction is about the same everywhere, which is
what estimated accesses rest on (src/README.md, "Block replay"). Problems fit into the nearest
caches for that reason, and are the same on both sides but for the number of rounds. Three seconds
at the default rate give about 3000 ticks on an idle machine, for a statistical error of 0.01 and
less; it is printed beside.
"""

import unittest
from collections import Counter
from dataclasses import dataclass

from accuracy.pictures import Pictures, amount
from accuracy.shares import distance, kinds, report
from harness import SystemTest, address, records, workload

SECONDS = 3
ENOUGH_TICKS = 600


@dataclass
class Case:
    arguments: list  # behind the rounds
    rounds: int  # under lackey: about a million accesses
    object_limit: float = 0.05


CASES = {
    "triad": Case([0.0625], 25),
    "load_store": Case([], 4),
    "matrix": Case([64], 3),
    "stencil": Case([24], 4),
    "linked_list": Case([4000], 50),
    "gups": Case([0.25], 5),
    # A store in each round is all that bounds these loops: of 5 to 7 instructions each takes one
    # cycle, so the short ones get more than their share.
    "stream": Case([64], 10, object_limit=0.10),
    "stencils": Case([24], 4),
    "matrices": Case([48], 1),
}
BY_FUNCTION = ("stream", "stencils", "matrices", "triad", "stencil", "matrix")


class Shares(Pictures):
    def check(self, name):
        case = CASES[name]
        pictures = self.truth_pictures(name, case.arguments, case.rounds, SECONDS)
        limits = {"object": case.object_limit}
        if name in BY_FUNCTION:
            limits["function"] = 0.10
        for what, limit in limits.items():
            sampled, exact = pictures[what]
            print(report(f"{name}, kind and {what}", sampled, exact), flush=True)
        for what, limit in limits.items():
            sampled, exact = pictures[what]
            self.assertGreater(sampled.ticks, ENOUGH_TICKS)
            self.assertLessEqual(distance(sampled.amounts(), exact), limit, what)


def _test_of(name):
    return lambda self: self.check(name)


for _name in CASES:
    setattr(Shares, f"test_of_{_name}", _test_of(_name))


class Ratios(SystemTest):
    """Loads for each store, as the source of the program has them."""

    def check(self, name, arguments, loads_per_store):
        run = self.record([workload(name), SECONDS, *arguments])
        self.assert_status(run, 0)
        truth = run.truth
        amounts = Counter()
        for access in records(run.trace, "--type", "access"):
            if truth.in_text(address(access, "ip")):
                for kind in kinds(access["kind"]):
                    amounts[kind] += amount(access)
        ratio = amounts["load"] / amounts["store"]
        print(f"accuracy: {name}: {ratio:.4f} loads for each store, {loads_per_store} by its "
              f"source", flush=True)
        self.assertAlmostEqual(ratio / loads_per_store, 1, delta=0.05)

    def test_of_a_load_and_a_store(self):
        self.check("load_store", [], 1)

    def test_of_the_scalar_triad(self):
        self.check("triad-scalar", [0.0625], 2)


if __name__ == "__main__":
    unittest.main()
