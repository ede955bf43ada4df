"""heimdallr sweep: what it runs, in which order, what it keeps, and how it survives being ended."""

import json
import os
import pty
import select
import signal
import tempfile
import time
import unittest
from collections import Counter
from pathlib import Path

from harness import HEIMDALLR, ROOT, TIMEOUT_S, TRACE_DUMP, SystemTest, summary, validate
from test_placement import need_memkind, need_nodes

MASK = (1 << 64) - 1


def splitmix64(state):
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def order(modes, workloads, repetitions, seed):
    """What src/sweep/order.h says, made without it: (run id, repetition)."""
    found = []
    for mode in modes:
        runs = [(f"{workload}.{mode}", repetition) for workload in workloads
                for repetition in range(1, repetitions + 1)]
        numbers = splitmix64(seed ^ fnv1a(mode))
        for i in range(len(runs) - 1, 0, -1):
            drawn = next(numbers)
            while drawn < (1 << 64) % (i + 1):
                drawn = next(numbers)
            j = drawn % (i + 1)
            runs[i], runs[j] = runs[j], runs[i]
        found += runs
    return found


class SweepTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "out"

    def sweep(self, *arguments, **options):
        return self.run_command([HEIMDALLR, "sweep", *arguments], **options)

    def state(self, out=None):
        return json.loads(((out or self.out) / "sweep.json").read_text())

    def states(self):
        return Counter(run["state"] for run in self.state()["runs"])

    def started(self, *arguments, **options):
        """A sweep that runs on."""
        return self.start([HEIMDALLR, "sweep", *arguments], **options)

    def wait_for(self, condition):
        """Until the state is so, as its file tells."""
        end = time.monotonic() + TIMEOUT_S
        while time.monotonic() < end:
            if (self.out / "sweep.json").exists() and condition(self.state()["runs"]):
                return
            select.select([], [], [], 0.01)
        self.fail(f"it never came to that: {self.state()}")

    def wait_until_running(self, number):
        """Until the run of that number is, and its workload has said so."""
        self.wait_for(lambda runs: runs[number - 1]["state"] == "running" and self.output(
            runs[number - 1]).exists() and self.output(runs[number - 1]).read_bytes())

    def output(self, run, suffix="out"):
        return self.out / run["run"] / f"{run['repetition']}.{suffix}"

    def traces(self):
        return {str(path.relative_to(self.out)) for path in self.out.rglob("*.htrace")}

    def assert_nothing_runs(self, word):
        """No process has the word in its command line."""
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                self.assertNotIn(word.encode(), path.read_bytes(), path)
            except OSError:
                pass


