package difficulty

import (
	"fmt"
	"io"
	"strings"
)

// Ablation says how well pass rates are predicted by each kind of feature and
// model, each problem by a model that has not seen it.
type Ablation struct {
	Problems int           `json:"problems"`
	Folds    int           `json:"folds"`
	Seed     uint64        `json:"seed"`
	Rows     []AblationRow `json:"rows"`
}

// AblationRow is one kind of model.
type AblationRow struct {
	Features string `json:"features"`
	Model    string `json:"model"`
	Scores
}

// NewAblation compares the features that every problem has.
func NewAblation(known []Known, rates []float64, folds int, seed uint64) (*Ablation, error) {
	folds = min(folds, len(rates))
	a := &Ablation{Problems: len(rates), Folds: folds, Seed: seed}
	have := Has(known)
	if !have.Text && !have.Hidden {
		return nil, fmt.Errorf("no features to predict from: give the problems' texts or hidden states")
	}
	for _, use := range have.kinds() {
		for _, hidden := range []int{0, hiddenUnits} {
			p, err := crossPredict(known, rates, use, []int{hidden}, folds, seed)
			if err != nil {
				return nil, err
			}
			a.Rows = append(a.Rows, AblationRow{use.String(), modelName(hidden), judge(p, rates, seed)})
		}
	}
	return a, nil
}

// Has tells which features every problem has.
func Has(known []Known) Features {
	f := Features{Text: len(known) > 0, Hidden: len(known) > 0}
	for _, k := range known {
		f.Text = f.Text && len(k.Text) > 0
		f.Hidden = f.Hidden && len(k.Hidden) > 0
	}
	return f
}

// kinds lists the ways to use some of the features there are.
func (f Features) kinds() []Features {
	var out []Features
	for _, use := range []Features{{Text: true}, {Hidden: true}, {Text: true, Hidden: true}} {
		if (!use.Text || f.Text) && (!use.Hidden || f.Hidden) {
			out = append(out, use)
		}
	}
	return out
}

func (f Features) String() string {
	switch {
	case f.Text && f.Hidden:
		return "text + hidden state"
	case f.Text:
		return "text"
	case f.Hidden:
		return "hidden state"
	}
	return "none"
}

func modelName(hidden int) string {
	if hidden == 0 {
		return "logistic regression"
	}
	return "two layers"
}

// Markdown writes the comparison as a table.
func (a *Ablation) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Pass rates of %d problems, predicted by %d-fold cross-validation, seed %d.\n\n", a.Problems, a.Folds, a.Seed)
	b.WriteString("| features | model | Spearman | AUC | Brier |\n|---|---|---:|---:|---:|\n")
	for _, r := range a.Rows {
		fmt.Fprintf(&b, "| %s | %s | %.2f [%.2f, %.2f] | %.3f | %.3f |\n", r.Features, r.Model,
			r.Spearman.Mean, r.Spearman.Low, r.Spearman.High, r.AUC, r.Brier)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
