package model

import (
	"slices"
	"strings"
)

// statement is one at top level: its lines in a listing, [start, end), and the name
// it defines, "" where it is no def or class.
type statement struct {
	pyBlock
	start, end int
	name       string
}

func statementsOf(l listing) []statement {
	offsets := l.offsets()
	var out []statement
	for _, b := range topBlocks(l.String()) {
		out = append(out, statement{b, lineAt(offsets, b.start), lineAt(offsets, b.end-1) + 1, definedName(b.head)})
	}
	return out
}

// dropDrafts takes out of each block with tests what a later one defines again, and
// whole programs whose test methods the last whole program has all. Two classes of
// one name are one for Python, too.
func (r *reader) dropDrafts(blocks []codeBlock) {
	lastOf := map[string]int{} // name to the last block with tests that defines it
	final, methods := -1, map[string]bool{}
	for i, b := range blocks {
		if !hasTests(b.String()) {
			continue
		}
		for _, s := range statementsOf(b.listing) {
			lastOf[s.name] = i
		}
		if isWhole(b.listing) {
			final, methods = i, testMethods(b.listing)
		}
	}
	for i, b := range blocks {
		if !hasTests(b.String()) {
			continue
		}
		draft := i < final && isWhole(b.listing) && within(testMethods(b.listing), methods)
		drop := func(s statement) string {
			if lastOf[s.name] > i || draft && testClass.MatchString(s.head) {
				return s.name
			}
			return ""
		}
		blocks[i].listing = r.without(b.listing, drop, cutDraft)
	}
}

// calledByRunner are the names that unittest and pytest look for.
var calledByRunner = []string{
	"setUpModule", "tearDownModule", "load_tests",
	"setup_module", "teardown_module", "setup_function", "teardown_function", "pytestmark",
}

// isWhole tells whether a block is a program of its own.
func isWhole(l listing) bool {
	n := namesOf(l.String())
	return n.binds["unittest"] || n.binds["TestCase"] || n.binds["pytest"]
}

func testMethods(l listing) map[string]bool {
	out := map[string]bool{}
	for _, x := range scanPython(l.String()) {
		if name := definedName(x.text); strings.HasPrefix(name, "test") {
			out[name] = true
		}
	}
	return out
}

func within(a, b map[string]bool) bool {
	for name := range a {
		if !b[name] {
			return false
		}
	}
	return true
}

// join puts the program together: blocks with tests, and of the others the
// statements that bind a name the program uses and does not bind itself. What the
// solution defines is not looked for.
func (r *reader) join(blocks []codeBlock) listing {
	needed := map[string]bool{}
	for _, name := range calledByRunner {
		needed[name] = true
	}
	bound, asked := map[string]bool{}, map[string]bool{}
	for _, b := range blocks {
		if hasTests(b.String()) {
			n := namesOf(b.String())
			add(needed, n.uses)
			add(bound, n.binds)
			add(asked, parametersOf(b.String()))
			for _, st := range statementsOf(b.listing) {
				delete(asked, st.name)
			}
		}
	}
	s := supply{taken: map[statementID]bool{}, asked: asked}
	for i, b := range blocks {
		if !hasTests(b.String()) {
			s.offer(i, b.listing, bound, r.solution)
		}
	}
	for _, o := range s.offers {
		if o.fixture && (o.auto || meets(o.binds, s.asked)) {
			add(needed, o.binds)
		}
	}
	s.choose(needed)
	var out listing
	for i, b := range blocks {
		part := b.listing
		if !hasTests(b.String()) {
			part = s.part(i, b.listing)
			why := cutUnused
			if len(part) == 0 {
				why = cutNoTests
			}
			r.cut(b.listing, why)
		}
		if len(part) > 0 && len(out) > 0 {
			out = append(out, line{})
		}
		out = append(out, part...)
	}
	return out
}

func add(to, from map[string]bool) {
	for k := range from {
		to[k] = true
	}
}

type statementID struct{ block, start int }

// offered is a statement of a block without tests.
type offered struct {
	id          statementID
	binds, uses map[string]bool // binds: what nobody else does
	follows     bool            // works on what others bind: "cases.append(…)"
	fixture     bool            // of pytest: the name of a parameter uses it
	auto        bool            // and every test does
}

// supply chooses among the statements of blocks without tests.
type supply struct {
	offers []offered
	taken  map[statementID]bool
	asked  map[string]bool // parameters: what fixtures are asked for by
}

// offer takes a block's statements up. Those that concern the solution are left
// out: they define it again, or run it when the test is loaded.
func (s *supply) offer(block int, l listing, bound, solution map[string]bool) {
	for _, st := range statementsOf(l) {
		n := namesOf(l[st.start:st.end].String())
		o := offered{id: statementID{block, st.start}, binds: map[string]bool{}, uses: n.uses}
		if text := l[st.start:st.end].String(); fixtureDef.MatchString(text) {
			o.fixture, o.auto = true, autouse.MatchString(text)
			params := parametersOf(text)
			add(o.uses, params)
			add(s.asked, params)
		}
		isImport := importLine.MatchString(st.head)
		switch {
		case st.name != "":
			if (!bound[st.name] || o.fixture && s.asked[st.name]) && !solution[st.name] {
				o.binds[st.name] = true
			}
		default:
			for name := range n.binds {
				if !bound[name] && !solution[name] {
					o.binds[name] = true
				}
			}
			o.follows = !isImport
			if !isImport && meets(n.uses, solution) {
				continue
			}
		}
		if m := starImport.FindStringSubmatch(st.head); m != nil && starModules[m[1]] {
			s.taken[o.id] = true
		}
		s.offers = append(s.offers, o)
	}
}

// choose takes what binds the names that are needed, and what that needs in turn.
// Of several definitions of a name the last one counts; of statements that work on
// a variable all do.
func (s *supply) choose(needed map[string]bool) {
	binding, following := map[string][]int{}, map[string][]int{} // offers by name, the last first
	for i, o := range slices.Backward(s.offers) {
		for name := range o.binds {
			binding[name] = append(binding[name], i)
		}
		for name := range o.uses {
			if o.follows {
				following[name] = append(following[name], i)
			}
		}
	}
	var queue []string
	known := map[string]bool{}
	need := func(names map[string]bool) {
		for name := range names {
			if !known[name] {
				known[name] = true
				queue = append(queue, name)
			}
		}
	}
	need(needed)
	take := func(o offered) {
		if s.taken[o.id] {
			return
		}
		s.taken[o.id] = true
		need(o.uses)
		if o.follows {
			need(o.binds)
		}
	}
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		for k, i := range binding[name] {
			if o := s.offers[i]; k == 0 || o.follows {
				take(o)
			}
		}
		if k := binding[name]; len(k) > 0 && s.offers[k[0]].follows {
			for _, i := range following[name] {
				take(s.offers[i])
			}
		}
	}
}

// part is what was taken of a block, comments before it included.
func (s *supply) part(block int, l listing) listing {
	var out listing
	from := 0
	for _, st := range statementsOf(l) {
		if s.taken[statementID{block, st.start}] {
			out = append(out, l[from:st.end]...)
		}
		from = st.end
	}
	return out.trim()
}

func meets(a, b map[string]bool) bool { return common(a, b) != "" }

// common is the first name that both have, "" for none.
func common(a, b map[string]bool) string {
	least := ""
	for k := range a {
		if b[k] && (least == "" || k < least) {
			least = k
		}
	}
	return least
}
