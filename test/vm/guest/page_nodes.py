"""--page-nodes and `trace-dump objects`: the shares of an object's pages on each node are those
that move_pages(2) told the program itself."""

import json
import unittest

from guest import MachineTest
from harness import TRACE_DUMP

SECONDS = 3  # so long that it is looked at when all pages have been touched


class PageNodes(MachineTest):
    def shares(self, run):
        """node -> share, of the largest object of where_pages."""
        shown = self.run_command([TRACE_DUMP, "objects", "--json", run.trace], check=True)
        objects = json.loads(shown.stdout)["objects"]
        largest = max((row for row in objects if row["type"] == "heap"),
                      key=lambda row: row["bytes"])
        self.assertIn("TouchPieces", largest["name"])
        return {row["node"]: row["share"] for row in largest["pages"]}

    def check(self, *options, piece=0, nodes):
        run = self.where("--page-nodes=0.05", *options, piece=piece, seconds=SECONDS)
        self.assertGreaterEqual(run.pages.share(*nodes), 0.99, run.pages.asked)
        shares = self.shares(run)
        self.assertEqual(set(shares), set(nodes))
        for node in nodes:
            self.assertAlmostEqual(shares[node], run.pages.share(node), delta=0.01)

    def test_one_node(self):
        for node in (0, 2):
            with self.subTest(node=node):
                self.check("--memory", f"node:{node}", nodes=[node])

    def test_interleaved(self):
        self.check("--memory", "interleave:0-2", nodes=[0, 1, 2])

    def test_small_blocks(self):
        self.check("--memory", "interleave:1,3", piece=1000, nodes=[1, 3])

    def test_the_heap_of_a_kind(self):
        self.check("--memory", "kind:dax-kmem-all", nodes=[3])


if __name__ == "__main__":
    unittest.main()
