package problem

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "in.jsonl")
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadProblems(t *testing.T) {
	got, err := ReadProblems(file(t, "\ufeff"+`{"task_id":"HumanEval/0","prompt":"def f(x):\n","entry_point":"f","canonical_solution":"    return x\n","test":"def check(c):\n    assert c(1) == 1\n","extra":[1]}

{"task_id":7,"question":"Do it.","check":"assert g()"}
{"task_id":"io","question":"Read.","time_limit":1.5}
{"task_id":"elsewhere","question":"Read.","time_limit":{"seconds":2}}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Problem{
		{
			ID: "HumanEval/0", Question: "def f(x):\n", Prompt: "def f(x):\n", EntryPoint: "f", Canonical: "def f(x):\n    return x\n",
			Check: "def check(c):\n    assert c(1) == 1\n\n\ncheck(f)\n", Extra: map[string]json.RawMessage{"extra": json.RawMessage("[1]")},
		},
		{ID: "7", Question: "Do it.", Check: "assert g()"},
		{ID: "io", Question: "Read.", TimeLimit: 1.5},
		{ID: "elsewhere", Question: "Read.", Extra: map[string]json.RawMessage{"time_limit": json.RawMessage(`{"seconds":2}`)}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	roundTrip(t, got)
}

// roundTrip: what is written reads back the same, unknown fields included.
func roundTrip(t *testing.T, problems []Problem) {
	t.Helper()
	var b bytes.Buffer
	for _, p := range problems {
		if err := WriteLine(&b, p); err != nil {
			t.Fatal(err)
		}
	}
	again, err := ReadProblems(file(t, b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(problems, again); d != "" {
		t.Errorf("round trip (-first +second):\n%s", d)
	}
}

var twoProblems = []Problem{{ID: "a", Question: "q", Prompt: "def f():\n"}, {ID: "b", Question: "q"}}

func TestReadSolutions(t *testing.T) {
	yes := true
	got, err := ReadSolutions(file(t, `{"task_id":"b","solution":"x = 1\n"}
{"task_id":"a","completion":"    return 1\n","label":true}
{"task_id":"b","solutions":["y","z"]}
`), twoProblems)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]Solution{
		{{TaskID: "a", Code: "def f():\n    return 1\n", Label: &yes}},
		{{TaskID: "b", Code: "x = 1\n"}, {TaskID: "b", Index: 1, Code: "y"}, {TaskID: "b", Index: 2, Code: "z"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestReadTests(t *testing.T) {
	two := 2
	got, err := ReadTests(file(t, `{"task_id":"a","test":"assert f()","style":"assert","generation":2,"meta":{"seed":9,"finish":"eot"}}
{"task_id":"a","tests":["t1","def test_2():\n    t2"]}
`), twoProblems)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]TestLine{{
		{TaskID: "a", Test: Test{Kind: Assert, Code: "assert f()"}, Generation: &two, Meta: &Sampled{Seed: 9, Finish: "eot"}},
		{TaskID: "a", Index: 1, Test: Test{Kind: Assert, Code: "t1"}}, {TaskID: "a", Index: 2, Test: Test{Kind: Unittest, Code: "def test_2():\n    t2"}},
	}, nil}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestMistakes(t *testing.T) {
	problems := func(path string) error { _, err := ReadProblems(path); return err }
	solutions := func(path string) error { _, err := ReadSolutions(path, twoProblems); return err }
	tests := func(path string) error { _, err := ReadTests(path, twoProblems); return err }
	for _, tt := range []struct {
		name, content, want string
		read                func(string) error
	}{
		{"empty", "", "no problems in it", problems},
		{"cut off", `{"task_id":"a","que`, ":1: broken JSON: the line ends in the middle of an object", problems},
		{"garbage", "{\"task_id\":\"a\",\"question\":\"q\"}\nnope\n", ":2: broken JSON at byte", problems},
		{"list", "[1]", ":1: expected a JSON object, got an array", problems},
		{"no id", `{"question":"q"}`, `:1: no "task_id"`, problems},
		{"empty id", `{"task_id":"","question":"q"}`, `"task_id" is empty`, problems},
		{"odd id", `{"task_id":{},"question":"q"}`, `"task_id" is {}, expected a string`, problems},
		{"twice", `{"task_id":"a","question":"q"}` + "\n" + `{"task_id":"a","question":"q"}`, `:2: task_id "a" is there twice`, problems},
		{"no question", `{"task_id":"a"}`, `no "question" and no "prompt"`, problems},
		{"wrong type", `{"task_id":"a","question":5}`, `field "question" is a number, expected a string`, problems},
		{"unknown problem", `{"task_id":"c","solution":"x"}`, `:1: task_id "c" is not in the problems file`, solutions},
		{"no code", `{"task_id":"a"}`, `no "solution", "completion" or "solutions"`, solutions},
		{"nothing to continue", `{"task_id":"b","completion":"x"}`, `has no "prompt"`, solutions},
		{"no solutions", "\n\n", "no solutions in it", solutions},
		{"unknown style", `{"task_id":"a","test":"x","style":"odd"}`, `style "odd" is unknown`, tests},
		{"no test", `{"task_id":"a"}`, `no "test" or "tests"`, tests},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.read(file(t, tt.content))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want …%s…", err, tt.want)
			}
		})
	}
}

func FuzzReadProblem(f *testing.F) {
	f.Add([]byte(`{"task_id":"a","question":"q","check":"def check(f):\n pass","entry_point":"g"}`))
	f.Add([]byte(`{"task_id":1e9,"prompt":"p","x":null}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		var p Problem
		if json.Unmarshal(line, &p) != nil {
			return
		}
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var again Problem
		if err := json.Unmarshal(b, &again); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if again.ID != p.ID || again.Question != p.Question || again.Check != p.Check {
			t.Errorf("round trip: %+v became %+v", p, again)
		}
	})
}

func TestPublicTests(t *testing.T) {
	got, err := ReadProblems(file(t, `{"task_id":"a","question":"q","public_tests":["assert f(1) == 2"]}
{"task_id":"b","question":"q","public_tests":[]}
{"task_id":"c","question":"q"}
{"task_id":"d","question":"q","public_tests":{"input":["1"],"output":["2"]}}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Problem{
		{ID: "a", Question: "q", Public: []Test{PythonTest("assert f(1) == 2")}},
		{ID: "b", Question: "q", Public: []Test{}},
		{ID: "c", Question: "q"},
		{ID: "d", Question: "q", Extra: map[string]json.RawMessage{"public_tests": json.RawMessage(`{"input":["1"],"output":["2"]}`)}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	roundTrip(t, got)
}
