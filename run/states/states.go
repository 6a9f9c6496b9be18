// Package states writes the model's hidden states of problems' questions, which a
// classifier predicts from before any test.
package states

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"coderm/difficulty/known"
	"coderm/engine"
	"coderm/problem"
	"coderm/run"
)

// Write asks the model, whose file has the digest, for the state of each question
// and writes a known.Line for it. It goes on without questions that the model cannot
// take, such as one that is too long, and returns why; where it can take none, that
// is the error.
func Write(ctx context.Context, w io.Writer, m engine.Embedder, digest string, problems []problem.Problem) (missing []error, err error) {
	e := json.NewEncoder(w)
	for _, p := range problems {
		state, err := run.QuestionState(ctx, m, p)
		var unserved engine.RequestErrors
		if errors.As(err, &unserved) && len(missing) < len(problems)-1 {
			missing = append(missing, err)
			continue
		}
		if err != nil {
			return missing, err
		}
		if err := e.Encode(known.Line{TaskID: p.ID, Model: digest, Prompt: run.QuestionPrompt, Hidden: state}); err != nil {
			return missing, err
		}
	}
	return missing, nil
}
