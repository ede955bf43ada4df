"""Nodes that are full, and nodes that a cpuset keeps the process from."""

import subprocess
import unittest
from pathlib import Path

from guest import KMEM_NODE, SMALL_NODE_MIB, WHERE_PAGES, MachineTest, Pages

CGROUPS = Path("/sys/fs/cgroup")


class FullNodes(MachineTest):
    """What is more than a node has: only the kernel knows, when pages are touched."""

    MIB = SMALL_NODE_MIB + 64

    def touch(self, spec):
        return self.record([WHERE_PAGES, self.MIB], ["--memory", spec, "--force"],
                           env=self.environment)

    def test_a_program_bound_to_them_is_ended_and_its_trace_is_whole(self):
        """By the kernel, which says so: Documentation/admin-guide/mm/numa_memory_policy."""
        for spec in ("node:2", "kind:dax-kmem-all"):
            with self.subTest(spec):
                run = self.touch(spec)
                self.assert_status(run, 128 + 9)
                self.assert_whole(run.trace)

    def test_a_program_that_prefers_them_goes_on_elsewhere(self):
        for spec, node in (("preferred:2", 2), ("kind:dax-kmem-preferred", KMEM_NODE)):
            with self.subTest(spec):
                run = self.touch(spec)
                self.assert_status(run, 0)
                pages = Pages(run.stdout)
                self.assertEqual(sum(pages.asked.values()), self.MIB * 256)
                self.assertGreater(pages.share(node), 0.5)
                self.assertLess(pages.share(node), 0.95)


class Cpuset(MachineTest):
    """The process has the memory of nodes 0 and 1 and the processor of node 0."""

    @classmethod
    def setUpClass(cls):
        if not (CGROUPS / "cgroup.procs").exists():
            subprocess.run(["mount", "-t", "cgroup2", "none", CGROUPS], check=True)
        (CGROUPS / "cgroup.subtree_control").write_text("+cpuset")
        cls.group = CGROUPS / "limits"
        cls.group.mkdir()
        (cls.group / "cpuset.mems").write_text("0-1")
        (cls.group / "cpuset.cpus").write_text("0")

    @classmethod
    def tearDownClass(cls):
        cls.group.rmdir()

    def run_command(self, command, **options):
        enter = ["sh", "-c", f'echo $$ > {self.group}/cgroup.procs; exec "$@"', "sh"]
        return super().run_command([*enter, *command], **options)

    def test_nodes_outside_are_refused(self):
        mine = "may not use the memory of node 2 (its cpuset has 0-1)"
        self.refuse("--memory", "node:1,2", parts=["node:1,2", mine])
        self.refuse("--mem-node", 2, parts=["--mem-node 2", mine])
        self.refuse("--memory", "kind:hbw-all", parts=["MEMKIND_HBW_NODES=1,2", mine],
                    MEMKIND_HBW_NODES="1,2")
        self.refuse("--memory", "kind:dax-kmem-all", parts=["kind:dax-kmem-all", "no room"])
        self.refuse("--cpu-node", 1, parts=["--cpu-node 1", "only on 0"])

    def test_nodes_inside_serve(self):
        for options in (("--memory", "node:1"), ("--memory", "kind:hbw-all")):
            with self.subTest(options):
                run = self.where(*options, MEMKIND_HBW_NODES="1")
                self.assertGreaterEqual(run.pages.share(1), 0.99, run.pages.asked)


if __name__ == "__main__":
    unittest.main()
