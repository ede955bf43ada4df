"""Manual pages and completion say what --help says, and their readers take them."""

import gzip
import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

from harness import BUILD, HEIMDALLR, TIMEOUT_S, TRACE_DUMP, SystemTest, need

HELP = BUILD / "help"


def commands():
    """Those that the help of trace-dump lists."""
    text = subprocess.run([TRACE_DUMP, "--help"], capture_output=True, check=True).stdout.decode()
    listed = re.search(r"^Commands:\n((?:  .+\n)+)", text, re.MULTILINE)[1]
    return re.findall(r"^  ([a-z-]+) ", listed, re.MULTILINE)


def invocations():
    """Name of the page -> the command line before --help."""
    yield "heimdallr", [HEIMDALLR]
    for command in ("sweep", "doctor", "events"):
        yield f"heimdallr-{command}", [HEIMDALLR, command]
    yield "trace-dump", [TRACE_DUMP]
    for command in commands():
        yield f"trace-dump-{command}", [TRACE_DUMP, command]


def options_in_help(command):
    """Long and short options at the start of a line of --help."""
    text = subprocess.run([*command, "--help"], capture_output=True, check=True,
                          timeout=TIMEOUT_S).stdout.decode()
    found = set()
    for line in re.findall(r"^  (-[^ ]+)", text, re.MULTILINE):
        found.update(line.split(","))
    return found


class ManualPages(SystemTest):
    def test_each_command_has_a_page_with_each_option_of_its_help(self):
        pages = {path.name for path in (HELP / "man1").iterdir()}
        expected = dict(invocations())
        self.assertEqual(pages, {f"{name}.1.gz" for name in expected})
        for name, command in expected.items():
            page = gzip.decompress((HELP / "man1" / f"{name}.1.gz").read_bytes()).decode()
            page = page.replace("\\-", "-")
            options = options_in_help(command)
            self.assertIn("--help", options)
            for option in options:
                self.assertIn(f"\\fB{option}\\fR", page, name)

    def test_groff_and_man_have_nothing_to_say_against_them(self):
        groff = need("groff")
        man = shutil.which("man")
        for path in sorted((HELP / "man1").iterdir()):
            page = self.folder / path.stem
            page.write_bytes(gzip.decompress(path.read_bytes()))
            run = self.run_command([groff, "-ww", "-man", "-Tutf8", "-z", page])
            self.assertEqual((run.returncode, run.stderr), (0, b""), page.name)
            if man is None:
                continue
            run = self.run_command([man, "--warnings", "-l", page],
                                   env={**os.environ, "LC_ALL": "C.UTF-8", "MANPAGER": "cat",
                                        "MANWIDTH": "80"})
            self.assertEqual((run.returncode, run.stderr), (0, b""), page.name)
            shown = run.stdout.decode()
            for heading in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "SEE ALSO"):
                self.assertRegex(shown, f"(?m)^{heading}$", page.name)

    def test_text_that_roff_would_take_for_its_own_stays(self):
        groff = need("groff")
        page = gzip.decompress((HELP / "man1" / "trace-dump-objects.1.gz").read_bytes())
        shown = self.run_command([groff, "-man", "-Tascii", "-P-c"], input=page).stdout.decode()
        self.assertIn("jq '.objects[] | select(.type == \"heap\") | .name'",
                      re.sub(".\b", "", shown))


