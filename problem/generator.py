import io, os, random, sys

seed = sys.stdin.readline().strip()
sys.argv = ["generator.py", seed]
os.environ.update(SEED=seed)
random.seed(int(seed))
sys.stdin = io.StringIO(seed + "\n")
with open("generator.py", encoding="utf-8") as file:
    code = compile(file.read(), "generator.py", "exec")
exec(code, {"__name__": "__main__"})
