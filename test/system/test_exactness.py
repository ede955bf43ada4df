"""Every allocation call a workload makes is in the trace, whatever the workload does."""

import signal
import unittest

from harness import SystemTest, address, losses, records, workload

KILLED = {"kill": signal.SIGKILL, "segv": signal.SIGSEGV, "abort": signal.SIGABRT}


class Exactness(SystemTest):
    def check(self, command, status=0, options=()):
        run = self.record(command, ["--source", "none", *options])
        self.assert_status(run, status)
        self.assert_whole(run.trace)
        self.assert_exact(run)
        return run

    def test_threads_with_churn(self):
        self.check([workload("threads"), 16, 20000])

    def test_short_threads(self):
        self.check([workload("short_threads"), 10000])

    def test_fork_tree(self):
        run = self.check([workload("fork_tree"), 30])
        self.assertEqual(len(run.truth.pids), 30)

    def test_exec_chain(self):
        run = self.check([workload("exec_chain"), 10])
        self.assertEqual(len(run.truth.pids), 1)

    def test_linked_list(self):
        self.check([workload("linked_list"), 0.2])

    def test_all_calls(self):
        self.check([workload("every_call"), 100])

    def test_all_calls_with_stacks(self):
        self.check([workload("every_call"), 100], options=["--stacks", "fp"])

    def test_while_sampled(self):
        run = self.record([workload("threads"), 16, 20000])
        self.assert_status(run, 0)
        self.assert_exact(run)

    def test_small_rings(self):
        # The workload waits for the recorder now and then; still nothing may be missing.
        self.check([workload("threads"), 16, 20000], options=["--buffer-size", "16K"])

    def test_before_the_end(self):
        for how in ("kill", "segv", "abort", "_exit", "exit", "return", "quick_exit"):
            with self.subTest(how=how):
                status = 128 + KILLED[how] if how in KILLED else 3
                self.check([workload("die"), how, 12345], status)
                (self.folder / "t.htrace").unlink()

    def test_descriptors_all_closed(self):
        self.check([workload("descriptors"), 1000], status=5)


class Sizes(SystemTest):
    def test_each_call_has_the_size_it_asked_for(self):
        run = self.record([workload("every_call"), 1], ["--source", "none"])
        self.assert_status(run, 0)
        truth = run.truth
        sizes = {}
        for record in records(run.trace, "--type", "allocation"):
            if truth.in_text(address(record, "caller")) and "address" in record:
                sizes.setdefault(record["call"], []).append(record["size"])
        self.assertEqual(sizes["malloc"], [101, 107, 109, 211])
        self.assertEqual(sizes["calloc"], [105])
        self.assertEqual(sizes["realloc"], [1009])
        self.assertEqual(sizes["reallocarray"], [1011])
        self.assertEqual(sizes["posix_memalign"], [127])
        self.assertEqual(sizes["aligned_alloc"], [128])
        self.assertEqual(sizes["memalign"], [131])
        self.assertEqual(sizes["valloc"], [137])
        self.assertEqual(sizes["pvalloc"], [139])
        self.assertEqual(sizes["operator new"], [149, 151, 157, 163, 167, 173])
        self.assertEqual(sizes["operator new[]"], [179, 181, 191, 193, 197, 199])
        self.assertEqual(sizes["mmap"], [4096])
        self.assertEqual(sizes["mremap"], [12288])
        self.assertEqual(sizes["sbrk"], [4096])

    def test_no_call_is_recorded_twice(self):
        # A libc that implements one call by another, by name, calls the interposer from within it.
        run = self.record([workload("every_call"), 10], ["--source", "none"])
        self.assert_status(run, 0)
        own = [(address(record, "address"), address(record, "address") + record["size"])
               for record in records(run.trace, "--type", "mapping")
               if record.get("path", "").endswith("libheimdallr-preload.so")]
        self.assertTrue(own)
        for record in records(run.trace, "--type", "allocation,deallocation"):
            caller = address(record, "caller")
            self.assertFalse(any(start <= caller < end for start, end in own), record)

    def test_a_block_is_never_made_twice_without_being_given_up(self):
        # Addresses go from thread to thread: the order of the records must be the true one.
        run = self.record([workload("threads"), 16, 20000], ["--source", "none"])
        self.assert_status(run, 0)
        truth = run.truth
        live, wrong, seen = {}, 0, 0
        for record in records(run.trace, "--type", "allocation,deallocation"):
            block = address(record)
            if block is None or not truth.in_text(address(record, "caller")):
                continue
            seen += 1
            if record["type"] == "allocation":
                wrong += block in live
                live[block] = record["size"]
            else:
                wrong += live.pop(block, None) is None
        self.assertGreater(seen, 100000)
        self.assertEqual(wrong, 0)


if __name__ == "__main__":
    unittest.main()
