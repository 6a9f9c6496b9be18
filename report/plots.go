package report

import (
	"bytes"
	"fmt"
	"html/template"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"coderm/eval"
	"coderm/rerank"
)

// figure is one plot, as inline SVG.
type figure struct {
	Caption string
	SVG     template.HTML
}

const plotWidth, plotHeight = 15 * vg.Centimeter, 9 * vg.Centimeter

// plots draws what the study has: scaling curves and accuracy by difficulty.
func plots(s *eval.Study) ([]figure, error) {
	var out []figure
	for _, axis := range []string{"tests", "mutated inputs", "solutions"} {
		p, ok, err := curves(s, axis)
		if err != nil {
			return nil, fmt.Errorf("plotting the curves over %s: %w", axis, err)
		}
		if ok {
			out = append(out, p)
		}
	}
	if len(s.Quintiles) > 1 {
		p, err := quintiles(s)
		if err != nil {
			return nil, fmt.Errorf("plotting the quintiles: %w", err)
		}
		out = append(out, p)
	}
	return out, nil
}

func curves(s *eval.Study, axis string) (figure, bool, error) {
	p := newPlot("number of "+axis, "accuracy, %")
	n := 0
	for _, c := range s.Curves {
		if c.Axis != axis {
			continue
		}
		var xy plotter.XYs
		for _, pt := range c.Points {
			if pt.Size > 0 { // the axis is logarithmic
				xy = append(xy, plotter.XY{X: float64(pt.Size), Y: 100 * pt.Accuracy})
			}
		}
		if len(xy) < 2 { // one size makes no curve, nor an axis
			continue
		}
		if n == 0 { // several would hide each other
			if err := addBand(p, c, lineColor(n)); err != nil {
				return figure{}, false, err
			}
		}
		if err := addLine(p, c.Selector, xy, lineColor(n)); err != nil {
			return figure{}, false, err
		}
		n++
	}
	if n == 0 {
		return figure{}, false, nil
	}
	if err := addBaselines(p, s); err != nil {
		return figure{}, false, err
	}
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, sizes{}
	percentAxis(p)
	svg, err := render(p)
	return figure{Caption: "Accuracy by number of " + axis + " a problem; the band is the 95 % interval of the first, over problems; dashed, what a random pick reaches, and what is possible with all solutions", SVG: svg}, true, err
}

// addBaselines adds lines at what a curve lies between, over all of its width.
func addBaselines(p *plot.Plot, s *eval.Study) error {
	for _, b := range []struct {
		name   string
		share  float64
		dashes vg.Length
	}{{"oracle", s.Oracle.Mean, 6}, {"random pick", s.Random.Mean, 2}} {
		line, err := plotter.NewLine(plotter.XYs{{X: p.X.Min, Y: 100 * b.share}, {X: p.X.Max, Y: 100 * b.share}})
		if err != nil {
			return err
		}
		line.Color, line.Width, line.Dashes = color.Gray{96}, vg.Points(1), []vg.Length{b.dashes, 3}
		p.Add(line)
		p.Legend.Add(b.name, line)
	}
	return nil
}

// sizes ticks a logarithmic axis at 1, 2, 5, 10, 20, 50, …
type sizes struct{}

func (sizes) Ticks(lo, hi float64) []plot.Tick {
	var out []plot.Tick
	for base := 1.0; base <= hi; base *= 10 {
		for _, m := range []float64{1, 2, 5} {
			if v := base * m; v >= lo && v <= hi {
				out = append(out, plot.Tick{Value: v, Label: fmt.Sprintf("%.0f", v)})
			}
		}
	}
	return out
}

func quintiles(s *eval.Study) (figure, error) {
	p := newPlot("problems by difficulty", "accuracy, %")
	best := s.Selectors[0].Name
	bars := []struct {
		name  string
		value func(eval.Quintile) float64
	}{
		{"random pick", func(q eval.Quintile) float64 { return q.Random }},
		{best, func(q eval.Quintile) float64 { return q.Accuracy[best] }},
		{"oracle", func(q eval.Quintile) float64 { return q.Oracle }},
	}
	alone := string(rerank.Public)
	if _, ok := s.Quintiles[0].Accuracy[alone]; ok && best != alone {
		bars = slices.Insert(bars, 1, bars[0])
		bars[1].name, bars[1].value = "examples alone", func(q eval.Quintile) float64 { return q.Accuracy[alone] }
	}
	width := vg.Points(12)
	for n, bar := range bars {
		v := make(plotter.Values, len(s.Quintiles))
		for i, q := range s.Quintiles {
			v[i] = 100 * bar.value(q)
		}
		b, err := plotter.NewBarChart(v, width)
		if err != nil {
			return figure{}, err
		}
		b.Color, b.LineStyle.Width = lineColor(n), 0
		b.Offset = (vg.Length(n) - vg.Length(len(bars)-1)/2) * width
		p.Add(b)
		p.Legend.Add(bar.name, b)
	}
	var names []string
	for i := range s.Quintiles {
		names = append(names, fmt.Sprintf("%d", i+1))
	}
	names[0] += " (easiest)"
	names[len(names)-1] += " (hardest)"
	p.NominalX(names...)
	percentAxis(p)
	svg, err := render(p)
	return figure{Caption: "Accuracy by fifths of the problems: those with most right solutions first", SVG: svg}, err
}

