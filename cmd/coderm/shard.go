package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"coderm/budget"
	"coderm/problem"
	"coderm/run"
)

// shardFlag has a command take one of several parts of the problems.
func shardFlag(f *pflag.FlagSet, s *problem.Shard) {
	f.Var((*shardValue)(s), "shard", "take only one of n parts of the problems: `I/N`, I from 0, or auto/N for the number that Slurm ($SLURM_ARRAY_TASK_ID) or Kubernetes ($JOB_COMPLETION_INDEX) gave the process")
}

// shardValue is a shard as the value of a flag.
type shardValue problem.Shard

func (v *shardValue) String() string { return problem.Shard(*v).String() }
func (v *shardValue) Type() string   { return "I/N" }

func (v *shardValue) Set(text string) error {
	s, err := problem.ParseShard(text, arrayIndex)
	*v = shardValue(s)
	return err
}

// arrayIndex is the number of this process among those that an engine started for one
// job.
func arrayIndex() (string, error) {
	for _, index := range []string{os.Getenv("SLURM_ARRAY_TASK_ID"), os.Getenv("JOB_COMPLETION_INDEX")} {
		if index != "" {
			return index, nil
		}
	}
	return "", errors.New("neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set: give the number, as in 3/8")
}

// shardNote says of which shard a result is, and what that means for the budget; ""
// without one.
func shardNote(spec run.Spec, taken, left int) string {
	if spec.Shard.Of == 0 {
		return ""
	}
	text := fmt.Sprintf("SHARD %s: %d of %d problems; 'coderm merge' makes one run of the shards", spec.Shard, taken, taken+left)
	if w := spec.Writing; w != nil && w.Policy != budget.PolicyUniform && w.Budget == "" {
		text += fmt.Sprintf(". The policy %s divided the budget of these problems, among these alone", w.Policy)
	}
	return text
}
