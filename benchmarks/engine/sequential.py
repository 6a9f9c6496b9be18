"""Draws samples one after another with llama-cpp-python; see compare.py, which
sends the job on standard input and reads the seconds it took."""

import json
import sys
import time

import llama_cpp

job = json.load(sys.stdin)
llm = llama_cpp.Llama(job["model"], n_ctx=-(-(job["prompt"] + job["gen"] + 64) // 256) * 256, n_batch=2048, n_ubatch=512,
                      n_threads=job["threads"], n_threads_batch=job["threads"], verbose=False)
prompt = llm.tokenize(job["text"].encode())[: job["prompt"]]
llm.eval(prompt[::-1][:8])  # warms up on another prompt
llm.reset()


def draw(tokens, count):
    """The prompt's cells are kept from one call to the next."""
    out = []
    sampled = llm.generate(tokens, temp=job["temperature"], top_p=job["top_p"], top_k=job["top_k"], min_p=job["min_p"])
    while len(out) < count:
        out.append(next(sampled))
    llm.detokenize(out)


marks = [(time.monotonic(), time.process_time())]
draw(prompt, 1)
marks.append((time.monotonic(), time.process_time()))
for _ in range(job["n"]):
    draw(prompt, job["gen"])
marks.append((time.monotonic(), time.process_time()))
(w0, c0), (w1, c1), (w2, c2) = marks
print(json.dumps({"prompt_e2e": w1 - w0, "prompt_cpu": c1 - c0, "samples_e2e": w2 - w1, "samples_cpu": c2 - c1}))
