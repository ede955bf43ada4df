"""--memory pmem:FOLDER on a file system with DAX: programs do what they do alone, a fork's memory
is its own, and what has no room fails or falls back as asked for."""

import errno
import json
import os
import subprocess
import unittest
from pathlib import Path

from guest import PMEM, MachineTest
from harness import HEIMDALLR, need, records
from machine import STATX_ATTR_DAX, statx_attributes
from test_memory_kinds import BASH, PYTHON
from test_programs import C_PROGRAM, SQL

WARNING = b"is not on a DAX file system"

# Blocks by the C library's malloc, and where they lie: in a file on PMEM, or not.
COMMON = f"""
import ctypes, errno, json, os
libc = ctypes.CDLL(None, use_errno=True)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
def mappings():
    with open("/proc/self/maps") as maps:
        for line in maps:
            words = line.split(maxsplit=5)
            if len(words) == 6 and words[5].startswith("{PMEM}/"):
                yield [int(word, 16) for word in words[0].split("-")] + [words[0]]
def on_pmem(address):
    return any(first <= address < end for first, end, _ in mappings())
"""

FILL = COMMON + """
fallen, kept, error = [], [], 0
for _ in range(40):
    address = libc.malloc(1 << 20)
    if address is None:
        error = ctypes.get_errno()
        break
    ctypes.memset(address, 1, 1 << 20)
    (kept if on_pmem(address) else fallen).append(address)
print(json.dumps({"kept": kept, "fallen": fallen, "error": error}))
"""

# Parent and child write to all of the block, one after the other, and look at what they see.
FORK = COMMON + """
SIZE = 4 << 20
block = libc.malloc(SIZE)
seen = (ctypes.c_char * SIZE).from_address(block)
ctypes.memset(block, ord("p"), SIZE)
to_child, to_parent = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    inherited = seen.raw == b"p" * SIZE
    ctypes.memset(block, ord("c"), SIZE)
    os.write(to_parent[1], b"1")
    os.read(to_child[0], 1)
    kept = seen.raw == b"c" * SIZE
    os._exit(0 if inherited and kept and on_pmem(block) else 1)
os.read(to_parent[0], 1)
untouched = seen.raw == b"p" * SIZE
ctypes.memset(block, ord("q"), SIZE)
os.write(to_child[1], b"1")
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(json.dumps({"on_pmem": on_pmem(block), "untouched": untouched, "child": status,
                  "kept": seen.raw == b"q" * SIZE}))
"""

REFUSED = """
import errno, os
try:
    os.fork()
except OSError as error:
    print(errno.errorcode[error.errno])
"""

MAPPED = COMMON + """
print(json.dumps([os.path.join("/proc/self/map_files", name) for _, _, name in mappings()]),
      flush=True)
input()
"""


class PmemTest(MachineTest):
    def tearDown(self):
        self.assertEqual([path.name for path in PMEM.iterdir()], ["lost+found"])
        super().tearDown()

    def python(self, script, *options, spec=f"pmem:{PMEM}"):
        run = self.record([need("python3"), "-c", script], ["--memory", spec, *options, "--force"],
                          env=self.environment)
        self.assert_status(run, 0)
        return run


class Programs(PmemTest):
    def check(self, command, **options):
        alone = self.run_command(command, **options)
        self.assertEqual(alone.returncode, 0, alone.stderr)
        placed = self.record(command, ["-q", "--memory", f"pmem:{PMEM}"], env=self.environment,
                             **options)
        self.assert_status(placed, 0)
        self.assertEqual(placed.stdout, alone.stdout)
        self.assertEqual(placed.stderr, alone.stderr)
        self.assert_whole(placed.trace)
        served = sum(record.get("memory") == 1
                     for record in records(placed.trace, "--type", "allocation"))
        self.assertGreater(served, 100)

    def test_python3(self):
        script = self.folder / "script.py"
        script.write_text(PYTHON)
        self.check([need("python3"), script])

    def test_sqlite3(self):
        sql = SQL.replace("select * from missing;\n", "")
        self.check([need("sqlite3"), ":memory:"], input=sql.encode())

    def test_gcc(self):
        need("gcc")
        (self.folder / "program.c").write_text(C_PROGRAM)
        self.check(["sh", "-c", "gcc -O2 -o program program.c && ./program c a b"])

    def test_bash_pipelines(self):
        self.check([need("bash"), "-c", BASH])


