package difficulty

import (
	"slices"
	"testing"
)

// What nobody observed is no feature: the fits of sets without outputs are those
// that they were before there were outputs.
func TestPilotColumns(t *testing.T) {
	is := func(observed bool, groups ...string) (names []string) {
		columns, err := pilotColumns(groups, observed)
		if err != nil {
			return nil
		}
		for _, j := range columns {
			names = append(names, pilotFeatures[j].group)
		}
		return slices.Compact(names)
	}
	without := slices.DeleteFunc(PilotGroups(), func(g string) bool { return g == OutputGroup })
	for name, c := range map[string]struct{ got, want []string }{
		"all":           {is(true), PilotGroups()},
		"unobserved":    {is(false), without},
		"all by name":   {is(false, PilotGroups()...), without},
		"two":           {is(true, OutputGroup, "count"), []string{"count", OutputGroup}},
		"of which one":  {is(false, OutputGroup, "count"), []string{"count"}},
		"nothing there": {is(false, OutputGroup), nil},
		"unknown":       {is(true, "luck"), nil},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
}
