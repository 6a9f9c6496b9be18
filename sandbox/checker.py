import sys
sys.argv = ["checker.py", "input.txt", "output.txt", "answer.txt"]
try:
    with open(sys.argv[0], encoding="utf-8") as file:
        program = compile(file.read(), sys.argv[0], "exec")
    exec(program, {"__name__": "__main__"})
except Exception as error:
    print(f"{type(error).__name__}: {error}", file=sys.stderr)
    sys.exit(3)
