"""`heimdallr events` and `doctor`: the attributes of memory events, from trees of other machines
(test/data/sysfs, whose expected.json is not of our making), and what this machine really has."""

import json
import os
import unittest

from harness import HEIMDALLR, ROOT, SystemTest

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
