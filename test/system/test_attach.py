"""Processes that run already: all their threads, those that come, and nothing done to them."""

import os
import signal
import subprocess
import sys
import unittest
from collections import Counter
from pathlib import Path

from harness import HEIMDALLR, TIMEOUT_S, TRACE_DUMP, SystemTest, losses, records

# Works for as many ms of its own CPU time as the lines of its input say, in as many threads; says
# what each came to.
WORKER = """
import os, sys, threading, time
def work(ms):
    numbers = list(range(50000))
    end = time.thread_time() + ms / 1000
    while time.thread_time() < end:
        sum(numbers)
    # In one piece: several threads may say so at once.
    os.write(1, f"worked {threading.get_native_id()}\\n".encode())
print("ready", os.getpid(), flush=True)
for line in sys.stdin:
    what, count, ms = line.split()
    if what == "fork":
        if os.fork() == 0:
            work(int(ms))
            os._exit(0)
        os.wait()
        continue
    threads = [threading.Thread(target=work, args=(int(ms),)) for _ in range(int(count))]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    print("done", flush=True)
sys.exit(7)
"""


class Worker:
    def __init__(self, test):
        self.process = subprocess.Popen([sys.executable, "-c", WORKER], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        test.addCleanup(self.process.stdout.close)
        test.addCleanup(self.end)
        self.pid = int(self.until("ready").split()[1])

    def end(self):
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        return self.process.wait(TIMEOUT_S)

    def until(self, word):
        for line in self.process.stdout:
            if line.startswith(word):
                return line
        raise AssertionError(f"the worker ended before it said {word}")

    def ask(self, what, count, ms):
        self.process.stdin.write(f"{what} {count} {ms}\n")
        self.process.stdin.flush()


class Attach(SystemTest):
    def attach(self, pids, *options):
        """Starts recording and waits until it samples."""
        self.trace = self.folder / "attached.htrace"
        recorder = self.start([HEIMDALLR, "-o", self.trace, *options, "-p",
                               ",".join(str(pid) for pid in pids)],
                              stderr=subprocess.PIPE)
        # It has its events when the trace, which it makes last, is there.
        while not self.trace.exists() and recorder.poll() is None:
            os.sched_yield()
        return recorder

    def finish(self, recorder, status=0):
        _, errors = recorder.communicate(timeout=TIMEOUT_S)
        self.assertEqual(recorder.returncode, status, errors)
        self.assert_whole(self.trace)
        return errors.decode()

    def ticks_by_thread(self):
        """Of the clock, those that gave no access included in the process's."""
        ticks = {(r["tid"], r["tick"]) for r in records(self.trace) if r["type"] == "access"}
        return Counter(tid for tid, _ in ticks)

    def test_threads_there_and_threads_to_come(self):
        worker = Worker(self)
        worker.ask("threads", 2, 2000)
        recorder = self.attach([worker.pid])
        tids = [int(worker.until("worked").split()[1]) for _ in range(2)]
        worker.until("done")
        worker.ask("threads", 2, 400)
        late = [int(worker.until("worked").split()[1]) for _ in range(2)]
        worker.until("done")
        self.assertEqual(worker.end(), 7)
        errors = self.finish(recorder)
        self.assertIn("allocations  not known", errors)
        ticks = self.ticks_by_thread()
        lost = losses(self.trace)
        self.assertEqual(lost.get("ring_overflow", 0) + lost.get("corrupt_record", 0), 0)
        for tid in tids:
            self.assertGreater(ticks[tid], 100)
        for tid in late:
            # 400 ticks of 1 ms: sampled twice it would be 800, and not followed 0.
            self.assertGreater(ticks[tid], 200)
            self.assertLess(ticks[tid], 500)

    def test_children(self):
        worker = Worker(self)
        recorder = self.attach([worker.pid])
        worker.ask("fork", 1, 400)
        child = int(worker.until("worked").split()[1])
        self.assertEqual(worker.end(), 7)
        self.finish(recorder)
        self.assertGreater(self.ticks_by_thread()[child], 200)

    def test_mappings_and_names(self):
        worker = Worker(self)
        recorder = self.attach([worker.pid])
        worker.ask("threads", 1, 300)
        worker.until("done")
        worker.end()
        self.finish(recorder)
        mapped = {r.get("path", "") for r in records(self.trace) if r["type"] == "mapping"}
        self.assertIn("[stack]", mapped)
        self.assertTrue(any("libc" in path for path in mapped), mapped)
        run = self.run_command([TRACE_DUMP, "objects", "--json", self.trace])
        self.assert_status(run, 0)
        run = self.run_command([TRACE_DUMP, self.trace])
        self.assertIn(sys.executable.encode(), run.stdout)
        self.assertIn(b"ALLOCATIONS not recorded", run.stdout)

    def test_duration_leaves_the_process_alone(self):
        worker = Worker(self)
        worker.ask("threads", 1, 1500)
        recorder = self.attach([worker.pid], "--duration", "0.5")
        self.finish(recorder)
        worker.until("done")
        self.assertEqual(worker.end(), 7)
        self.assertGreater(sum(self.ticks_by_thread().values()), 50)

    def test_two_processes_and_control_c(self):
        workers = [Worker(self), Worker(self)]
        recorder = self.attach([worker.pid for worker in workers])
        for worker in workers:
            worker.ask("threads", 1, 300)
        tids = [int(worker.until("worked").split()[1]) for worker in workers]
        recorder.send_signal(signal.SIGINT)
        self.finish(recorder)
        for worker, tid in zip(workers, tids):
            self.assertEqual(worker.end(), 7)
            self.assertGreater(self.ticks_by_thread()[tid], 150)

    def test_an_event_that_cannot_be_had(self):
        if "cpu" in os.listdir("/sys/bus/event_source/devices"):
            self.skipTest("this machine has a PMU")
        worker = Worker(self)
        run = self.run_command([HEIMDALLR, "-p", str(worker.pid), "-e", "cycles", "--duration", "0.1"])
        self.assert_status(run, 125)
        self.assert_one_line(run.stderr, "cycles", "no such hardware event")
        self.assertEqual(worker.end(), 7)

    def test_the_first_thread_has_ended(self):
        program = self.folder / "headless.c"
        program.write_text("""
            #include <pthread.h>
            #include <stdio.h>
            #include <unistd.h>
            static void* Work(void* unused) {
              char c;
              printf("ready %d\\n", getpid());
              fflush(stdout);
              for (volatile long i = 0; read(0, &c, 1) > 0;) for (i = 0; i < 200000000; ++i) {}
              return unused;
            }
            int main(void) {
              pthread_t thread;
              pthread_create(&thread, NULL, Work, NULL);
              pthread_exit(NULL);
            }""")
        binary = self.folder / "headless"
        self.assert_status(self.run_command(["gcc", "-pthread", "-o", binary, program]), 0)
        process = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        process.stdout.readline()
        # Until its first thread is a zombie.
        status = Path(f"/proc/{process.pid}/status")
        while "Z (zombie)" not in status.read_text():
            pass
        recorder = self.attach([process.pid])
        process.stdin.write(b"x")
        process.stdin.close()
        self.finish(recorder)
        self.assertEqual(process.wait(TIMEOUT_S), 0)
        self.assertGreater(sum(self.ticks_by_thread().values()), 50)

    def test_one_of_two_is_gone(self):
        worker = Worker(self)
        gone = subprocess.Popen(["true"])
        gone.wait()
        run = self.run_command([HEIMDALLR, "-p", f"{worker.pid},{gone.pid}", "--duration", "0.1"])
        self.assert_status(run, 125)
        self.assert_one_line(run.stderr, f"no process {gone.pid}")
        self.assertEqual(worker.end(), 7)

    def test_wrong_use(self):
        gone = subprocess.Popen(["true"])
        gone.wait()
        for options, part in ((["-p", str(gone.pid)], f"no process {gone.pid}"),
                              (["-p", "1", "--", "true"], "not both"),
                              (["-p", "1", "--dry-run"], "--dry-run"),
                              (["-p", "1", "--stacks", "fp"], "--stacks"),
                              (["-p", "1", "--memory", "node:0"], "--memory"),
                              (["--duration", "1", "--", "true"], "--pid"),
                              (["-p", "none"], "--pid")):
            with self.subTest(options):
                run = self.run_command([HEIMDALLR, *options])
                self.assert_status(run, 125)
                self.assert_one_line(run.stderr, part)
        self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
