#!/usr/bin/env python3
"""Holds the #include lines of the sources against the order of layers (src/README.md).

    layers.py ROOT     prints each violation as path:line: reason; exit status 1 if there are any
"""

import re
import sys
from pathlib import Path

# folder of src/ -> the folders of src/ it may include. Public headers (include/heimdallr) are open
# to all, and so is the folder itself.
MAY_INCLUDE = {
    "base": set(),
    "perf": {"base"},
    "replay": {"base"},
    "process": {"base"},
    "topology": {"base"},
    "channel": {"base"},
    "trace": {"base"},
    "preload": {"channel"},
    "memkind": {"channel"},
    "recorder": {"base", "perf", "replay", "process", "topology", "channel", "trace"},
    "import": {"base", "perf", "trace"},
    "analysis": set(),
    "library": {"analysis"},
    "store": {"base", "analysis"},
    "report": {"base", "analysis"},
    "export": {"base", "analysis"},
    "sweep": {"base", "topology"},
    "cli": {"base", "topology", "recorder", "import", "sweep", "store", "report", "export",
            "analysis", "trace"},
}
TOOLS_MAY_INCLUDE = {"cli"}

# Live in other people's processes: of the project they see these headers alone, and of the system
# nothing that is not libc's (or a header of the language without code of its own).
INJECTED = {"preload", "memkind"}
INJECTED_PROJECT_HEADERS = {"channel/abi.h", "channel/memory_kinds.h", "channel/time_stamp.h",
                            "heimdallr/records.h"}
FOREIGN_IN_INJECTED = re.compile(
    r"^(absl|fmt|spdlog|google|CLI|toml\+\+|Zydis|Zycore|elfutils|zstd|sqlite3)\b")
PROTOBUF_FOLDERS = {"trace", "export"}

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
SUFFIXES = {".h", ".cc", ".c", ".hpp", ".cpp", ".inc"}


def reason_against(folder, header, quoted):
    """Why a file of src/FOLDER (or "tools", or "include") must not include HEADER, or None."""
    if header.endswith(".pb.h") or header.startswith("google/protobuf/"):
        return None if folder in PROTOBUF_FOLDERS else "only src/trace and src/export know protobuf"
    if folder in INJECTED and FOREIGN_IN_INJECTED.match(header):
        return f"src/{folder} may use libc only"
    target = header.split("/")[0] if "/" in header else None
    if target == "heimdallr":
        if folder in INJECTED and header not in INJECTED_PROJECT_HEADERS:
            return f"src/{folder} may include only {' and '.join(sorted(INJECTED_PROJECT_HEADERS))}"
        return None
    if target not in MAY_INCLUDE:
        if quoted and target in (None, "..", "."):
            return "name project headers from src/ on, such as \"base/clock.h\""
        return None  # the system's
    if not quoted:
        return None  # a system header in a folder that is named as one of ours
    if target == folder:
        return None
    if folder == "include":
        return "public headers include public headers only"
    if folder in INJECTED and header not in INJECTED_PROJECT_HEADERS:
        return f"src/{folder} may include only {' and '.join(sorted(INJECTED_PROJECT_HEADERS))}"
    allowed = TOOLS_MAY_INCLUDE if folder == "tools" else MAY_INCLUDE[folder]
    if target not in allowed:
        may = ", ".join(sorted(allowed)) or "no other folder"
        return f"{folder} must not include {target} (it may include {may})"
    return None


def sources_of(root):
    """(folder, path) of every source file under ROOT that the rules are about."""
    for top in ("src", "tools", "include"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in SUFFIXES:
                continue
            parts = path.relative_to(root).parts
            yield (parts[1] if top == "src" else top), path


def violations(root):
    found = []
    for folder, path in sources_of(root):
        where = path.relative_to(root)
        if folder not in MAY_INCLUDE and folder not in ("tools", "include"):
            found.append(f"{where}: src/{folder} is not in the table of layers")
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            reason = reason_against(folder, match[1] or match[2], quoted=match[1] is not None)
            if reason:
                found.append(f"{where}:{number}: {reason}")
    return found


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    if not any(True for _ in sources_of(root)):
        print(f"{root}: no sources here")
        return 1
    found = violations(root)
    print("\n".join(found) if found else "layers: in order")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