class Runs(SweepTest):
    WORKLOADS = ("sh -c 'echo one; echo wrong >&2'", "sh -c 'exit 0'")
    PLANNED = {f"{name}.{mode}/{n}.htrace" for name in ("sh", "sh-2") for mode in ("dry", "1000hz")
               for n in (1, 2, 3)}

    def test_are_all_there_in_the_order_of_the_seed(self):
        run = self.sweep("--seed", "42", "out", "3", *self.WORKLOADS)
        self.assert_status(run, 0)
        self.assertEqual(self.traces(), self.PLANNED)
        for trace in self.traces():
            self.assert_whole(self.out / trace)
        state = self.state()
        expected = order(["dry", "1000hz"], ["sh", "sh-2"], 3, 42)
        self.assertEqual([(r["run"], r["repetition"]) for r in state["runs"]], expected)
        self.assertEqual(self.states(), {"done": 12})
        starts = [r["start_ns"] for r in state["runs"]]
        self.assertEqual(starts, sorted(starts))
        for run_state in state["runs"]:
            self.assertEqual(run_state["exit_status"], 0)
            self.assertIn(run_state["trace"], self.PLANNED)
            says = run_state["run"].startswith("sh.")
            self.assertEqual(self.output(run_state).read_text(), "one\n" if says else "")
            self.assertEqual(self.output(run_state, "err").read_text(), "wrong\n" if says else "")
        session = state["sessions"][0]
        self.assertEqual(session["host"], os.uname().nodename)
        self.assertIn(os.uname().release, session["kernel"])
        # A line a run, where there is no terminal.
        lines = [line.split() for line in run.stdout.decode().splitlines()]
        self.assertEqual([(words[1], int(words[2]), words[3]) for words in lines],
                         [(name, number, "done") for name, number in expected])
        self.assertIn(b"trace-dump stat out", run.stderr)

        again = self.sweep("--seed", "42", "again", "3", *self.WORKLOADS)
        self.assert_status(again, 0)
        self.assertEqual([(r["run"], r["repetition"])
                          for r in self.state(self.folder / "again")["runs"]], expected)

        listed = self.sweep("--seed", "42", "--list-plan", "nowhere", "3", *self.WORKLOADS)
        self.assert_status(listed, 0)
        self.assertEqual([line.split() for line in listed.stdout.decode().splitlines()],
                         [[str(i + 1), name, str(n)] for i, (name, n) in enumerate(expected)])
        self.assertFalse((self.folder / "nowhere").exists())

    def test_are_read_by_trace_dump(self):
        self.assert_status(self.sweep("out", "3", *self.WORKLOADS), 0)
        stat = self.run_command([TRACE_DUMP, "stat", "--json", "out"])
        self.assert_status(stat, 0)
        rows = [json.loads(line) for line in stat.stdout.splitlines()]
        self.assertEqual({row["run"] for row in rows},
                         {"sh.dry", "sh.1000hz", "sh-2.dry", "sh-2.1000hz"})
        self.assert_status(self.run_command([TRACE_DUMP, "convert", "-i", "out", "-o", "r.sqlite"]),
                           0)
        listed = self.run_command([TRACE_DUMP, "list", "--json", "r.sqlite"])
        self.assert_status(listed, 0)
        self.assertEqual(len(listed.stdout.splitlines()), 12)

    def test_have_the_modes_and_workloads_of_a_plan(self):
        (self.folder / "work").mkdir()
        (self.folder / "plan.toml").write_text("""
            repetitions = 2
            seed = 7
            [[mode]]
            name = "dry"
            dry = true
            environment = { WHO = "mode" }
            [[mode]]
            name = "slow"
            frequency = 200
            options = ["--compress"]
            [[mode]]
            name = "streams"
            events = "streams.toml"
            [[workload]]
            name = "who"
            command = "sh -c 'echo $WHO $PWD; exit 3'"
            folder = "work"
            environment = { WHO = "workload" }
            exit_status = 3
        """)
        # As seen from here, not from the workload's folder.
        (self.folder / "streams.toml").write_text("[[stream]]\nname='f'\nevent='page-faults'\n")
        run = self.sweep("--plan", "plan.toml", "out")
        self.assert_status(run, 0)
        self.assertEqual(self.states(), {"done": 6})
        self.assertEqual(summary(self.out / "who.streams" / "1.htrace")["streams"][0]["stream"], "f")
        self.assertEqual((self.out / "who.dry" / "1.out").read_text(),
                         f"mode {self.folder}/work\n")
        self.assertEqual((self.out / "who.slow" / "2.out").read_text(),
                         f"workload {self.folder}/work\n")
        # What the plan expects is no failure.
        stat = self.run_command([TRACE_DUMP, "stat", "--json", "out"])
        self.assertEqual({json.loads(line)["failed"] for line in stat.stdout.splitlines()}, {0})
        self.assertEqual(summary(self.out / "who.slow" / "1.htrace")["streams"][0]["period"],
                         5_000_000)
        self.assert_status(self.sweep("--plan", "plan.toml", "--mode", "dry"), 0)
        self.assertEqual({path.name for path in (self.folder / "plan.sweep").iterdir()},
                         {"who.dry", "sweep.json"})

    def test_follow_the_example_that_is_installed(self):
        plan = ROOT / "src" / "sweep" / "plan.toml"
        run = self.sweep("--plan", plan, "--list-plan", "--seed", "1")
        self.assert_status(run, 0)
        self.assertEqual([tuple(line.split()[1:]) for line in run.stdout.decode().splitlines()],
                         [(name, str(n)) for name, n in
                          order(["dry", "1000hz", "stacks", "node0", "preferred"],
                                ["sh", "sleeper"], 3, 1)])


