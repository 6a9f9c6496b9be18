package known

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coderm/difficulty"
)

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	f := Files{
		Problems: write("p", `{"task_id": "a", "prompt": "Add one."}`+"\n"+`{"task_id": "b", "prompt": "Add two."}`),
		Features: write("f", `{"task_id": "a", "model": "m", "prompt": "question", "hidden": [1, 2]}`),
	}
	problems, known, from, err := f.Read()
	if err != nil || len(problems) != 2 || from != (States{"m", "question"}) {
		t.Fatalf("%d problems, %+v, %v", len(problems), from, err)
	}
	if err := f.Complete("a", known["a"]); err != nil {
		t.Error(err)
	}
	if err := f.Complete("b", known["b"]); err == nil || !strings.Contains(err.Error(), `no hidden state of problem "b"`) {
		t.Error(err)
	}
	if err := f.Complete("c", difficulty.Known{}); err == nil || !strings.Contains(err.Error(), `problem "c" is missing`) {
		t.Error(err)
	}
	f.Features = write("g", `{"task_id": "a", "model": "m", "prompt": "question", "hidden": [1]}
{"task_id": "b", "model": "other", "prompt": "question", "hidden": [1]}`)
	if _, _, _, err := f.Read(); err == nil || !strings.Contains(err.Error(), "different models or prompts") {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"task_id": "a", "model": "m", "prompt": "question", "hidden": [1, 2e3]}`))
	f.Add([]byte(`{"task_id": "a", "model": "m", "hidden": [null]}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		if l, err := Parse(line); err == nil && (l.TaskID == "" || l.Model == "" || len(l.Hidden) == 0) {
			t.Errorf("%s: %+v", line, l)
		}
	})
}
