"""Where the workload's memory comes from and where it runs, as the kernel tells the workload."""

import ctypes
import json
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

from harness import BUILD, HEIMDALLR, ROOT, TRACE_DUMP, SystemTest, need, need_root, summary

# MPOL_ values of linux/mempolicy.h.
MODES = {"default": 0, "preferred": 1, "bind": 2, "interleave": 3}

# Says as JSON what its own policy and processors are, and those of the recorder, its parent.
LOOK = r"""
import ctypes, json, os, re, sys
def lines(pid, file):
    with open(f"/proc/{pid}/{file}") as opened:
        return opened.read().splitlines()
def cpus(pid):
    return next(l.split()[1] for l in lines(pid, "status") if l.startswith("Cpus_allowed_list"))
def policies(pid):
    return [(l.split()[1], " ".join(l.split()[2:])) for l in lines(pid, "numa_maps")]
mode, mask = ctypes.c_int(-1), (ctypes.c_ulong * 128)()
try:
    numa = ctypes.CDLL("libnuma.so.1")
    numa.get_mempolicy(ctypes.byref(mode), mask, 8192, None, 0)
except OSError:
    pass
block = bytearray(8 << 20)
for at in range(0, len(block), 4096):
    block[at] = 1
print(json.dumps({
    "mode": mode.value,
    "nodes": [bit for bit in range(64) if mask[0] >> bit & 1],
    "cpus": cpus("self"),
    "child_cpus": os.popen("sed -n 's/^Cpus_allowed_list:.//p' /proc/self/status").read().strip(),
    "maps": policies("self"),
    "recorder_cpus": cpus(os.getppid()),
    "recorder_maps": policies(os.getppid()),
    "environment": {n: os.environ.get(n) for n in ("LD_PRELOAD", "HEIMDALLR_MEMORY")},
}))
"""


def need_nodes():
    if not Path("/sys/devices/system/node/node0").is_dir():
        raise unittest.SkipTest("this kernel knows no memory nodes")
    try:
        numa = ctypes.CDLL("libnuma.so.1")
    except OSError as error:
        raise unittest.SkipTest(f"no libnuma: {error}")
    if numa.numa_available() < 0:
        raise unittest.SkipTest("get_mempolicy is not allowed here")


def need_memkind():
    if not (BUILD / "lib" / "libheimdallr-memkind.so").exists():
        raise unittest.SkipTest("built without memkind")


