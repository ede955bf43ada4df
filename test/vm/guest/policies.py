"""--memory node:, preferred: and interleave:, --mem-node and --cpu-node: where the kernel then has
the pages, by its own word."""

import unittest

from guest import KMEM_NODE, MIB, WHERE_PAGES, MachineTest

SMALL = 1000  # bytes of a block; 0: one block of all


class Policies(MachineTest):
    def check_bound(self, *options, nodes, policy=None, pieces=(SMALL,)):
        for piece in pieces:
            with self.subTest(options=options, piece=piece):
                run = self.where(*options, piece=piece)
                self.assertGreaterEqual(run.pages.share(*nodes), 0.99, run.pages.asked)
                if policy is not None:
                    self.assertEqual(run.pages.policy, policy)
                self.assertGreaterEqual(run.pages.share_of_others(*nodes), 0.99, run.pages.others)

    def check_spread(self, *options, nodes):
        run = self.where(*options)
        for node in nodes:
            self.assertAlmostEqual(run.pages.share(node), 1 / len(nodes), delta=0.02)

    def test_without_an_option_pages_lie_where_the_program_runs(self):
        for node in (0, 1):
            with self.subTest(node=node):
                run = self.where("--cpu-node", node)
                self.assertEqual(run.pages.cpu_node, node)
                self.assertGreaterEqual(run.pages.share(node), 0.99)

    def test_bound_to_the_other_node(self):
        self.check_bound("--memory", "node:1", "--cpu-node", 0, nodes=[1], pieces=(0, SMALL))
        self.check_bound("--memory", "node:0", "--cpu-node", 1, nodes=[0])

    def test_bound_to_a_node_without_processors(self):
        self.check_bound("--memory", "node:2", nodes=[2], policy="bind:2", pieces=(0, SMALL))

    def test_bound_to_a_node_that_came_later(self):
        self.check_bound("--memory", f"node:{KMEM_NODE}", nodes=[KMEM_NODE])

    def test_bound_to_two_nodes(self):
        self.check_bound("--memory", "node:0,1", nodes=[0, 1], policy="bind:0-1")

    def test_bound_to_two_nodes_away_from_the_processor(self):
        self.check_bound("--memory", "node:2,3", "--cpu-node", 0, nodes=[2, 3])

    def test_mem_node(self):
        for node in (0, 1, 2):
            self.check_bound("--mem-node", node, nodes=[node], policy=f"bind:{node}")

    def test_preferred(self):
        self.check_bound("--memory", "preferred:2", nodes=[2], policy="prefer:2")

    def test_interleave(self):
        self.check_spread("--memory", "interleave:0,1", nodes=[0, 1])
        self.check_spread("--memory", "interleave:0-3", nodes=[0, 1, 2, 3])

    def test_processors_and_memory_apart(self):
        run = self.where("--cpu-node", 1, "--mem-node", 2)
        self.assertEqual(run.pages.cpu_node, 1)
        self.assertGreaterEqual(run.pages.share(2), 0.99)

    def test_what_the_program_starts_inherits_it(self):
        run = self.record(["sh", "-c", f"true; {WHERE_PAGES} {MIB}; true"], ["--memory", "node:2"])
        self.assert_status(run, 0)
        self.assertGreaterEqual(self.pages(run.stdout).share(2), 0.99)

    def test_without_allocations_the_policy_is_the_same(self):
        for option in ("--no-allocations", "--dry-run"):
            with self.subTest(option):
                run = self.where("--memory", "node:2", option)
                self.assertGreaterEqual(run.pages.share(2), 0.99)

    def test_nodes_that_are_not_there(self):
        for spec in ("node:9", "node:0,9", "preferred:9", "interleave:0,9"):
            with self.subTest(spec):
                self.refuse("--memory", spec, parts=[spec, "no node 9"])
        self.refuse("--mem-node", 9, parts=["--mem-node 9", "no node 9"])
        self.refuse("--cpu-node", 9, parts=["--cpu-node 9", "no node 9"])

    def test_a_node_without_processors_runs_nothing(self):
        self.refuse("--cpu-node", 2, parts=["--cpu-node 2", "processor"])


if __name__ == "__main__":
    unittest.main()
