"""Makes inputs of contest programs and runs the programs on them natively, a new
process each. Reads a JSON line for each run (text, input: the Python that prints the
input, size, seed) and prints one: stdin, stdout, status (negative: the signal), cpu in
seconds of the process, begin to end."""

import io
import json
import random
import resource
import subprocess
import sys
import tempfile
from contextlib import redirect_stdout


def used():
    u = resource.getrusage(resource.RUSAGE_CHILDREN)
    return u.ru_utime + u.ru_stime


def fill(file, text):
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()
    file.seek(0)


# Standard input is a file, as with most judges: programs read as much as fstat says.
with tempfile.NamedTemporaryFile("w", suffix=".py") as file, tempfile.TemporaryFile("w+") as stdin:
    for line in sys.stdin:
        job = json.loads(line)
        out = io.StringIO()
        with redirect_stdout(out):
            exec(job["input"], {"n": job["size"], "r": random.Random(job["seed"])})
        fill(file, job["text"])
        fill(stdin, out.getvalue())
        before = used()
        done = subprocess.run([sys.executable, "-I", file.name], stdin=stdin, text=True, capture_output=True)
        print(json.dumps({"stdin": out.getvalue(), "stdout": done.stdout, "status": done.returncode, "cpu": used() - before}))
