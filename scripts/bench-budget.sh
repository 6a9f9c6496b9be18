#!/usr/bin/env bash
# Prints the tables of docs/data on examples and on budgets: every
# policy replayed on both recorded matrix sets, with the reference rule and with
# auto (some minutes); with auto on the weak set a test is counted in every way
# there is, and the policies know the questions' examples or do not.
# CODERM_DATA has the recorded data (default ../shared/data), CODERM the binary
# (default bin/coderm). Arguments go to 'coderm budget replay', e.g. --seed 2.
set -euo pipefail
cd "$(dirname "$0")/.."
data=${CODERM_DATA:-../shared/data}
coderm=${CODERM:-bin/coderm}
run=build/bench-budget
codegen=humaneval-codegen16b.jsonl.zst
public=$run/public/scores.jsonl # how CodeGen's solutions fare on HumanEval's examples
[ -r "$data/$codegen" ] || { echo "no data in $data: set CODERM_DATA" >&2; exit 1; }

if [ ! -e "$run/in" ]; then
  prefix=$data/codet-HumanEval
  drawn=${prefix}_codegen16B_temp0.8_topp0.95_num100_max300
  "$coderm" import --from codet --problems "${prefix}_for_code_generation.jsonl.zst" \
    --solutions "${drawn}_code_solution.jsonl.zst" --tests "${drawn}_test_case.jsonl.zst" --out "$run/in" >&2
fi
rm -rf "$run/public"
"$coderm" exec -q --problems "$data/HumanEval.jsonl.gz" --solutions "$run/in/solutions.jsonl" --out "$run/public" >"$run/public.txt"

replay() { # title, file, flags
  local title=$1 file=$2
  shift 2
  printf '### %s\n\n' "$title"
  "$coderm" budget replay --matrix "$data/$file" --problems "$data/HumanEval.jsonl.gz" "$@"
  echo
}
printf '### CodeGen-16B and the examples of the questions\n\n'
"$coderm" eval --matrix "$data/$codegen" --public "$public" \
  --selector auto,auto+public,majority,majority+public,reference,reference+public,codet,codet+public
echo
for selector in reference auto; do
  replay "CodeGen-16B, \`$selector\`, a test = one assert" $codegen --unit assert --selector $selector "$@"
  replay "WizardCoder-13B, \`$selector\`, a test = one completion" matrix-wizardcoder13b.jsonl.zst --selector $selector "$@"
done
replay "CodeGen-16B, \`auto\`, a test = one completion" $codegen --selector auto "$@"
replay "CodeGen-16B, \`auto\`, a test = one completion that gave a test" $codegen --unit test --selector auto "$@"
for unit in completion test assert; do
  for selector in auto auto+public; do
    replay "CodeGen-16B, \`$selector\`, a test = one $unit, examples known" $codegen --public "$public" --unit $unit --selector $selector "$@"
  done
done
