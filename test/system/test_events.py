"""`heimdallr events` and `doctor`: the attributes of memory events, from trees of other machines
(test/data/sysfs, whose expected.json is not of our making), and what this machine really has."""

import json
import os
import unittest
from collections import Counter

from harness import HEIMDALLR, ROOT, TRACE_DUMP, SystemTest, need, records, workload

MACHINES = ROOT / "test" / "data" / "sysfs"
NUMBERS = ("type", "config", "config1", "config2", "precise_ip")


class Events(SystemTest):
    def events(self, tree, *options, status=0):
        run = self.run_command([HEIMDALLR, "events", "--sysfs", tree, "--json", *options])
        self.assert_status(run, status)
        return json.loads(run.stdout) if status == 0 else run.stderr

    def assert_event(self, got, expected, *but):
        if expected is None:
            self.assertIsNone(got)
            return
        self.assertIsNotNone(got, expected)
        for name in NUMBERS:
            if name not in but:
                self.assertEqual(got[name], expected["attr"][name], name)
        self.assertEqual(got["pmu"], expected["pmu"])
        leader = expected.get("group_leader")
        self.assertEqual(got["group_leader"] is None, leader is None)
        if leader:
            self.assert_event(got["group_leader"], leader)

    def test_what_would_be_opened(self):
        machines = [path for path in sorted(MACHINES.iterdir()) if path.is_dir()]
        self.assertGreaterEqual(len(machines), 10)
        for machine in machines:
            expected = json.loads((machine / "expected.json").read_text())
            with self.subTest(machine.name):
                got = self.events(machine, "--ldlat", "30")
                # On AMD operations are counted, which is less skewed, where the kernel can.
                both = expected.get("load_store_cnt_ctl", expected.get("load_store"))
                if "pmus" not in expected:
                    self.assert_event(got["load"], expected["load"])
                    self.assert_event(got["store"], expected["store"])
                    self.assert_event(got["load_store"], both)
                    self.assertEqual(got["problem"] is None,
                                     any((expected["load"], expected["store"], both)))
                for name, core in expected.get("pmus", {}).items():
                    self.assert_event(got["pmus"][name]["load"], core["load"])
                    self.assert_event(got["pmus"][name]["store"], core["store"])

    def test_each_event_by_its_text(self):
        """Whatever expected.json names, given as perf would be given it."""
        checked = 0
        for machine in sorted(MACHINES.iterdir()):
            if not machine.is_dir():
                continue
            expected = json.loads((machine / "expected.json").read_text())
            for core in [expected, *expected.get("pmus", {}).values()]:
                for event in core.values():
                    if not isinstance(event, dict) or "attr" not in event:
                        continue
                    text = event["event"]
                    if "/" not in text:
                        terms = ",ldlat=30" if text == "mem-loads" and event["attr"]["config1"] else ""
                        text = f"{event['pmu']}/{text}{terms}/"
                    with self.subTest(f"{machine.name} {text}"):
                        got = self.events(machine, "-e", text)
                        self.assertEqual(len(got), 1)
                        self.assert_event({**got[0], "group_leader": None},
                                          {**event, "group_leader": None}, "precise_ip")
                        checked += 1
        self.assertGreater(checked, 20)

    def test_latency_replaces_the_alias(self):
        got = self.events(MACHINES / "skylake", "-e", "cpu/mem-loads,ldlat=100/",
                          "-e", "cpu/ldlat=100,mem-loads/", "-e", "cpu/mem-loads/")
        self.assertEqual([event["config1"] for event in got], [100, 100, 3])

    def test_events_of_two_kinds_of_cores(self):
        got = self.events(MACHINES / "alderlake-hybrid", "-e", "mem-stores", "-e", "r1cd")
        self.assertEqual([(event["pmu"], event["type"], event["config"]) for event in got],
                         [("cpu_atom", 7, 0x6d0), ("cpu_core", 4, 0x2cd),
                          ("cpu_core", 4, 0x1cd), ("cpu_atom", 7, 0x1cd)])

    def test_errors_name_what_there_is(self):
        for event, *parts in (("nosuch/x/", "nosuch", "ibs_op"),
                              ("ibs_op/nosuch/", "nosuch", "cnt_ctl"),
                              ("ibs_op/cnt_ctl=2/", "cnt_ctl", "does not fit"),
                              ("ibs_op/cnt_ctl=x/", "cnt_ctl=x", "number"),
                              ("ibs_op/cnt_ctl/y", "'y'", "modifier"),
                              ("cpu/event=0x1ffff/", "event", "12 bits"),
                              ("nosuch", "nosuch"), ("", "name"), ("mem:zz", "address"),
                              ("cycles:pppp", "p"), ("ibs_op/", "second")):
            with self.subTest(event):
                errors = self.events(MACHINES / "zen4", "-e", event, status=125)
                self.assert_one_line(errors, *parts)

    def tree(self, pmu, **files):
        """A tree of one PMU."""
        root = self.folder / "tree"
        for name, text in files.items():
            path = root / "bus" / "event_source" / "devices" / pmu / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return root

    def test_bits_in_several_places(self):
        # As the AMD core PMU has them: Documentation/ABI/testing/sysfs-bus-event_source-devices-format.
        tree = self.tree("odd", type="42\n", format__event="config:0-7,32-35\n",
                         format__high="config1:63\n", format__two="config2:1,3,5-6\n",
                         events__named="event=0xabc,high\n")
        got = self.events(tree, "-e", "odd/event=0x123/", "-e", "odd/high,two=0xb/", "-e", "named")
        self.assertEqual([(event["config"], event["config1"], event["config2"]) for event in got],
                         [(0x100000023, 0, 0), (0, 1 << 63, 0b1001010), (0xa000000bc, 1 << 63, 0)])

    def test_a_value_that_is_left_open(self):
        tree = self.tree("uncore", type="9", format__chip="config:0-7", format__event="config:8-15",
                         events__reads="event=0x12,chip=?")
        self.assert_one_line(self.events(tree, "-e", "uncore/reads/", status=125), "chip")
        self.assertEqual(self.events(tree, "-e", "uncore/reads,chip=3/")[0]["config"], 0x1203)

    def test_odd_trees(self):
        tree = self.tree("cpu", type="x", format__ldlat="config1:0-15", events__mem_loads="event=1")
        self.assertIsNone(self.events(tree)["load"])
        tree = self.tree("broken", type="7", format__a="config:0-99", format__b="config9:1",
                         format__c="", events__long="x" * 100000, events__bad="=,=", cpus="1-")
        folder = tree / "bus" / "event_source" / "devices" / "broken"
        os.mkfifo(folder / "events" / "pipe")
        (folder / "events" / "loop").symlink_to("loop")
        (folder / "events" / "binary").write_bytes(bytes(range(256)))
        self.events(tree)
        run = self.run_command([HEIMDALLR, "events", "--sysfs", tree])
        self.assert_status(run, 0)
        for name in (b"/a", b"/b", b"/c", b"long", b"cpus"):
            self.assertIn(name, run.stdout)
        self.assertNotIn(b"\x01", run.stdout)
        self.assert_one_line(self.events(self.folder / "nowhere", status=125), "nowhere")

    def test_this_machine(self):
        run = self.run_command([HEIMDALLR, "events"])
        self.assert_status(run, 0)
        for name in os.listdir("/sys/bus/event_source/devices"):
            self.assertIn(name.encode(), run.stdout)


