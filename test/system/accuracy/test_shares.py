"""The tools that compare, on inputs whose answer is known."""

import math
import subprocess
import unittest
from collections import Counter

from accuracy.exact import LACKEY_SHARES
from accuracy.shares import Sampled, distance, kinds, largest_differences, report, shares


class Distance(unittest.TestCase):
    def test_of_equal_shares_is_zero_whatever_the_amounts(self):
        self.assertEqual(distance({"a": 1, "b": 3}, {"a": 1000, "b": 3000}), 0)

    def test_of_disjoint_pictures_is_one(self):
        self.assertEqual(distance({"a": 5}, {"b": 7}), 1)

    def test_is_the_part_that_must_move(self):
        # 0.7, 0.2, 0.1 against 0.5, 0.2, 0.3: a fifth goes from a to c.
        self.assertAlmostEqual(distance({"a": 70, "b": 20, "c": 10}, {"a": 5, "b": 2, "c": 3}), 0.2)

    def test_counts_keys_of_one_side_alone(self):
        self.assertAlmostEqual(distance({"a": 1, "b": 1}, {"a": 1, "c": 1}), 0.5)

    def test_is_the_same_both_ways(self):
        one, other = {"a": 1, "b": 4}, {"a": 3, "b": 2}
        self.assertEqual(distance(one, other), distance(other, one))

    def test_of_nothing_is_an_error(self):
        with self.assertRaises(ValueError):
            distance({}, {"a": 1})

    def test_shares_sum_up_to_one(self):
        self.assertEqual(shares({"a": 1, "b": 3}), {"a": 0.25, "b": 0.75})

    def test_largest_differences_come_first(self):
        rows = largest_differences({"a": 60, "b": 30, "c": 10}, {"a": 30, "b": 40, "d": 30}, 3)
        self.assertEqual({row[0] for row in rows[:2]}, {"a", "d"})


class Kinds(unittest.TestCase):
    def test_a_modification_is_a_load_and_a_store(self):
        self.assertEqual(kinds("load_store"), ("load", "store"))
        self.assertEqual(kinds("load"), ("load",))


class StatisticalError(unittest.TestCase):
    def test_of_two_equal_keys_is_that_of_the_binomial(self):
        ticks = 10000
        sampled = Sampled()
        for tick in range(ticks):
            sampled.add(tick, "ab"[tick % 2], 0.25)
        # The share of a is normal with sigma = sqrt(1/4 / n); mean of |x| is sigma * sqrt(2/pi).
        expected = math.sqrt(0.25 / ticks) * math.sqrt(2 / math.pi)
        self.assertAlmostEqual(sampled.error(rounds=400) / expected, 1, delta=0.15)

    def test_of_accesses_that_always_come_together_is_zero(self):
        sampled = Sampled()
        for tick in range(100):
            sampled.add(tick, "load", 0.1)
            sampled.add(tick, "store", 0.1)
        self.assertAlmostEqual(sampled.error(), 0)

    def test_is_the_same_in_each_run(self):
        sampled = Sampled()
        for tick in range(50):
            sampled.add(tick, "ab"[tick % 3 == 0], 1)
        self.assertEqual(sampled.error(), sampled.error())

    def test_amounts_add_up_over_ticks(self):
        sampled = Sampled()
        sampled.add(1, "a", 0.5)
        sampled.add(1, "a", 0.25)
        sampled.add(2, "b", 2)
        self.assertEqual(sampled.amounts(), Counter({"a": 0.75, "b": 2}))
        self.assertEqual(sampled.ticks, 2)

    def test_stands_in_the_report(self):
        sampled = Sampled()
        sampled.add(1, ("load", "f"), 1)
        text = report("made up", sampled, Counter({("load", "f"): 3, ("store", "f"): 1}))
        self.assertIn("distance 0.2500, statistical error 0.0000 of 1 ticks, 4 exact", text)
        self.assertIn("load f: sampled 1.0000, exact 0.7500", text)


LOG = b"""==1== Lackey, an example Valgrind tool
I  00108010,3
 L 1fff000010,8
 L 1fff000018,8
I  00108013,4
 S 1fff00001f,1
I  00108010,3
 M 04a2d010,8
 L nothing,8
==1== Counted 1 call to main()
"""


class LackeyShares(unittest.TestCase):
    def sum(self, log, *arguments):
        run = subprocess.run([LACKEY_SHARES, *arguments], input=log, capture_output=True,
                             check=True, timeout=60)
        return sorted(run.stdout.decode().splitlines())

    def test_sums_by_kind_and_instruction(self):
        self.assertEqual(self.sum(LOG), ["I 108010 0 2", "I 108013 0 1", "L 108010 0 2",
                                         "M 108010 0 1", "S 108013 0 1"])

    def test_sums_by_bucket_of_addresses(self):
        self.assertEqual(self.sum(LOG, "16"), [
            "I 108010 0 2", "I 108013 0 1", "L 108010 1fff000010 2", "M 108010 4a2d010 1",
            "S 108013 1fff000010 1"])

    def test_lines_across_reads_are_whole(self):
        # Longer than any buffer, and of lines whose length does not divide it.
        log = b"I  00401000,5\n L 0a,4\n S 1234567,16\n" * 200_000
        self.assertEqual(self.sum(log), ["I 401000 0 200000", "L 401000 0 200000",
                                         "S 401000 0 200000"])

    def test_of_nothing_is_nothing(self):
        self.assertEqual(self.sum(b""), [])


if __name__ == "__main__":
    unittest.main()
