#!/bin/sh
# The whole of HumanEval with CodeGen-Mono-16B's 100 solutions and CodeT's
# generated tests, through our sandbox: import, pass matrix, ground truth,
# evaluation, and how long each took. Prints the table of docs/data/humaneval.md.
#
#   scripts/bench-humaneval.sh [RUN_DIR]
#
# RUN_DIR (default build/bench-humaneval) can be resumed after an interruption.
# CODERM_DATA has the recorded data (default ../shared/data), CODERM the binary
# (default bin/coderm), FUEL the limit of a pair: the default is about what
# CPython does in the 0.1 s that the recorded verdicts had, and endless loops
# cost that much each.
set -eu
cd "$(dirname "$0")/.."
data=${CODERM_DATA:-../shared/data}
coderm=${CODERM:-bin/coderm}
run=${1:-build/bench-humaneval}
fuel=${FUEL:-500000000}
prefix=$data/codet-HumanEval
codegen=${prefix}_codegen16B_temp0.8_topp0.95_num100_max300
[ -r "$data/humaneval-codegen16b.jsonl.zst" ] || { echo "no data in $data: set CODERM_DATA" >&2; exit 1; }

timed() { # name command...
    name=$1; shift
    start=$(date +%s)
    "$@"
    echo "$name: $(($(date +%s) - start)) s" >&2
}

mkdir -p "$run"
timed import "$coderm" import --from codet --problems "${prefix}_for_code_generation.jsonl.zst" \
    --solutions "${codegen}_code_solution.jsonl.zst" --tests "${codegen}_test_case.jsonl.zst" --out "$run/in"
timed matrix "$coderm" exec --problems "$run/in/problems.jsonl" --solutions "$run/in/solutions.jsonl" \
    --tests "$run/in/tests.jsonl" --out "$run/run" --fuel "$fuel" >"$run/exec.txt"
timed evaluation "$coderm" eval "$run/run" --problems "$run/in/problems.jsonl" --solutions "$run/in/solutions.jsonl" \
    --save "$run/matrix.jsonl" >"$run/ours.md"
echo "## Through our sandbox"
cat "$run/ours.md"
echo
echo "## The recorded matrix (native CPython 3.11)"
"$coderm" eval --matrix "$data/humaneval-codegen16b.jsonl.zst"
