package rerank

import "slices"

// A pair that is out of a first, small limit is Slow, and runs with all that it may
// have only where that could change the choice. What could is asked of the selector,
// and answered on the safe side.

// PublicInPlay tells, by row, whose Slow public tests could change the choice: those of
// rows that may yet pass as many as the best does, where the selector goes by public
// tests at all.
func (s Selector) PublicInPlay(e Evidence) []bool {
	in := make([]bool, e.rows)
	if !s.Public && s.Rule != Public || e.PublicTests() == 0 {
		return in
	}
	rows := e.candidates()
	most := e.mostPublic(rows)
	for _, i := range rows {
		passed, unrun := countPublic(e.Public[i])
		slow := 0
		for _, o := range e.Public[i] {
			if o == Slow {
				slow++
			}
		}
		in[i] = slow > 0 && passed+unrun+slow >= most
	}
	return in
}

// Choosable tells, by row, who may be chosen by the generated tests, when what
// PublicInPlay names is known: nobody where these decide nothing. A row that the public
// tests leave out has no weight, and what it passes is nothing to any rule.
func (s Selector) Choosable(e Evidence) []bool {
	in := make([]bool, e.rows)
	if s.Rule == Public {
		return in
	}
	if s.Public {
		e = e.narrow()
	}
	if rows := e.candidates(); len(rows) > 1 {
		for _, i := range rows {
			in[i] = true
		}
	}
	return in
}

// InPlay tells, by row, whose Slow generated tests are to run on next, so that in the
// end the choice is the one that all outcomes would lead to; when it names nobody, it is.
// What PublicInPlay names has to be known, and the calls have to be observed.
//
// First come those who may still be chosen. When all of these are known and it is not
// certain which of them are, it is for what others pass: by most rules that counts for
// whoever passes the same test.
func (s Selector) InPlay(e Evidence) []bool {
	in := s.Choosable(e)
	if !slices.Contains(in, true) {
		return in
	}
	if s.Public {
		e = e.narrow()
	}
	rule := s.rule()
	e = e.by(s.By(rule.own).Granularity)
	rows, slow := e.candidates(), e.slowRows()
	may, certain := rows, false
	if rule.race != nil {
		may, certain = e.contenders(rows, rule.score, rule.race)
	}
	clear(in)
	for _, among := range [][]int{may, rows} {
		for _, i := range among {
			in[i] = slow[i] && !certain
		}
		if slices.Contains(in, true) {
			break
		}
	}
	return in
}

// contenders are the rows that may be chosen yet; certain says that they all are.
func (e Evidence) contenders(rows []int, score scorer, race racer) (may []int, certain bool) {
	best := rank(e, score)[0].Solution // as far as is known
	behind, beside := race(e, rows)(slices.Index(rows, best))
	certain = true
	for n, i := range rows {
		if !behind(n) {
			may = append(may, i)
			certain = certain && (i == best || beside(n))
		}
	}
	return may, certain
}
