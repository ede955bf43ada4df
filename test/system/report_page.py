"""Reads the page of a report by its contract (src/report/README.md), by other means than ours."""

import base64
import gzip
import json
import struct
from collections import Counter
from html.parser import HTMLParser

# Bytes of the columns of samples, as src/report/README.md has them.
WIDTHS = {"dt": 4, "y": 4, "object": 3, "code": 2, "thread": 2, "meta": 1, "latency": 2,
          "estimate": 2, "time": 2}
KINDS = ["unknown", "load", "store", "load_store"]


class Page(HTMLParser):
    """The data of a page, taken as a browser would: by its elements."""

    def __init__(self, text):
        super().__init__()
        self.json = None
        self.chunks = {}
        self.scripts = 0
        self.elements = Counter()
        self._target = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements[tag] += 1
        attributes = dict(attributes)
        self._target = None
        if tag != "script":
            return
        if attributes.get("id") == "heimdallr-report":
            self._target = "json"
        elif attributes.get("class") == "heimdallr-chunk":
            self._target = (int(attributes["data-run"]), int(attributes["data-chunk"]))
            self.chunks[self._target] = ""
        else:
            self.scripts += 1

    def handle_endtag(self, tag):
        self._target = None

    def handle_data(self, data):
        if self._target == "json":
            self.json = (self.json or "") + data
        elif self._target is not None:
            self.chunks[self._target] += data


def plane(data, at, width, count):
    planes = [data[at + k * count:at + (k + 1) * count] for k in range(width)]
    return [sum(part[i] << (8 * k) for k, part in enumerate(planes)) for i in range(count)]


def rows(columns):
    """Dictionaries of an object of columns."""
    names = list(columns)
    return [dict(zip(names, values)) for values in zip(*columns.values())]


class Run:
    """One recording of a report."""

    def __init__(self, report, chunks, index=0):
        self.data = report["runs"][index]
        self.strings = self.data["strings"]
        self.groups = rows(self.data["groups"])
        self.objects = rows(self.data["objects"])
        self.code = rows(self.data["code"])
        self.threads = rows(self.data["threads"])
        self.processes = rows(self.data["processes"])
        self.pieces = rows(self.data["axis"]["pieces"])
        self.packed = chunks

    def samples(self):
        meta = self.data["samples"]
        for index, (count, first, unit) in enumerate(zip(*meta["chunks"].values())):
            data = gzip.decompress(self.packed[index])
            columns, at = {}, 0
            for name in meta["planes"]:
                columns[name] = plane(data, at, WIDTHS[name], count)
                at += WIDTHS[name] * count
            assert at == len(data)
            now = 0
            for values in zip(*columns.values()):
                sample = dict(zip(columns, values))
                now += sample["dt"]
                sample["ns"] = first + now * unit
                yield sample

    def group_of(self, sample):
        """Index of the group that a sample belongs to, or None."""
        row = sample["object"] - 1
        if row < 0:
            return None
        folded = row - len(self.objects)
        return self.objects[row]["group"] if folded < 0 else folded

    def address(self, y):
        """(pid, address) of a place."""
        unit = self.data["axis"]["unit_bytes"]
        at = 0
        for piece in self.pieces:
            if y < at + piece["size"] // unit:
                pid = self.processes[piece["process"]]["pid"]
                return pid, int(piece["address"], 16) + (y - at) * unit
            at += piece["size"] // unit
        raise AssertionError(f"no piece has {y}")

    def estimate(self, sample):
        scale = self.data["samples"]["estimate_scale"]
        if "estimate" not in sample:
            return scale
        return struct.unpack("<e", struct.pack("<H", sample["estimate"]))[0] * scale


def read_page(path):
    page = Page(path.read_text(encoding="utf-8"))
    report = json.loads(page.json)
    runs = []
    for index in range(len(report["runs"])):
        chunks = [base64.b64decode(text, validate=True)
                  for (run, _), text in sorted(page.chunks.items()) if run == index]
        runs.append(Run(report, chunks, index))
    return page, report, runs


def counts(row):
    return Counter({kind: row[f"{kind}s" if kind != "unknown" else kind] for kind in KINDS})
