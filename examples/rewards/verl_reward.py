"""A reward for verl from coderm serve: the share of a prompt's tests that a sample passes.

    reward_model.reward_manager=naive custom_reward_function.path=verl_reward.py

ground_truth is the tests (a list, or its JSON), or nothing: then the server's model writes
some for the question (extra_info["question"]), once.
"""

import json
import os
import urllib.request

URL = os.environ.get("CODERM_URL", "http://localhost:8421") + "/v1/rewards/slime"


def compute_score(data_source, solution_str, ground_truth, extra_info=None):
    ask = {"prompt": (extra_info or {}).get("question") or data_source, "response": solution_str, "label": ground_truth}
    request = urllib.request.Request(URL, json.dumps(ask).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=600) as answer:
        return json.load(answer)
