"""Programs nobody here wrote: recorded, they do exactly what they do alone."""

import os
import shutil
import subprocess
import unittest

from harness import ROOT, TIMEOUT_S, SystemTest, need, records

C_PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct Node { struct Node* left; struct Node* right; char key[32]; };
static struct Node* insert(struct Node* node, const char* key) {
  if (!node) {
    node = calloc(1, sizeof(*node));
    strncpy(node->key, key, sizeof(node->key) - 1);
    return node;
  }
  if (strcmp(key, node->key) < 0) node->left = insert(node->left, key);
  else node->right = insert(node->right, key);
  return node;
}
static void print(const struct Node* node) {
  if (!node) return;
  print(node->left);
  puts(node->key);
  print(node->right);
}
int main(int argc, char** argv) {
  struct Node* root = NULL;
  for (int i = 1; i < argc; i++) root = insert(root, argv[i]);
  print(root);
  return argc == 1;
}
"""

SQL = """
create table t(id integer primary key, name text, value real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
insert into t select i, 'name' || (i * 7919 % 20000), i / 3.0 from n;
create index by_name on t(name);
select count(*), sum(value), max(name) from t;
select name, value from t order by name limit 5;
select * from missing;
"""


class Programs(SystemTest):
    def check(self, command, prepare=None, **options):
        """Status, output and errors of COMMAND, alone and recorded; the trace is whole."""
        if prepare:
            prepare()
        alone = self.run_command(command, **options)
        if prepare:
            prepare()
        recorded = self.record(command, ["-q"], **options)
        self.assertEqual(recorded.status, alone.returncode, recorded.stderr)
        self.assertEqual(recorded.stdout, alone.stdout)
        self.assertEqual(recorded.stderr, alone.stderr)
        self.assert_whole(recorded.trace)
        allocations = sum(1 for _ in records(recorded.trace, "--type", "allocation"))
        self.assertGreater(allocations, 0)
        return recorded

    def test_python3(self):
        need("python3")
        program = ("import json, sys, threading, subprocess\n"
                   "data = {str(i): [i] * 10 for i in range(20000)}\n"
                   "text = json.dumps(data)\n"
                   "ts = [threading.Thread(target=json.loads, args=(text,)) for _ in range(8)]\n"
                   "[t.start() for t in ts]; [t.join() for t in ts]\n"
                   "print(len(text), subprocess.run(['echo', 'child'], capture_output=True))\n"
                   "print('on the other stream', file=sys.stderr)\n"
                   "sys.exit(7)\n")
        self.check(["python3", "-c", program])

    def test_gcc(self):
        need("gcc")
        (self.folder / "tree.c").write_text(C_PROGRAM)
        recorded = self.check(["gcc", "-O2", "-Wall", "-Wextra", "-o", "tree", "tree.c"])
        sorted_words = self.run_command(["./tree", "pear", "apple", "fig"]).stdout
        self.assertEqual(sorted_words, b"apple\nfig\npear\n")
        images = {record.get("executable", "").rsplit("/", 1)[-1]
                  for record in records(recorded.trace, "--type", "process")}
        self.assertIn("cc1", images)
        self.assertTrue(any(name.endswith("as") for name in images), images)

    def test_gcc_reports_an_error(self):
        need("gcc")
        (self.folder / "bad.c").write_text("int main(void) { return missing; }\n")
        self.check(["gcc", "-c", "bad.c"])

    def test_sqlite3(self):
        need("sqlite3")
        self.check(["sqlite3", "-batch", "data.db"], input=SQL.encode(),
                   prepare=lambda: (self.folder / "data.db").unlink(missing_ok=True))

    def test_git(self):
        need("git")
        environment = dict(os.environ, HOME=str(self.folder), GIT_CONFIG_NOSYSTEM="1",
                           GIT_AUTHOR_DATE="2000-01-01T00:00:00Z",
                           GIT_COMMITTER_DATE="2000-01-01T00:00:00Z")
        script = ("git init -q -b main repo && cd repo && git config user.email a@example.org && "
                  "git config user.name A && for i in 1 2 3 4 5; do seq $((i * 1000)) > f$i; "
                  "git add . && git commit -q -m \"change $i\"; done; git gc -q; git fsck; "
                  "git log --stat; git cat-file -p HEAD; git checkout -q missing")
        self.check(["bash", "-c", script], env=environment,
                   prepare=lambda: shutil.rmtree(self.folder / "repo", ignore_errors=True))

    def test_bash_pipelines(self):
        script = ("set -o pipefail; seq 20000 | sort -r | tee >(wc -l >&2) | awk '{s += $1} END "
                  "{print s}'; echo $(for i in 1 2 3; do (echo $i | cat); done); "
                  "cat <(seq 3) <<< ignored; trap 'echo bye' EXIT; seq 100000 | head -n 2; false | "
                  "true; exit 4")
        self.check(["bash", "-c", script])

    def test_perl(self):
        need("perl")
        self.check(["perl", "-e", "my %h; $h{$_ * 7919 % 10007} .= 'x' x 50 for 1..30000; "
                                  "print scalar(keys %h), \"\\n\"; print STDERR \"e\\n\"; "
                                  "print `echo from a child`; exit 9;"])

    def test_xz(self):
        need("xz")
        data = (ROOT / "LICENSE").read_bytes() * 200
        packed = self.check(["xz", "-T2", "-c"], input=data).stdout
        unpacked = subprocess.run(["xz", "-dc"], input=packed, capture_output=True, check=True,
                                  timeout=TIMEOUT_S).stdout
        self.assertEqual(unpacked, data)

    def test_node(self):
        need("node")
        self.check(["node", "-e", "const m = new Map(); for (let i = 0; i < 2e5; i++) "
                                  "m.set('k' + i, [i, String(i)]); console.log(m.size); "
                                  "console.error(require('child_process').execSync('echo child')"
                                  ".toString()); process.exitCode = 6;"])

    def test_java(self):
        need("java")
        self.check(["java", "-version"])


if __name__ == "__main__":
    unittest.main()
