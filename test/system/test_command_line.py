"""The options of heimdallr, its exit statuses, and what it refuses."""

import resource
import socket
import time
import unittest

from harness import HEIMDALLR, SystemTest, need, records, summary, validate, workload


class ExitStatus(SystemTest):
    def test_is_that_of_the_command(self):
        for status in (0, 3, 255):
            with self.subTest(status=status):
                run = self.record(["sh", "-c", f"exit {status}"], ["--force"])
                self.assert_status(run, status)

    def test_of_a_killed_command_is_128_and_the_signal(self):
        for name, number in (("KILL", 9), ("TERM", 15), ("SEGV", 11), ("INT", 2), ("USR1", 10)):
            with self.subTest(signal=name):
                run = self.record(["sh", "-c", f"kill -{name} $$"], ["--force"])
                self.assert_status(run, 128 + number)
                self.assert_whole(run.trace)

    def test_of_a_missing_command_is_127(self):
        for command in ("no-such-command", "./no-such-command", "/no/such/command"):
            with self.subTest(command=command):
                run = self.record([command])
                self.assert_status(run, 127)
                self.assert_one_line(run.stderr, command)
                self.assertFalse(run.trace.exists())

    def test_of_what_cannot_be_executed_is_126(self):
        plain = self.folder / "plain"
        plain.write_text("no program")
        folder = self.folder / "folder"
        folder.mkdir()
        for command in (plain, folder):
            with self.subTest(command=command):
                run = self.record([command])
                self.assert_status(run, 126)
                self.assert_one_line(run.stderr, str(command))
                self.assertFalse(run.trace.exists())

    def test_of_wrong_use_is_125(self):
        for arguments in (["--no-such-option", "--", "true"], ["-F", "0", "--", "true"],
                          ["-F", "fast", "--", "true"], ["--source", "magic", "--", "true"],
                          ["--stacks", "fp:1000", "--", "true"], ["--"], [], ["true"],
                          ["-o", "%q", "--", "true"], ["-F", "100", "-c", "9999", "--", "true"]):
            with self.subTest(arguments=arguments):
                run = self.run_command([HEIMDALLR, *arguments])
                self.assert_status(run, 125)
                self.assertTrue(run.stderr.startswith(b"heimdallr: "), run.stderr)
                self.assertLessEqual(len(run.stderr.splitlines()), 2)
                self.assertEqual(run.stdout, b"")
                self.assertEqual(list(self.folder.iterdir()), [])


