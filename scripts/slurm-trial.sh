#!/usr/bin/env bash
# Both stages of a job on a real Slurm of one machine, while shards are killed, preempted
# and submitted twice: HumanEval's problems, CodeGen-16B's solutions, tests that the
# default model writes. Merged, the tests and the result must be those of one process, byte
# by byte (docs/cluster.md).
# Needs root, and 'apt-get install slurmctld slurmd slurm-client munge'.
#
#   scripts/slurm-trial.sh [FOLDER]
#
# LIMIT takes that many problems (default all 164). CODERM_DATA has the recorded data,
# CODERM the binary (default bin/coderm). A
# preempted task is queued again by Slurm, one that was killed by itself.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(realpath -m "${1:-build/slurm-trial}")
CODERM=$(realpath "${CODERM:-bin/coderm}")
export CODERM
data=${CODERM_DATA:-../shared/data}
writers=8 choosers=5 kills=6 preemptions=4
codegen=$data/codet-HumanEval_codegen16B_temp0.8_topp0.95_num100_max300
# What one process made of it stays, and is gone on with.
rm -rf "$folder"/{spool,state,tests,choices,all,all-tests,*.log,*.pid}
mkdir -p "$folder"/{spool,state,in}

# Slurm, with its files in the folder. Tasks of the partition 'high' preempt those of 'low'.
export SLURM_CONF=$folder/slurm.conf
cat >"$SLURM_CONF" <<CONF
ClusterName=trial
SlurmctldHost=localhost
AuthType=auth/munge
AuthInfo=cred_expire=10
SlurmUser=root
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
KillWait=30
ReturnToService=2
MpiDefault=none
NodeName=localhost CPUs=8 State=UNKNOWN
PartitionName=low Nodes=localhost Default=YES PriorityTier=1 GraceTime=20 MaxTime=INFINITE State=UP
PartitionName=high Nodes=localhost PriorityTier=2 PreemptMode=OFF MaxTime=INFINITE State=UP
CONF
end() {
  for daemon in slurmctld slurmd; do
    if [ -s "$folder/$daemon.pid" ]; then kill "$(cat "$folder/$daemon.pid")" || true; fi
  done
  if [ -n "${munge:-}" ]; then kill "$munge" || true; fi
}
trap end EXIT
if ! munge -n >/dev/null 2>&1; then
  install -d -o munge -g munge /run/munge
  runuser -u munge -- munged
  munge=$(cat /run/munge/munged.pid)
fi
slurmctld
slurmd -N localhost
until sinfo --noheader --format=%T | grep -q idle; do sleep 1; done

"$CODERM" import -q --from codet --problems "$data/codet-HumanEval_for_code_generation.jsonl.zst" \
  --solutions "${codegen}_code_solution.jsonl.zst" --limit "${LIMIT:-164}" --out "$folder/in" >/dev/null
# Twelve solutions a problem: this is about the shards.
awk 'match($0, /"task_id":"[^"]*"/) && ++n[substr($0, RSTART, RLENGTH)] <= 12' "$folder/in/solutions.jsonl" >"$folder/in/some.jsonl"
write=(testgen -q --problems "$folder/in/problems.jsonl" --style assert --tests-per-problem 1 --max-tokens 24 --threads 1 --fixed-shape)
choose=(rerank -q --problems "$folder/in/problems.jsonl" --solutions "$folder/in/some.jsonl" --fuel 300000000 --workers 1)

"$CODERM" "${write[@]}" --out "$folder/whole-tests" >/dev/null &
whole=$!

shards() { # OUT SHARDS SBATCH-OPTIONS… -- COMMAND…
  local out=$1 n=$2 options=()
  shift 2
  while [ "$1" != -- ]; do options+=("$1"); shift; done
  shift
  sbatch --parsable --partition=low --output="$folder/%A-%a.log" "${options[@]}" examples/cluster/slurm/shard.sbatch "$out" "$n" "$@"
}
tests=$(shards "$folder/tests" "$writers" --array="0-$((writers - 1))" -- "${write[@]}")
choices=$(shards "$folder/choices" "$choosers" --array="0-$((choosers - 1))" --dependency="afterok:$tests" -- \
  "${choose[@]}" --tests "$folder/tests")
twice=$(shards "$folder/tests" "$writers" --array=2 -- "${write[@]}") # a shard that another task has, too

# Until all is done: kill the process of a random shard, or preempt what runs.
killed=0 preempted=0
while [ -n "$(squeue --noheader --jobs="$tests,$choices,$twice" 2>/dev/null)" ]; do
  sleep $((3 + RANDOM % 8))
  mapfile -t leases < <(ls "$folder"/tests/*/run.lease "$folder"/choices/*/run.lease 2>/dev/null)
  [ ${#leases[@]} -gt 0 ] || continue
  if [ $killed -lt $kills ] && [ $((RANDOM % 2)) = 0 ]; then
    pid=$(sed -n 's/.*"pid":\([0-9]*\).*/\1/p' "${leases[RANDOM % ${#leases[@]}]}")
    if [ -n "$pid" ] && kill -KILL "$pid" 2>/dev/null; then killed=$((killed + 1)); fi
  elif [ $preempted -lt $preemptions ]; then
    sbatch --quiet --partition=high --cpus-per-task=8 --output=/dev/null --wrap='sleep 3'
    preempted=$((preempted + 1))
  fi
  "$CODERM" status "$folder"/tests/* >"$folder/status.txt" 2>&1 || true
done
wait $whole || [ $? = 3 ] # 3: some problems have no test
"$CODERM" status "$folder"/tests/* "$folder"/choices/*
"$CODERM" merge -q "$folder"/tests/* --out "$folder/all-tests"
"$CODERM" merge -q "$folder"/choices/* --out "$folder/all"
"$CODERM" "${choose[@]}" --tests "$folder/all-tests" --out "$folder/whole" >/dev/null

cmp "$folder/whole-tests/tests.jsonl" "$folder/all-tests/tests.jsonl"
cmp "$folder/whole/scores.jsonl" "$folder/all/scores.jsonl"
cmp "$folder/whole/samples.jsonl" "$folder/all/samples.jsonl"
echo
echo "$killed processes killed, $preempted preemptions asked for"
echo "$(grep -c 'Requeuing JobId' "$folder/slurmctld.log") tasks queued again by themselves, $(grep -ci 'preempted job' "$folder/slurmctld.log" || true) preempted"
echo "the one submitted twice: $(grep -h '^coderm:' "$folder/$twice-2.log")"
wc -l "$folder"/all/*.jsonl "$folder"/all-tests/tests.jsonl
echo "the merged results are those of one process"
