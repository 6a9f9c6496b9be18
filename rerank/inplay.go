package rerank

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

// InPlay tells, by row, whose Slow generated tests could change the choice, when what
// PublicInPlay names is known. A row that the public tests leave out has no weight, and
// what it passes is nothing to any rule. Of the others all are in play: each pass could
// be worth something to whoever passes the same test.
func (s Selector) InPlay(e Evidence) []bool {
	in := make([]bool, e.rows)
	if s.Rule == Public {
		return in
	}
	if s.Public {
		e = e.narrow()
	}
	rows := e.candidates()
	if len(rows) < 2 {
		return in // there is nothing to choose
	}
	for _, i := range rows {
		in[i] = true
	}
	return in
}
