"""Packs the standard library and what we add to it into the read-only file system of the guest.

usage: mkimage.py STDLIB ADDED OUT

Every module is laid out as natively: its source, which is empty here, and its
bytecode in __pycache__, marked as never to be checked against the source, so
that importing it costs no parsing. Layout of OUT, all numbers little-endian
32 bit: count, then count entries sorted by path (path offset, path length, data
offset, size; a folder has size 2**32-1), then paths and data at those offsets
from the start.
"""

import importlib._bootstrap_external as external
import pathlib
import struct
import sys

MOUNT = f"lib/python{sys.version_info.major}.{sys.version_info.minor}"
ZONES = "usr/share/zoneinfo"
DEVICES = ["stdin", "stdout", "stderr", "fd/0", "fd/1", "fd/2", "null", "zero", "random", "urandom"]  # fs.c says what each is
FOLDER = 0xFFFFFFFF


def bytecode(source: pathlib.Path, shown: str) -> bytes:
    code = compile(source.read_bytes(), shown, "exec", dont_inherit=True, optimize=0)
    return external._code_to_hash_pyc(code, bytes(8), checked=False)


def collect(*folders: pathlib.Path) -> dict[str, bytes | None]:
    files: dict[str, bytes | None] = {"": None, "lib": None, MOUNT: None, "tmp": None, "dev": None, "dev/fd": None}
    for name in "usr", "usr/share", ZONES, f"{ZONES}/Etc":
        files[name] = None
    for name in "UTC", "GMT":
        files[f"{ZONES}/{name}"] = files[f"{ZONES}/Etc/{name}"] = zone(name.encode())
    files |= {f"dev/{name}": b"" for name in DEVICES}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            rel = path.relative_to(folder).as_posix()
            if path.is_dir() and any(path.rglob("*.py")):
                files[f"{MOUNT}/{rel}"] = None
            elif path.suffix == ".py":
                cached = external.cache_from_source(f"{MOUNT}/{rel}", optimization="")
                files[f"{MOUNT}/{rel}"] = b""
                files[cached.rpartition("/")[0]] = None
                files[cached] = bytecode(path, f"/{MOUNT}/{rel}")
    return files


def zone(name: bytes) -> bytes:
    """A time zone of no offset, in TZif version 2 (RFC 8536)."""
    block = struct.pack(">5s15x6l", b"TZif2", 0, 0, 0, 0, 1, len(name) + 1) + struct.pack(">lBB", 0, 0, 0) + name + b"\0"
    return block + block + b"\n" + name + b"0\n"


def pack(files: dict[str, bytes | None]) -> bytes:
    names = sorted(name.encode() for name in files)
    head = 4 + 16 * len(names)
    entries, paths, data = [], bytearray(), bytearray()
    data_start = head + sum(map(len, names))
    for name in names:
        content = files[name.decode()]
        size = FOLDER if content is None else len(content)
        entries.append(struct.pack("<4I", head + len(paths), len(name), data_start + len(data), size))
        paths += name
        data += content or b""
    return struct.pack("<I", len(names)) + b"".join(entries) + paths + data


if __name__ == "__main__":
    stdlib, added, out = map(pathlib.Path, sys.argv[1:])
    out.write_bytes(pack(collect(stdlib, added)))
