package server

import (
	"fmt"
	"net/http"

	"coderm/problem"
	"coderm/sandbox"
)

// pairsRequest is POST /v1/pairs: every solution against every test.
type pairsRequest struct {
	Solutions []string       `json:"solutions"`
	Tests     []problem.Test `json:"tests"`
	Fuel      uint64         `json:"fuel"`   // a pair; 0: a matrix's default, as below
	Memory    int64          `json:"memory"` // bytes
	Output    int64          `json:"output"` // bytes
	GiveUp    *int           `json:"give_up"`
}

// pairsResponse has the verdicts [solutions × tests].
type pairsResponse struct {
	Verdicts [][]sandbox.Verdict `json:"verdicts"`
}

// maxPairs bounds a request; a run takes more.
const maxPairs = 100_000

func (s *Server) pairs(w http.ResponseWriter, r *http.Request) error {
	var q pairsRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	if len(q.Solutions) == 0 || len(q.Tests) == 0 {
		return bad("pairs need solutions and tests")
	}
	if n := len(q.Solutions) * len(q.Tests); n > maxPairs {
		return bad("%d pairs; the limit is %d: /v1/runs takes more", n, maxPairs)
	}
	for i, t := range q.Tests {
		if err := sandbox.CanRun(t); err != nil {
			return bad("tests[%d]: %w", i, err)
		}
	}
	lim := sandbox.MatrixLimits()
	if q.Fuel > 0 {
		lim.Fuel = q.Fuel
	}
	if q.Memory > 0 {
		lim.Memory = q.Memory
	}
	if q.Output > 0 {
		lim.Output = q.Output
	}
	if q.GiveUp != nil {
		lim.GiveUp = *q.GiveUp
	}
	if err := lim.Check(); err != nil {
		return bad("%w", err)
	}
	a := pairsResponse{Verdicts: make([][]sandbox.Verdict, len(q.Solutions))}
	for i := range a.Verdicts {
		a.Verdicts[i] = make([]sandbox.Verdict, len(q.Tests))
	}
	err := s.sandbox.Matrix(r.Context(), q.Solutions, q.Tests, lim, func(i, j int, v sandbox.Verdict) error {
		a.Verdicts[i][j] = v
		s.metrics.verdicts.WithLabelValues(v.Kind.String()).Inc()
		return nil
	})
	if err != nil {
		return fmt.Errorf("running the pairs: %w", err)
	}
	return writeJSON(w, http.StatusOK, a)
}
