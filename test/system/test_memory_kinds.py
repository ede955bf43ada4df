"""Programs nobody here wrote, with their heap in other memory, and the interposer in front of it:
they do exactly what they do alone. tmpfs stands for a file system on persistent memory, node 0 for
memory of a kind that the machine does not have."""

import os
import shutil
import tempfile
import unittest
from pathlib import Path

from harness import BUILD, SystemTest, need
from test_programs import C_PROGRAM, SQL

PRELOAD = BUILD / "lib" / "libheimdallr-preload.so"
MEMKIND = BUILD / "lib" / "libheimdallr-memkind.so"
TMPFS = Path("/dev/shm")

PYTHON = """
import json, multiprocessing, os, subprocess, threading

def work(n):
    return len(json.dumps([str(i) * 10 for i in range(n)]))

if __name__ == "__main__":
    threads = [threading.Thread(target=work, args=(20000,)) for _ in range(4)]
    [t.start() for t in threads]
    kept = [bytes(1000) for _ in range(20000)]
    with multiprocessing.get_context("fork").Pool(4) as pool:
        print(pool.map(work, [1000, 2000, 3000, 4000]))
    [t.join() for t in threads]
    print(len(kept), subprocess.check_output(["echo", "child"]))
    child = os.fork()
    if child == 0:
        kept[0] = b"child"
        os._exit(0)
    os.waitpid(child, 0)
    print(kept[0] == bytes(1000))
"""

BASH = """
for i in 1 2 3 4 5; do
  seq 1 1000 | sort -R | (sort -n; echo $i) | tail -2 | cat
done
exec 5>kept.txt; echo some >&5; exec 5>&-; cat kept.txt
x=$(echo inner $(echo most)); declare -A a; for i in {1..500}; do a[$i]=$x$i; done
(a[1]=changed; echo ${a[1]}); echo ${a[1]} ${#a[@]}
"""


class MemoryKinds(SystemTest):
    def setUp(self):
        super().setUp()
        if not MEMKIND.exists():
            self.skipTest("memkind is not built")

    def folder_on_tmpfs(self):
        if not os.access(TMPFS, os.W_OK):
            self.skipTest(f"{TMPFS} cannot be written")
        folder = Path(tempfile.mkdtemp(prefix="heimdallr-test-", dir=TMPFS))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def memories(self):
        self.pmem = self.folder_on_tmpfs()
        return [f"pmem={self.pmem}", "kind=regular", "kind=hbw-all", "kind=dax-kmem-all"]

    def run_in(self, memory, command, libraries=(PRELOAD, MEMKIND), **options):
        environment = {**os.environ, "HEIMDALLR_MEMORY": memory, "MEMKIND_HBW_NODES": "0",
                       "MEMKIND_DAX_KMEM_NODES": "0",
                       "LD_PRELOAD": ":".join(str(library) for library in libraries)}
        return self.run_command(command, env=environment, **options)

    def check(self, command, **options):
        alone = self.run_command(command, **options)
        self.assertEqual(alone.returncode, 0, alone.stderr)
        for memory in self.memories():
            for libraries in ((PRELOAD, MEMKIND), (MEMKIND,)):
                with self.subTest(memory=memory, libraries=[path.name for path in libraries]):
                    done = self.run_in(memory, command, libraries, **options)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertEqual(done.stdout, alone.stdout)
                    self.assertEqual(done.stderr, alone.stderr)
        self.assertEqual(list(self.pmem.iterdir()), [], "files are left behind")

    def test_bash_pipelines(self):
        self.check([need("bash"), "-c", BASH])

    def test_python3(self):
        script = self.folder / "script.py"
        script.write_text(PYTHON)
        self.check([need("python3"), script])

    def test_sqlite3(self):
        self.check([need("sqlite3"), ":memory:"], input=SQL.replace(
            "select * from missing;\n", "").encode())

    def test_gcc(self):
        need("gcc")
        (self.folder / "program.c").write_text(C_PROGRAM)
        self.check(["sh", "-c", "gcc -O2 -o program program.c && ./program c a b"])

    def test_a_limit_ends_in_enomem(self):
        memory = f"size=33554432;pmem={self.folder_on_tmpfs()}"
        done = self.run_in(memory, [need("python3"), "-c",
                                    "try:\n x = [bytes(100000) for _ in range(1000)]\n"
                                    "except MemoryError:\n print('full')"])
        self.assertEqual((done.returncode, done.stdout), (0, b"full\n"), done.stderr)

    def test_the_fallback_goes_on(self):
        memory = f"fallback=1;size=33554432;pmem={self.folder_on_tmpfs()}"
        done = self.run_in(memory, [need("python3"), "-c",
                                    "print(len([bytes(100000) for _ in range(1000)]))"])
        self.assertEqual((done.returncode, done.stdout), (0, b"1000\n"), done.stderr)

    def test_a_full_file_system_ends_in_enomem(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to mount a file system")
        small = self.folder / "small"
        small.mkdir()
        mounted = self.run_command(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", small])
        if mounted.returncode != 0:
            self.skipTest("cannot mount a tmpfs")
        self.addCleanup(self.run_command, ["umount", "-l", small])
        done = self.run_in(f"pmem={small}", [need("python3"), "-c",
                                             "try:\n x = [bytes(100000) for _ in range(1000)]\n"
                                             "except MemoryError:\n print('full')"])
        self.assertEqual((done.returncode, done.stdout), (0, b"full\n"), done.stderr)
        # No room for a second heap there: the child's is in other memory.
        done = self.run_in(f"pmem={small}", [need("python3"), "-c",
                                             "import os\nx = [bytes(100000) for _ in range(200)]\n"
                                             "c = os.fork()\n"
                                             "if c == 0:\n x[0] = b'child'; os._exit(7)\n"
                                             "print(os.waitstatus_to_exitcode("
                                             "os.waitpid(c, 0)[1]), x[0] == bytes(100000))"])
        self.assertEqual((done.returncode, done.stdout), (0, b"7 True\n"), done.stderr)

    def test_a_later_program_whose_folder_is_gone_says_so(self):
        folder = self.folder_on_tmpfs() / "heap"
        folder.mkdir()
        command = ["sh", "-c", f"rmdir {folder}; ls"]
        done = self.run_in(f"pmem={folder}", command)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"cannot be had: No such file or directory", done.stderr)
        folder.mkdir()
        done = self.run_in(f"fallback=1;pmem={folder}", ["sh", "-c", f"rmdir {folder}; echo good"])
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"good\n", b""))


if __name__ == "__main__":
    unittest.main()
