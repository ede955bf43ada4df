"""What the groups share: where_pages, alone and with heimdallr around it."""

import ctypes
import json
import os
from pathlib import Path

from harness import BUILD, SystemTest
from persistent_memory import KMEM_NODE, PMEM

WHERE_PAGES = str(BUILD / "vm" / "where_pages")
MIB = 16
PAGES = MIB * 256
NODES = (0, 1, 2, KMEM_NODE)
SMALL_NODE_MIB = 256  # of nodes 2 and 3, at most

# MPOL_ of linux/mempolicy.h, and the system call of x86-64.
BIND, INTERLEAVE = 2, 3
SYS_SET_MEMPOLICY = 238


def set_policy(mode, nodes):
    """For this process and those it starts: the kernel's own call, nothing of ours in between."""
    mask = ctypes.c_ulong(sum(1 << node for node in nodes))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(SYS_SET_MEMPOLICY, mode, ctypes.byref(mask), ctypes.c_ulong(65)) != 0:
        raise OSError(ctypes.get_errno(), "set_mempolicy")


class Pages:
    """What where_pages says."""

    def __init__(self, output):
        said = json.loads(output)
        self.policy, self.cpu_node, self.touched = said["policy"], said["cpu_node"], said["pages"]
        self.asked, self.mapped, self.numa_maps, self.others = (
            {int(node): count for node, count in said[name].items()}
            for name in ("asked", "mapped", "numa_maps", "others"))

    def share(self, *nodes):
        """Of the touched pages, those on one of `nodes`."""
        return sum(self.asked.get(node, 0) for node in nodes) / self.touched

    def share_of_others(self, *nodes):
        """The same of the rest of the process's own memory."""
        return sum(self.others.get(node, 0) for node in nodes) / sum(self.others.values())


class MachineTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(("MEMKIND_", "HEIMDALLR_PMEM"))}

    def pages(self, output):
        pages = Pages(output)
        self.assertGreaterEqual(pages.touched, PAGES)
        self.assertEqual(pages.mapped, pages.numa_maps, "the kernel contradicts itself")
        self.assertGreaterEqual(sum(pages.mapped.values()), pages.touched)
        return pages

    def where(self, *options, piece=0, seconds=0, **variables):
        """heimdallr OPTIONS -- where_pages."""
        command = [WHERE_PAGES, MIB, piece, seconds]
        run = self.record(command, [*options, "--force"], env={**self.environment, **variables})
        self.assert_status(run, 0)
        run.pages = self.pages(run.stdout)
        return run

    def where_alone(self, *arguments, **options):
        run = self.run_command([WHERE_PAGES, MIB, *arguments], check=True, **options)
        return self.pages(run.stdout)

    def refuse(self, *options, parts, **variables):
        """The workload does not start, and one line says why."""
        mark = self.folder / "started"
        run = self.record(["touch", mark], options, env={**self.environment, **variables})
        self.assert_status(run, 125)
        self.assert_one_line(run.stderr, *parts)
        self.assertFalse(mark.exists())


__all__ = [name for name in dir() if not name.startswith("_")]
