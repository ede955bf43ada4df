#!/bin/sh
# The libraries that the interposer brings into every program: libc and the loader.
others=$(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -v -E '^(libc\.so|ld-linux)')
if [ -n "$others" ]; then
  echo "$1 needs $others"
  exit 1
fi
readelf -d "$1" | grep -q 'libc\.so'
