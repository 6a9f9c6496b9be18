package sched

// guesses foretells how the samples of one job go on, out of what its prompt
// and its samples have said so far: unit tests of one problem repeat each other.
//
// For every run of tokens of a few lengths it remembers what followed most
// often; the longest run that ends a sample and is known makes the guess. How
// good guesses are is counted as the job goes on, by the length of the run and
// by how often it went on the same way before.
type guesses struct {
	next        map[uint64]successor
	tries, hits [grades]float64
}

// successor is what followed a run of tokens. A majority vote (Boyer and Moore
// 1981) keeps it in a few bytes: seen counts all that followed, lead by how much
// token is ahead of the rest.
type successor struct {
	token      int32
	seen, lead uint16
}

var runs = [...]int{6, 3, 1} // lengths of the runs that are remembered

const (
	trusts = 6 // steps between "hardly ever" and "always the same"
	grades = len(runs) * trusts

	// mostRuns bounds a job's memory to some 16 MB.
	mostRuns = 1 << 19
)

func newGuesses(prompt []int32) *guesses {
	g := &guesses{next: map[uint64]successor{}}
	for grade := range grades {
		// Until it is known better, a guess is worth what the run's past says.
		g.tries[grade], g.hits[grade] = 2, 2*(float64(grade%trusts)+0.5)/trusts
	}
	for n := 1; n < len(prompt); n++ {
		g.learn(prompt[:n], prompt[n])
	}
	return g
}

// learn remembers that token came after path.
func (g *guesses) learn(path []int32, token int32) {
	for _, n := range runs {
		if n > len(path) {
			continue
		}
		h := hashRun(path[len(path)-n:])
		s, known := g.next[h]
		if !known && len(g.next) >= mostRuns {
			continue
		}
		s.see(token)
		g.next[h] = s
	}
}

func (s *successor) see(token int32) {
	if s.seen == 1<<16-1 {
		s.seen, s.lead = s.seen/2, s.lead/2
	}
	s.seen++
	switch {
	case s.token == token:
		s.lead++
	case s.lead == 0:
		s.token, s.lead = token, 1
	default:
		s.lead--
	}
}

// trust grades a successor by its token's share of all that followed; a run
// seen once is trusted by half.
func (s successor) trust() int {
	share := float64(s.seen+s.lead) / 2 / float64(s.seen+1)
	return min(int(share*trusts), trusts-1)
}

// guess is a token that may come next.
type guess struct {
	token int32
	grade int // index into tries and hits
}

// after guesses what comes after path.
func (g *guesses) after(path []int32) (guess, bool) {
	for i, n := range runs {
		if n > len(path) {
			continue
		}
		if s := g.next[hashRun(path[len(path)-n:])]; s.lead > 0 {
			return guess{s.token, i*trusts + s.trust()}, true
		}
	}
	return guess{}, false
}

// chance is how often guesses of a grade were right.
func (g *guesses) chance(grade int) float64 { return g.hits[grade] / g.tries[grade] }

// judge counts a guess.
func (g *guesses) judge(grade int, right bool) {
	g.tries[grade]++
	if right {
		g.hits[grade]++
	}
}

// hashRun is FNV-1a over tokens. Runs that collide make bad guesses, no more.
func hashRun(run []int32) uint64 {
	h := uint64(14695981039346656037) + uint64(len(run))
	for _, t := range run {
		h = (h ^ uint64(uint32(t))) * 1099511628211
	}
	return h
}
