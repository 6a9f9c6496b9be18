package problem

import (
	"errors"
	"fmt"
	"slices"

	"coderm/internal/seed"
)

// Subset says which problems of a file are meant: of those that one of the first three
// fields names, or of all where none is set, those of a shard. The problems keep the
// file's order.
type Subset struct {
	Only   []string `json:"only,omitempty"`   // by task_id
	Limit  int      `json:"limit,omitempty"`  // the first so many
	Sample int      `json:"sample,omitempty"` // so many by lot; of one seed a larger sample holds the smaller
	Shard  Shard    `json:"shard,omitzero"`
}

// Whole tells whether nothing is left out.
func (s Subset) Whole() bool {
	return len(s.Only) == 0 && s.Limit == 0 && s.Sample == 0 && s.Shard.Of == 0
}

// Check refuses what means nothing.
func (s Subset) Check() error {
	set := 0
	for _, given := range []bool{len(s.Only) > 0, s.Limit != 0, s.Sample != 0} {
		if given {
			set++
		}
	}
	switch {
	case set > 1:
		return errors.New("of only, limit and sample give one")
	case s.Limit < 0:
		return fmt.Errorf("limit %d: give at least 1", s.Limit)
	case s.Sample < 0:
		return fmt.Errorf("sample %d: give at least 1", s.Sample)
	}
	return nil
}

// Of tells of every problem of a file whether it is meant. A task_id that is not
// there is an error.
func (s Subset) Of(ids []string, runSeed uint64) ([]bool, error) {
	in := make([]bool, len(ids))
	switch {
	case len(s.Only) > 0:
		for _, id := range s.Only {
			k := slices.Index(ids, id)
			if k < 0 {
				return nil, fmt.Errorf("task_id %q is not among the problems", id)
			}
			in[k] = true
		}
	case s.Sample > 0 && s.Sample < len(ids):
		lot := make([]uint64, len(ids))
		for k, id := range ids {
			lot[k] = seed.Among(runSeed, id)
		}
		last := slices.Sorted(slices.Values(lot))[s.Sample-1]
		for k := range ids {
			in[k] = lot[k] <= last
		}
	default:
		for k := range ids {
			in[k] = s.Limit == 0 || k < s.Limit
		}
	}
	for k, id := range ids {
		in[k] = in[k] && s.Shard.Has(id)
	}
	return in, nil
}

// Pick is the part of list, whose elements are of the problems ids name, that is
// meant.
func Pick[T any](s Subset, list []T, id func(T) string, runSeed uint64) ([]T, error) {
	if s.Whole() {
		return list, nil
	}
	ids := make([]string, len(list))
	for k, x := range list {
		ids[k] = id(x)
	}
	in, err := s.Of(ids, runSeed)
	var out []T
	for k := range in {
		if in[k] {
			out = append(out, list[k])
		}
	}
	return out, err
}
