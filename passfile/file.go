package passfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"coderm/problem"
)

// Read calls fn for each line of a file. Errors, fn's included, come back with
// the file and the line (*problem.LineError).
func Read(path string, fn func(l *Line) error) error {
	seen := map[string]bool{}
	return problem.Lines(path, func(line []byte) error {
		var l Line
		if err := json.Unmarshal(line, &l); err != nil {
			return err
		}
		if l.TaskID == "" {
			return errors.New(`no "task_id"`)
		}
		if seen[l.TaskID] {
			return fmt.Errorf("task_id %q is there twice", l.TaskID)
		}
		seen[l.TaskID] = true
		if err := fn(&l); err != nil {
			return fmt.Errorf("%s: %w", l.TaskID, err)
		}
		return nil
	})
}

// Write writes one line.
func Write(w io.Writer, l *Line) error { return problem.WriteLine(w, l) }

// WriteLabelled copies the lines of a file whose problems are in right, by
// task_id, with that as their "truth" and all other fields as they were.
func WriteLabelled(w io.Writer, from string, right map[string][]bool) error {
	return problem.Lines(from, func(line []byte) error {
		var fields map[string]json.RawMessage
		var id string
		if err := json.Unmarshal(line, &fields); err != nil {
			return err
		}
		if err := json.Unmarshal(fields["task_id"], &id); err != nil {
			return fmt.Errorf(`"task_id": %w`, err)
		}
		labels, ok := right[id]
		if !ok {
			return nil
		}
		fields["truth"] = json.RawMessage(`"` + TruthDigits(labels) + `"`)
		return problem.WriteLine(w, fields)
	})
}
