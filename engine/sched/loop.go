package sched

import (
	"errors"
	"log/slog"
	"slices"

	"coderm/engine"
	"coderm/kernels"
)

var errCancelled = errors.New("cancelled")

// loop is the state of the scheduler's goroutine.
type loop struct {
	model   Model
	log     *slog.Logger
	decoder Decoder // nil until the first request
	shape   Shape
	slots   []slot
	calls   []*call // with requests yet to be taken in
	queue   []*job  // with samples yet to start, as they came; turn says whose is next
	// prefills counts the prompts that were begun.
	prefills int

	rows   []Row   // reused between steps
	offers []offer // likewise
	draws  []Draw  // likewise
	drawn  []int   // the slots of the draws, each of which has 1 + drafted
}

// run works until the scheduler is closed.
func (l *loop) run(s *Scheduler) {
	defer l.close()
	for {
		calls, closed := s.take()
		l.calls = append(l.calls, calls...)
		if closed {
			l.failAll(ErrClosed)
			return
		}
		l.dropCancelled()
		l.takeIn()
		if !l.busy() {
			<-s.wake
			continue
		}
		if err := l.step(); err != nil {
			l.failAll(err)
			l.close()
		}
	}
}

// takeIn pulls a call's requests while fewer of its samples wait than could be of
// use: as many as fit the largest context, and again as many, from which a small
// one is worth replacing (crowded). So what a call alone computes depends on what has
// been computed, and on nothing else; and however much one wants, others get in.
func (l *loop) takeIn() {
	for _, c := range slices.Clone(l.calls) {
		waiting := 0
		for _, j := range l.queue {
			if j.call == c {
				waiting += j.toStart()
			}
		}
		for waiting < 2*l.model.MaxSamples() {
			j := c.more()
			if j == nil {
				l.takenIn(c)
				break
			}
			l.queue = append(l.queue, j)
			waiting += j.toStart()
		}
	}
}

// takenIn notes that a call has no more requests.
func (l *loop) takenIn(c *call) {
	l.dropCancelled() // c too, if its next request made no sense
	if i := slices.Index(l.calls, c); i >= 0 {
		l.calls = slices.Delete(l.calls, i, i+1)
		c.end(nil)
	}
}

func (l *loop) busy() bool { return len(l.calls) > 0 || len(l.queue) > 0 || l.live() > 0 }

// step starts what can start, computes one batch and draws from it.
func (l *loop) step() error {
	if err := l.reshape(); err != nil {
		return err
	}
	// A sample that ends with its first token leaves room for another.
	for l.admit() {
		if err := l.drawFirst(); err != nil {
			return err
		}
	}
	l.compact()
	hidden := l.fill()
	l.layDraws()
	if len(l.rows) > 0 { // a slot may have held all that is needed of a prompt
		if err := l.decoder.Decode(l.rows, l.draws, hidden); err != nil {
			return err
		}
		l.unpad()
	}
	if err := l.prefilled(); err != nil {
		return err
	}
	return l.draw()
}

// fill lays out the next batch: a row for every sample, and either a piece of
// the prompt being computed in what room is left, or drafts. It reports whether
// hidden states are wanted.
func (l *loop) fill() (hidden bool) {
	l.rows = l.rows[:0]
	prompt, samples := -1, 0
	for i := range l.slots {
		s := &l.slots[i]
		s.guesses, s.drafted = s.guesses[:0], 0
		switch {
		case s.job == nil:
		case s.sample == nil:
			prompt = i
		default:
			samples++
		}
	}
	// In a fixed shape a prompt is computed by itself, so that its numbers do
	// not depend on the rest of the batch, and in a steady one so that the rest does
	// not change its size.
	if (l.shape.Fixed || l.shape.Steady) && prompt >= 0 {
		return l.fillPrompt(prompt, l.shape.Batch)
	}
	width := l.width()
	if prompt < 0 {
		l.draft(samples)
	}
	for i := range l.slots {
		s := &l.slots[i]
		switch {
		case i == prompt:
			hidden = l.fillPrompt(i, max(MinChunk, l.shape.Batch-samples))
		case s.sample != nil:
			s.row = len(l.rows)
			token := s.sample.path[len(s.sample.path)-1]
			for k := range 1 + s.drafted {
				if k > 0 {
					token = s.guesses[k-1].token
				}
				l.rows = append(l.rows, Row{Token: token, Pos: int32(s.used), Seq: int32(i), Output: true})
				s.used++
			}
		case l.shape.Fixed && samples > 0:
			l.decoder.Trim(i, 0)
			s.used, s.prompt = 0, nil
			l.rows = append(l.rows, Row{Seq: int32(i), Output: true})
		case i < width:
			l.rows = append(l.rows, Row{Pos: int32(s.used), Seq: int32(i), Output: true})
		}
	}
	return hidden
}

