"""Writes after each program of the files here what it prints, by the CPython that runs
this, which has the packages of scripts/build-packages.sh in the same versions."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

assert sys.version_info[:2] == (3, 13) and os.environ.get("PYTHONHASHSEED") == "0", "run it as README.md says"
HERE = pathlib.Path(__file__).parent


def printed(program):
    with tempfile.TemporaryDirectory() as folder:
        program = program.replace("/tmp/", folder + "/")
        r = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, cwd=folder, timeout=300)
        if r.returncode:
            sys.exit(f"{program}\n{r.stderr}")
        return r.stdout.replace(folder + "/", "/tmp/")


for path in sorted(HERE.glob("*.txtar")):
    head, *parts = re.split(r"^-- (\S+) --\n", path.read_text(), flags=re.M)
    text = head
    for name, program in zip(parts[::2], parts[1::2]):
        if name != "want":
            text += f"-- {name} --\n{program}-- want --\n{printed(program)}"
    path.write_text(text)
