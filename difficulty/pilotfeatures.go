package difficulty

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// pilotFeature is one number of a pilot; the groups can be switched off.
type pilotFeature struct {
	name, group string
	value       func(p *Pilot) float64
}

var pilotFeatures = []pilotFeature{
	{"log_drawn", "count", func(p *Pilot) float64 { return math.Log1p(float64(p.Drawn)) }},
	{"parsed", "count", func(p *Pilot) float64 { return p.Parsed }},
	{"pass", "tests", func(p *Pilot) float64 { return p.Pass }},
	{"agree", "tests", func(p *Pilot) float64 { return p.Agree }},
	{"dead", "tests", func(p *Pilot) float64 { return p.Dead }},
	{"best_pass", "tests", func(p *Pilot) float64 { return p.BestPass }},
	{"none_pass", "tests", func(p *Pilot) float64 { return p.NonePass }},
	{"distinct", "classes", func(p *Pilot) float64 { return p.Distinct }},
	{"classes", "classes", func(p *Pilot) float64 { return p.Classes }},
	{"entropy", "classes", func(p *Pilot) float64 { return p.Entropy }},
	{"group", "classes", func(p *Pilot) float64 { return p.Group }},
	{"group_pass", "classes", func(p *Pilot) float64 { return p.GroupPass }},
	{"tie", "choice", func(p *Pilot) float64 { return p.Tie }},
	{"tie_classes", "choice", func(p *Pilot) float64 { return p.TieClasses }},
	{"tie_pass", "choice", func(p *Pilot) float64 { return p.TiePass }},
	{"runner_up", "choice", func(p *Pilot) float64 { return p.RunnerUp }},
	{"posterior", "choice", func(p *Pilot) float64 { return p.Posterior }},
	{"unsettled", "resampling", func(p *Pilot) float64 { return p.Unsettled }},
	{"public", "public", func(p *Pilot) float64 { return indicator(p.Public.Tests > 0) }},
	{"public_all", "public", func(p *Pilot) float64 { return p.Public.All }},
	{"public_mean", "public", func(p *Pilot) float64 { return p.Public.Mean }},
	{"public_none", "public", func(p *Pilot) float64 { return p.Public.None }},
	{"public_best", "public", func(p *Pilot) float64 { return p.Public.Best }},
	{"public_hopeless", "public", func(p *Pilot) float64 { return indicator(p.Public.Tests > 0 && p.Public.All == 0) }},
	{"public_divided", "public", func(p *Pilot) float64 { return p.Public.All * (1 - p.Public.All) }},
	{"outputs", OutputGroup, func(p *Pilot) float64 { return indicator(p.Outputs.Calls > 0) }},
	{"output_agree", OutputGroup, func(p *Pilot) float64 { return p.Outputs.Agree }},
	{"output_returned", OutputGroup, func(p *Pilot) float64 { return p.Outputs.Returned }},
	{"output_common", OutputGroup, func(p *Pilot) float64 { return p.Outputs.Common }},
}

// OutputGroup is the group of features that nothing is learned from where no calls
// were observed.
const OutputGroup = "outputs"

func indicator(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// pilotNames are the names, in order.
var pilotNames = func() []string {
	names := make([]string, len(pilotFeatures))
	for i, f := range pilotFeatures {
		names[i] = f.name
	}
	return names
}()

// PilotGroups are the groups of pilot features, in the order of the table.
func PilotGroups() []string {
	var groups []string
	for _, f := range pilotFeatures {
		groups = append(groups, f.group)
	}
	return slices.Compact(groups)
}

// vector is every feature of the pilot, in order.
func (p *Pilot) vector() []float64 {
	v := make([]float64, len(pilotFeatures))
	for i, f := range pilotFeatures {
		v[i] = f.value(p)
	}
	return v
}

// pilotColumns finds the features of some groups; none means all. Without observed
// calls those of OutputGroup are left out.
func pilotColumns(groups []string, observed bool) ([]int, error) {
	for _, g := range groups {
		if !slices.Contains(PilotGroups(), g) {
			return nil, fmt.Errorf("feature group %q is unknown; use some of %s", g, strings.Join(PilotGroups(), ", "))
		}
	}
	var columns []int
	for i, f := range pilotFeatures {
		asked := len(groups) == 0 || slices.Contains(groups, f.group)
		if asked && (observed || f.group != OutputGroup) {
			columns = append(columns, i)
		}
	}
	if len(columns) == 0 {
		return nil, fmt.Errorf("feature group %q says nothing here: no calls were observed", OutputGroup)
	}
	return columns, nil
}
