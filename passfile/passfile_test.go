package passfile

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"coderm/problem"
	"coderm/rerank"
)

func TestDigits(t *testing.T) {
	for digit, want := range map[byte]rerank.Outcome{
		'0': rerank.Fail, '1': rerank.Pass, '2': rerank.Error, '3': rerank.Timeout, '4': rerank.Broken, '5': rerank.Slow, '9': rerank.Unrun, '.': rerank.Unrun,
	} {
		if got, ok := ParseDigit(digit); !ok || got != want {
			t.Errorf("%c is read as %v, want %v", digit, got, want)
		}
		if got := Digit(want); digit != '.' && got != digit {
			t.Errorf("%v is written as %c, want %c", want, got, digit)
		}
	}
	if o, ok := ParseDigit('6'); ok {
		t.Errorf("6 is read as %v", o)
	}
}

// file writes a file of these lines.
func file(t testing.TB, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "m.jsonl")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// problems reads a file as an evaluation does.
func problems(path string) (out []Line, err error) {
	err = Read(path, func(l *Line) error {
		out = append(out, *l)
		if _, err := l.Evidence(); err != nil {
			return err
		}
		_, err := l.Right(LabelTruth)
		return err
	})
	return out, err
}

func TestReadNamesTheMistake(t *testing.T) {
	for name, c := range map[string]struct{ line, want string }{
		"no id":           {`{"truth": "1", "matrix": ["1"]}`, `no "task_id"`},
		"no truth":        {`{"task_id": "a", "matrix": ["1"]}`, `a: no "truth"`},
		"no matrix":       {`{"task_id": "a", "truth": ""}`, `no "matrix"`},
		"short truth":     {`{"task_id": "a", "truth": "1", "matrix": ["1", "0"]}`, `has 1 digits for the 2 rows`},
		"ragged":          {`{"task_id": "a", "truth": "11", "matrix": ["11", "0"]}`, `row 1 has 1 digits, row 0 has 2`},
		"bad digit":       {`{"task_id": "a", "truth": "1", "matrix": ["7"]}`, `row 0 has '7'`},
		"bad sample":      {`{"task_id": "a", "truth": "1", "matrix": ["1"], "sample_of": [1]}`, `sample 0 is row 1 of 1`},
		"bad test":        {`{"task_id": "a", "truth": "1", "matrix": ["1"], "generations": [[0], [1]]}`, `generation 1 names test 1 of 1`},
		"bad public":      {`{"task_id": "a", "truth": "1", "matrix": ["1"], "public": ["1", "1"]}`, `"public" has 2 rows, the matrix 1`},
		"bad digit there": {`{"task_id": "a", "truth": "1", "matrix": ["1"], "public": ["x"]}`, `public row 0 has 'x'`},
		"few outputs":     {`{"task_id": "a", "truth": "1", "matrix": ["1"], "outputs": [], "kinds": []}`, `"outputs" has 0 rows, the matrix 1`},
		"no such class":   {`{"task_id": "a", "truth": "1", "matrix": ["1"], "outputs": [[0, 1]], "kinds": ["V", "E"]}`, `"outputs": row 0, call 1: class 1 of 1`},
		"ragged outputs":  {`{"task_id": "a", "truth": "1", "matrix": ["1"], "outputs": [[0]], "kinds": ["V", "E"]}`, `"outputs": row 0 has 1 outputs for 2 calls`},
		"no such kind":    {`{"task_id": "a", "truth": "1", "matrix": ["1"], "outputs": [[0]], "kinds": ["X"]}`, `"kinds" of call 0 has 'X'`},
		"other numbers":   {`{"task_id": "a", "truth": "1", "matrix": ["1"], "outputs": [[0]], "kinds": ["V"], "observed": {"from_tests": 1, "mutated": 1}}`, `"observed" counts 1 and 1 calls, "kinds" has 1`},
		"few claims":      {`{"task_id": "a", "truth": "1", "matrix": ["1"], "outputs": [[0]], "kinds": ["V"], "claims": []}`, `"claims": 0 entries for the 1 columns`},
		"claims nothing":  {`{"task_id": "a", "truth": "1", "matrix": ["1"], "outputs": [[0]], "kinds": ["V"], "claims": [[1, 0]]}`, `"claims": column 0 makes call 1 of 1`},
		"cut off":         {`{"task_id": "a", "tr`, `ends in the middle`},
		"wrong type":      {`{"task_id": "a", "truth": "1", "matrix": "1"}`, `field "matrix" is a string`},
		"two wrong types": {`{"solutions": ["x"], "task_id": "a", "truth": "1", "matrix": "1"}`, `field "matrix" is a string`},
		"tests no list":   {`{"task_id": "a", "truth": "1", "matrix": ["1"], "tests": 3}`, `field "tests" is a number`},
		"not an object":   {`[1]`, `expected a JSON object`},
	} {
		_, err := problems(file(t, "", c.line))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "m.jsonl:2: ") {
			t.Errorf("%s: %v, want %q and the line", name, err, c.want)
		}
	}
	good := `{"task_id": "a", "truth": "1", "matrix": ["1"]}`
	if _, err := problems(file(t, good, good)); err == nil || !strings.Contains(err.Error(), `task_id "a" is there twice`) {
		t.Errorf("the same problem twice: %v", err)
	}
}

