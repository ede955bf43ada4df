"""What `cmake --install` and `cpack` put somewhere works from there."""

import json
import os
import re
import subprocess
import unittest

from harness import BUILD, TIMEOUT_S, TRACE_DUMP, SystemTest, need, records, workload

# Of cpack, which strips and compresses everything, and of compiling against Abseil.
PATIENCE_S = 500


def sanitized():
    cache = (BUILD / "CMakeCache.txt").read_text()
    return bool(re.search("^HEIMDALLR_SANITIZE:[A-Z]+=.+$", cache, re.MULTILINE))


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


class Library(SystemTest):
    """The example of the library, built against an installation as its users build."""

    def build_example(self):
        if sanitized():
            self.skipTest("a library with sanitizers needs a program with sanitizers")
        need("cmake")
        prefix = self.folder / "prefix"
        self.assert_status(self.run_command(["cmake", "--install", BUILD, "--prefix", prefix]), 0)
        example = prefix / "share" / "doc" / "heimdallr" / "examples"
        build = self.folder / "example"
        for command in (["cmake", "-S", example, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}",
                         "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Werror"],
                        ["cmake", "--build", build]):
            self.assert_status(self.run_command(command, timeout=PATIENCE_S), 0)
        return prefix, build / "hottest_object"

    def test_example_prints_the_hottest_object(self):
        prefix, program = self.build_example()
        libraries = self.run_command(["ldd", program]).stdout.decode()
        self.assertIn(f"{prefix}/lib/libheimdallr.so", libraries)
        recording = self.record([workload("matrices")], ["-F", "2000"])
        self.assert_status(recording, 0)
        run = self.run_command([program, recording.trace])
        self.assert_status(run, 0)

        dump = self.run_command([TRACE_DUMP, "objects", "--json", "--limit", "1", recording.trace])
        objects = json.loads(dump.stdout)
        hottest = objects["objects"][0]
        self.assertEqual(run.stdout.decode(),
                         f"{hottest['name']}: {hottest['loads']} loads, {hottest['stores']} stores "
                         f"of {objects['totals']['records']} accesses sampled\n")

        missing = self.run_command([program, self.folder / "missing.htrace"])
        self.assert_status(missing, 1)
        self.assertIn(b"missing.htrace", missing.stderr)

        trace = recording.trace.read_bytes()
        middle = len(trace) // 2
        recording.trace.write_bytes(trace[:middle] + b"\xff" * 64 + trace[middle:])
        damaged = self.run_command([program, recording.trace])
        self.assert_status(damaged, 1)
        self.assertIn(b"DATA_LOSS", damaged.stderr)

    def test_library_shows_its_interface_alone(self):
        library = BUILD / "lib" / "libheimdallr.so"
        names = self.run_command([need("nm"), "-D", "-C", "--defined-only", library])
        self.assert_status(names, 0)
        exported = [line.split(" ", 2)[2] for line in names.stdout.decode().splitlines()]
        self.assertGreater(len(exported), 5)
        for name in exported:
            self.assertRegex(name, r"^heimdallr::(TraceReader::(?!Impl)|ProfileObjects\()")

    def test_users_need_neither_protobuf_nor_zstd(self):
        prefix = self.folder / "prefix"
        self.assert_status(self.run_command(["cmake", "--install", BUILD, "--prefix", prefix]), 0)
        for path in sorted((prefix / "lib" / "cmake" / "heimdallr").iterdir()):
            text = path.read_text()
            for name in ("protobuf", "zstd", str(BUILD)):
                self.assertNotIn(name, text, path)
        for path in sorted((prefix / "include" / "heimdallr").iterdir()):
            for include in re.findall(r"#include [<\"](.+)[>\"]", path.read_text()):
                self.assertRegex(include, r"^([a-z_]+|absl/status/.*|heimdallr/.*)$", path)


class DebianPackage(SystemTest):
    def make(self):
        if sanitized():
            self.skipTest("packages are made of builds without sanitizers")
        need("dpkg-shlibdeps")
        run = self.run_command([need("cpack"), "-G", "DEB", "-B", self.folder], cwd=BUILD,
                               timeout=PATIENCE_S)
        self.assert_status(run, 0)
        [package] = self.folder.glob("heimdallr_*.deb")
        return package

    def test_package_unpacked_elsewhere_records_and_reads(self):
        package = self.make()
        root = self.folder / "root"
        self.assert_status(self.run_command(["dpkg-deb", "-x", package, root]), 0)
        environment = {name: value for name, value in os.environ.items()
                       if name != "LD_LIBRARY_PATH"}
        trace = self.folder / "t.htrace"
        run = self.run_command([root / "usr/bin/heimdallr", "-q", "-o", trace, "--", "true"],
                               env=environment)
        self.assert_status(run, 0)
        self.assertEqual(run.stderr, b"")
        dump = self.run_command([root / "usr/bin/trace-dump", trace], env=environment)
        self.assert_status(dump, 0)
        self.assertIn(b"true", dump.stdout)
        mapped = {record.get("path", "") for record in records(trace, "--type", "mapping")}
        self.assertIn(f"{root}/usr/lib/heimdallr/libheimdallr-preload.so", mapped)

    def test_package_depends_on_the_packages_of_its_libraries(self):
        package = self.make()
        depends = self.run_command(["dpkg-deb", "-f", package, "Depends"]).stdout.decode()
        names = {item.split(" ")[0] for item in depends.strip().split(", ")}
        self.assertLessEqual({"libc6", "libprotobuf32", "libzstd1"}, names)
        self.assertNotIn("libcatch2", depends)

    def test_lintian_finds_no_error(self):
        lintian = need("lintian")
        run = self.run_command([lintian, "--allow-root", "--fail-on", "error", self.make()],
                               timeout=PATIENCE_S)
        self.assertEqual(run.returncode, 0, run.stdout.decode())


if __name__ == "__main__":
    unittest.main()
