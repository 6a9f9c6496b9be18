package replay

import (
	"fmt"
	"io"
	"strings"

	"coderm/difficulty"
	"coderm/internal/table"
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
func NewAblation(known []difficulty.Known, rates []float64, folds int, seed uint64) (*Ablation, error) {
	folds = min(folds, len(rates))
	a := &Ablation{Problems: len(rates), Folds: folds, Seed: seed}
	have := difficulty.Has(known)
	if !have.Text && !have.Hidden {
		return nil, fmt.Errorf("no features to predict from: give the problems' texts or hidden states")
	}
	for _, use := range have.Kinds() {
		for _, hidden := range []int{0, difficulty.HiddenUnits} {
			p, err := crossPredict(known, rates, use, []int{hidden}, folds, seed)
			if err != nil {
				return nil, err
			}
			a.Rows = append(a.Rows, AblationRow{use.String(), modelName(hidden), judge(p, rates, seed)})
		}
	}
	return a, nil
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
	t := table.Markdown(&b, table.Left("features", "model"), table.Right("Spearman", "AUC", "Brier"))
	for _, r := range a.Rows {
		t.Row(r.Features, r.Model, fmt.Sprintf("%.2f [%.2f, %.2f]", r.Spearman.Mean, r.Spearman.Low, r.Spearman.High),
			fmt.Sprintf("%.3f", r.AUC), fmt.Sprintf("%.3f", r.Brier))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
