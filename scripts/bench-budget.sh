#!/usr/bin/env bash
# Prints the budget tables of docs/results.md: every policy replayed on both
# recorded matrix sets, with the reference rule and with auto (some minutes);
# with auto on the weak set a test is counted in every way there is.
# CODERM_DATA has the recorded data (default ../shared/data), CODERM the binary
# (default bin/coderm). Arguments go to 'coderm budget replay', e.g. --seed 2.
set -euo pipefail
cd "$(dirname "$0")/.."
data=${CODERM_DATA:-../shared/data}
coderm=${CODERM:-bin/coderm}
[ -r "$data/matrix-wizardcoder13b.jsonl.zst" ] || { echo "no data in $data: set CODERM_DATA" >&2; exit 1; }

replay() { # title, file, flags
  local title=$1 file=$2
  shift 2
  printf '### %s\n\n' "$title"
  "$coderm" budget replay --matrix "$data/$file" --problems "$data/HumanEval.jsonl.gz" "$@"
  echo
}
for selector in reference auto; do
  replay "CodeGen-16B, \`$selector\`, a test = one assert" humaneval-codegen16b.jsonl.zst --unit assert --selector $selector "$@"
  replay "WizardCoder-13B, \`$selector\`, a test = one completion" matrix-wizardcoder13b.jsonl.zst --selector $selector "$@"
done
replay "CodeGen-16B, \`auto\`, a test = one completion" humaneval-codegen16b.jsonl.zst --unit completion --selector auto "$@"
replay "CodeGen-16B, \`auto\`, a test = one completion that gave a test" humaneval-codegen16b.jsonl.zst --unit test --selector auto "$@"