// Files that no run wrote have other things by the names that are a run's own.
func TestReadsOtherPrograms(t *testing.T) {
	got, err := problems(file(t, `{"task_id": "a", "truth": "13", "matrix": ["1.", "09"], "solutions": ["def f(): pass", ""], "selector": 3, "chosen": "x", `+
		`"tied": [], "public_tests": [{"stdin": ""}], "cut": "", "partial": "no", "missing": {}, "outputs": [[0]], "kinds": ["V"], "observed": 3, "claims": [[]], "tests": ["assert f()", {"style": "assert", "generation": "0"}], `+
		`"generations": [[0, 1], []], "dropped": ["why", 1]}`))
	if err != nil {
		t.Fatal(err)
	}
	code := "assert f()"
	want := []Line{{
		TaskID: "a", Truth: "13", Matrix: []string{"1.", "09"}, Generations: [][]int{{0, 1}, {}},
		Tests: []Test{{TestFields: problem.TestFields{Code: &code}}, {TestFields: problem.TestFields{Style: problem.Assert}}}, Dropped: make([]Dropped, 2),
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := got[0].Drawn(); n != 4 {
		t.Errorf("%d completions drawn, want 4", n)
	}
	m, err := got[0].Evidence()
	if err != nil || m.Tests() != 1 || m.TotalWeight() != 2 || m.At(0, 1) != rerank.Unrun {
		t.Errorf("%d tests of %d samples (%v)", m.Tests(), m.TotalWeight(), err)
	}
}

// Whether repeats are told by text is decided column by column; the columns of one
// test are alike.
func TestTexts(t *testing.T) {
	for line, want := range map[string][]bool{
		`{"tests": ["assert f(1)", "def f(): pass"]}`:                                                         {true, true},
		`{"tests": [{"style": "assert"}, {"style": "assert"}]}`:                                               {true, true},
		`{"tests": [{"style": "unittest", "method": "T.a"}, {"method": "T.b"}]}`:                              {false, false},
		`{"tests": [{"style": "unittest", "method": "T.a"}, {"method": "T.b"}, {"style": "assert"}, {}]}`:     {false, false, true, true},
		`{"tests": [{}, {"stdin": "", "expected": "1"}, {"style": "assert"}, {"call": "f()"}, {"stdin": 3}]}`: {true, false, true, false, false},
		`{"tests": [{"style": "stdio", "test": "old"}]}`:                                                      {false, false},
		`{}`: {true, true},
	} {
		var l Line
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		if got := l.texts(len(want)); !slices.Equal(got, want) {
			t.Errorf("%s: %v", line, got)
		}
	}
}

func TestWriteLabelledKeepsTheRest(t *testing.T) {
	path := file(t, `{"matrix":["1","0"],"mine":{"b":1},"task_id":"a","truth":"00"}`, `{"task_id":"gone"}`)
	var out bytes.Buffer
	if err := WriteLabelled(&out, path, map[string][]bool{"a": {true, false}}); err != nil {
		t.Fatal(err)
	}
	if want := `{"matrix":["1","0"],"mine":{"b":1},"task_id":"a","truth":"10"}` + "\n"; out.String() != want {
		t.Errorf("got %s", out.String())
	}
}

// The lines that runs have always written.
func TestWrite(t *testing.T) {
	chosen := 0
	for want, l := range map[string]Line{
		`{"task_id":"a","sample_of":null,"tests":null,"generations":null,"matrix":null}`: {TaskID: "a"},
		`{"task_id":"a","selector":"auto","chosen":0,"tied":2,"solutions":[{"solution":0,"score":1.5,"rank":0,"passed":1}],"sample_of":[0],` +
			`"tests":[{"generation":0,"style":"assert","test":"assert 1 < 2"},{"generation":1,"stdin":"<","expected":">"}],"generations":[[0]],"matrix":["1"],"public_tests":["p",{"stdin":"1","expected":"2"}],"public":["9"],` +
			`"truth":"1","dropped":[{"generation":1,"reason":"r","completion":"c"}],"cut":[{"generation":0,"first":1,"last":2,"why":"w","text":"t"}],` +
			`"partial":true,"missing":"m"}`: {
			TaskID: "a", Selector: "auto", Chosen: &chosen, Tied: 2, Scores: []Score{{0, 1.5, 0, 1}}, SampleOf: []int{0},
			Tests: []Test{{TestFields: problem.Test{Kind: problem.Assert, Code: "assert 1 < 2"}.Fields()}, {Generation: 1, TestFields: problem.StdioTest("<", ">").Fields()}}, Generations: [][]int{{0}}, Matrix: []string{"1"},
			PublicTests: []problem.Test{problem.PythonTest("p"), problem.StdioTest("1", "2")}, Public: []string{"9"}, Truth: "1", Dropped: []Dropped{{1, "r", "c"}},
			Cut: []Cut{{0, problem.Cut{First: 1, Last: 2, Why: "w"}, "t"}}, Partial: true, Missing: "m",
		},
	} {
		var b bytes.Buffer
		if err := Write(&b, &l); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); got != want+"\n" {
			t.Errorf("got  %swant %s", got, want)
		}
	}
}

func TestOutputs(t *testing.T) {
	l := Line{Matrix: []string{"1", "0"}, Outputs: [][]int{{0, 1, 0, -1}, {1, 0, 0, 0}}, Kinds: []string{"VE", "TV", "L", "V"}}
	e, err := l.Evidence()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]rerank.Kind{
		{rerank.Returned, rerank.Returned, rerank.NotLoaded, rerank.Unobserved},
		{rerank.Raised, rerank.TimedOut, rerank.NotLoaded, rerank.Returned},
	} {
		for c, k := range want {
			if got := e.Outputs.Kind(i, c); got != k || e.Outputs.Class(i, c) != l.Outputs[i][c] {
				t.Errorf("row %d, call %d: class %d, %v, want %v", i, c, e.Outputs.Class(i, c), got, k)
			}
		}
	}
	var read Line // where another program has its own tests
	if err := json.Unmarshal([]byte(`{"matrix": ["1"], "tests": ["assert f()"], "outputs": [[0]], "kinds": ["V"]}`), &read); err != nil || len(read.Outputs) != 1 || len(read.Kinds) != 1 {
		t.Errorf("beside texts of tests: %v, %v (%v)", read.Outputs, read.Kinds, err)
	}
	l.Claims, l.Generations = []Claims{{{Call: 2}}}, [][]int{{0}}
	if e, err = l.Evidence(); err != nil || e.Select(nil).Outputs.Calls() != 3 {
		t.Errorf("without the only test %d of 4 calls are left (%v)", e.Select(nil).Outputs.Calls(), err)
	}
	l.Generations = [][]int{{}}
	if e, err = l.Evidence(); err != nil || e.Select(nil).Outputs.Calls() != 4 {
		t.Errorf("a column that is in no test makes a call (%v)", err)
	}
	l.Kinds = nil // another program's word for something else
	if e, err := l.Evidence(); err != nil || e.Outputs != nil {
		t.Errorf("without kinds: %v, %v", e.Outputs, err)
	}
}

