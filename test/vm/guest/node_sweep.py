"""heimdallr sweep with a plan over the nodes: each run's pages lie where its mode says."""

import json
import unittest

from guest import MIB, WHERE_PAGES, MachineTest
from harness import HEIMDALLR

REPETITIONS = 2
MODES = {"near": (0, 0), "far": (1, 0), "remote": (2, 1)}  # name -> node of memory, of processors


class Sweep(MachineTest):
    def test_each_mode_has_its_nodes(self):
        plan, out = self.folder / "plan.toml", self.folder / "out"
        modes = "".join(f'[[mode]]\nname = "{name}"\nmem_node = {memory}\ncpu_node = {cpu}\n'
                        for name, (memory, cpu) in MODES.items())
        plan.write_text(f"repetitions = {REPETITIONS}\n{modes}"
                        f'[[workload]]\nname = "pages"\ncommand = ["{WHERE_PAGES}", "{MIB}"]\n')
        run = self.run_command([HEIMDALLR, "sweep", "--plan", plan, out])
        self.assert_status(run, 0)
        states = [run["state"] for run in json.loads((out / "sweep.json").read_text())["runs"]]
        self.assertEqual(states, ["done"] * REPETITIONS * len(MODES))
        for name, (memory, cpu) in MODES.items():
            for repetition in range(1, REPETITIONS + 1):
                with self.subTest(mode=name, repetition=repetition):
                    path = out / f"pages.{name}" / f"{repetition}.out"
                    pages = self.pages(path.read_bytes())
                    self.assertEqual(pages.cpu_node, cpu)
                    self.assertGreaterEqual(pages.share(memory), 0.99, pages.asked)
                    self.assert_whole(path.with_suffix(".htrace"))


if __name__ == "__main__":
    unittest.main()