COUNTER = """
#include <stdio.h>
long counter;
int main(void) {
  for (int i = 0; i < 1000; i++) ++*(volatile long*)&counter;
  printf("%p\\n", (void*)&counter);
  return 0;
}
"""


class Recorded(SystemTest):
    """Events that every kernel has, by name, for real."""

    def sample(self, command, *options):
        run = self.record(command, ["--force", *options])
        if run.status == 125 and b"perf_event" in run.stderr:
            self.skipTest(run.stderr.decode().strip())
        self.assert_status(run, 0)
        self.assert_whole(run.trace)
        return run

    def kinds(self, trace, type_="access"):
        return Counter(r.get("kind") for r in records(trace) if r["type"] == type_)

    def test_clock(self):
        run = self.sample([workload("load_store"), 2], "-e", "cpu-clock")
        kinds = self.kinds(run.trace)
        self.assertGreater(kinds["load"], 10)
        self.assertGreater(kinds["store"], 10)

    def test_page_faults(self):
        run = self.sample(["python3", "-c", "x = bytearray(1 << 24)"], "-e", "page-faults")
        faults = [r for r in records(run.trace) if r["type"] == "fault"]
        self.assertGreater(len(faults), 1000)
        self.assertFalse(self.kinds(run.trace))

    def test_breakpoint(self):
        source = self.folder / "counter.c"
        source.write_text(COUNTER)
        program = self.folder / "counter"
        build = self.run_command([need("gcc"), "-O1", "-no-pie", "-o", program, source])
        self.assert_status(build, 0)
        address = int(self.run_command([program]).stdout, 16)
        run = self.sample([program], "-e", f"mem:{address:#x}/8:w")
        writes = [r for r in records(run.trace) if r["type"] == "access"]
        self.assertEqual(len(writes), 1000)
        self.assertEqual({(int(r["address"], 16), r["kind"]) for r in writes}, {(address, "store")})
        self.assertEqual(len({r["ip"] for r in writes}), 1)
        # Read and written: the processor does not tell which it was.
        run = self.sample([program], "-e", f"mem:{address:#x}/8:rw")
        self.assertEqual(self.kinds(run.trace), Counter({None: 2000}))
        run = self.sample([program], "-e", f"mem:{address + 8:#x}/8:w")
        self.assertEqual(self.kinds(run.trace), Counter())
        events = self.folder / "every_fourth.toml"
        events.write_text(f'[[stream]]\nname = "w"\nevent = "mem:{address:#x}/8:w"\nperiod = 4\n')
        run = self.sample([program], "--events", events)
        periods = [r["period"] for r in records(run.trace) if r["type"] == "access"]
        self.assertEqual(periods, [4] * 250)

    def test_file_of_streams(self):
        events = self.folder / "events.toml"
        events.write_text((ROOT / "src" / "cli" / "events.toml").read_text())
        run = self.sample([workload("load_store"), 2], "--events", events)
        streams = Counter(r["stream"] for r in records(run.trace) if r["type"] in ("access", "fault"))
        self.assertEqual(set(streams), {"clock", "faults"})

    def test_variables_of_earlier_versions(self):
        environment = {**os.environ, "HEIMDALLR_WRITEEVENT": "page-faults"}
        run = self.record(["true"], [], env=environment)
        self.assert_status(run, 0)
        self.assertTrue(any(r["type"] == "fault" for r in records(run.trace)))
        # The command line comes first.
        environment["HEIMDALLR_WRITEEVENT"] = "nosuch"
        self.assert_status(
            self.record(["true"], ["-e", "cpu-clock", "--force"], env=environment), 0)
        run = self.record(["true"], ["--force"], env=environment)
        self.assert_status(run, 125)
        self.assert_one_line(run.stderr, "HEIMDALLR_WRITEEVENT", "nosuch")

    def test_numbers_that_make_no_sense(self):
        for options, *parts in ((["-e", "software/config=2,period=0/"], "period", "at least 1"),
                                (["-e", "software/config=0,freq=0/"], "freq", "at least 1"),
                                (256 * ["-e", "page-faults"], "256", "255")):
            with self.subTest(options[:2]):
                run = self.run_command([HEIMDALLR, *options, "--", "true"])
                self.assert_status(run, 125)
                self.assert_one_line(run.stderr, *parts)

    def test_frequency_as_a_term_of_a_clock(self):
        run = self.sample([workload("load_store"), 2], "-e", "software/config=0,freq=500/")
        summary = json.loads(self.run_command([TRACE_DUMP, "--json", run.trace]).stdout)
        self.assertEqual([s["period"] for s in summary["streams"]], [2_000_000])

    def test_wrong_files(self):
        events = self.folder / "events.toml"
        for text, *parts in (("[[stream]]\nevent = 'cpu-clock'\n", ":1:", "name"),
                             ("[[stream]]\nname = 'a'\n", ":1:", "event", "pmu"),
                             ("[[stream]]\nname='a'\nevent='x'\nkind='reads'\n", ":4:", "load_store"),
                             ("[[stream]]\nname='a'\nevent='x'\nprecise=4\n", ":4:", "3"),
                             ("[[stream]]\nname='a'\nevent='x'\nfields=['lat']\n", ":4:", "latency"),
                             ("[[stream]]\nname='a'\nevent='x'\nperiode=3\n", ":4:", "periode"),
                             ("[[stream]]\nname='a'\nevent='x'\nperiod=3\nfrequency=4\n", ":5:"),
                             ("", "stream"), ("[[stream", ":1:")):
            with self.subTest(text):
                events.write_text(text)
                run = self.run_command([HEIMDALLR, "--events", events, "--", "true"])
                self.assert_status(run, 125)
                self.assert_one_line(run.stderr, "events.toml", *parts)

    def test_without_such_a_pmu(self):
        if "cpu" in os.listdir("/sys/bus/event_source/devices"):
            self.skipTest("this machine has a PMU")
        for options in (["-e", "cpu/mem-loads/"], ["--source", "pmu"]):
            run = self.run_command([HEIMDALLR, *options, "--", "true"])
            self.assert_status(run, 125)
            self.assert_one_line(run.stderr, "PMU", "virtual machine", "--source clock")
        run = self.record(["true"], ["-e", "cpu-clock", "--source", "clock"])
        self.assert_status(run, 125)
        self.assert_one_line(run.stderr, "--source", "exclude")


