"""Every access of a program, counted by valgrind: lackey for code and addresses, DHAT for the sites
of allocations. Both are slow (a hundred times and more), so programs run with little work."""

import json
import os
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass

from accuracy.modules import Mapping
from accuracy.shares import kinds
from harness import BUILD, TIMEOUT_S

LACKEY_SHARES = str(BUILD / "bin" / "lackey-shares")
_KINDS = {"L": "load", "S": "store", "M": "load_store"}
# How often the maps of the program are looked at; code mapped for less time has no name.
_LOOK_EVERY_S = 0.02


@dataclass
class Exact:
    """What a program did under lackey."""

    status: int
    stdout: bytes
    counts: Counter  # (kind, ip, first address of the bucket) -> accesses, load_store taken apart
    instructions: Counter  # ip -> times it ran
    mappings: list  # modules.Mapping of the code it had mapped


def lackey(command, folder, bucket=0, **options):
    """Runs COMMAND under lackey. Addresses are told apart in steps of `bucket` bytes, 0 = not at
    all."""
    reading, writing = os.pipe()
    with open(reading, "rb") as log, tempfile.TemporaryFile(dir=folder) as stdout:
        with subprocess.Popen([LACKEY_SHARES, str(bucket)], stdin=log,
                              stdout=subprocess.PIPE) as summing:
            valgrind = ["valgrind", "--tool=lackey", "--trace-mem=yes", f"--log-fd={writing}"]
            options.setdefault("stdin", subprocess.DEVNULL)
            program = subprocess.Popen([*valgrind, *map(str, command)], stdout=stdout, cwd=folder,
                                       stderr=subprocess.DEVNULL, pass_fds=[writing], **options)
            os.close(writing)
            try:
                mappings = _watch(program)
            finally:
                program.kill()
                program.wait()
            counts, instructions = _read_counts(summing.stdout)
        stdout.seek(0)
        return Exact(program.returncode, stdout.read(), counts, instructions, mappings)


def _watch(program):
    """Waits for `program`; the mappings of code it had."""
    mappings = {}
    end = time.monotonic() + TIMEOUT_S
    while program.poll() is None:
        if time.monotonic() > end:
            raise TimeoutError(f"{program.args} still runs after {TIMEOUT_S} s")
        for mapping in Mapping.of_process(program.pid):
            mappings[mapping] = None
        time.sleep(_LOOK_EVERY_S)
    return list(mappings)


def _read_counts(lines):
    counts, instructions = Counter(), Counter()
    for line in lines:
        kind, ip, bucket, count = line.decode().split(" ")
        if kind == "I":
            instructions[int(ip, 16)] += int(count)
            continue
        for one in kinds(_KINDS[kind]):
            counts[one, int(ip, 16), int(bucket, 16)] += int(count)
    return counts, instructions


@dataclass
class Site:
    """What DHAT counted of the blocks of one call of an allocation function."""

    frames: list  # as DHAT prints them, innermost first: "0x109A3E: main (triad.c:8)"
    blocks: int
    read_bytes: int
    written_bytes: int


def dhat(command, folder, **options):
    """Runs COMMAND under DHAT: its standard output and the sites."""
    out = folder / "dhat.json"
    run = subprocess.run(["valgrind", "--tool=dhat", f"--dhat-out-file={out}",
                          *map(str, command)], cwd=folder, check=True, capture_output=True,
                         timeout=TIMEOUT_S, stdin=subprocess.DEVNULL, **options)
    told = json.loads(out.read_text())
    return run.stdout, [Site([told["ftbl"][frame] for frame in point["fs"]], point["tbk"],
                             point["rb"], point["wb"]) for point in told["pps"]]