class Memory(SweepTest):
    WORKLOAD = "python3 -c 'x = [bytes(1000) for i in range(10000)]'"

    def run_plan(self, modes):
        (self.folder / "plan.toml").write_text(
            f"repetitions = 2\nseed = 3\n{modes}\n"
            f'[[workload]]\nname = "blocks"\ncommand = "{self.WORKLOAD}"\n')
        return self.sweep("--plan", "plan.toml", "out")

    def memories(self, mode):
        """Name of each memory and the allocations it served, of each repetition."""
        return [{memory["name"]: memory["allocations"] for memory in
                 summary(self.out / f"blocks.{mode}" / f"{repetition}.htrace")["memories"]}
                for repetition in (1, 2)]

    def test_on_a_node(self):
        need_nodes()
        run = self.run_plan('[[mode]]\nname = "bound"\nmem_node = 0\ncpu_node = 0\n'
                            '[[mode]]\nname = "plain"\n')
        self.assert_status(run, 0)
        self.assertEqual([list(memory) for memory in self.memories("bound")], [["node:0"]] * 2)
        self.assertEqual(self.memories("plain"), [{}, {}])

    def test_from_a_kind_and_from_a_file(self):
        need_memkind()
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            run = self.run_plan(f'[[mode]]\nname = "kind"\nmemory = "kind:regular"\n'
                                f'[[mode]]\nname = "file"\nmemory = "pmem:{folder}"\n')
            self.assert_status(run, 0)
            for mode, name in (("kind", "kind:regular"), ("file", f"pmem:{folder}")):
                for memory in self.memories(mode):
                    self.assertEqual(list(memory), ["default", name])
                    self.assertGreater(memory[name], 10000)
            stat = self.run_command([TRACE_DUMP, "stat", "--json", "out"])
            self.assert_status(stat, 0)
            runs = [json.loads(line) for line in stat.stdout.splitlines()]
            self.assertEqual({run["run"]: run["memory"] for run in runs},
                             {"blocks.kind": "kind:regular", "blocks.file": f"pmem:{folder}"})

    def test_that_cannot_be_had_is_said_before_the_first_run(self):
        for mode, part in (("mem_node = 1023", "no node 1023"),
                           ('memory = "pmem:/nonexistent"', "/nonexistent"),
                           ('memory = "kind:foo"', "foo"),
                           ('memory = "node:0"\nmem_node = 0', "--mem-node")):
            with self.subTest(mode):
                run = self.run_plan(f'[[mode]]\nname = "dry"\ndry = true\n'
                                    f'[[mode]]\nname = "nowhere"\n{mode}\n')
                self.assert_status(run, 125)
                self.assert_one_line(run.stderr, "nowhere", part)
                self.assertFalse((self.out / "sweep.json").exists())