class BashCompletion(SystemTest):
    """The functions called as bash calls them."""

    def complete(self, *words):
        """Completions of the last of `words`, in a folder with some files."""
        program = words[0]
        for name in ("run.htrace", "runs.sqlite", "notes.txt"):
            (self.folder / name).touch()
        (self.folder / "sweep").mkdir(exist_ok=True)
        script = f"""
            source "$1"; shift
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
            _{program.replace("-", "_")}
            printf '%s\\n' "${{COMPREPLY[@]}}"
        """
        run = self.run_command([need("bash"), "--norc", "-c", script, "bash",
                                HELP / "bash" / program, *words])
        self.assertEqual(run.returncode, 0)
        self.assertEqual(run.stderr, b"")
        return set(run.stdout.decode().split())

    def test_commands_and_recordings_come_first(self):
        found = self.complete("trace-dump", "")
        self.assertEqual(found, {*commands(), "run.htrace", "runs.sqlite", "sweep"})
        self.assertEqual(self.complete("trace-dump", "obj"), {"objects"})

    def test_each_command_completes_the_options_of_its_help(self):
        for command in commands():
            self.assertEqual(self.complete("trace-dump", command, "-"),
                             options_in_help([TRACE_DUMP, command]), command)

    def test_values_of_options(self):
        self.assertEqual(self.complete("trace-dump", "objects", "--by", ""),
                         {"site", "object", "type"})
        self.assertEqual(self.complete("trace-dump", "objects", "--by", "=", "s"), {"site"})
        self.assertIn("density", self.complete("trace-dump", "objects", "--sort", "d"))
        self.assertNotIn("density", self.complete("trace-dump", "code", "--sort", "d"))
        self.assertLessEqual({"pprof", "perf-script", "parquet"},
                             self.complete("trace-dump", "export", "--format", ""))
        self.assertEqual(self.complete("heimdallr", "--source", ""),
                         {"auto", "pmu", "clock", "faults", "none"})
        self.assertEqual(self.complete("heimdallr", "-o", "not"), {"notes.txt"})

    def test_operands_are_recordings(self):
        self.assertEqual(self.complete("trace-dump", "objects", "--json", "r"),
                         {"run.htrace", "runs.sqlite"})
        self.assertEqual(self.complete("trace-dump", "-"), options_in_help([TRACE_DUMP, "summary"]))

    def test_behind_the_dashes_is_a_command(self):
        self.assertEqual(self.complete("heimdallr", ""),
                         {"--", "sweep", "doctor", "events"})
        self.assertIn("true", self.complete("heimdallr", "-F", "100", "--", "tru"))
        self.assertEqual(self.complete("heimdallr", "--", "true", "not"), {"notes.txt"})
        self.assertEqual(self.complete("heimdallr", "--dr"), {"--dry-run"})

    def test_subcommands_of_heimdallr_have_their_own_options(self):
        self.assertEqual(self.complete("heimdallr", "sw"), {"sweep"})
        for command in ("sweep", "doctor", "events"):
            self.assertEqual(self.complete("heimdallr", command, "-"),
                             options_in_help([HEIMDALLR, command]))
        self.assertEqual(self.complete("heimdallr", "sweep", "--plan", "not"), {"notes.txt"})
        self.assertEqual(self.complete("heimdallr", "sweep", "swe"), {"sweep"})


class ZshCompletion(SystemTest):
    def test_zsh_reads_the_scripts(self):
        zsh = need("zsh")
        for path in sorted((HELP / "zsh").iterdir()):
            self.assertTrue(path.read_text().startswith("#compdef " + path.name[1:] + "\n"))
            run = self.run_command([zsh, "-f", "-n", path])
            self.assertEqual((run.returncode, run.stderr), (0, b""), path)

    def test_zsh_completes(self):
        zsh = need("zsh")
        shutil.copytree(HELP / "zsh", self.folder / "functions")
        (self.folder / "run.htrace").touch()
        (self.folder / "notes.txt").touch()
        # A terminal for the line editor; each listing is between the marks.
        script = Path(__file__).with_name("complete.zsh")
        for line, wanted, unwanted in (
                ("trace-dump objects --so", "--sort", None),
                ("trace-dump objects --by ", "site", None),
                ("trace-dump obj", "objects", None),
                ("trace-dump print ", "run.htrace", "notes.txt"),
                ("heimdallr --source ", "clock", None),
                ("heimdallr swee", "sweep", None),
                ("heimdallr sweep --list", "--list-plan", None)):
            run = self.run_command([zsh, "-f", script, self.folder / "functions", line])
            self.assert_status(run, 0)
            shown = run.stdout.decode(errors="replace")
            self.assertIn(wanted, shown, line)
            if unwanted:
                self.assertNotIn(unwanted, shown, line)


if __name__ == "__main__":
    unittest.main()
