#!/usr/bin/env python3
"""Boots the virtual machine, runs the tests in it and says how each ended.

Exit status: 0 if all passed, 1 if not, 77 if the machine cannot be made here (nothing was tested).
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import virtual_machine
from guest.main import GROUPS

ROOT = Path(__file__).resolve().parents[2]
GUEST = Path(__file__).resolve().parent / "guest"
IN_GUEST = "/run/vm/results"
TESTED = ("bin/heimdallr", "bin/trace-dump", "lib/heimdallr-heap-probe", "lib/libheimdallr-*.so",
          "vm/where_pages")
BOOT_SECONDS = 90
SERIAL_LINES_SHOWN = 30


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(GROUPS)}")
    parser.add_argument("--shell", action="store_true", help="a shell in the machine, no tests")
    parser.add_argument("--build", type=Path, default=ROOT / "build/release",
                        help="the build tree (default build/release)")
    parser.add_argument("--vm", type=Path, default=ROOT / "build/vm",
                        help="folder with the kernel's package unpacked in kernel (build/vm)")
    options = parser.parse_args()
    options.build, options.vm = options.build.resolve(), options.vm.resolve()
    return options


def boot(options, work, command, **streams):
    """A process of qemu whose serial line is its standard input and output."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # by the ways that end the machine
    image, version = virtual_machine.kernel(options.vm / "kernel")
    initramfs = virtual_machine.make_initramfs(options.vm / "kernel", version, command, work)
    results = work / "results"
    results.mkdir()
    return subprocess.Popen(virtual_machine.qemu(image, initramfs, results), **streams)


def watch(machine, log, seconds):
    """Follows the serial line; prints what the tests say. False if the machine had to be ended."""
    ended = threading.Event()

    def end():
        ended.set()
        machine.kill()

    watchdog = threading.Timer(seconds, end)
    watchdog.start()
    try:
        for line in machine.stdout:
            log.write(line)
            if line.startswith(b"vm: "):
                print(line[4:].decode(errors="replace").rstrip(), flush=True)
    finally:
        watchdog.cancel()
        machine.kill()  # when interrupted; else it has ended
        machine.wait()
    return not ended.is_set()


def verdict(file, groups):
    """(tests, those that failed, problems): each group is to have ended by itself."""
    entries = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    tests = [entry for entry in entries if "test" in entry]
    ended = {entry["group"]: entry["ended"] for entry in entries if "ended" in entry}
    problems = []
    for group in groups:
        how = ended.get(group, "was not run to its end")
        failed = any(test["group"] == group and test["outcome"] == "FAILED" for test in tests)
        if how != (1 if failed else 0):
            problems.append(f"{group}: {how if isinstance(how, str) else f'exit status {how}'}")
        if not any(test["group"] == group for test in tests):
            problems.append(f"{group}: no test ended")
    return tests, [test for test in tests if test["outcome"] == "FAILED"], problems


def copy_build(build, work):
    """What is tested, so that a build meanwhile does not change it under the machine."""
    copy = work / "build"
    for pattern in TESTED:
        for file in build.glob(pattern):
            to = copy / file.relative_to(build)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, to)
    return copy


def run_tests(options, work, log_path):
    groups = options.groups or list(GROUPS)
    build = copy_build(options.build, work)
    command = virtual_machine.in_host_files(
        ["python3", "-B", GUEST / "main.py", f"{IN_GUEST}/results.jsonl", *groups],
        f"HEIMDALLR_BUILD={build}")
    start = time.monotonic()
    with open(log_path, "wb") as log:
        machine = boot(options, work, command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT)
        in_time = watch(machine, log, BOOT_SECONDS + sum(GROUPS[group] for group in groups))
    tests, failed, problems = verdict(work / "results" / "results.jsonl", groups)
    for test in tests:
        if test["outcome"] != "passed":
            print(f"\n{test['outcome']} {test['group']}.{test['test']}\n{test['details']}")
    if not in_time:
        problems.insert(0, "the machine did not end and was switched off")
    for problem in problems:
        print(f"PROBLEM {problem}")
    if problems:
        print(f"The end of the serial line ({log_path}):")
        print("".join(f"  {line}\n" for line in log_path.read_text(errors="replace")
                      .splitlines()[-SERIAL_LINES_SHOWN:]))
    skipped = sum(test["outcome"] == "SKIPPED" for test in tests)
    print(f"{len(tests)} tests in the machine, {len(failed)} failed, {skipped} skipped, "
          f"{len(problems)} problems, {time.monotonic() - start:.0f} s")
    return 1 if failed or problems else 0


def run_shell(options, work):
    command = "setsid cttyhack " + virtual_machine.in_host_files(
        ["sh", "-c", f"python3 -B {GUEST}/persistent_memory.py; cd {options.build}; exec bash -i"],
        f"TERM={os.environ.get('TERM', 'dumb')}")
    with boot(options, work, command) as machine:
        try:
            return machine.wait()
        finally:
            machine.kill()


def main():
    options = parse()
    if unknown := set(options.groups) - set(GROUPS):
        sys.exit(f"no group {', '.join(unknown)}; there are {', '.join(GROUPS)}")
    options.vm.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=options.vm) as work:
            if options.shell:
                return run_shell(options, Path(work))
            return run_tests(options, Path(work), options.vm / "serial.log")
    except virtual_machine.Missing as missing:
        print(f"SKIPPED {missing}")
        return 77


if __name__ == "__main__":
    sys.exit(main())
