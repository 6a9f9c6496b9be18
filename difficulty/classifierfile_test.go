package difficulty

import (
	"bytes"
	"encoding/json"
	"testing"
)

// What Read accepts never panics when used.
func FuzzRead(f *testing.F) {
	seed, err := json.Marshal(&Classifier{
		Format: Format, Version: Version, Selector: "auto", Model: "ab", States: "question",
		Rate: &RateModel{
			Use: Features{Hidden: true}, StateScale: &scaler{[]float64{0, 1}, []float64{1, 2}},
			Components: &projection{[][]float64{{0.5, 0.5}}}, Net: newNetwork(1, 0, logistic, nil), Platt: [2]float64{1, 0},
		},
		Curves: &Curves{Rates: []float64{0.2, 0.8}, Tests: []int{0, 1, 4}, Solved: [][]float64{{0.1, 0.2, 0.3}, {0.7, 0.8, 0.8}}},
		Gain: &GainModel{
			Features: []string{"pass"}, Scale: &scaler{[]float64{0}, []float64{1}},
			Change: newNetwork(1, 0, logistic, nil), Rest: newNetwork(1, 0, identity, nil), Trust: 0.5, Typical: 0.01, TypicalRule: 0.4,
		},
	})
	if err != nil {
		f.Fatal(err)
	}
	if _, err := Read(bytes.NewReader(seed)); err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte(`{"format":"coderm-difficulty","version":1,"selector":"auto"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		if g := c.Gain.Gain(&Pilot{Drawn: 3, Pass: 0.5}); c.Gain.Trust == 0 && !(g > 0) {
			t.Errorf("gain %v without trust", g)
		}
		c.Gain.Effects()
		if c.Rate == nil {
			return
		}
		k := Known{Text: make([]float64, len(textNames))}
		if c.Rate.Use.Hidden {
			k.Hidden = make([]float64, len(c.Rate.StateScale.Mean))
		}
		_, curves, err := c.Predict([]Known{k, k})
		if err != nil {
			t.Fatalf("accepted, but does not predict: %v", err)
		}
		for _, p := range curves {
			if most := c.Curves.Tests[len(c.Curves.Tests)-1]; len(p.Solved) != most+1 {
				t.Errorf("a curve of %d values up to %d tests", len(p.Solved), most)
			}
		}
	})
}
