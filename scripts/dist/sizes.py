#!/usr/bin/env python3
"""Says what the megabytes of a program are, by the map that the linker has made of it:

    scripts/dist/sizes.py MAP
"""

import collections
import re
import sys

placed = re.compile(r" (?:\S+)? *0x([0-9a-f]+) +0x([0-9a-f]+) (\S.*)")
parts = {".gopclntab": "functions' names and lines", ".noptrdata": "embedded files and tables", ".rodata": "types and constants", ".text": "code"}

sizes, section, mapped = collections.Counter(), "", False
with open(sys.argv[1], errors="replace") as lines:
    for line in lines:
        mapped = mapped or line.startswith("Linker script")
        if line[0] in "._":
            section = line.split()[0]
        found = placed.fullmatch(line.rstrip())
        # What was left out is placed at 0; the rest takes no room in a stripped file.
        if not (mapped and found and int(found[1], 16)) or re.match(r"\.(\w*bss|debug|comment)", section):
            continue
        archive = re.search(r"([^/]+\.a)\(", found[3])
        if archive:
            what = archive[1]
        elif found[3].endswith("/go.o"):
            what = "Go: " + parts.get(section, "the rest")
        elif re.search(r"/\d+\.o$", found[3]):
            what = "C of Go packages, SQLite above all"
        else:
            what = "tables of the linker"
        sizes[what] += int(found[2], 16)

for what, size in sizes.most_common():
    if size >= 50_000:
        print(f"{size / 1e6:6.1f} MB  {what}")
print(f"{sum(sizes.values()) / 1e6:6.1f} MB")