class Failures(SweepTest):
    def test_of_one_repetition_does_not_end_the_sweep(self):
        # The first to come crashes, the others do not.
        run = self.sweep("--mode", "1000hz", "out", "3",
                         "sh -c 'mkdir there 2>/dev/null && kill -SEGV $$; exit 0'")
        self.assert_status(run, 1)
        self.assertEqual(self.states(), {"crashed": 1, "done": 2})
        first = self.state()["runs"][0]
        self.assertEqual((first["state"], first["signal"], first["exit_status"]),
                         ("crashed", signal.SIGSEGV, None))
        self.assert_whole(self.out / first["trace"])
        stat = self.run_command([TRACE_DUMP, "stat", "--json", "out"])
        self.assert_status(stat, 0)
        self.assertIn(b'"failed"', stat.stdout)
        # It is a result, which is not made again.
        before = {path: path.stat().st_ino for path in self.out.rglob("*.htrace")}
        self.assert_status(self.sweep("--resume", "out"), 1)
        self.assertEqual({path: path.stat().st_ino for path in self.out.rglob("*.htrace")}, before)

    def test_are_told_apart(self):
        (self.folder / "plan.toml").write_text("""
            repetitions = 1
            timeout = 1
            [[mode]]
            name = "m"
            [[workload]]
            name = "three"
            command = "sh -c 'exit 3'"
            exit_status = 3
            [[workload]]
            name = "four"
            command = "sh -c 'exit 4'"
            [[workload]]
            name = "slow"
            command = "sleep 9871001"
            [[workload]]
            name = "stubborn"
            command = "python3 -c 'import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(9871001)'"
            [[workload]]
            name = "missing"
            command = "no-such-program"
            [[workload]]
            name = "behind"
            command = "sh -c 'sleep 9871001 & exit 0'"
        """)
        run = self.sweep("--plan", "plan.toml", "out")
        self.assert_status(run, 1)
        by_name = {r["workload"]: r for r in self.state()["runs"]}
        self.assertEqual({name: r["state"] for name, r in by_name.items()},
                         {"three": "done", "four": "failed", "slow": "timed-out",
                          "stubborn": "timed-out", "missing": "not-recorded", "behind": "done"})
        self.assertEqual(by_name["four"]["exit_status"], 4)
        self.assertEqual(by_name["slow"]["signal"], signal.SIGTERM)
        self.assertEqual(by_name["stubborn"]["signal"], signal.SIGKILL)
        self.assertIn("no-such-program", by_name["missing"]["reason"])
        self.assertEqual(by_name["behind"]["left_behind"], 1)
        for name in ("three", "four", "slow", "stubborn", "behind"):
            self.assert_whole(self.out / f"{name}.m" / "1.htrace")
        self.assertFalse((self.out / "missing.m" / "1.htrace").exists())
        self.assert_nothing_runs("9871001")
        # What was in the way is gone.
        program = self.folder / "no-such-program"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        again = self.sweep("--resume", "out",
                           env={**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"})
        self.assert_status(again, 1)
        self.assertEqual(self.states(), {"done": 3, "failed": 1, "timed-out": 2})


class Interruption(SweepTest):
    # A long run after two short ones; when "go" is there, all are short.
    SHORT = "mkdir a 2>/dev/null || mkdir b 2>/dev/null || [ -e go ]"
    ARGUMENTS = ("--mode", "1000hz", "--seed", "1", "out", "5")

    def begin(self, long="exec sleep 9871002"):
        """A sweep in its long run, and what is finished by then."""
        workload = self.folder / "workload"
        workload.write_text(f"#!/bin/sh\necho x\n{self.SHORT} || {long}\n")
        workload.chmod(0o755)
        sweep = self.started(*self.ARGUMENTS, "./workload")
        self.wait_until_running(3)
        before = self.finished()
        self.assertEqual(len(before), 2)
        return sweep, before

    def finished(self):
        return {path: (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes())
                for path in self.out.rglob("*.htrace")}

    def resume_and_check(self, before):
        (self.folder / "go").touch()
        run = self.sweep("--resume", "out")
        self.assert_status(run, 0)
        self.assertEqual(self.states(), {"done": 5})
        self.assertEqual({path.name for path in (self.out / "workload.1000hz").iterdir()},
                         {f"{n}.{suffix}" for n in range(1, 6) for suffix in ("htrace", "out", "err")})
        after = self.finished()
        self.assertEqual({path: after[path] for path in before}, before)
        self.assertEqual({path.name for path in self.out.iterdir()}, {"workload.1000hz", "sweep.json"})

    def test_by_kill_leaves_nothing_running_and_loses_only_that_run(self):
        # Nor does one that is not ended by SIGTERM.
        sweep, before = self.begin("{ trap '' TERM; exec sleep 9871002; }")
        sweep.kill()
        sweep.wait()
        listed = self.sweep("--resume", "--list-plan", "out")
        self.assertEqual([line.split()[0] for line in listed.stdout.decode().splitlines()],
                         ["3", "4", "5"])
        self.resume_and_check(before)  # waits for that run to end
        self.assert_nothing_runs("9871002")

    def test_by_a_signal_says_how_to_go_on(self):
        for number, name in ((signal.SIGTERM, b"SIGTERM"), (signal.SIGINT, b"SIGINT")):
            with self.subTest(signal=name):
                sweep, before = self.begin()
                sweep.send_signal(number)
                _, errors = sweep.communicate(timeout=TIMEOUT_S)
                self.assertEqual(sweep.returncode, 128 + number)
                self.assertIn(name, errors)
                self.assertIn(b"heimdallr sweep --resume out", errors)
                self.assert_nothing_runs("9871002")
                self.assertEqual(self.states(), {"done": 2, "planned": 3})
                self.resume_and_check(before)
                for entry in ("a", "b"):
                    (self.folder / entry).rmdir()
                (self.folder / "go").unlink()
                self.run_command(["rm", "-r", "out"])

    def test_by_the_keyboard_reaches_the_workload_once(self):
        workload = self.folder / "count.py"
        workload.write_text("import signal, sys, time\n"
                            "got = []\n"
                            "signal.signal(signal.SIGINT, lambda n, f: got.append(n))\n"
                            "print('ready', flush=True)\n"
                            "while not got: time.sleep(0.01)\n"
                            "time.sleep(0.3)\n"
                            "open('got', 'w').write(str(len(got)))\n")
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execv(HEIMDALLR, [HEIMDALLR, "sweep", "out", "3", f"python3 {workload}"])
        self.addCleanup(os.close, terminal)
        shown = b""
        output = self.out / "python3.dry"
        end = time.monotonic() + TIMEOUT_S
        while time.monotonic() < end and not any(
                path.read_bytes() for path in output.glob("*.out")):
            if select.select([terminal], [], [], 0.05)[0]:
                shown += os.read(terminal, 4096)
        os.write(terminal, b"\x03")
        while True:
            try:
                part = os.read(terminal, 4096)
            except OSError:
                break  # the other end was closed
            if not part:
                break
            shown += part
        _, status = os.waitpid(pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 130, shown)
        self.assertEqual((self.folder / "got").read_text(), "1")
        self.assertIn(b"[....................] 0 of 6  python3.dry", shown)
        self.assertIn(b"heimdallr sweep --resume out", shown)
        self.assertEqual(self.states(), {"planned": 6})


class Refusals(SweepTest):
    def assert_refused(self, run, *parts):
        self.assert_status(run, 125)
        self.assert_one_line(run.stderr, *parts)
        self.assertEqual(run.stdout, b"")

    def test_a_folder_with_a_sweep_is_kept(self):
        self.assert_status(self.sweep("--mode", "dry", "out", "1", "true"), 0)
        before = (self.out / "sweep.json").read_bytes()
        self.assert_refused(self.sweep("out", "1", "true"), "out", "--resume")
        self.assert_refused(self.sweep("--resume", "--mode", "dry", "out", "2", "true"),
                            "repetitions is '2', was '1'")
        self.assert_refused(self.sweep("--resume", "--mode", "dry", "out", "1", "false"),
                            "'false', was 'true'")
        self.assertEqual((self.out / "sweep.json").read_bytes(), before)
        self.assert_status(self.sweep("--resume", "--mode", "dry", "out", "1", "true"), 0)

    def test_a_folder_that_is_in_use_is_kept(self):
        sweep = self.started("--mode", "dry", "out", "1", "sh -c 'echo x; exec sleep 9871003'")
        self.wait_until_running(1)
        self.assert_refused(self.sweep("out", "1", "true"), "another sweep")
        sweep.terminate()
        sweep.communicate(timeout=TIMEOUT_S)

    def test_files_of_others_are_kept(self):
        (self.out / "true.dry").mkdir(parents=True)
        trace = self.out / "true.dry" / "1.htrace"
        trace.write_text("precious")
        self.assert_refused(self.sweep("out", "1", "true"), "true.dry/1.htrace")
        self.assertEqual(trace.read_text(), "precious")

    def test_a_folder_that_cannot_be_made(self):
        (self.folder / "file").write_text("")
        self.assert_refused(self.sweep("file/out", "1", "true"), "file/out", "Not a directory")
        self.assert_refused(self.sweep("/proc/out", "1", "true"), "/proc/out")

    def test_nothing_to_resume(self):
        self.assert_refused(self.sweep("--resume", "out"), "no sweep in folder 'out'")
        self.assertFalse(self.out.exists())

    def test_a_wrong_plan_is_refused_before_anything_is_made(self):
        plan = self.folder / "plan.toml"
        plan.write_text("repetitions = 1\n[[mode]]\nname = 'm'\nsource = 'magic'\n"
                        "[[workload]]\ncommand = 'true'\n")
        self.assert_refused(self.sweep("--plan", "plan.toml", "out"), "plan.toml:4:", "'source'",
                            "'clock'")
        plan.write_text("repetitions = 1\nrepetitons = 2\n[[workload]]\ncommand = 'true'\n")
        self.assert_refused(self.sweep("--plan", "plan.toml", "out"), "plan.toml:2:",
                            "'repetitons'", "seed, timeout")
        self.assertFalse(self.out.exists())

    def test_a_damaged_state_is_not_continued(self):
        self.assert_status(self.sweep("--mode", "dry", "out", "1", "true"), 0)
        path = self.out / "sweep.json"
        path.write_bytes(path.read_bytes()[:-20])
        self.assert_refused(self.sweep("--resume", "out"), "sweep.json")

    def test_a_program_called_sweep_is_recorded(self):
        program = self.folder / "sweep"
        program.write_text("#!/bin/sh\nexit 5\n")
        program.chmod(0o755)
        run = self.run_command([HEIMDALLR, "-o", "t.htrace", "--", "sweep"],
                               env={**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"})
        self.assert_status(run, 5)
        self.assertEqual(validate(self.folder / "t.htrace").returncode, 0)


if __name__ == "__main__":
    unittest.main()