// lines draws a line as a run or an evaluation may write it.
func lines(t *rapid.T) Line {
	rows, cols, public := rapid.IntRange(1, 5).Draw(t, "rows"), rapid.IntRange(0, 5).Draw(t, "cols"), rapid.IntRange(0, 3).Draw(t, "public")
	outcome := rapid.SampledFrom([]rerank.Outcome{rerank.Unrun, rerank.Pass, rerank.Fail, rerank.Error, rerank.Timeout, rerank.Broken, rerank.Slow})
	at := func(int, int) rerank.Outcome { return outcome.Draw(t, "outcome") }
	text := rapid.String()
	test := rapid.Custom(func(t *rapid.T) problem.Test {
		if rapid.Bool().Draw(t, "stdio") {
			return problem.StdioTest(text.Draw(t, "stdin"), text.Draw(t, "expected"))
		}
		return problem.PythonTest(text.Draw(t, "code"))
	})
	number := rapid.IntRange(0, 9)
	l := Line{
		TaskID: text.Filter(func(s string) bool { return s != "" }).Draw(t, "task_id"), Selector: text.Draw(t, "selector"),
		Chosen: rapid.Ptr(number, true).Draw(t, "chosen"), Tied: number.Draw(t, "tied"),
		SampleOf:    rapid.SliceOf(rapid.IntRange(0, rows-1)).Draw(t, "sample_of"),
		Generations: [][]int{}, Matrix: Digits(rows, cols, at),
		Truth:   TruthDigits(rapid.SliceOfN(rapid.Bool(), rows, rows).Draw(t, "truth")),
		Partial: rapid.Bool().Draw(t, "partial"), Missing: text.Draw(t, "missing"),
	}
	for range number.Draw(t, "lists") {
		l.Scores = append(l.Scores, Score{number.Draw(t, "solution"), rapid.Float64Range(-1e9, 1e9).Draw(t, "score"), number.Draw(t, "rank"), number.Draw(t, "passed")})
		l.Tests = append(l.Tests, Test{number.Draw(t, "generation"), text.Draw(t, "method"), test.Draw(t, "test").Fields()})
		l.Dropped = append(l.Dropped, Dropped{number.Draw(t, "generation"), text.Draw(t, "reason"), text.Draw(t, "completion")})
		l.Cut = append(l.Cut, Cut{number.Draw(t, "generation"), problem.Cut{First: number.Draw(t, "first"), Why: text.Draw(t, "why")}, text.Draw(t, "text")})
		if cols > 0 {
			l.Generations = append(l.Generations, rapid.SliceOf(rapid.IntRange(0, cols-1)).Draw(t, "group"))
		}
	}
	if public > 0 {
		l.PublicTests = rapid.SliceOfN(test, public, public).Draw(t, "public_tests")
		l.Public = Digits(rows, public, at)
	}
	if rapid.Bool().Draw(t, "observed") {
		for range rows {
			l.Outputs = append(l.Outputs, []int{rapid.IntRange(-1, 1).Draw(t, "class"), 0})
		}
		l.Kinds = []string{"VE", "T"}
		l.Observed = rapid.SampledFrom([]*Observed{nil, {1, 1}, {0, 2}}).Draw(t, "observed calls")
		if rapid.Bool().Draw(t, "claims") && cols > 0 {
			claim := rapid.Custom(func(t *rapid.T) Claim {
				value := rapid.SampledFrom([]string{"", "0", `"true"`, "null"}).Draw(t, "value")
				c := Claim{Call: rapid.IntRange(0, 1).Draw(t, "call")}
				if value != "" {
					c.Value = json.RawMessage(value)
				}
				return c
			})
			column := rapid.Custom(func(t *rapid.T) Claims {
				if list := rapid.SliceOfN(claim, 0, 3).Draw(t, "column"); len(list) > 0 {
					return list
				}
				return nil
			})
			l.Claims = rapid.SliceOfN(column, cols, cols).Draw(t, "claims")
		}
	}
	return l
}

