"""Standard streams, signals and descriptors of the workload are as if heimdallr were not there."""

import os
import pty
import select
import signal
import time
import unittest

from harness import HEIMDALLR, TIMEOUT_S, SystemTest, Truth, workload

COUNTING = ("import signal, sys, time\n"
            "got = []\n"
            "for s in ('INT', 'TERM', 'HUP', 'QUIT', 'USR1', 'USR2', 'WINCH'):\n"
            "    signal.signal(getattr(signal, 'SIG' + s), lambda n, f: got.append(n))\n"
            "print('ready', flush=True)\n"
            "end = time.monotonic() + 20\n"
            "while not got and time.monotonic() < end: time.sleep(0.01)\n"
            "time.sleep(0.3)\n"
            "print(*got, flush=True)\n"
            "sys.exit(42)\n")


class Streams(SystemTest):
    def test_input_passes_through_unread(self):
        data = bytes(range(256)) * 8192
        run = self.record(["cat"], input=data)
        self.assertEqual(run.stdout, data)

    def test_input_is_left_for_the_next_command(self):
        script = f"{HEIMDALLR} -q -o t.htrace -- head -c 4; cat"
        run = self.run_command(["sh", "-c", script], input=b"one\ntwo\n")
        self.assertEqual(run.stdout, b"one\ntwo\n")

    def test_in_the_middle_of_a_pipeline(self):
        script = f"seq 100000 | {HEIMDALLR} -q -o t.htrace -- sort -rn | head -n 1"
        run = self.run_command(["bash", "-c", script])
        self.assertEqual((run.stdout, run.stderr), (b"100000\n", b""))

    def test_a_closed_pipe_ends_the_workload_as_ever(self):
        script = f"{HEIMDALLR} -q -o t.htrace -- yes | head -n 1; echo ${{PIPESTATUS[0]}}"
        run = self.run_command(["bash", "-c", script])
        self.assertEqual(run.stdout, b"y\n141\n")

    def test_closed_streams(self):
        script = (f"{HEIMDALLR} -q -o t.htrace -- sh -c 'exit 6' <&- >&- 2>&-; echo $?")
        run = self.run_command(["bash", "-c", script])
        self.assertEqual(run.stdout, b"6\n")

    def test_descriptor_numbers_are_the_same(self):
        command = [workload("descriptors"), 1]
        alone = Truth.parse(self.run_command(command).stdout)
        recorded = Truth.parse(self.record(command).stdout)
        self.assertEqual(recorded.lists["open"], alone.lists["open"])
        self.assertEqual(recorded.numbers["next"], alone.numbers["next"])

    def test_signal_masks_and_dispositions_are_the_same(self):
        command = ["sh", "-c", "grep ^Sig /proc/self/status; nice; umask"]
        alone = self.run_command(command).stdout
        recorded = self.record(command).stdout
        # Signals queued counts those of the user, others included.
        kept = [[line for line in text.splitlines() if not line.startswith(b"SigQ")]
                for text in (alone, recorded)]
        self.assertEqual(kept[0], kept[1])

    def test_environment_is_the_same_but_for_the_interposer(self):
        alone = set(self.run_command(["env"]).stdout.splitlines())
        recorded = set(self.record(["env"]).stdout.splitlines())
        added = {line.split(b"=")[0] for line in recorded - alone}
        self.assertEqual(alone - recorded, set())
        self.assertTrue(added <= {b"LD_PRELOAD", b"HEIMDALLR_CHANNEL"}, added)


class Signals(SystemTest):
    def test_reach_the_workload_once(self):
        for name in ("TERM", "INT", "HUP", "QUIT", "USR1", "USR2"):
            with self.subTest(signal=name):
                process = self.start([HEIMDALLR, "-q", "--force", "-o", "t.htrace", "--", "python3",
                                      "-c", COUNTING])
                self.assertEqual(process.stdout.readline(), b"ready\n")
                number = getattr(signal, f"SIG{name}")
                process.send_signal(number)
                output, errors = process.communicate(timeout=TIMEOUT_S)
                self.assertEqual(output.split(), [str(int(number)).encode()], errors)
                self.assertEqual(process.returncode, 42)
                self.assert_whole(self.folder / "t.htrace")

    def test_that_end_the_workload_end_the_recording_well(self):
        process = self.start([HEIMDALLR, "-q", "-o", "t.htrace", "--", "sh", "-c",
                              "echo ready; exec sleep 100"])
        self.assertEqual(process.stdout.readline(), b"ready\n")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=TIMEOUT_S)
        self.assertEqual(process.returncode, 128 + signal.SIGTERM)
        self.assert_whole(self.folder / "t.htrace")


class Terminal(SystemTest):
    def start_on_terminal(self, command):
        pid, terminal = pty.fork()
        if pid == 0:
            try:
                os.chdir(self.folder)
                os.execv(HEIMDALLR, [HEIMDALLR, "-q", "-o", "t.htrace", "--", *command])
            finally:
                os._exit(99)
        self.addCleanup(os.close, terminal)
        return pid, terminal

    def read_until(self, terminal, mark):
        seen, end = b"", time.monotonic() + 30
        while mark not in seen and time.monotonic() < end:
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    seen += os.read(terminal, 65536)
                except OSError:  # the other end is closed
                    break
        self.assertIn(mark, seen)
        return seen

    def status_of(self, pid):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        self.fail("heimdallr did not end")

    def test_is_the_workload_s_for_reading_and_writing(self):
        pid, terminal = self.start_on_terminal(
            ["python3", "-c", "import os; print(os.isatty(0), os.isatty(1), os.isatty(2)); "
                              "print('<' + input('name? ') + '>')"])
        self.assertIn(b"True True True", self.read_until(terminal, b"name? "))
        os.write(terminal, b"loki\n")
        self.read_until(terminal, b"<loki>")
        self.assertEqual(self.status_of(pid), 0)

    def test_interrupt_key_reaches_the_workload_once(self):
        pid, terminal = self.start_on_terminal(["python3", "-c", COUNTING])
        self.read_until(terminal, b"ready")
        os.write(terminal, b"\x03")
        self.read_until(terminal, b"2\r\n")
        self.assertEqual(self.status_of(pid), 42)
        self.assert_whole(self.folder / "t.htrace")

    def test_interrupt_key_ends_the_workload_and_the_trace_is_whole(self):
        pid, terminal = self.start_on_terminal(["sh", "-c", "echo ready; exec sleep 100"])
        self.read_until(terminal, b"ready")
        os.write(terminal, b"\x03")
        self.assertEqual(self.status_of(pid), 128 + signal.SIGINT)
        self.assert_whole(self.folder / "t.htrace")


if __name__ == "__main__":
    unittest.main()
