package run

import (
	"bufio"
	"context"
	"io"
	"iter"
	"os"
	"path/filepath"

	"coderm/internal/fsx"
	"coderm/journal"
	"coderm/model"
	"coderm/passfile"
	"coderm/pipeline"
	"coderm/problem"
	"coderm/rerank"
)

// The result files in a run's folder, beside the journal.
const (
	SamplesFile = "samples.jsonl" // the chosen solutions, as EvalPlus reads them
	ScoresFile  = "scores.jsonl"  // every pass matrix, see passfile
)

// WriteResults writes the result files, each whole or not at all, and sums the run
// up. Each result is also handed to also, if that is not nil, in the problems'
// order; one is in memory at a time.
func (r *Run) WriteResults(ctx context.Context, also func(pipeline.Result) error) (Summary, error) {
	s := Summary{Out: r.spec.Out, LeftOut: len(r.inventory.each) - len(r.inventory.asked), Shard: r.identity.Shard}
	read := reading{reasons: map[string]int{}}
	err := writeResults(ctx, r.journal, r.spec.Out, r.identity, r.selector, func(res pipeline.Result) error {
		s.Outcomes = append(s.Outcomes, OutcomeOf(res))
		read.add(res)
		if also == nil {
			return nil
		}
		return also(res)
	})
	if r.writer != nil {
		read.summarize(&s)
	}
	return s, err
}

// writeResults writes the result files of a run of which id says what it did, and hands
// each result over.
func writeResults(ctx context.Context, j *journal.Journal, dir string, id Identity, sel rerank.Selector, also func(pipeline.Result) error) error {
	var files []resultFile
	if id.Model != "" {
		files = append(files, resultFile{problem.TestsFile, writeTests})
	}
	if id.Guest != "" {
		files = append(files, resultFile{ScoresFile, writeScores})
	}
	if sel != (rerank.Selector{}) {
		files = append(files, resultFile{SamplesFile, writeChoice})
	}
	return writeFiles(dir, files, nil, func(to []io.Writer) error {
		for res, err := range resultsOf(ctx, j, id, sel) {
			if err != nil {
				return err
			}
			for i, f := range files {
				if err := f.write(to[i], res); err != nil {
					return err
				}
			}
			if err := also(res); err != nil {
				return err
			}
		}
		return nil
	})
}

// resultsOf gives a run's results as pipeline.Results does.
func resultsOf(ctx context.Context, j *journal.Journal, id Identity, sel rerank.Selector) iter.Seq2[pipeline.Result, error] {
	var seed uint64
	if id.Seed != nil {
		seed = *id.Seed
	}
	return pipeline.Results(ctx, j, sel, seed, id.Extraction == string(model.AsReference))
}

// resultFile is a file of the folder and how a result is added to it.
type resultFile struct {
	name  string
	write func(io.Writer, pipeline.Result) error
}

// writeFiles has fill write to all files at once.
func writeFiles(dir string, files []resultFile, to []io.Writer, fill func([]io.Writer) error) error {
	if len(files) == 0 {
		return fill(to)
	}
	return fsx.WriteFile(filepath.Join(dir, files[0].name), func(f *os.File) error {
		w := bufio.NewWriter(f)
		if err := writeFiles(dir, files[1:], append(to, w), fill); err != nil {
			return err
		}
		return w.Flush()
	})
}

func writeScores(w io.Writer, r pipeline.Result) error {
	l := pipeline.ScoresOf(r)
	return passfile.Write(w, &l)
}

func writeChoice(w io.Writer, r pipeline.Result) error {
	if r.Choice == nil {
		return nil
	}
	return problem.WriteLine(w, problem.Solution{TaskID: r.Problem.ID, Code: r.Rows[r.RowOf[r.Choice.Solution]]})
}

func writeTests(w io.Writer, r pipeline.Result) error {
	for t := range TestLines(r) {
		if err := problem.WriteLine(w, t); err != nil {
			return err
		}
	}
	return nil
}

// TestLines are the tests that were drawn for a problem, or given, for another run to be
// given.
func TestLines(r pipeline.Result) iter.Seq[problem.TestLine] {
	return func(yield func(problem.TestLine) bool) {
		for _, s := range r.Samples {
			meta := s.Sampled
			meta.Completion, meta.Cut = "", nil // in the journal; here it would double the file
			for _, t := range s.Tests {
				if !yield(problem.TestLine{TaskID: r.Problem.ID, Test: t.Test, Generation: &s.Generation, Meta: &meta}) {
					return
				}
			}
		}
	}
}