// What is written is read again, and gives the matrix it was written from.
func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.jsonl")
	rapid.Check(t, func(t *rapid.T) {
		want := lines(t)
		var b bytes.Buffer
		if err := Write(&b, &want); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := problems(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]Line{want}, got); diff != "" {
			t.Fatal(diff)
		}
		m, err := got[0].Evidence()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.Matrix, Digits(m.Rows(), m.Cols(), m.At)); diff != "" || m.TotalWeight() != len(want.SampleOf) {
			t.Fatal("another matrix: ", diff)
		}
		right, err := got[0].Right(LabelTruth)
		if err != nil || TruthDigits(right) != want.Truth {
			t.Fatalf("the truth is read as %v (%v)", right, err)
		}
	})
}

// FuzzLine reads anything without a panic; what is read can be written, and is
// read the same again.
func FuzzLine(f *testing.F) {
	f.Add([]byte(`{"task_id": "a", "truth": "10", "matrix": ["10", "93"], "sample_of": [0, 1, 1], "generations": [[0], [1, 1], []], "public": ["1", "."]}`))
	f.Add([]byte(`{"task_id": "a", "matrix": ["1"], "outputs": [[0]], "kinds": ["V"], "observed": {"from_tests": 1}, "claims": [[0, "true"]]}`))
	f.Add([]byte(`{"task_id": "a", "solutions": ["x"], "tests": ["assert 1", 2], "dropped": [null], "chosen": 1.5}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		var l, again Line
		if json.Unmarshal(line, &l) != nil {
			return
		}
		if m, err := l.Evidence(); err == nil && (m.Rows() != len(l.Matrix) || l.Drawn() < m.Tests()) {
			t.Fatalf("%d rows, %d tests of %d completions", m.Rows(), m.Tests(), l.Drawn())
		}
		var first, second bytes.Buffer
		if err := Write(&first, &l); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(first.Bytes(), &again); err != nil {
			t.Fatal(err)
		}
		if err := Write(&second, &again); err != nil || first.String() != second.String() {
			t.Fatalf("%v:\n%s%s", err, first.String(), second.String())
		}
	})
}