class DaxByFile(PmemTest):
    """On a file system where each file has DAX or not: those of a folder with the flag have it."""

    def setUp(self):
        super().setUp()
        self.mount("inode")
        self.addCleanup(self.mount, "always")
        self.place = PMEM / "folder"
        self.place.mkdir()
        self.addCleanup(self.place.rmdir)

    def tearDown(self):
        self.assertEqual(list(self.place.iterdir()), [])

    def mount(self, dax):
        subprocess.run(["umount", PMEM], check=True)
        subprocess.run(["mount", "-o", f"dax={dax}", "/dev/pmem0", PMEM], check=True)

    def test_the_folder_decides(self):
        self.assertIn(WARNING, self.python("pass", spec=f"pmem:{self.place}").stderr)
        subprocess.run(["chattr", "+x", self.place], check=True)
        self.assertNotIn(WARNING, self.python("pass", spec=f"pmem:{self.place}").stderr)


class Heap(PmemTest):
    def test_the_heap_is_in_a_file_with_dax(self):
        process = self.start([*self.heimdallr(), need("python3"), "-c", MAPPED],
                             stdin=subprocess.PIPE)
        files = json.loads(process.stdout.readline())
        # The recorder's only child.
        pid = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
        self.assertTrue(files)
        for file in files:
            path = file.replace("self", pid)
            self.assertTrue(statx_attributes(path) & STATX_ATTR_DAX)
            self.assertIn("(deleted)", os.readlink(path))
        process.communicate(b"\n")
        self.assertEqual(process.returncode, 0)

    def heimdallr(self):
        return [HEIMDALLR, "-q", "--memory", f"pmem:{PMEM}", "-o", self.folder / "t.htrace", "--"]

    def test_only_folders_without_dax_are_warned_of(self):
        self.assertNotIn(WARNING, self.python("pass").stderr)
        self.assertIn(WARNING, self.python("pass", spec=f"pmem:{self.folder}").stderr)

    def test_a_policy_beside_it_does_not_take_it_off(self):
        run = self.python(FILL, "--mem-node", 2)
        self.assertEqual(len(json.loads(run.stdout)["kept"]), 40)


class Fork(PmemTest):
    def test_what_either_writes_the_other_never_sees(self):
        for options in ((), ("--no-allocations",), ("--memory-fork=privatise",)):
            with self.subTest(options):
                run = self.python(FORK, *options)
                self.assertEqual(json.loads(run.stdout), {"on_pmem": True, "untouched": True,
                                                          "child": 0, "kept": True})

    def test_fork_can_be_refused(self):
        self.assertEqual(self.python(REFUSED, "--memory-fork=refuse").stdout, b"ENOMEM\n")


class OutOfSpace(PmemTest):
    def test_allocations_fail_beyond_the_size(self):
        said = json.loads(self.python(FILL, spec=f"pmem:{PMEM},size=16M").stdout)
        self.assertEqual(said["error"], errno.ENOMEM)
        self.assertEqual(said["fallen"], [])
        self.assertIn(len(said["kept"]), range(4, 16))

    def test_the_fallback_goes_on_and_is_counted(self):
        run = self.python(FILL, "--memory-fallback", spec=f"pmem:{PMEM},size=16M")
        said = json.loads(run.stdout)
        self.assertEqual(len(said["kept"]) + len(said["fallen"]), 40)
        self.assertGreater(len(said["kept"]), 3)
        self.assertIn(b" fell back", run.stderr)
        memories = {int(record["address"], 16): record.get("memory")
                    for record in records(run.trace, "--type", "allocation")
                    if "address" in record and record["size"] == 1 << 20}
        self.assertEqual({memories[address] for address in said["kept"]}, {1})
        self.assertEqual({memories[address] for address in said["fallen"]}, {2})

    def test_a_full_file_system(self):
        """What is free is taken by a file; what no longer fits there fails."""
        free = os.statvfs(PMEM).f_bfree * os.statvfs(PMEM).f_bsize  # root may take the reserve
        file = PMEM / "big"
        with open(file, "wb") as opened:
            os.posix_fallocate(opened.fileno(), 0, free - (28 << 20))
        try:
            said = json.loads(self.python(FILL).stdout)
        finally:
            file.unlink()
        self.assertEqual((said["error"], said["fallen"]), (errno.ENOMEM, []))
        self.assertIn(len(said["kept"]), range(4, 28))

    def test_more_than_the_device_has_is_refused_at_once(self):
        self.refuse("--memory", f"pmem:{PMEM},size=100G", parts=[str(PMEM), "has room for"])


if __name__ == "__main__":
    unittest.main()
