"""--memory kind:NAME: the heap lies where memkind says such memory is."""

import unittest

from guest import KMEM_NODE, MachineTest

SMALL = 1000  # bytes of a block; 0: one block of all


class Kinds(MachineTest):
    def check(self, kind, *options, node, pieces=(SMALL,), **variables):
        for piece in pieces:
            with self.subTest(kind=kind, options=options, piece=piece):
                run = self.where("--memory", f"kind:{kind}", *options, piece=piece, **variables)
                self.assertIn(f"heap from kind:{kind}".encode(), run.stderr)
                self.assertNotIn(b"fell back", run.stderr)
                self.assertGreaterEqual(run.pages.share(node), 0.99, run.pages.asked)

    def test_regular(self):
        self.check("regular", "--cpu-node", 1, node=1, pieces=(0, SMALL))

    def test_regular_takes_no_node_without_processors(self):
        self.check("regular", "--cpu-node", 0, node=0)

    def test_highest_capacity_is_the_largest_node(self):
        self.check("highest-capacity", "--cpu-node", 1, node=0)

    def test_lowest_latency(self):
        for node in (0, 1):
            self.check("lowest-latency-local", "--cpu-node", node, node=node)

    def test_highest_bandwidth(self):
        self.check("highest-bandwidth-local", "--cpu-node", 1, node=2)

    def test_dax_kmem(self):
        for kind in ("dax-kmem", "dax-kmem-all", "dax-kmem-preferred"):
            self.check(kind, "--cpu-node", 0, node=KMEM_NODE, pieces=(0, SMALL))

    def test_dax_kmem_on_nodes_that_a_variable_names(self):
        self.check("dax-kmem-all", node=2, MEMKIND_DAX_KMEM_NODES="2")

    def test_hbw_on_nodes_that_a_variable_names(self):
        for kind in ("hbw", "hbw-all", "hbw-preferred"):
            self.check(kind, "--cpu-node", 0, node=2, MEMKIND_HBW_NODES="2")

    def test_hbw_interleaved(self):
        run = self.where("--memory", "kind:hbw-interleave", MEMKIND_HBW_NODES="1,2")
        for node in (1, 2):
            self.assertAlmostEqual(run.pages.share(node), 0.5, delta=0.02)

    def test_hbw_on_a_node_that_is_not_there(self):
        self.refuse("--memory", "kind:hbw-all", MEMKIND_HBW_NODES="9",
                    parts=["MEMKIND_HBW_NODES=9", "no node 9"])

    def test_a_policy_is_about_the_rest_of_the_memory(self):
        run = self.where("--memory", "kind:dax-kmem-all", "--mem-node", 1, "--cpu-node", 0)
        self.assertGreaterEqual(run.pages.share(KMEM_NODE), 0.99, run.pages.asked)
        self.assertGreaterEqual(run.pages.share_of_others(1), 0.5, run.pages.others)


if __name__ == "__main__":
    unittest.main()
