#!/usr/bin/env bash
# The main job on the bundled problems, with the small default model.
set -euo pipefail
cd "$(dirname "$0")/.."
run=${DEMO_RUN:-build/demo}
mkdir -p "$run"
bin/coderm model pull default
bin/coderm example "$run/data"
# Each demo is a run of its own: another version of the program would not go on with
# what an older one began.
rm -rf "$run/run"
bin/coderm rerank --problems "$run/data/problems.jsonl" --solutions "$run/data/solutions.jsonl" \
  --tests-per-problem 20 --truth --out "$run/run"
