"""Reranks by cohere's client and by requests, and gets rewards by the example for verl,
which is told the URL by its own variable. Arguments: the URL, the folder of the example."""

import json
import sys

import cohere
import requests

url = sys.argv[1]
question = "Write add(a, b), the sum."
documents = ["def add(a, b):\n    return a - b\n", "def add(a, b):\n    return a + b\n"]
tests = ["assert add(1, 2) == 3", "assert add(2, 2) == 4"]

client = cohere.ClientV2(api_key="none", base_url=url)
options = {"additional_body_parameters": {"tests": tests}}
answer = client.rerank(model="", query=question, documents=documents, top_n=2, request_options=options)
assert [r.index for r in answer.results] == [1, 0], answer
assert answer.results[0].relevance_score > answer.results[1].relevance_score, answer
try:
    client.rerank(model="", query=question, documents=[], request_options=options)
    raise SystemExit("no documents were taken")
except cohere.errors.BadRequestError as e:
    assert "documents" in str(e.body), e

answer = requests.post(url + "/v1/rerank", json={"query": question, "documents": documents, "tests": tests}, timeout=60)
answer.raise_for_status()
assert answer.json()["results"][0]["index"] == 1, answer.text

sys.path.insert(0, sys.argv[2])
from verl_reward import compute_score  # noqa: E402

assert compute_score("code", documents[1], json.dumps(tests)) == 1
assert compute_score("code", f"```python\n{documents[0]}```", tests, {"question": question}) == 0
