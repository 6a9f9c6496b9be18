#!/usr/bin/env bash
# What a user does with recorded files: import CodeT's, rerank with its tests, find
# out on HumanEval+ which solutions are right, look at the report, compare two
# selectors. Prints the wall and processor time of each step.
#
#   scripts/bench-session.sh [FOLDER]
#
# FOLDER (default build/bench-session) is begun anew. STEP=20 takes every twentieth
# problem, FUEL is the limit of a pair (default rerank's), PATIENCE the seconds of native CPython for one
# of EvalPlus's inputs. CODERM_DATA has the recorded data (default ../shared/data),
# CODERM the binary (default bin/coderm).
set -euo pipefail
cd "$(dirname "$0")/.."
data=${CODERM_DATA:-../shared/data}
coderm=${CODERM:-bin/coderm}
out=${1:-build/bench-session}
step=${STEP:-1}
prefix=$data/codet-HumanEval
codegen=${prefix}_codegen16B_temp0.8_topp0.95_num100_max300
[ -r "$data/HumanEvalPlus-NoExtreme.jsonl.gz" ] || { echo "no data in $data: set CODERM_DATA" >&2; exit 1; }
rm -rf "$out"
mkdir -p "$out"

timed() { # name command...
    local name=$1 TIMEFORMAT='%R %U %S' spent
    shift
    { spent=$({ time "$@" >"$out/$name.txt" 2>"$out/$name.log"; } 2>&1); } || { cat "$out/$name.log" >&2; exit 1; }
    awk -v name="$name" '{printf "%-8s %6.0f s wall %6.0f s of processor time\n", name, $1, $2 + $3}' <<<"$spent"
}

# sampled keeps the lines of every STEPth problem.
sampled() { awk -v step="$step" 'match($0, /HumanEval\/[0-9]+/) && (substr($0, RSTART + 10, RLENGTH - 10) % step == 0)'; }

timed import "$coderm" import --from codet --problems "${prefix}_for_code_generation.jsonl.zst" \
    --solutions "${codegen}_code_solution.jsonl.zst" --tests "${codegen}_test_case.jsonl.zst" --out "$out/in"
zcat "$data/HumanEvalPlus-NoExtreme.jsonl.gz" | sampled >"$out/problems.jsonl"
for file in solutions tests; do sampled <"$out/in/$file.jsonl" >"$out/$file.jsonl"; done
timed rerank "$coderm" rerank --problems "$out/problems.jsonl" --solutions "$out/solutions.jsonl" \
    --tests "$out/tests.jsonl" ${FUEL:+--fuel "$FUEL"} --out "$out/run"
timed eval "$coderm" eval "$out/run" --problems "$out/problems.jsonl" --solutions "$out/solutions.jsonl" \
    --min-time-limit "${PATIENCE:-1}"
timed report "$coderm" report "$out/run"
timed compare "$coderm" compare "$out/run" "$out/run" --selector reference,vote+public
cat "$out/eval.txt" "$out/compare.txt"
