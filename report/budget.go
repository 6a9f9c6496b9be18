package report

import (
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"coderm/budget"
	"coderm/difficulty/replay"
	"coderm/internal/stats"
)

// replayFigures draws a replay: what every policy reaches with a budget, and
// the paired differences from the even division, which are far less uncertain.
func replayFigures(r *replay.Result) ([]figure, error) {
	accuracy, err := policies(r, "accuracy, %", func(row replay.Row) stats.Interval { return row.Accuracy })
	if err != nil {
		return nil, fmt.Errorf("plotting the accuracy by budget: %w", err)
	}
	gain, err := policies(r, "points over uniform", func(row replay.Row) stats.Interval { return row.Gain },
		budget.PolicyUniform, replay.PolicyBound)
	if err != nil {
		return nil, fmt.Errorf("plotting the gain by budget: %w", err)
	}
	return []figure{
		{Caption: "Accuracy by mean tests a problem, with 95 % intervals", SVG: accuracy.SVG},
		{Caption: "Gain over an even division of the same budget, with 95 % intervals", SVG: gain.SVG},
	}, nil
}

// policies draws a value of each policy against the mean budget, without some.
func policies(r *replay.Result, label string, value func(replay.Row) stats.Interval, without ...string) (figure, error) {
	p := newPlot("mean tests a problem", label)
	var names []string
	var ticks plot.ConstantTicks
	for _, row := range r.Rows {
		if !slices.Contains(names, row.Policy) {
			names = append(names, row.Policy)
		}
		if tick := (plot.Tick{Value: row.Budget, Label: fmt.Sprintf("%g", row.Budget)}); !slices.Contains(ticks, tick) {
			ticks = append(ticks, tick)
		}
	}
	for n, name := range names {
		if slices.Contains(without, name) {
			continue
		}
		// Side by side, or the intervals of one budget would hide each other.
		aside := 1 + 0.03*(float64(n)-float64(len(names)-1)/2)
		var points intervals
		for _, row := range r.Rows {
			if row.Policy == name {
				points.add(row.Budget*aside, value(row))
			}
		}
		if err := points.draw(p, name, lineColor(n)); err != nil {
			return figure{}, err
		}
	}
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, ticks
	p.X.Min, p.X.Max = p.X.Min/1.1, p.X.Max*1.1 // a single budget has a width too
	svg, err := render(p)
	return figure{SVG: svg}, err
}

// intervals are points with error bars, in percent.
type intervals struct {
	plotter.XYs
	plotter.YErrors
}

func (s *intervals) add(x float64, i stats.Interval) {
	s.XYs = append(s.XYs, plotter.XY{X: x, Y: 100 * i.Mean})
	s.YErrors = append(s.YErrors, struct{ Low, High float64 }{100 * (i.Mean - i.Low), 100 * (i.High - i.Mean)})
}

func (s *intervals) draw(p *plot.Plot, name string, c color.Color) error {
	bars, err := plotter.NewYErrorBars(s)
	if err != nil {
		return err
	}
	bars.Color = c
	p.Add(bars)
	return addLine(p, name, s.XYs, c)
}

// addLine adds a curve with a dot at each point.
func addLine(p *plot.Plot, name string, xy plotter.XYs, c color.Color) error {
	line, points, err := plotter.NewLinePoints(xy)
	if err != nil {
		return err
	}
	line.Color, line.Width = c, vg.Points(1.5)
	points.Color, points.Shape, points.Radius = c, draw.CircleGlyph{}, vg.Points(2)
	p.Add(line, points)
	p.Legend.Add(name, line, points)
	return nil
}

// reliabilityFigure compares predicted with observed pass rates, for the better
// model of each kind of features; a calibrated one stays on the diagonal.
func reliabilityFigure(a *replay.Ablation) (figure, error) {
	p := newPlot("predicted pass rate, %", "observed pass rate, %")
	diagonal, err := plotter.NewLine(plotter.XYs{{X: 0, Y: 0}, {X: 100, Y: 100}})
	if err != nil {
		return figure{}, err
	}
	diagonal.Color, diagonal.Dashes = color.Gray{128}, []vg.Length{vg.Points(4), vg.Points(4)}
	p.Add(diagonal)
	best := map[string]replay.AblationRow{}
	var kinds []string
	for _, row := range a.Rows {
		old, seen := best[row.Features]
		if !seen {
			kinds = append(kinds, row.Features)
		}
		if !seen || row.Brier < old.Brier {
			best[row.Features] = row
		}
	}
	for n, kind := range kinds {
		var xy plotter.XYs
		for _, b := range best[kind].Reliability {
			xy = append(xy, plotter.XY{X: 100 * b.Predicted, Y: 100 * b.Observed})
		}
		if err := addLine(p, kind+", "+best[kind].Model, xy, lineColor(n)); err != nil {
			return figure{}, err
		}
	}
	svg, err := render(p)
	return figure{Caption: "Reliability: predicted and observed pass rates of problems in ten bins, each predicted by a model that has not seen it", SVG: svg}, err
}
