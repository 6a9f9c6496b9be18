// Package contest has programs as contests have them, with inputs to run them on, and
// what native CPython makes of these: what the sandbox is held against.
package contest

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os/exec"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

//go:embed programs.txtar
var programs []byte

//go:embed native.py
var native string

// Program reads standard input and prints an answer.
type Program struct {
	Name string `json:"-"`
	Text string `json:"text"`
	// Input is Python that prints an input of size n by the random numbers r.
	Input string `json:"input"`
	// Large is a size for which native CPython takes some tenths of a second.
	Large int `json:"-"`
}

// Programs are all there are, in the order of the file.
func Programs() ([]Program, error) {
	var all []Program
	for _, f := range txtar.Parse(programs).Files {
		if f.Name == "input" && len(all) > 0 {
			all[len(all)-1].Input = string(f.Data)
			continue
		}
		name, size, _ := strings.Cut(f.Name, ": ")
		large, err := strconv.Atoi(size)
		if err != nil {
			return nil, fmt.Errorf("programs.txtar: the size of %q: %w", f.Name, err)
		}
		all = append(all, Program{Name: name, Text: string(f.Data), Large: large})
	}
	return all, nil
}

// Job is one run of a program: on an input of a size, made by a seed.
type Job struct {
	Program
	Size int    `json:"size"`
	Seed uint64 `json:"seed"`
}

// Small gives n jobs, of all programs in turns, with inputs of sizes from 1 to 6.
func Small(programs []Program, n int) []Job {
	jobs := make([]Job, n)
	for i := range jobs {
		round := i / len(programs)
		jobs[i] = Job{programs[i%len(programs)], 1 + round%6, uint64(round)}
	}
	return jobs
}

// Run is what a run did natively.
type Run struct {
	Stdin  string  `json:"stdin"`
	Stdout string  `json:"stdout"`
	Status int     `json:"status"` // exit status; of a signal the negative number
	CPU    float64 `json:"cpu"`    // seconds of the process, begin to end
}

// Native runs the jobs one after another, each in a process of its own.
func Native(ctx context.Context, python string, jobs []Job) ([]Run, error) {
	var in, out, trouble bytes.Buffer
	lines := json.NewEncoder(&in)
	for _, j := range jobs {
		if err := lines.Encode(j); err != nil {
			return nil, err
		}
	}
	cmd := exec.CommandContext(ctx, python, "-c", native)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, &trouble
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("running programs natively: %w: %s", err, trouble.Bytes())
	}
	runs := make([]Run, 0, len(jobs))
	for d := json.NewDecoder(&out); d.More(); {
		var r Run
		if err := d.Decode(&r); err != nil {
			return nil, fmt.Errorf("what ran natively: %w", err)
		}
		runs = append(runs, r)
	}
	if len(runs) != len(jobs) {
		return nil, fmt.Errorf("%d of %d programs ran natively", len(runs), len(jobs))
	}
	return runs, nil
}