func newPlot(x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.Transparent
	p.X.Label.Text, p.Y.Label.Text = x, y
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.TextStyle.Font.Size, p.Legend.Padding = vg.Points(10), vg.Points(4)
	for _, style := range []*text.Style{&p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle} {
		style.Font.Variant = "Sans" // as the page's
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{230}, color.Gray{230}
	p.Add(grid)
	return p
}

// lineColors can be told apart by people who see colours otherwise (Okabe and Ito,
// "Color Universal Design", 2008).
var lineColors = []color.Color{
	color.RGBA{0x00, 0x72, 0xb2, 0xff}, color.RGBA{0xe6, 0x9f, 0x00, 0xff}, color.RGBA{0x00, 0x9e, 0x73, 0xff}, color.RGBA{0xcc, 0x79, 0xa7, 0xff},
	color.RGBA{0x56, 0xb4, 0xe9, 0xff}, color.RGBA{0xd5, 0x5e, 0x00, 0xff}, color.RGBA{0xf0, 0xe4, 0x42, 0xff}, color.RGBA{0x77, 0x77, 0x77, 0xff},
	color.RGBA{0x00, 0x00, 0x00, 0xff},
}

func lineColor(n int) color.Color { return lineColors[n%len(lineColors)] }

// addBand adds a curve's interval, behind the lines.
func addBand(p *plot.Plot, c eval.Curve, line color.Color) error {
	var band plotter.XYs
	for _, pt := range c.Points {
		if pt.Size > 0 {
			band = append(band, plotter.XY{X: float64(pt.Size), Y: 100 * pt.High})
		}
	}
	for _, pt := range slices.Backward(c.Points) {
		if pt.Size > 0 {
			band = append(band, plotter.XY{X: float64(pt.Size), Y: 100 * pt.Low})
		}
	}
	area, err := plotter.NewPolygon(band)
	if err != nil {
		return err
	}
	r, g, b, _ := line.RGBA()
	area.Color, area.LineStyle.Width = color.NRGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 0x28}, 0
	p.Add(area)
	return nil
}

// percentAxis has the vertical axis end at round percentages, 0 and 100 at most.
func percentAxis(p *plot.Plot) {
	step := 5.0
	for _, s := range []float64{10, 20} {
		if p.Y.Max-p.Y.Min > 6*step {
			step = s
		}
	}
	p.Y.Min = max(0, step*math.Floor(p.Y.Min/step))
	p.Y.Max = min(100, step*math.Ceil(p.Y.Max/step))
	if p.Y.Max <= p.Y.Min {
		p.Y.Min, p.Y.Max = max(0, p.Y.Min-step), min(100, p.Y.Max+step)
	}
	var ticks plot.ConstantTicks
	for y := p.Y.Min; y <= p.Y.Max; y += step {
		ticks = append(ticks, plot.Tick{Value: y, Label: fmt.Sprintf("%.0f", y)})
	}
	p.Y.Tick.Marker = ticks
}

// legendWidth is the room beside a plot for its legend.
const legendWidth = 4 * vg.Centimeter

// render gives the plot as an svg element without the XML header, which HTML
// does not allow inside a page.
func render(p *plot.Plot) (template.HTML, error) {
	c := vgsvg.New(plotWidth+legendWidth, plotHeight)
	whole := draw.New(c)
	legend := p.Legend
	p.Legend = plot.NewLegend()
	p.Draw(draw.Crop(whole, 0, -legendWidth-vg.Points(16), 0, 0)) // half of the last label sticks out
	legend.Draw(draw.Crop(whole, plotWidth, 0, 0, -vg.Points(12)))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return "", err
	}
	svg := b.Bytes()
	if i := bytes.Index(svg, []byte("<svg")); i > 0 {
		svg = svg[i:]
	}
	return template.HTML(svg), nil
}
