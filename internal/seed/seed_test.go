package seed

import (
	"fmt"
	"testing"
)

// TestValues: what was recorded was drawn from these streams.
func TestValues(t *testing.T) {
	tie, subsets := Tie(1, "HumanEval/0"), Subsets(7, 3)
	order, folds, weights, bootstrap, resamples := Order(7, 2, 3), Folds(7), Weights(7), Bootstrap(7), Resamples(12, 5)
	for _, c := range []struct {
		what      string
		got, want uint64
	}{
		{"Prompt", Prompt(1, "HumanEval/0", 0), 12006853524698004408},
		{"Prompt", Prompt(1, "HumanEval/0", 3), 257055671891221019},
		{"Prompt", Prompt(1<<64-1, "", 0), 8650667449968570845},
		{"Sample", Sample(1, 0), 10451216379200822465},
		{"Sample", Sample(1, 1), 13757245211066428519},
		{"Sample", Sample(10189216138829036000, 99), 855148429393214719},
		{"Served", uint64(Served(1<<40+5, 0)), 5},
		{"Served, past 31 bits", uint64(Served(1<<40+5, 1<<31-3)), 2},
		{"Tie", tie.Uint64(), 14204791799851540323},
		{"Tie's next", uint64(tie.IntN(100)), 90},
		{"Among", Among(1, "HumanEval/0"), 14478755730313957762},
		{"Mutations", Mutations(1, "HumanEval/0").Uint64(), 7202981398803338042},
		{"Inputs", Inputs(1, "HumanEval/0").Uint64(), 9326032463658389896},
		{"Mutants", Mutants(7, "HumanEval/0"), 16708483417584308278},
		{"Subsets", subsets.Uint64(), 14815518934105843905},
		{"Subsets' next", uint64(subsets.IntN(100)), 85},
		{"Order", order.Uint64(), 16111516496668386649},
		{"Order's next", uint64(order.IntN(100)), 71},
		{"Folds", folds.Uint64(), 4563562480936353397},
		{"Folds' next", uint64(folds.IntN(100)), 70},
		{"Weights", weights.Uint64(), 11295076453165650811},
		{"Weights' next", uint64(weights.IntN(100)), 87},
		{"Bootstrap", bootstrap.Uint64(), 6197641705526211704},
		{"Bootstrap's next", uint64(bootstrap.IntN(100)), 0},
		{"Resamples", resamples.Uint64(), 4992215639670694292},
		{"Resamples' next", uint64(resamples.IntN(100)), 76},
		{"Named", Named("HumanEval/0").Uint64(), 4101731117420235754},
	} {
		if c.got != c.want {
			t.Errorf("%s gives %d, want %d", c.what, c.got, c.want)
		}
	}
}

func TestSamplesDiffer(t *testing.T) {
	seen := map[uint64]string{}
	for seed := range uint64(50) {
		for index := range 50 {
			k := Sample(seed, index)
			if who, twice := seen[k]; twice {
				t.Fatalf("seed %d index %d has the stream of %s", seed, index, who)
			}
			seen[k] = fmt.Sprint(seed, " ", index)
		}
	}
}
