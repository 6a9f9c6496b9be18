package difficulty

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func fitted(t testing.TB) *Classifier {
	t.Helper()
	c, table, err := Fit(t.Context(), synthetic(40, 12, 3), FitOptions{
		Selector: selector(t, "majority"), Model: "0123456789abcdef", States: "question", Draws: 2, Folds: 3, Seed: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(table.Rows) != 6 {
		t.Errorf("%d rows in the ablation table, want 3 kinds of features by 2 models", len(table.Rows))
	}
	return c
}

func TestClassifierFile(t *testing.T) {
	c := fitted(t)
	var b bytes.Buffer
	if err := c.Write(&b); err != nil {
		t.Fatal(err)
	}
	again, err := Read(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	known, _ := knownOf(synthetic(40, 12, 3))
	want, _, err := c.Predict(known)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := again.Predict(known)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("problem %d: %v after reading, %v before", i, got[i], want[i])
		}
	}
	p := Pilot{Drawn: 4, Pass: 0.3, Tie: 0.2}
	if again.Gain.Gain(&p) != c.Gain.Gain(&p) {
		t.Error("gains differ after reading")
	}
	for _, policy := range []string{PolicyUniform, PolicyDifficulty, PolicyAdaptive} {
		if _, err := again.Planner(policy, known, len(known), 100, selector(t, "majority")); err != nil {
			t.Errorf("%s: %v", policy, err)
		}
	}
}

func TestClassifierRefuses(t *testing.T) {
	c := fitted(t)
	for _, err := range []error{c.CheckSelector("auto"), c.CheckStates("fedcba", "question"), c.CheckStates("", ""), c.CheckStates(c.Model, "assert")} {
		if err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one line", err)
		}
	}
	if err := c.CheckStates("0123456789abcdef", "question"); err != nil {
		t.Error(err)
	}
	if _, _, err := c.Predict([]Known{{Text: []float64{1}}}); err == nil {
		t.Error("features of another shape were accepted")
	}
	valid, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []struct{ old, new, want string }{
		{`"format":"coderm-difficulty"`, `"format":"x"`, "not a classifier"},
		{`"version":1`, `"version":2`, "fit it again"},
		{`"trust":`, `"trust":7e1,"was":`, "damaged"},
		{`"inputs":`, `"inputs":1`, "damaged"},
		{`"log_drawn"`, `"log_down"`, "damaged"},
		{`"selector":"majority"`, `"selector":""`, "damaged"},
		{`{`, `[`, "not a classifier"},
	} {
		broken := strings.Replace(string(valid), r.old, r.new, 1)
		if _, err := Read(strings.NewReader(broken)); err == nil || !strings.Contains(err.Error(), r.want) {
			t.Errorf("%s -> %s: error %v, want one with %q", r.old, r.new, err, r.want)
		}
	}
	if _, err := Read(bytes.NewReader(valid[:len(valid)/2])); err == nil {
		t.Error("half a file was accepted")
	}
}

// What Read accepts never panics when used.
func FuzzRead(f *testing.F) {
	seed, err := json.Marshal(&Classifier{
		Format: format, Version: version, Selector: "auto", Model: "ab", States: "question",
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
		if got := (Greedy{Floor: 1}).Allocate(curves, 9); sum(got) > 9 {
			t.Errorf("spent %d of 9", sum(got))
		}
	})
}
