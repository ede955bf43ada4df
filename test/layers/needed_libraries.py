#!/usr/bin/env python3
"""Checks that a library to be loaded into other people's programs needs libc and the loader alone.

    needed_libraries.py LIBRARY [ALSO...]     the libraries ALSO are allowed too
"""

import re
import subprocess
import sys

ALLOWED = re.compile(r"^(libc\.so\.6|ld-linux[-\w]*\.so\.\d+|ld64\.so\.\d+)$")


def needed(readelf_output):
    return re.findall(r"\(NEEDED\).*\[([^\]]+)\]", readelf_output)


def main():
    output = subprocess.run(["readelf", "-dW", sys.argv[1]], check=True, capture_output=True,
                            text=True).stdout
    libraries = needed(output)
    also = sys.argv[2:]
    others = [library for library in libraries
              if not ALLOWED.match(library) and library not in also]
    if others or "libc.so.6" not in libraries:
        print(f"{sys.argv[1]} needs {libraries}; allowed are "
              f"{', '.join(['libc.so.6', *also])} and the loader")
        return 1
    print(f"{sys.argv[1]} needs {', '.join(libraries)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
