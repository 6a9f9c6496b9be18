"""Packs the library, what we add to it and packages into the read-only file system of the packages guest.

usage: pack.py OUT FOLDER...

As mkimage.py does, which it uses, and beside that what packages read: files of data, and
of a package's description what says its name and version.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import mkimage

DATA = {".gz", ".tmpl"}
NAMED = {"entry_points.txt", "Lorem ipsum.txt"}  # the last is read by what setuptools brings


def described(text: bytes) -> bytes:
    """A description's head, without the text about the package and what it could be installed with."""
    head, _, _ = text.replace(b"\r\n", b"\n").partition(b"\n\n")
    return b"".join(line + b"\n" for line in head.split(b"\n") if line.startswith((b"Metadata-Version:", b"Name:", b"Version:")))


def data(folder: pathlib.Path) -> dict[str, bytes | None]:
    files: dict[str, bytes | None] = {}
    for path in sorted(folder.rglob("*")):
        rel = path.relative_to(folder).as_posix()
        if path.suffix in DATA or path.name in NAMED or rel.startswith("test/") and path.suffix != ".py" and path.is_file():
            for parent in pathlib.PurePosixPath(rel).parents:
                files[f"{mkimage.MOUNT}/{parent}".removesuffix("/.")] = None
            files[f"{mkimage.MOUNT}/{rel}"] = path.read_bytes()
        elif path.name == "METADATA":
            files[f"{mkimage.MOUNT}/{rel.rpartition('/')[0]}"] = None
            files[f"{mkimage.MOUNT}/{rel}"] = described(path.read_bytes())
    return files


if __name__ == "__main__":
    out, *folders = map(pathlib.Path, sys.argv[1:])
    files = mkimage.collect(*folders)
    for folder in folders:
        files |= data(folder)
    out.write_bytes(mkimage.pack(files))
