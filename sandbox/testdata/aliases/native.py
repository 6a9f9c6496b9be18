"""For each line with a solution and a test, what native CPython finds in `said`."""

import json
import sys

for line in sys.stdin:
    solution, test = json.loads(line)
    names = {"__name__": "__main__"}
    try:
        exec(solution + "\n" + test, names)
        said = names["said"]
    except Exception as e:
        said = "! " + repr(e)
    print(json.dumps(said), flush=True)
