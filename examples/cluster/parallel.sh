#!/bin/bash
# Shards on a few workstations that share a folder, placed and started again by GNU
# parallel over ssh. HOSTS is parallel's --sshlogin, as in 2/alice,4/bob: how many shards
# at once on which machine.
#   parallel.sh HOSTS SHARDS FOLDER COMMAND ARGUMENTS…
# for example
#   parallel.sh 2/alice,4/bob 24 /net/job/choices rerank --problems /net/p.jsonl …
# Started again it goes on with what is not done.
set -euo pipefail
hosts=$1 shards=$2 folder=$3
shift 3
mkdir -p "$folder"
seq 0 "$((shards - 1))" |
  parallel --sshlogin "$hosts" --retries 5 --joblog "$folder/joblog" --quote \
    coderm "$@" -q --shard "{}/$shards" --out "$folder/part-{}"
coderm merge "$folder"/part-* --out "$folder/run"
