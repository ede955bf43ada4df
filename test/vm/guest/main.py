"""What the machine runs: main.py RESULTS GROUP... sets its memory up and runs each group of tests
in a process of its own, so that one that hangs does not take the others with it. main.py --one
RESULTS GROUP is such a process. RESULTS gets one JSON object a line and test, and one a group when
it ended."""

import json
import os
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "system")]

# Group, a module here -> seconds, many times what it takes on a machine with nothing else to do.
GROUPS = {"machine": 90, "policies": 300, "kinds": 300, "limits": 240, "page_nodes": 240,
          "pmem": 480, "node_sweep": 150}


def say(results, **entry):
    with open(results, "a") as file:
        file.write(json.dumps(entry) + "\n")


class Lines(unittest.TestResult):
    """Says how each test ended as it does; a failure of a subtest is one of its test."""

    def __init__(self, results, group):
        super().__init__()
        self.results, self.group = results, group

    def startTest(self, test):
        super().startTest(test)
        self.skips, self.start = [], time.monotonic()
        self.before = len(self.failures), len(self.errors)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.skips.append(reason)

    def stopTest(self, test):
        super().stopTest(test)
        failures, errors = self.before
        details = [f"{what}\n{text}" for what, text in
                   self.failures[failures:] + self.errors[errors:]]
        outcome = "FAILED" if details else "SKIPPED" if self.skips else "passed"
        name = test.id().removeprefix(f"{self.group}.")
        seconds = time.monotonic() - self.start
        print(f"vm: {outcome:8}{self.group}.{name} ({seconds:.1f} s)", flush=True)
        say(self.results, group=self.group, test=name, outcome=outcome,
            details="\n".join(details or self.skips))


def run_group(results, group):
    suite = unittest.defaultTestLoader.loadTestsFromName(group)
    outcome = Lines(results, group)
    suite.run(outcome)
    for what, text in outcome.errors:
        if not isinstance(what, unittest.TestCase):  # what prepares a class
            print(f"{what}\n{text}", flush=True)
    return 0 if outcome.wasSuccessful() else 1


def run_all(results, groups):
    subprocess.run([sys.executable, "-B", HERE / "persistent_memory.py"], check=True)
    for group in groups:
        seconds = GROUPS[group]
        with subprocess.Popen([sys.executable, "-B", __file__, "--one", results, group],
                              start_new_session=True) as process:
            try:
                status = process.wait(seconds)
                say(results, group=group, ended=status)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                say(results, group=group, ended=f"did not end in {seconds} s")
                print(f"vm: FAILED  {group}: did not end in {seconds} s", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        sys.exit(run_group(*sys.argv[2:]))
    run_all(sys.argv[1], sys.argv[2:])
