"""What `cmake --install` puts somewhere works from there."""

import subprocess
import unittest

from harness import BUILD, TIMEOUT_S, SystemTest, need, records, workload


class Install(SystemTest):
    def install(self, *options, env=None):
        need("cmake")
        run = self.run_command(["cmake", "--install", BUILD, *options], env=env)
        self.assert_status(run, 0)

    def check(self, prefix):
        trace = self.folder / "t.htrace"
        run = self.run_command([prefix / "bin" / "heimdallr", "-q", "-o", trace, "--",
                                workload("die"), "_exit", 1000])
        self.assert_status(run, 3)
        self.assertEqual(run.stderr, b"")
        dump = subprocess.run([prefix / "bin" / "trace-dump", trace], capture_output=True,
                              timeout=TIMEOUT_S)
        self.assertEqual(dump.returncode, 0, dump.stderr)
        self.assertIn(b"die", dump.stdout)
        mallocs = sum(1 for record in records(trace, "--type", "allocation")
                      if record["call"] == "malloc")
        self.assertGreaterEqual(mallocs, 1000)
        mapped = {record.get("path", "") for record in records(trace, "--type", "mapping")}
        self.assertTrue(any(path.startswith(str(prefix)) and "libheimdallr-preload" in path
                            for path in mapped), "the interposer of the installation was not used")

    def test_to_a_prefix(self):
        self.install("--prefix", str(self.folder / "prefix"))
        self.check(self.folder / "prefix")

    def test_moved_afterwards(self):
        self.install("--prefix", str(self.folder / "prefix"))
        (self.folder / "prefix").rename(self.folder / "elsewhere")
        self.check(self.folder / "elsewhere")


if __name__ == "__main__":
    unittest.main()
