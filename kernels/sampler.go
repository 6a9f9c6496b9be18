package kernels

/*
// ISO C, not GNU C: there GCC leaves a*b + c in two roundings unless told.
#cgo CFLAGS: -std=c11 -O3 -Wall -Wextra
#cgo LDFLAGS: -lm
#include <stdlib.h>
#include "sampler.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"unsafe"
)

// NoToken is drawn from a row with no logit above -Inf.
const NoToken = -1

// Settings says how a token is drawn; the package comment defines each. The
// zero value is greedy.
type Settings struct {
	Temperature float32 // at least 0; below 1e-5 is greedy
	TopK        int32   // 0, or vocab and above: off
	TopP        float32 // in [0, 1]; 0 and 1: off
	MinP        float32 // in [0, 1]; 0: off
	Repeat      float32 // repetition penalty, at least 0; 0 and 1: off
}

// Validate names the first setting that is out of range.
func (s Settings) Validate() error {
	check := func(name string, v, hi float32) error {
		if !(v >= 0 && v <= hi) {
			return fmt.Errorf("sampling: %s is %v, want a number from 0 to %v", name, v, hi)
		}
		return nil
	}
	if s.TopK < 0 {
		return fmt.Errorf("sampling: top-k is %d, want 0 (off) or more", s.TopK)
	}
	return errors.Join(
		check("temperature", s.Temperature, 1e6),
		check("top-p", s.TopP, 1),
		check("min-p", s.MinP, 1),
		check("repetition penalty", s.Repeat, 1e6),
	)
}

// Row is one row to draw from.
type Row struct {
	// Logits points at vocab float32s, in C memory or pinned.
	Logits *float32
	Settings
	Seed     uint64  // the sample's stream
	Position uint64  // index of the token in its sample
	Recent   []int32 // tokens the repetition penalty applies to; duplicates count once
}

// Pick is a drawn token.
type Pick struct {
	Token   int32   // or NoToken
	LogProb float32 // natural log, temperature 1, unfiltered; -Inf for NoToken
}

// Sampler draws from rows of one vocabulary on a few threads. It is not safe for
// concurrent use.
type Sampler struct {
	vocab   int
	scratch []*C.coderm_scratch // one a thread
	rows    []C.coderm_row
	recent  []C.int32_t
	picks   []C.coderm_pick
}

// ISAs lists the instruction sets the sampler can use here, best first.
func ISAs() []string {
	var names []string
	for i := C.size_t(0); ; i++ {
		// const char *coderm_sampler_isa(size_t i)
		name := C.coderm_sampler_isa(i)
		if name == nil {
			return names
		}
		names = append(names, C.GoString(name))
	}
}

// NewSampler makes a sampler for rows of vocab logits, drawing on up to threads
// goroutines. Close frees it.
func NewSampler(vocab, threads int) (*Sampler, error) {
	return newSampler(vocab, threads, ISAs()[0])
}

func newSampler(vocab, threads int, isa string) (*Sampler, error) {
	if vocab < 1 || vocab > 1<<30 || threads < 1 {
		return nil, fmt.Errorf("sampler for a vocabulary of %d on %d threads: want both positive", vocab, threads)
	}
	name := C.CString(isa)
	defer C.free(unsafe.Pointer(name))
	s := &Sampler{vocab: vocab}
	for range threads {
		// coderm_scratch *coderm_scratch_new(int32_t vocab, const char *isa)
		scratch := C.coderm_scratch_new(C.int32_t(vocab), name)
		if scratch == nil {
			s.Close()
			return nil, fmt.Errorf("sampler for a vocabulary of %d: no memory, or no %s here", vocab, isa)
		}
		s.scratch = append(s.scratch, scratch)
	}
	return s, nil
}

// Close frees the C memory. A closed sampler must not be used again.
func (s *Sampler) Close() {
	for _, scratch := range s.scratch {
		// void coderm_scratch_free(coderm_scratch *)
		C.coderm_scratch_free(scratch)
	}
	s.scratch = nil
}

// worthThread is how many logits are worth a thread: a third of a millisecond.
// Waking one costs a part of that, more while threads of llama.cpp still spin
// on the other cores.
const worthThread = 1 << 20

// Sample draws picks[i] from rows[i]. The picks do not depend on the number of
// threads.
func (s *Sampler) Sample(rows []Row, picks []Pick) error {
	if len(picks) != len(rows) {
		return fmt.Errorf("sampler: %d rows but %d picks", len(rows), len(picks))
	}
	if len(rows) == 0 {
		return nil
	}
	if err := s.load(rows); err != nil {
		return err
	}
	threads := max(1, min(len(s.scratch), len(rows), len(rows)*s.vocab/worthThread))
	var wg sync.WaitGroup
	for t := 1; t < threads; t++ {
		wg.Go(func() { s.draw(t, t*len(rows)/threads, (t+1)*len(rows)/threads) })
	}
	s.draw(0, 0, len(rows)/threads)
	wg.Wait()
	clear(s.rows) // keep no pointer that may be unpinned by the next call
	for i, p := range s.picks {
		picks[i] = Pick{int32(p.token), float32(p.logprob)}
	}
	return nil
}

// load translates rows for C, with the recent tokens of all rows in one slice.
func (s *Sampler) load(rows []Row) error {
	recent := 0
	for i := range rows {
		if recent += len(rows[i].Recent); recent > math.MaxInt32 {
			return errors.New("sampler: more than 2^31 recent tokens in one call")
		}
	}
	s.rows, s.recent = s.rows[:0], s.recent[:0]
	for i := range rows {
		r := &rows[i]
		s.rows = append(s.rows, C.coderm_row{
			logits:      (*C.float)(r.Logits),
			seed:        C.uint64_t(r.Seed),
			position:    C.uint64_t(r.Position),
			temperature: C.float(r.Temperature),
			top_p:       C.float(r.TopP),
			min_p:       C.float(r.MinP),
			repeat:      C.float(r.Repeat),
			top_k:       C.int32_t(r.TopK),
			recent_at:   C.int32_t(len(s.recent)),
			recent_n:    C.int32_t(len(r.Recent)),
		})
		for _, id := range r.Recent {
			s.recent = append(s.recent, C.int32_t(id))
		}
	}
	s.picks = append(s.picks[:0], make([]C.coderm_pick, len(rows))...)
	return nil
}

// draw serves rows [from, to) with the t-th thread's scratch.
func (s *Sampler) draw(t, from, to int) {
	// void coderm_sample(coderm_scratch *, const coderm_row *rows, size_t n, const int32_t *recent, coderm_pick *picks)
	C.coderm_sample(s.scratch[t], &s.rows[from], C.size_t(to-from),
		unsafe.SliceData(s.recent), &s.picks[from])
}