// MinChunk is the least of a prompt that is computed in a step, however full
// the batch is.
const MinChunk = 32

// fillPrompt adds up to n more tokens of slot i's prompt. Where its hidden state
// is wanted, the last token goes into a batch without others of the prompt:
// llama.cpp gives hidden states of all rows or none. In a fixed shape it always does:
// a run that goes on has the hidden state already, and one row's numbers are not those
// of a row among others.
func (l *loop) fillPrompt(i, n int) (hidden bool) {
	s := &l.slots[i]
	end := min(l.needed(s.job), s.used+n)
	if last := len(s.prompt) - 1; (s.job.req.Hidden != nil || l.shape.Fixed) && s.used < last {
		end = min(end, last)
	}
	for ; s.used < end; s.used++ {
		last := s.used == len(s.prompt)-1
		if last {
			s.row = len(l.rows)
			hidden = s.job.req.Hidden != nil
		}
		l.rows = append(l.rows, Row{Token: s.prompt[s.used], Pos: int32(s.used), Seq: int32(i), Output: last})
	}
	return hidden
}

// prefilled notices a prompt that the last batch completed.
func (l *loop) prefilled() error {
	for i := range l.slots {
		s := &l.slots[i]
		if s.job == nil || s.sample != nil || s.used < l.needed(s.job) {
			continue
		}
		j := s.job
		j.state = ready
		s.job = nil // free, with the prompt in it: the first sample takes it
		if j.req.Hidden != nil {
			h, err := l.decoder.Hidden(s.row)
			if err != nil {
				return err
			}
			j.call.deliver(event{job: j, hidden: h})
		}
		if j.req.N == 0 { // Embed
			l.unqueue(j)
			l.finish(j, nil)
			continue
		}
		// Prompts are computed again when their last copy got lost; the logits
		// are the same then.
		if j.held == nil && !l.shape.Steady {
			held, err := l.decoder.Hold(s.row)
			if err != nil {
				return err
			}
			j.hold(held)
		}
	}
	return nil
}

// drawFirst draws the first token of samples that have just started.
func (l *loop) drawFirst() error {
	l.resetDraws()
	for i := range l.slots {
		if s := &l.slots[i]; s.sample != nil && len(s.sample.tokens()) == 0 && !l.shape.Steady {
			l.addDraws(i, -1, s.job.held)
		}
	}
	return l.draw()
}

// layDraws asks for a token for every sample in the batch.
func (l *loop) layDraws() {
	l.resetDraws()
	for i := range l.slots {
		if s := &l.slots[i]; s.sample != nil && s.row >= 0 {
			l.addDraws(i, s.row, nil)
			s.row = -1
		}
	}
}

func (l *loop) resetDraws() { l.draws, l.drawn = l.draws[:0], l.drawn[:0] }

// addDraws asks for the next token of slot i's sample, and for those after its
// drafts.
func (l *loop) addDraws(i, row int, held *Held) {
	s := &l.slots[i]
	path := s.sample.path
	for k := range 1 + s.drafted {
		if k > 0 {
			path = append(path, s.guesses[k-1].token)
		}
		so := path[s.sample.lead:]
		d := Draw{
			Row: row + k, Held: held, Settings: s.job.settings,
			Seed: s.sample.seed, Position: uint64(len(so)), Try: s.sample.tries, Alternatives: s.job.req.Alternatives,
		}
		if r := d.Settings.Repeat; r != 0 && r != 1 {
			d.Recent = so
		}
		l.draws = append(l.draws, d)
	}
	l.drawn = append(l.drawn, i)
}

// draw samples and moves every sample on; those that end are handed over.
func (l *loop) draw() error {
	if len(l.draws) == 0 {
		return nil
	}
	if err := l.decoder.Sample(l.draws); err != nil {
		return err
	}
	draws := l.draws
	for _, i := range l.drawn {
		n := 1 + l.slots[i].drafted
		l.accept(i, draws[:n])
		draws = draws[n:]
	}
	return nil
}

// accept adds to the sample in slot i what was drawn for it, up to the first token
// that differs from its draft, and forgets the rows after that.
func (l *loop) accept(i int, draws []Draw) {
	s := &l.slots[i]
	for k := range draws {
		d := &draws[k]
		if d.Token == kernels.NoToken {
			l.again(i)
			return
		}
		right := k < len(s.guesses) && s.guesses[k].token == d.Token
		if k < len(s.guesses) {
			s.job.guesses.judge(s.guesses[k].grade, right)
		}
		if why := l.advance(s.job, s.sample, d); why != "" {
			l.end(i, why)
			return
		}
		if !right && k < len(draws)-1 {
			s.used -= len(draws) - 1 - k
			l.decoder.Trim(i, s.used)
			return
		}
	}
}

