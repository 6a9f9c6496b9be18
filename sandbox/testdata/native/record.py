"""What native CPython says to the expressions of this folder.

    PYTHONHASHSEED=0 python3.13 record.py *.txt

writes the values under the expressions: a line with an expression is followed by
one with its repr, or with the exception, four spaces in. native_test.go compares
the sandbox with them, by the same prelude and answer.
"""

import os
import pathlib
import sys

exec(pathlib.Path(__file__).with_name("prelude.py").read_text())

if __name__ == "__main__":
    assert sys.version_info[:2] == (3, 13) and os.environ.get("PYTHONHASHSEED") == "0"
    for name in sys.argv[1:]:
        file = pathlib.Path(name)
        lines = [l for l in file.read_text().splitlines() if not l.startswith("    ")]
        out = []
        for line in lines:
            out.append(line)
            if line and not line.startswith("#"):
                out.append("    " + answer(line))
        file.write_text("\n".join(out) + "\n")