class Doctor(SystemTest):
    def test_trial_on_a_known_buffer(self):
        run = self.run_command([HEIMDALLR, "doctor", "--json"])
        found = json.loads(run.stdout)
        clock, faults = found["sources"]
        if not clock["works"]:
            self.assertEqual(run.returncode, 1)
            self.assertTrue(clock["problem"])
            self.skipTest(f"accesses cannot be sampled here: {clock['problem']}")
        self.assert_status(run, 0)
        self.assertEqual(found["auto"], "clock")
        self.assertGreater(clock["in_buffer"], 0.8 * clock["records"])
        self.assertGreater(clock["allocation_events"], 0)
        self.assertEqual(faults["in_buffer"], 512)
        self.assertEqual(found["machine"]["online_cpus"], os.cpu_count())
        self.assertEqual(found["machine"]["pmus"],
                         sorted(os.listdir("/sys/bus/event_source/devices")))

    def test_text(self):
        run = self.run_command([HEIMDALLR, "doctor"])
        for word in (b"Machine", b"Sources", b"clock:", b"Permissions", b"Limits"):
            self.assertIn(word, run.stdout)
        self.assert_status(self.run_command([HEIMDALLR, "doctor", "--wrong"]), 125)


if __name__ == "__main__":
    unittest.main()
