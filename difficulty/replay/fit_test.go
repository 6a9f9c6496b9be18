package replay

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"coderm/budget"
	"coderm/difficulty"
	"coderm/rerank"
)

func fitted(t testing.TB) *difficulty.Classifier {
	t.Helper()
	c, table, err := Fit(t.Context(), synthetic(40, 12, 3), FitOptions{
		Selector: rerank.Selector{Rule: rerank.Majority}, Model: "0123456789abcdef", States: "question", Draws: 2, Folds: 3, Seed: 1,
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
	again, err := difficulty.Read(bytes.NewReader(b.Bytes()))
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
	p := difficulty.Pilot{Drawn: 4, Pass: 0.3, Tie: 0.2}
	if again.Gain.Gain(&p) != c.Gain.Gain(&p) {
		t.Error("gains differ after reading")
	}
	for _, policy := range []string{budget.PolicyUniform, budget.PolicyDifficulty, budget.PolicyAdaptive} {
		if _, err := budget.PlannerWith(again, policy, known, len(known), 100, rerank.Selector{Rule: rerank.Majority}); err != nil {
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
	if _, _, err := c.Predict([]difficulty.Known{{Text: []float64{1}}}); err == nil {
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
		if _, err := difficulty.Read(strings.NewReader(broken)); err == nil || !strings.Contains(err.Error(), r.want) {
			t.Errorf("%s -> %s: error %v, want one with %q", r.old, r.new, err, r.want)
		}
	}
	if _, err := difficulty.Read(bytes.NewReader(valid[:len(valid)/2])); err == nil {
		t.Error("half a file was accepted")
	}
}