class Output(SystemTest):
    def test_has_its_default_name_in_the_current_folder(self):
        run = self.run_command([HEIMDALLR, "--", "sh", "-c", "echo $$"])
        self.assert_status(run, 0)
        pid = int(run.stdout)
        self.assertEqual([path.name for path in self.folder.iterdir()], [f"sh.{pid}.htrace"])

    def test_name_takes_pid_host_and_command(self):
        run = self.run_command([HEIMDALLR, "-o", "a-%c-%h-%p-%%", "--", "/bin/sh", "-c", "echo $$"])
        self.assert_status(run, 0)
        name = f"a-sh-{socket.gethostname()}-{int(run.stdout)}-%"
        self.assertEqual([path.name for path in self.folder.iterdir()], [name])

    def test_is_not_overwritten_unless_forced(self):
        trace = self.folder / "t.htrace"
        trace.write_text("precious")
        run = self.record(["sh", "-c", "touch ran"])
        self.assert_status(run, 125)
        self.assert_one_line(run.stderr, "t.htrace", "--force")
        self.assertEqual(trace.read_text(), "precious")
        self.assertFalse((self.folder / "ran").exists())

        run = self.record(["sh", "-c", "touch ran"], ["--force"])
        self.assert_status(run, 0)
        self.assertTrue((self.folder / "ran").exists())
        self.assert_whole(trace)

    def test_in_a_missing_folder_is_refused(self):
        run = self.run_command([HEIMDALLR, "-o", "missing/t.htrace", "--", "true"])
        self.assert_status(run, 125)
        self.assert_one_line(run.stderr, "missing/t.htrace", "No such file or directory")

    def test_is_readable_while_the_end_is_missing(self):
        run = self.record([workload("load_store"), 0.3])
        whole = run.trace.read_bytes()
        cut = self.folder / "cut.htrace"
        cut.write_bytes(whole[: len(whole) // 2])
        check = validate(cut)
        self.assertEqual(check.returncode, 1)
        self.assertEqual(len(check.stderr.splitlines() + check.stdout.splitlines()), 1)


class Options(SystemTest):
    def kinds(self, trace):
        return {record["type"] for record in records(trace)}

    def test_dry_run_times_and_no_more(self):
        run = self.record(["python3", "-c", "print(sum(range(10**6)))"], ["--dry-run"])
        self.assert_status(run, 0)
        self.assertEqual(run.stdout, b"499999500000\n")
        self.assertNotIn(b"still running", run.stderr)
        self.assert_whole(run.trace)
        kinds = self.kinds(run.trace)
        self.assertIn("statistics", kinds)
        self.assertFalse(kinds & {"access", "allocation", "deallocation", "fault"}, kinds)

    def test_dry_run_leaves_the_environment_alone(self):
        run = self.record(["env"], ["--dry-run"])
        self.assertNotIn(b"heimdallr-preload", run.stdout)

    def test_no_allocations(self):
        run = self.record([workload("load_store"), 0.3], ["--no-allocations"])
        self.assert_status(run, 0)
        kinds = self.kinds(run.trace)
        self.assertIn("access", kinds)
        self.assertFalse(kinds & {"allocation", "deallocation"}, kinds)

    def test_source_none(self):
        run = self.record([workload("load_store"), 0.3], ["--source", "none"])
        self.assert_status(run, 0)
        kinds = self.kinds(run.trace)
        self.assertIn("allocation", kinds)
        self.assertFalse(kinds & {"access", "fault"}, kinds)

    def test_faults_beside_the_clock(self):
        run = self.record([workload("gups"), 0.3, 16], ["--faults"])
        self.assert_status(run, 0)
        self.assertTrue({"access", "fault"} <= self.kinds(run.trace))

    def test_source_faults(self):
        run = self.record([workload("gups"), 0.3, 16], ["--source", "faults"])
        self.assert_status(run, 0)
        kinds = self.kinds(run.trace)
        self.assertIn("fault", kinds)
        self.assertNotIn("access", kinds)

    def test_frequency_and_period(self):
        per_second = {}
        for options in (["-F", "200"], ["-F", "2000"], ["-c", "5000000"]):
            # Without a limit to the overhead, which may rule out the higher rate.
            run = self.record([workload("load_store"), 1],
                              [*options, "--force", "--max-overhead", "0"])
            self.assert_status(run, 0)
            (statistics,) = records(run.trace, "--type", "statistics")
            ticks = summary(run.trace)["recorder"]["ticks"]
            per_second[" ".join(options)] = ticks / (statistics["user_ns"] / 1e9)
        # 5 ms is 200 Hz. Of many ticks a second a busy machine may merge some.
        self.assertAlmostEqual(per_second["-F 200"] / 200, 1.0, delta=0.3)
        self.assertAlmostEqual(per_second["-c 5000000"] / 200, 1.0, delta=0.3)
        self.assertGreater(per_second["-F 2000"], 4 * per_second["-F 200"])

    def test_stacks(self):
        run = self.record([workload("every_call"), 1], ["--source", "none", "--stacks", "fp:4"])
        self.assert_status(run, 0)
        depths = {len(record["stack"]) for record in records(run.trace, "--type", "allocation")
                  if "stack" in record}
        self.assertTrue(depths and max(depths) <= 4, depths)

    def test_quiet_says_nothing(self):
        run = self.record(["true"], ["-q"])
        self.assertEqual((run.stdout, run.stderr), (b"", b""))

    def test_summary_has_ten_lines_at_most(self):
        run = self.record([workload("load_store"), 0.2])
        lines = run.stderr.decode().splitlines()
        self.assertTrue(0 < len(lines) <= 10, lines)
        self.assertIn("t.htrace", run.stderr.decode())
        self.assertIn("lost", run.stderr.decode())

    def test_help_and_version(self):
        for option, part in (("--help", b"--stacks"), ("--version", b"heimdallr ")):
            run = self.run_command([HEIMDALLR, option])
            self.assert_status(run, 0)
            self.assertIn(part, run.stdout)

    def test_options_of_the_command_are_not_ours(self):
        run = self.record(["echo", "--version", "--", "-o", "x"])
        self.assertEqual(run.stdout, b"--version -- -o x\n")


class Statistics(SystemTest):
    def test_of_every_process(self):
        need("python3")
        program = "import os\nfor i in range(3):\n  if os.fork() == 0: os._exit(i)\n  os.wait()\n"
        run = self.record(["python3", "-c", program])
        self.assert_status(run, 0)
        statistics = {}
        for record in records(run.trace, "--type", "statistics"):
            statistics[record["pid"]] = record
        self.assertEqual(len(statistics), 4)
        self.assertEqual(sorted(record.get("exit_code") for record in statistics.values()),
                         [0, 0, 1, 2])
        started = {record["pid"] for record in records(run.trace, "--type", "process")}
        self.assertEqual(started, set(statistics))

    def test_of_the_command_are_those_of_the_kernel(self):
        def user_s():
            return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime

        before, start = user_s(), time.monotonic()
        run = self.record([workload("load_store"), 1], ["--dry-run"])
        wall, user = time.monotonic() - start, user_s() - before
        (record,) = records(run.trace, "--type", "statistics")
        self.assertTrue(1.0 <= record["wall_ns"] / 1e9 <= wall, record)
        # All of it but heimdallr's own.
        self.assertAlmostEqual(record["user_ns"] / 1e9, user, delta=0.1)
        self.assertGreater(record["max_rss_bytes"], 1 << 20)  # two arrays of 512 KiB


if __name__ == "__main__":
    unittest.main()
