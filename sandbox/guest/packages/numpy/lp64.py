"""The C and C++ compiler of numpy's build: clang for wasm32, with a `long` of 64 bits in numpy's own code.

usage: lp64.py c|c++ ARGUMENTS (clang's)

A program sees numpy's C types: np.dtype("l"), np.long, the width in which seeds and
counts are taken. Natively they are those of an LP64 machine, and clang has no
wasm32 with a long of 64 bits. So each source is preprocessed, every bare `long`
of a line that is not a system header's becomes `long long` (with the suffixes of
numbers and the l of printf formats), and what is compiled is that. lp64.h is
included first, for what the headers of Python and of the C library say.

Linking a shared module makes an archive of its objects instead, for all of
them are linked into one guest. What else is asked of it, clang does.

From the environment: LP64_CLANG and LP64_AR (commands), LP64_FLAGS (for every
compilation), LP64_PYTHON (the headers of the guest's Python).
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TOKEN = re.compile(
    r"""(?P<text>(?:u8|[uUL])?"(?:[^"\\\n]|\\.)*")"""
    r"""|(?P<char>'(?:[^'\\\n]|\\.)+')"""
    r"""|(?P<number>\.?\d(?:[eEpP][+-]|'(?=\w)|[\w.])*)"""
    r"""|(?P<word>[A-Za-z_]\w*)"""
    r"""|(?P<other>.)""",
    re.S,
)
RAW = re.compile(r'R"([^()\\\s]{0,16})\(.*?\)\1"', re.S)
MARKER = re.compile(r'^# \d+ "([^"\n]*)"([ \d]*)$', re.M)
LONG_INTEGER = re.compile(r"((?:0[xX][0-9a-fA-F']+|0[bB][01']+|[\d']+)[uU]?)[lL]([uU]?)")
FORMAT = re.compile(r"(%[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*)?)?)l(?=[diouxX])")
# Functions of a long, and those of the same for 64 bits.
WIDER = {"labs": "llabs", "ldiv": "lldiv", "strtol": "strtoll", "strtoul": "strtoull"}
WIDER |= {f"__builtin_{name}l": f"__builtin_{name}ll" for name in ("clrsb", "clz", "ctz", "ffs", "parity", "popcount")}
SOURCES = {".c": "cpp-output", ".cc": "c++-cpp-output", ".cpp": "c++-cpp-output", ".cxx": "c++-cpp-output"}


def widen(code: str) -> str:
    """The code with each long of 32 bits made one of 64."""
    out = []
    words = []  # where in out the identifiers and other tokens are, but for blanks
    tokens = [(m.lastgroup, m.group()) for m in TOKEN.finditer(code)]
    for kind, token in tokens:
        blank = kind == "other" and token.isspace()
        before = out[words[-1]] if words else ""
        if kind == "text":
            token = FORMAT.sub(r"\1ll", token)
            if re.search(r'%[-+ #0]*\d*"$', before) and re.match(r'"l[diux]', token):  # "%" NPY_INTP_FMT
                token = '"l' + token[1:]
        elif kind == "number":
            token = LONG_INTEGER.sub(r"\1ll\2", token) if LONG_INTEGER.fullmatch(token) else token
        elif kind == "word" and token in WIDER:
            token = WIDER[token]
        elif kind == "word" and token == "double" and before == "long long!":
            out[words[-1]] = "long"
        elif kind == "word" and token == "long":
            if before == "long long!":
                out[words[-1]] = "long"
            elif before != "double":
                token = "long long!"
        if not blank:
            words.append(len(out))
        out.append(token)
    return "".join("long long" if t == "long long!" else t for t in out)


def rewrite(text: str) -> str:
    """Preprocessed text, widened where the line markers say that it is no system header's."""
    pieces, start, system = [], 0, False
    for m in MARKER.finditer(text):
        part = text[start : m.start()]
        pieces.append(part if system else widen(part))
        pieces.append(m.group())
        start, system = m.end(), "3" in m.group(2).split() or "/highway/" in m.group(1)
    part = text[start:]
    pieces.append(part if system else widen(part))
    return "".join(pieces)


def archive(out: str, inputs: list[str]) -> int:
    pathlib.Path(out).unlink(missing_ok=True)
    return subprocess.run([*os.environ["LP64_AR"].split(), "qcsLD", out, *inputs]).returncode


def main(language: str, args: list[str]) -> int:
    clang = os.environ["LP64_CLANG"].split() + (["--driver-mode=g++"] if language == "c++" else [])
    flags = os.environ["LP64_FLAGS"].split()
    # The headers of the build's interpreter are found by meson; the guest's are wanted.
    # Code is at a fixed place, and WebAssembly knows no floating-point traps.
    args = [a for a in args if not re.match(r"-I.*/include/python3\.\d+$", a) and a not in ("-fPIC", "-ftrapping-math")]
    if "-shared" in args:
        out = args[args.index("-o") + 1]
        return archive(out, [a for a in args if a.endswith((".o", ".a")) and a != out])
    sources = [a for a in args if pathlib.Path(a).suffix in SOURCES and os.path.exists(a)]
    system = ["-isystem", str(HERE / "include"), "-isystem", os.environ["LP64_PYTHON"]]
    if not sources or {"-E", "-S"} & set(args):
        return subprocess.run([*clang, *flags, *system, *args]).returncode
    includes = [*system, "-include", str(HERE / "lp64.h")]
    rest = [a for a in args if a not in sources]
    depends = []
    while "-MF" in rest:
        at = rest.index("-MF")
        depends += rest[at : at + 2]
        del rest[at : at + 2]
    while "-MQ" in rest:
        at = rest.index("-MQ")
        depends += rest[at : at + 2]
        del rest[at : at + 2]
    depends += [a for a in rest if a in ("-MD", "-MMD")]
    rest = [a for a in rest if a not in ("-MD", "-MMD", "-c")]
    to = []
    if "-o" in rest:
        at = rest.index("-o")
        to = rest[at : at + 2]
        del rest[at : at + 2]
    inputs = []
    with tempfile.TemporaryDirectory() as folder:
        for i, source in enumerate(sources):
            ready = os.path.join(folder, f"{i}.i")
            made = subprocess.run([*clang, *flags, *includes, *rest, *depends, "-E", source, "-o", ready])
            if made.returncode:
                return made.returncode
            text = pathlib.Path(ready).read_text(encoding="utf-8", errors="surrogateescape")
            pathlib.Path(ready).write_text(rewrite(text), encoding="utf-8", errors="surrogateescape")
            inputs += ["-x", SOURCES[pathlib.Path(source).suffix], ready]
        compile_only = ["-c"] if "-c" in args else []
        keep = [a for a in rest if not a.startswith(("-I", "-D"))] if compile_only else rest
        return subprocess.run([*clang, *flags, *keep, *compile_only, *inputs, *(["-x", "none"] if not compile_only else []), *to, "-Wno-unused-command-line-argument"]).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