def first_cpus():
    """One processor that may be used, and the list of all that may."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed


def chunks(trace):
    """Each chunk of a trace as protoc prints it."""
    protoc = need("protoc")
    data = Path(trace).read_bytes()
    at = 0
    while at < len(data):
        size = shift = 0
        while True:
            byte = data[at]
            at += 1
            size |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                break
        decoded = subprocess.run(
            [protoc, f"--proto_path={ROOT / 'proto'}", "--decode=heimdallr.trace.v1.Chunk",
             "heimdallr/trace/v1/trace.proto"],
            input=data[at:at + size], capture_output=True, check=True)
        yield decoded.stdout.decode()
        at += size


class PlacementTest(SystemTest):
    def look(self, *options, **run_options):
        run = self.record([sys.executable, "-c", LOOK], options, **run_options)
        self.assert_status(run, 0)
        run.seen = json.loads(run.stdout)
        return run

    def refuse(self, *options, parts, **run_options):
        """The workload does not start, and one line says why."""
        mark = self.folder / "started"
        run = self.record(["touch", mark], options, **run_options)
        self.assert_status(run, 125)
        self.assert_one_line(run.stderr, *parts)
        self.assertFalse(mark.exists())
        self.assertFalse(run.trace.exists())

    def tmpfs(self, options):
        need_root()
        place = self.folder / "tmpfs"
        place.mkdir()
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)],
                               capture_output=True)
        if mount.returncode != 0:
            self.skipTest(f"cannot mount here: {mount.stderr.decode().strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", str(place)], check=False)
        return place


class Policies(PlacementTest):
    def setUp(self):
        super().setUp()
        need_nodes()

    def check(self, mode, *options):
        run = self.look(*options)
        seen = run.seen
        self.assertEqual(seen["mode"], MODES[mode])
        self.assertEqual(seen["nodes"], [0])
        word = {"preferred": "prefer"}.get(mode, mode) + ":0"
        private = [policy for policy, what in seen["maps"] if "heap" in what or "stack" in what]
        self.assertTrue(private)
        self.assertEqual(set(private), {word})
        # The channel's pages lie where they are first touched, whatever the policy.
        channel = {policy for policy, what in seen["maps"] if "heimdallr-channel" in what}
        self.assertEqual(channel, {"local"})
        own = {policy for policy, what in seen["recorder_maps"] if "heimdallr-channel" not in what}
        self.assertEqual(own, {"default"})
        return run

    def test_bind(self):
        run = self.check("bind", "--memory", "node:0")
        self.assertIn(b"memory    all from node:0", run.stderr)
        header = next(chunks(run.trace))
        self.assertRegex(header, r'memories \{\n    name: "node:0"\n    nodes: 0\n  \}')
        self.assertRegex(header, r"nodes \{\n    memory_bytes: \d+\n    cpus: 0\n")

    def test_mem_node_binds(self):
        self.check("bind", "--mem-node", 0)

    def test_preferred(self):
        self.check("preferred", "--memory", "preferred:0")

    def test_interleave(self):
        self.check("interleave", "--memory", "interleave:0")

    def test_a_dry_run_is_placed_too(self):
        run = self.look("--memory", "node:0", "--dry-run")
        self.assertEqual((run.seen["mode"], run.seen["nodes"]), (MODES["bind"], [0]))

    def test_nothing_asked_for_changes_nothing(self):
        run = self.look()
        self.assertEqual(run.seen["mode"], MODES["default"])
        self.assertNotIn(b"memory    ", run.stderr)
        self.assertNotIn("memories {", next(chunks(run.trace)))

    def test_nodes_that_are_not_there(self):
        self.refuse("--memory", "node:0,99", parts=["node:0,99", "no node 99", "memory on "])
        self.refuse("--mem-node", 99, parts=["--mem-node 99", "no node 99"])
        self.refuse("--cpu-node", 99, parts=["--cpu-node 99", "no node 99"])

    def test_what_excludes_each_other(self):
        self.refuse("--memory", "node:0", "--mem-node", 0, parts=["exclude each other"])
        self.refuse("--memory", "node:0", "--memory-fallback", parts=["--memory-fallback is for"])

    def test_wrong_texts(self):
        for spec, part in [("", "memory is default"), ("nodes:0", "memory is default"), ("node:x", "no list such as"),
                           ("preferred:0,1", "one node"), ("pmem", "HEIMDALLR_PMEMDIR"),
                           ("pmem:/tmp,size=big", "no size")]:
            with self.subTest(spec):
                self.refuse("--memory", spec, parts=["--memory", part])
        self.refuse("--memory", "node:0", "--memory-fork", "refuse",
                    parts=["--memory-fork=refuse is for pmem:"])
        self.refuse("--memory-fork", "copy", parts=["--memory-fork", "privatise"])
        self.refuse("--recorder-cpus", "few", parts=["--recorder-cpus", "no list"])


class Processors(PlacementTest):
    def test_cpu_node(self):
        need_nodes()
        node = Path("/sys/devices/system/node/node0/cpulist").read_text().strip()
        run = self.look("--cpu-node", 0)
        _, allowed = first_cpus()
        if len(list(Path("/sys/devices/system/node").glob("node[0-9]*"))) == 1:
            self.assertEqual(run.seen["cpus"], node)
            # There are no others for the recorder.
            self.assertEqual(run.seen["recorder_cpus"], run.seen["cpus"])
        self.assertEqual(run.seen["child_cpus"], run.seen["cpus"])

    def test_recorder_cpus(self):
        one, allowed = first_cpus()
        run = self.look("--recorder-cpus", one)
        self.assertEqual(run.seen["recorder_cpus"], str(one))
        self.assertEqual(os.sched_getaffinity(0), set(allowed))
        if len(allowed) > 1:
            self.assertNotEqual(run.seen["cpus"], str(one))

    def test_the_workload_keeps_to_what_the_recorder_may_use(self):
        need_nodes()
        one, _ = first_cpus()
        taskset = need("taskset")
        trace = self.folder / "t.htrace"
        run = self.run_command([taskset, "-c", one, HEIMDALLR, "--cpu-node", 0, "-o", trace, "--",
                                sys.executable, "-c", LOOK])
        self.assert_status(run, 0)
        self.assertEqual(json.loads(run.stdout)["cpus"], str(one))

    def test_processors_that_cannot_be_had(self):
        self.refuse("--recorder-cpus", 9999, parts=["--recorder-cpus 9999", "may run on"])


class Heaps(PlacementTest):
    def setUp(self):
        super().setUp()
        need_memkind()
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(("MEMKIND_", "HEIMDALLR_PMEM"))}

    def look(self, *options, **variables):
        return super().look(*options, env={**self.environment, **variables})

    def refuse(self, *options, parts, **variables):
        super().refuse(*options, parts=parts, env={**self.environment, **variables})

    def counts(self, run):
        """Blocks from the heap asked for, and those that fell back, as the summary says."""
        line = next(line for line in run.stderr.decode().splitlines() if ": memory    " in line)
        count = lambda words: int(re.search(r"([\d,]+) " + words, line)[1].replace(",", ""))
        return (count("allocations from it"), count("fell back") if "fell back" in line else 0)

    def test_a_kind_serves_and_the_trace_says_so(self):
        run = self.look("--memory", "kind:regular")
        asked, fell_back = self.counts(run)
        self.assertGreater(asked, 1000)
        self.assertEqual(fell_back, 0)
        preload = run.seen["environment"]["LD_PRELOAD"].split(":")
        self.assertEqual([Path(library).name for library in preload],
                         ["libheimdallr-preload.so", "libheimdallr-memkind.so"])
        parts = list(chunks(run.trace))
        self.assertRegex(parts[0], r'memories \{\n    name: "default"\n  \}\n'
                                   r'  memories \{\n    id: 1\n    name: "kind:regular"\n  \}')
        self.assertTrue(any("  site_memory: 1\n" in part for part in parts))

    def test_without_allocations_the_heap_is_still_there(self):
        for option in ("--no-allocations", "--dry-run"):
            with self.subTest(option):
                run = self.look("--memory", "kind:regular", option, "--force")
                self.assertEqual(Path(run.seen["environment"]["LD_PRELOAD"]).name,
                                 "libheimdallr-memkind.so")
                self.assertIn(b"heap from kind:regular", run.stderr)

    def test_a_file_on_tmpfs_serves_with_a_warning(self):
        place = self.tmpfs("size=64m")
        run = self.look("--memory", f"pmem:{place}")
        self.assertGreater(self.counts(run)[0], 1000)
        self.assertIn(b"is not on a DAX file system", run.stderr)
        self.assertTrue(any(str(place) in what for _, what in run.seen["maps"]))
        self.assertEqual(list(place.iterdir()), [])

    def test_variables_of_earlier_versions(self):
        place = self.tmpfs("size=64m")
        self.refuse(parts=["HEIMDALLR_PMEMSIZE", "no size"], HEIMDALLR_PMEMDIR=str(place),
                    HEIMDALLR_PMEMSIZE="lots")
        self.refuse(parts=["/none'", "No such file", "(HEIMDALLR_PMEMDIR asks for this memory)"],
                    HEIMDALLR_PMEMDIR=f"{self.folder}/none")
        run = self.look(HEIMDALLR_PMEMDIR=str(place), HEIMDALLR_PMEMSIZE="32M")
        self.assertIn(f"size=33554432;pmem={place}", run.seen["environment"]["HEIMDALLR_MEMORY"])
        run = self.look("--memory", "default", "--force", HEIMDALLR_PMEMDIR=str(place))
        self.assertIsNone(run.seen["environment"]["HEIMDALLR_MEMORY"])

    def test_folders_that_cannot_hold_a_heap(self):
        self.refuse("--memory", f"pmem:{self.folder}/none", parts=["none'", "No such file"])
        file = self.folder / "file"
        file.write_text("")
        self.refuse("--memory", f"pmem:{file}", parts=["file'", "Not a directory"])
        full = self.tmpfs("size=1m")
        self.refuse("--memory", f"pmem:{full}", parts=["has no room"])
        self.refuse("--memory", f"pmem:{self.folder},size=8000000T", parts=["has room for"])
        self.refuse("--memory", f"pmem:{self.folder},size=1M", parts=["at least"])

    def test_a_read_only_folder(self):
        place = self.tmpfs("size=64m,ro")
        self.refuse("--memory", f"pmem:{place}", parts=["tmpfs'", "Read-only"])

    def test_a_folder_of_others(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to become somebody else")
        self.folder.chmod(0o777)
        place = self.folder / "mine"
        place.mkdir(mode=0o755)
        heimdallr = [HEIMDALLR, "--memory", f"pmem:{place}", "-o", self.folder / "t.htrace"]
        run = self.run_command([*heimdallr, "--", "true"], user=65534, group=65534,
                               extra_groups=[])
        if run.returncode != 125:
            self.skipTest("the build tree cannot be read by an ordinary user")
        self.assert_one_line(run.stderr, "mine'", "Permission denied")

    def test_memkinds_variables(self):
        for name, value, part in [("MEMKIND_ARENA_NUM_PER_KIND", "0", "from 1"),
                                  ("MEMKIND_BACKGROUND_THREAD_LIMIT", "x", "from 0"),
                                  ("MEMKIND_HEAP_MANAGER", "TBB", "JEMALLOC")]:
            with self.subTest(name):
                self.refuse("--memory", "kind:regular", parts=[f"{name}={value}", part],
                            **{name: value})
        self.refuse("--memory", "kind:hbw-all", parts=["MEMKIND_HBW_NODES=99", "no node 99"],
                    MEMKIND_HBW_NODES="99")

    def test_kinds(self):
        self.refuse("--memory", "kind:fastest", parts=["kind:fastest", "no such kind", "regular"])
        for kind, variable in (("dax-kmem-all", "MEMKIND_DAX_KMEM_NODES"),
                               ("hbw-all", "MEMKIND_HBW_NODES")):
            with self.subTest(kind):
                # Machines that have such memory are not asked to have none.
                run = self.record(["true"], ["--memory", f"kind:{kind}"], env=self.environment)
                if run.status != 0:
                    self.assert_one_line(run.stderr, f"kind:{kind}", "no memory of this kind",
                                         variable)
                else:
                    run.trace.unlink()
                run = self.look("--memory", f"kind:{kind}", "--force", **{variable: "0"})
                self.assertGreater(self.counts(run)[0], 1000)

    def test_what_does_not_fit_falls_back_where_that_is_asked_for(self):
        place = self.tmpfs("size=8m")
        run = self.look("--memory", f"pmem:{place},size=6M", "--memory-fallback")
        asked, fell_back = self.counts(run)
        self.assertGreater(asked, 0)
        self.assertGreater(fell_back, 0)
        served = {memory["name"]: memory["allocations"] for memory in summary(run.trace)["memories"]}
        self.assertEqual((served[f"pmem:{place},size=6M"], served["fallback"]), (asked, fell_back))
        printed = self.run_command([TRACE_DUMP, "print", "--type", "allocation", run.trace]).stdout
        self.assertEqual(printed.count(f" from pmem:{place},size=6M".encode()), asked)
        self.assertEqual(printed.count(b" from fallback"), fell_back)
        self.assertIn('id: 2\n    name: "fallback"', next(chunks(run.trace)))

    def test_a_program_that_takes_no_heap_is_not_run(self):
        gcc = need("gcc")
        source = self.folder / "static.c"
        source.write_text("int main(void) { return 0; }\n")
        self.run_command([gcc, "-static", source, "-o", self.folder / "static"], check=True)
        run = self.record([self.folder / "static"], ["--memory", "kind:regular"],
                          env=self.environment)
        self.assert_status(run, 125)
        self.assert_one_line(run.stderr, "static'", "kind:regular", "statically linked",
                             "--memory node:N")
        self.assert_status(self.record([self.folder / "static"], ["--memory", "node:0"]), 0)

    def test_a_policy_beside_a_heap(self):
        need_nodes()
        run = self.look("--memory", "kind:regular", "--mem-node", 0)
        self.assertEqual((run.seen["mode"], run.seen["nodes"]), (MODES["bind"], [0]))
        self.assertRegex(next(chunks(run.trace)), r'memories \{\n    name: "node:0"\n    nodes: 0')


if __name__ == "__main__":
    unittest.main()
