package known

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Line is a problem's hidden state: last layer, last token of the
// prompt.
type Line struct {
	TaskID string    `json:"task_id"`
	Model  string    `json:"model"`  // digest of the model file
	Prompt string    `json:"prompt"` // what was shown; "question"
	Hidden []float64 `json:"hidden"` // [n_embd]
}

// Parse reads one line.
func Parse(line []byte) (Line, error) {
	var l struct {
		Line
		Values []*float64 `json:"hidden"` // nil: null, or NaN
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return Line{}, err
	}
	if l.TaskID == "" || l.Model == "" || len(l.Values) == 0 {
		return Line{}, errors.New(`"task_id", "model" or "hidden" is missing; write the file with 'coderm budget features'`)
	}
	for i, v := range l.Values {
		if v == nil {
			return Line{}, fmt.Errorf(`value %d of "hidden" is no number`, i)
		}
		l.Hidden = append(l.Hidden, *v)
	}
	return l.Line, nil
}
