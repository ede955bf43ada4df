"""Which function of which file an address is in: the same way for both sides of a comparison."""

import bisect
import functools
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mapping:
    """Code of a file in an address space."""

    first: int
    end: int
    offset: int  # of `first` in the file
    path: str

    @staticmethod
    def of_process(pid):
        """Those of a running process, of /proc."""
        try:
            lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
        except OSError:
            return
        for line in lines:
            words = line.split(maxsplit=5)
            if len(words) == 6 and "x" in words[1] and words[5].startswith("/"):
                first, end = (int(part, 16) for part in words[0].split("-"))
                yield Mapping(first, end, int(words[2], 16), words[5])

    @staticmethod
    def of_record(record):
        """That of a mapping record of `trace-dump print`, or None if it is no code of a file."""
        if "x" not in record["protection"] or not record.get("path", "").startswith("/"):
            return None
        first = int(record["address"], 16)
        return Mapping(first, first + record["size"], record["offset"], record["path"])


class Functions:
    """Functions of one file by virtual address as linked."""

    def __init__(self, ranges):
        self._ranges = sorted(set(ranges))  # (first, end, name)
        self._firsts = [first for first, _, _ in self._ranges]

    def name(self, address):
        """Name of the function at `address`, or None."""
        at = bisect.bisect_right(self._firsts, address) - 1
        if at < 0:
            return None
        _, end, name = self._ranges[at]
        return name if address < end else None

    @staticmethod
    @functools.cache
    def by_symbols(path):
        """Of the symbol table."""
        ranges = []
        for line in _run("nm", "-S", "--defined-only", path):
            words = line.split()
            if len(words) == 4 and words[2] in "tTwWi" and int(words[1], 16):
                first = int(words[0], 16)
                ranges.append((first, first + int(words[1], 16), words[3]))
        return Functions(ranges)

    @staticmethod
    @functools.cache
    def by_frames(path):
        """Of the unwind table, which stripped files keep as well. A function is called by a dynamic
        symbol where it has one, else by its address."""
        symbols = {}
        for line in _run("nm", "-D", "--defined-only", path):
            words = line.split()
            if len(words) == 3 and words[1] in "tTwWi":
                symbols.setdefault(int(words[0], 16), words[2].split("@")[0])
        ranges = []
        for line in _run("readelf", "--debug-dump=frames,no-follow-links", path):
            found = re.search(r" FDE .*pc=([0-9a-f]+)\.\.([0-9a-f]+)", line)
            if found:
                first, end = (int(part, 16) for part in found.groups())
                ranges.append((first, end, symbols.get(first, f"{first:#x}")))
        return Functions(ranges)


@functools.cache
def symbol(path, name):
    """Address of a symbol as linked."""
    for line in _run("nm", path):
        words = line.split()
        if words[-1] == name and len(words) == 3:
            return int(words[0], 16)
    raise KeyError(f"{path} has no symbol {name}")


@functools.cache
def _segments(path):
    """(first byte in the file, end, address as linked) of each loaded segment."""
    segments = []
    for line in _run("readelf", "-lW", path):
        words = line.split()
        if words[:1] == ["LOAD"]:
            offset, address, size = (int(words[i], 16) for i in (1, 2, 4))
            segments.append((offset, offset + size, address))
    return segments


def _address(path, offset):
    """Address as linked of a byte of a file, or None if it is not loaded."""
    for first, end, address in _segments(path):
        if first <= offset < end:
            return offset - first + address
    return None


def file_function(path, offset):
    """The function, by symbol, at an offset in a file, or None."""
    address = _address(path, offset)
    return None if address is None else Functions.by_symbols(path).name(address)


class AddressSpace:
    """Names the code at addresses of one process."""

    def __init__(self, mappings):
        self._mappings = list(mappings)

    @functools.cache
    def place(self, ip):
        """(file name, function) of the code at `ip`; a part that is not known is "?"."""
        for mapping in reversed(self._mappings):
            if mapping.first <= ip < mapping.end:
                return Path(mapping.path).name, self._function(mapping, ip)
        return "?", "?"

    @staticmethod
    def _function(mapping, ip):
        address = _address(mapping.path, ip - mapping.first + mapping.offset)
        if address is None:
            return "?"
        return Functions.by_frames(mapping.path).name(address) or "?"


def _run(*command):
    # Some tools complain of debug files that are elsewhere; what they print is whole all the same.
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          timeout=120).stdout.decode(errors="replace").splitlines()