// advance adds a drawn token; it returns why the sample is over, or "".
func (l *loop) advance(j *job, s *sample, d *Draw) engine.Finish {
	if j.guesses != nil {
		j.guesses.learn(s.path, d.Token)
	}
	s.path, s.tries = append(s.path, d.Token), 0
	s.logProb += float64(d.LogProb)
	if !j.req.IgnoreEnd && l.model.EndOfTurn(d.Token) {
		return engine.FinishEOT
	}
	piece := l.model.Piece(d.Token)
	if j.req.Drawn != nil {
		t := engine.Token{ID: d.Token, Text: piece, LogProb: float64(d.LogProb)}
		for _, o := range d.Others {
			t.Alternatives = append(t.Alternatives, engine.Alternative{ID: o.Token, Text: l.model.Piece(o.Token), LogProb: float64(o.LogProb)})
		}
		j.req.Drawn(s.index, t)
	}
	if s.addPiece(piece, j.req.Stop) {
		return engine.FinishStop
	}
	switch n := len(s.tokens()); n {
	case j.req.MaxTokens:
		return engine.FinishLength
	case s.limit:
		return engine.FinishOverflow
	}
	return ""
}

// end hands a finished sample over and frees its slot, which keeps the prompt.
func (l *loop) end(i int, why engine.Finish) {
	s := &l.slots[i]
	j, done := s.job, s.sample
	l.release(i)
	j.call.deliver(event{job: j, sample: engine.Sample{
		Index: done.index, Seed: done.seed, Text: done.string(), Tokens: len(done.tokens()),
		Finish: why, LogProb: done.logProb, Shape: l.shape.String(),
	}})
	if j.live == 0 && j.next == j.req.N {
		l.finish(j, nil)
	}
}

// finish is the last that a job hears.
func (l *loop) finish(j *job, err error) {
	j.letGo()
	j.call.end(err)
}

func (l *loop) unqueue(j *job) {
	for i, q := range l.queue {
		if q == j {
			l.queue = append(l.queue[:i], l.queue[i+1:]...)
			return
		}
	}
}

// dropCancelled frees the slots of calls that nobody wants any more.
func (l *loop) dropCancelled() {
	l.drop(func(c *call) bool { return c.cancelled.Load() }, errCancelled)
}

func (l *loop) failAll(err error) {
	l.drop(func(*call) bool { return true }, err)
}

func (l *loop) drop(which func(*call) bool, err error) {
	asked := map[*call]bool{} // once each: the answer may change meanwhile
	gone := func(c *call) bool {
		if _, known := asked[c]; !known {
			asked[c] = which(c)
		}
		return asked[c]
	}
	dropped := map[*job]bool{}
	for i := range l.slots {
		if j := l.slots[i].job; j != nil && gone(j.call) {
			dropped[j] = true
			l.release(i)
		}
	}
	l.queue = slices.DeleteFunc(l.queue, func(j *job) bool {
		if gone(j.call) {
			dropped[j] = true
		}
		return dropped[j]
	})
	for j := range dropped {
		l.finish(j, err)
	}
	l.calls = slices.DeleteFunc(l.calls, func(c *call) bool {
		if gone(c) {
			c.end(err)
		}
		return gone(c)
	})
}

// reshape opens the first context, and a larger one when the next request of a call
// needs it and nothing is running.
func (l *loop) reshape() error {
	if l.live() > 0 {
		return nil
	}
	j := l.misfit()
	if j == nil {
		return nil
	}
	wanted, positions := 0, 0
	for _, q := range l.queue {
		wanted += q.req.N
		positions = max(positions, l.positions(q))
	}
	shape, err := l.model.Plan(Need{
		Positions: positions, Samples: max(1, wanted),
		Prompt: len(j.prompt), Gen: l.positions(j) - len(j.prompt), Each: max(1, j.req.N),
	})
	if err != nil {
		return err
	}
	l.close()
	for _, q := range l.queue {
		q.call.planned = positions
	}
	if l.decoder, err = l.model.Open(shape); err != nil {
		return err
	}
	l.shape = l.decoder.Shape()
	l.slots = make([]slot, l.shape.Seqs)
	for i := range l.slots {
		l.slots[i].row = -1
	}
	l.log.Debug("opened a context", "shape", l.shape.String(), "positions", l.shape.PerSeq)
	return nil
}

// close frees the context; jobs that had a prompt in it compute it again.
func (l *loop) close() {
	if l.decoder == nil {
		return
	}
	for _, j := range l.queue {
		j.state = waiting
		j.letGo()
	}
	l.decoder.Close()
	l.decoder, l.slots = nil, nil
}
