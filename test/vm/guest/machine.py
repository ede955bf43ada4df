"""The machine is what the other tests take it for, by the kernel's own word."""

import ctypes
import os
import subprocess
import unittest
from pathlib import Path

from guest import BIND, INTERLEAVE, KMEM_NODE, MIB, NODES, PMEM, MachineTest, set_policy

NODE = Path("/sys/devices/system/node")
AT_FDCWD, STATX_BASIC_STATS, STATX_ATTR_DAX = -100, 0x7FF, 0x00200000  # linux/stat.h


def statx_attributes(path):
    """stx_attributes of struct statx."""
    buffer = (ctypes.c_uint64 * 32)()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.statx(AT_FDCWD, os.fsencode(path), 0, STATX_BASIC_STATS, buffer) != 0:
        raise OSError(ctypes.get_errno(), "statx", str(path))
    return buffer[1]


class Machine(MachineTest):
    def test_nodes_with_memory(self):
        self.assertEqual((NODE / "has_memory").read_text().strip(), "0-3")
        for node in NODES:
            total = (NODE / f"node{node}/meminfo").read_text().split("MemTotal:")[1].split()[0]
            self.assertGreater(int(total), 128 << 10)

    def test_two_nodes_have_processors(self):
        cpus = [(NODE / f"node{node}/cpulist").read_text().strip() for node in NODES]
        self.assertEqual(cpus, ["0", "1", "", ""])

    def test_distances(self):
        self.assertEqual((NODE / "node0/distance").read_text().split(), ["10", "20", "40", "40"])
        self.assertEqual((NODE / "node1/distance").read_text().split(), ["20", "10", "40", "20"])

    def test_node_3_is_a_dax_device_given_to_the_kernel(self):
        devices = list(Path("/sys/bus/dax/drivers/kmem").glob("dax*"))
        self.assertEqual(len(devices), 1)
        self.assertEqual((devices[0] / "target_node").read_text().strip(), str(KMEM_NODE))

    def test_the_kernel_puts_pages_where_they_are_bound_to(self):
        for node in NODES:
            with self.subTest(node=node):
                pages = self.where_alone(preexec_fn=lambda: set_policy(BIND, [node]))
                self.assertEqual(pages.asked, {node: MIB * 256})

    def test_the_kernel_interleaves_small_blocks(self):
        pages = self.where_alone(1000, preexec_fn=lambda: set_policy(INTERLEAVE, [0, 2]))
        self.assertAlmostEqual(pages.share(0), 0.5, delta=0.02)
        self.assertAlmostEqual(pages.share(2), 0.5, delta=0.02)

    def test_files_on_persistent_memory_are_dax(self):
        file = PMEM / "file"
        file.write_bytes(b"")
        self.addCleanup(file.unlink)
        self.assertTrue(statx_attributes(file) & STATX_ATTR_DAX)
        self.assertFalse(statx_attributes(self.folder) & STATX_ATTR_DAX)
        kind = subprocess.run(["stat", "-f", "-c", "%T", PMEM], capture_output=True, check=True)
        self.assertEqual(kind.stdout, b"ext2/ext3\n")


if __name__ == "__main__":
    unittest.main()
