"""Asks the server by the official Python client. Argument: the URL with /v1."""

import sys

import openai

client = openai.OpenAI(base_url=sys.argv[1], api_key="none", max_retries=0)
name = client.models.list().data[0].id
assert client.models.retrieve(name).id == name
ask = dict(model=name, prompt="def f(x):", max_tokens=8, n=2, seed=5, stop=["zz"], extra_body={"top_k": 20})
whole = client.completions.create(**ask)
assert [c.index for c in whole.choices] == [0, 1] and whole.usage.completion_tokens > 0, whole
texts = ["", ""]
for part in client.completions.create(stream=True, **ask):
    for c in part.choices:
        texts[c.index] += c.text
assert texts == [c.text for c in whole.choices], (texts, whole)
try:
    client.completions.create(model="other", prompt="x")
    raise SystemExit("an unknown model was taken")
except openai.NotFoundError as e:
    assert "other" in str(e), e
try:
    client.completions.create(model=name, prompt="x", n=0)
    raise SystemExit("n=0 was taken")
except openai.BadRequestError as e:
    assert "n 0" in str(e), e
