package sandbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"coderm/sandbox/internal/wasmtime"
)

// Program is a Python program made ready to run as __main__, as often as wanted:
// its text is compiled once.
type Program struct {
	source   string
	edition  *edition // of the guest, that it runs in
	compiled compiled
}

// Size is about what the program takes in memory, in bytes.
func (p *Program) Size() int { return len(p.source) + len(p.compiled.blob) }

// Compile makes a program ready. A text that is no Python is one too: its
// executions say so. An error is the end of ctx, or our own fault.
func (s *Sandbox) Compile(ctx context.Context, source string, lim Limits) (*Program, error) {
	e, err := s.edition(ctx, source)
	if err != nil {
		return nil, err
	}
	p := &Program{source: source, edition: e}
	err = s.one(ctx, lim, func(w *worker, lim Limits) Verdict {
		p.compiled = w.source(ctx, source, programSource, lim)
		if p.compiled.fail != nil {
			return *p.compiled.fail
		}
		return Verdict{}
	})
	return p, err
}

// Input is what a program finds.
type Input struct {
	Stdin string
	Files map[string][]byte // by path; relative to where it runs, below the root
}

// Check refuses files that cannot be where they should.
func (in Input) Check() error {
	var places []string
	for name := range in.Files {
		place, err := filePlace(name)
		if err != nil {
			return err
		}
		places = append(places, place)
	}
	slices.Sort(places)
	for i, place := range places {
		if i > 0 && place == places[i-1] {
			return fmt.Errorf("the file %.100q is there twice", place)
		}
		for k := range place {
			if _, taken := slices.BinarySearch(places, place[:k]); place[k] == '/' && taken {
				return fmt.Errorf("the file %.100q is a folder, too: of %.100q", place[:k], place)
			}
		}
	}
	return nil
}

// filePlace is a file's path without the leading slash.
func filePlace(name string) (string, error) {
	clean := strings.TrimPrefix(path.Clean("/"+name), "/")
	first, _, _ := strings.Cut(clean, "/")
	switch {
	case clean == "" || strings.HasSuffix(name, "/") || strings.ContainsRune(name, 0) || len(name) > 1000:
		return "", fmt.Errorf("the file name %.100q is none", name)
	case slices.Contains(strings.Split(name, "/"), ".."):
		return "", fmt.Errorf("the file name %.100q leads out of the program's folder", name)
	case first == "lib" || first == "dev" || first == "solution.py" || clean == "tmp" || clean == "usr":
		return "", fmt.Errorf("the place of the file %.100q is taken", name)
	}
	return clean, nil
}

// Execution is what a program did.
type Execution struct {
	// Verdict is a pass for an exit status of 0.
	Verdict Verdict
	// Exit is the program's exit status; -1 if it did not come to one.
	Exit           int
	Stdout, Stderr []byte
	Cut            bool // something printed is missing in them
}

// Execute runs a program by itself and returns what it printed, the first keep
// bytes to each stream. lim.Output ends a program that prints more than that to
// stdout. An error is one of the input or of lim, the end of ctx, or our own fault.
func (s *Sandbox) Execute(ctx context.Context, p *Program, in Input, lim Limits, keep int) (Execution, error) {
	var out Execution
	if err := in.Check(); err != nil {
		return out, err
	}
	err := s.one(ctx, lim, func(w *worker, lim Limits) Verdict {
		if f := p.compiled.fail; f != nil {
			out = Execution{Verdict: broken(*f), Exit: 1, Stderr: []byte(f.Detail + "\n")}
			return out.Verdict
		}
		lim = p.edition.limits(lim)
		w, err := w.in(p.edition, lim)
		if err != nil {
			return ownFault(err)
		}
		fault := w.retried(ctx, func() (err error) {
			out = Execution{Exit: -1}
			out.Verdict, err = w.program(p, in, lim, &shown{out: &out, keep: keep})
			return err
		})
		if fault != nil {
			out.Verdict = *fault
		}
		return out.Verdict
	})
	return out, err
}

// one has a single task done by a worker; an Infra verdict is an error.
func (s *Sandbox) one(ctx context.Context, lim Limits, f func(*worker, Limits) Verdict) error {
	if err := lim.Check(); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	lim = lim.withDefaults()
	defer s.ticks.use()()
	done := make(chan Verdict, 1)
	if !s.do(ctx, func(w *worker) { done <- f(w, lim) }) {
		return context.Cause(ctx)
	}
	v := <-done
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case v.Kind == Infra && v.Detail != "":
		return errors.New("sandbox: " + v.Detail)
	}
	return nil
}

// shown takes what a program shows.
type shown struct {
	out  *Execution
	keep int
}

// What is shown, as guest.h numbers it.
const (
	shownExit = iota
	shownOut
	shownErr
)

func (s *shown) take(what uint32, data []byte) {
	to := &s.out.Stdout
	if what == shownErr {
		to = &s.out.Stderr
	}
	room := max(0, s.keep-len(*to))
	if len(data) > room {
		s.out.Cut = true
		data = data[:room]
	}
	*to = append(*to, data...)
}

// program runs one as __main__, by itself, and shows what it does.
func (w *worker) program(p *Program, in Input, lim Limits, to *shown) (v Verdict, err error) {
	err = w.onAlone(lim, func(w *worker) error {
		b := budget(lim)
		err := w.inside(func() error { return w.guest.program(p, in, lim, &b, to) })
		v, err = w.outcome(err, lim)
		v.Fuel = lim.Fuel - b.Fuel
		return err
	})
	return v, err
}

// program is that in the instance that does it.
func (g *guest) program(p *Program, in Input, lim Limits, b *wasmtime.Budget, to *shown) error {
	g.shown = to
	defer func() { g.shown = nil }()
	nonce := g.newNonce()
	if err := g.setOutput(lim.Output, b); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(in.Files)) {
		if err := g.addFile(name, in.Files[name], b); err != nil {
			return err
		}
	}
	args := []uint64{nonce}
	for _, data := range [][]byte{p.compiled.blob, []byte(p.source), []byte(in.Stdin)} {
		at, err := g.put(data, b)
		if err != nil {
			return err
		}
		args = append(args, at, uint64(len(data)))
	}
	_, fuel, err := g.Call(g.run, *b, args...)
	b.Fuel -= min(fuel, b.Fuel)
	return err
}

func (g *guest) addFile(name string, content []byte, b *wasmtime.Budget) error {
	place, err := filePlace(name)
	if err != nil {
		return err
	}
	at, err := g.put([]byte(place), b)
	if err != nil {
		return err
	}
	data, err := g.put(content, b)
	if err != nil {
		return err
	}
	return g.step(g.file, b, at, uint64(len(place)), data, uint64(len(content)))
}

// takeShown has what the program shows taken: show(what, ptr, len).
func (g *guest) takeShown(args []wasmtime.Raw) error {
	if g.shown == nil {
		return nil
	}
	what, at, n := args[0].I32(), uint64(args[1].I32()), uint64(args[2].I32())
	if what == shownExit {
		g.shown.out.Exit = int(int32(n))
		return nil
	}
	mem := g.mem.Bytes()
	if at+n > uint64(len(mem)) {
		return errors.New("shown text outside the memory")
	}
	g.shown.take(what, mem[at:at+n])
	return nil
}
