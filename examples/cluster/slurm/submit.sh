#!/bin/bash
# Two stages and their merging, chained by Slurm's own dependencies: a model writes tests
# on GPU nodes, CPU nodes run them and choose. All folders are on a file system that every
# node sees; so are the model and the program.
#   submit.sh PROBLEMS SOLUTIONS FOLDER [MODEL]
set -euo pipefail
problems=$1 solutions=$2 folder=$3 model=${4:-default}
here=$(dirname "$(realpath "$0")")
writers=${WRITERS:-8}    # shards of the first stage
choosers=${CHOOSERS:-64} # of the second
mkdir -p "$folder"

tests=$(sbatch --parsable --array="0-$((writers - 1))" --gpus="${GPUS:-1}" --output="$folder/tests-%a.log" \
  "$here/shard.sbatch" "$folder/tests" "$writers" \
  testgen --problems "$problems" --solutions "$solutions" --model "$model" --fixed-shape)
choices=$(sbatch --parsable --array="0-$((choosers - 1))" --cpus-per-task="${CPUS:-32}" --output="$folder/choices-%a.log" \
  --dependency="afterok:$tests" \
  "$here/shard.sbatch" "$folder/choices" "$choosers" \
  rerank --problems "$problems" --solutions "$solutions" --tests "$folder/tests")
sbatch --parsable --dependency="afterok:$choices" --output="$folder/merge.log" \
  --wrap="${CODERM:-coderm} merge '$folder'/choices/* --out '$folder/run'"
# With as many shards in both stages, --dependency=aftercorr:$tests starts each shard of
# the second stage as soon as its own of the first is done.
