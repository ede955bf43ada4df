"""Whatever goes wrong with the recording: one clear line, and the workload runs to its end."""

import os
import shutil
import signal
import subprocess
import time
import unittest

from harness import (BUILD, HEIMDALLR, TIMEOUT_S, Recording, SystemTest, Truth, losses, need_root,
                     records, validate, workload)


def wait_until(condition, what):
    end = time.monotonic() + 20
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain: {what}")
        time.sleep(0.01)


class FailureTest(SystemTest):
    def mount_tmpfs(self, options):
        need_root()
        place = self.folder / "tmpfs"
        place.mkdir()
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)],
                               capture_output=True)
        if mount.returncode != 0:
            self.skipTest(f"cannot mount here: {mount.stderr.decode().strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", str(place)], check=False)
        return place


    def installation(self):
        """A folder with a copy of heimdallr and its interposer that any user may read."""
        prefix = self.folder / "prefix"
        (prefix / "bin").mkdir(parents=True)
        (prefix / "lib").mkdir()
        shutil.copy(HEIMDALLR, prefix / "bin")
        shutil.copy(BUILD / "lib" / "libheimdallr-preload.so", prefix / "lib")
        return prefix

    def unprivileged(self):
        """Options of run_command with which a program runs as an ordinary user."""
        self.folder.chmod(0o777)
        return {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}


class OrdinaryUser(FailureTest):
    def test_records_its_own_programs(self):
        program = self.installation() / "bin" / "heimdallr"
        trace = self.folder / "t.htrace"
        count = shutil.copy(workload("die"), self.folder)
        run = self.run_command([program, "-o", trace, "--", count, "kill", 1000],
                               **self.unprivileged())
        self.assert_status(run, 128 + signal.SIGKILL)
        self.assert_whole(trace)
        self.assert_exact(Recording(run.returncode, run.stdout, run.stderr, trace))


class RecorderKilled(FailureTest):
    def check(self, command, options=()):
        """Kills heimdallr when something is in the trace; returns what the workload still said."""
        trace = self.folder / "t.htrace"
        process = self.start([HEIMDALLR, *options, "-o", trace, "--", *command])
        wait_until(lambda: trace.exists() and trace.stat().st_size > 20000, "a trace that grows")
        process.kill()
        # The workload holds the pipe: its end is the end of the workload.
        output, _ = process.communicate(timeout=TIMEOUT_S)
        self.assertEqual(process.returncode, -signal.SIGKILL)
        check = validate(trace)
        self.assertEqual(check.returncode, 1)
        self.assertGreater(sum(1 for _ in records(trace, "--limit", "1000")), 100)
        return Truth.parse(output)

    def test_the_workload_finishes(self):
        truth = self.check([workload("threads"), 16, 2000000])
        self.assertEqual(truth.numbers["threads"], 16)

    def test_processes_that_start_later_run_too(self):
        script = (f"{workload('threads')} 8 2000000 > /dev/null; "
                  f"for i in 1 2 3; do {workload('fork_tree')} 5 100; done")
        truth = self.check(["sh", "-c", script])
        self.assertEqual(truth.lists["processes"], [5, 5, 5])

    def test_with_small_rings(self):
        truth = self.check([workload("threads"), 16, 2000000], ["--buffer-size", "16K"])
        self.assertEqual(truth.numbers["threads"], 16)


class Disk(FailureTest):
    def test_that_fills_up_ends_the_recording_alone(self):
        place = self.mount_tmpfs("size=1m")
        trace = place / "t.htrace"
        run = self.run_command([HEIMDALLR, "-o", trace, "--", workload("threads"), 16, 100000])
        self.assert_status(run, 125)
        self.assertEqual(Truth.parse(run.stdout).numbers["threads"], 16)
        about = [line for line in run.stderr.decode().splitlines()
                 if "space" in line and str(trace) in line]
        self.assertEqual(len(about), 1, run.stderr)
        self.assertLess(trace.stat().st_size, 1 << 20)
        self.assertGreater(sum(1 for _ in records(trace, "--limit", "1000")), 100)

    def test_status_of_a_failing_workload_comes_first(self):
        place = self.mount_tmpfs("size=1m")
        run = self.run_command([HEIMDALLR, "-o", place / "t.htrace", "--", workload("die"), "_exit",
                                2000000])
        self.assert_status(run, 3)

    def test_dev_full(self):
        run = self.run_command([HEIMDALLR, "--force", "-o", "/dev/full", "--", "echo", "ran"])
        self.assert_status(run, 125)
        self.assertIn(b"/dev/full", run.stderr)

    def test_that_is_read_only(self):
        place = self.mount_tmpfs("ro")
        run = self.run_command([HEIMDALLR, "-o", place / "t.htrace", "--", "echo", "ran"])
        self.assert_status(run, 125)
        self.assertEqual(run.stdout, b"")
        self.assert_one_line(run.stderr, "t.htrace", "Read-only file system")

    def test_folder_without_permission(self):
        program = self.installation() / "bin" / "heimdallr"
        place = self.folder / "closed"
        place.mkdir(mode=0o555)
        run = self.run_command([program, "-o", place / "t.htrace", "--", "echo", "ran"],
                               **self.unprivileged())
        self.assert_status(run, 125)
        self.assert_one_line(run.stderr, "t.htrace", "Permission denied")


