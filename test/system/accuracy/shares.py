"""How far two pictures of the same program's accesses are apart.

A picture is a mapping from a key, such as (kind, function), to an amount: exact counts on one side,
estimated accesses on the other. Only shares are compared, so the amounts need no common unit.
"""

import random
from collections import Counter, defaultdict


def shares(amounts):
    """Each key's part of the whole; they sum up to 1."""
    whole = sum(amounts.values())
    if whole <= 0:
        raise ValueError("nothing was counted, so there are no shares")
    return {key: amount / whole for key, amount in amounts.items()}


def distance(one, other):
    """Total variation distance of two pictures: half the sum of the absolute differences of their
    shares. 0 = the same, 1 = nothing in common; it is the part that one would have to move."""
    one, other = shares(one), shares(other)
    return sum(abs(one.get(key, 0) - other.get(key, 0)) for key in one.keys() | other.keys()) / 2


def largest_differences(sampled, exact, count=5):
    """(key, sampled share, exact share), those first that add most to the distance."""
    sampled, exact = shares(sampled), shares(exact)
    rows = [(key, sampled.get(key, 0.0), exact.get(key, 0.0))
            for key in sampled.keys() | exact.keys()]
    return sorted(rows, key=lambda row: (-abs(row[1] - row[2]), str(row[0])))[:count]


def kinds(kind):
    """An instruction that reads and writes its operand counts as a load and as a store."""
    return ("load", "store") if kind == "load_store" else (kind,)


class Sampled:
    """A sampled picture, kept by tick: the accesses that one tick gives come together or not at
    all, so the statistical error is a matter of ticks, not of accesses."""

    def __init__(self):
        self._ticks = defaultdict(Counter)

    def add(self, tick, key, amount):
        self._ticks[tick][key] += amount

    @property
    def ticks(self):
        return len(self._ticks)

    def amounts(self):
        return _sum((pattern, 1) for pattern in self._ticks.values())

    def error(self, rounds=100, seed=1):
        """Distance to expect of chance alone: the mean distance between this picture and pictures
        made of as many ticks drawn from it (bootstrap)."""
        whole = self.amounts()
        patterns = Counter(tuple(sorted(pattern.items())) for pattern in self._ticks.values())
        choice = random.Random(seed)
        total = 0.0
        for _ in range(rounds):
            drawn = Counter(choice.choices(list(patterns), patterns.values(), k=self.ticks))
            total += distance(_sum((dict(pattern), times) for pattern, times in drawn.items()),
                              whole)
        return total / rounds


def _sum(patterns):
    amounts = Counter()
    for pattern, times in patterns:
        for key, amount in pattern.items():
            amounts[key] += amount * times
    return amounts


def report(what, sampled, exact, count=4):
    """Lines for people: the distance, its statistical error, and where it comes from."""
    amounts = sampled.amounts()
    lines = [f"accuracy: {what}: distance {distance(amounts, exact):.4f}, statistical error "
             f"{sampled.error():.4f} of {sampled.ticks} ticks, {sum(exact.values())} exact "
             f"accesses"]
    for key, got, true in largest_differences(amounts, exact, count):
        name = " ".join(str(part) for part in key) if isinstance(key, tuple) else key
        lines.append(f"    {name}: sampled {got:.4f}, exact {true:.4f}")
    return "\n".join(lines)
