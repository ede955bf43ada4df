#!/usr/bin/env python3
"""Runs test modules for ctest: `run.py MODULE [PATTERN...]`, a pattern being part of a test's name.

Says which tests were skipped and why; exit status 77 when nothing else was left to run.
"""

import sys
import unittest


def main():
    module, *patterns = sys.argv[1:]
    loader = unittest.TestLoader()
    if patterns:
        loader.testNamePatterns = [f"*{pattern}*" for pattern in patterns]
    suite = loader.loadTestsFromName(module)
    if suite.countTestCases() == 0:
        print(f"no test in {module} matches {patterns}")
        return 1
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    for test, reason in result.skipped:
        print(f"SKIPPED {test}: {reason}")
    if not result.wasSuccessful():
        return 1
    return 77 if len(result.skipped) == result.testsRun else 0


if __name__ == "__main__":
    sys.exit(main())