class PerfRefused(FailureTest):
    def refused(self, options, command):
        trace = self.folder / "t.htrace"
        run = self.run_command([workload("refuse_perf"), HEIMDALLR, *options, "-o", trace, "--",
                                *command])
        if run.returncode == 77:
            self.skipTest(f"no seccomp here: {run.stderr.decode().strip()}")
        return run, trace

    def test_automatic_source_goes_without_and_says_so(self):
        run, trace = self.refused([], [workload("die"), "_exit", 1000])
        self.assert_status(run, 3)
        lines = [line for line in run.stderr.decode().splitlines() if "perf_event" in line]
        self.assertEqual(len(lines), 1, run.stderr)
        self.assertIn("Operation not permitted", lines[0])
        self.assert_whole(trace)
        self.assertGreater(sum(1 for _ in records(trace, "--type", "allocation")), 999)

    def test_source_asked_for_by_name_is_an_error(self):
        for options in (["--source", "clock"], ["--faults"]):
            with self.subTest(options=options):
                run, trace = self.refused(options, ["echo", "ran"])
                self.assert_status(run, 125)
                self.assertEqual(run.stdout, b"")
                self.assert_one_line(run.stderr, "Operation not permitted")
                self.assertFalse(trace.exists())

    def test_allocations_of_all_processes_are_exact_without_perf(self):
        run, trace = self.refused(["-q", "--source", "none"], [workload("fork_tree"), 30])
        self.assert_status(run, 0)
        self.assert_exact(Recording(run.returncode, run.stdout, run.stderr, trace))


class Interposer(FailureTest):
    def heimdallr_and_library(self):
        prefix = self.installation()
        return prefix / "bin" / "heimdallr", prefix / "lib" / "libheimdallr-preload.so"

    def test_missing(self):
        program, library = self.heimdallr_and_library()
        library.unlink()
        run = self.run_command([program, "--", "echo", "ran"])
        self.assert_status(run, 125)
        self.assertEqual(run.stdout, b"")
        self.assert_one_line(run.stderr, "libheimdallr-preload.so", "No such file",
                             "--no-allocations")

    def test_unreadable(self):
        program, library = self.heimdallr_and_library()
        library.chmod(0)
        run = self.run_command([program, "--", "echo", "ran"], **self.unprivileged())
        self.assert_status(run, 125)
        self.assert_one_line(run.stderr, "libheimdallr-preload.so", "Permission denied")

    def test_not_needed_without_allocations(self):
        program, library = self.heimdallr_and_library()
        library.unlink()
        run = self.run_command([program, "-q", "--no-allocations", "--", "echo", "ran"])
        self.assert_status(run, 0)
        self.assertEqual(run.stdout, b"ran\n")

    def test_broken_does_not_lose_the_workload(self):
        program, library = self.heimdallr_and_library()
        library.write_bytes(b"no library at all")
        run = self.run_command([program, "--", "sh", "-c", "echo ran"])
        if run.returncode == 125:  # noticed beforehand
            self.assert_one_line(run.stderr, "libheimdallr-preload.so")
        else:
            self.assert_status(run, 0)
            self.assertEqual(run.stdout, b"ran\n")

    def test_cannot_enter_a_static_program(self):
        source = self.folder / "static.c"
        source.write_text('#include <stdio.h>\nint main(void) { puts("ran"); return 4; }\n')
        build = subprocess.run(["gcc", "-static", "-o", str(self.folder / "static"), str(source)],
                               capture_output=True) if shutil.which("gcc") else None
        if build is None or build.returncode != 0:
            self.skipTest("cannot link a static program here")
        run = self.record(["./static"])
        self.assert_status(run, 4)
        self.assertEqual(run.stdout, b"ran\n")
        self.assertEqual(losses(run.trace)["untraced_process"], 1)


if __name__ == "__main__":
    unittest.main()
