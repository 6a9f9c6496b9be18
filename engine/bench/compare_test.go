package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What llama-bench prints (-p 512 -n 128 -d 0,302 -o json), with a few of its fields left out.
const llamaBench = `[
  {
    "build_commit": "8337e4c", "cpu_info": "AMD EPYC", "model_filename": "m.gguf", "model_type": "llama ?B Q4_0",
    "model_size": 91000000, "model_n_params": 134515008, "n_batch": 2048, "n_threads": 1, "flash_attn": 1,
    "n_prompt": 512, "n_gen": 0, "n_depth": 0, "avg_ns": 512000000, "stddev_ns": 1, "avg_ts": 1000.0, "stddev_ts": 1.5,
    "samples_ns": [ 512000000 ], "samples_ts": [ 1000.0 ]
  },
  {
    "model_size": 91000000, "model_n_params": 134515008, "n_threads": 1,
    "n_prompt": 0, "n_gen": 128, "n_depth": 302, "avg_ns": 1280000000, "avg_ts": 100.0
  }
]
`

func TestBaseline(t *testing.T) {
	path := filepath.Join(t.TempDir(), "theirs.json")
	if err := os.WriteFile(path, []byte(llamaBench), 0o644); err != nil {
		t.Fatal(err)
	}
	b, err := ReadBaseline(path)
	if err != nil {
		t.Fatal(err)
	}
	ours := Row{Size: 91000000, Params: 134515008, Threads: 1, NSamples: 1, NGen: 128, NDepth: 302, AvgTS: 110}
	for _, c := range []struct {
		name   string
		change func(*Row)
		want   float64
	}{
		{"the same", func(*Row) {}, 1.1},
		{"another depth", func(r *Row) { r.NDepth = 0 }, 0},
		{"more completions", func(r *Row) { r.NSamples = 16 }, 0},
		{"more threads", func(r *Row) { r.Threads = 2 }, 0},
		{"another quantization", func(r *Row) { r.Size++ }, 0},
		{"the prompt", func(r *Row) { r.NPrompt, r.NGen, r.NDepth, r.AvgTS = 512, 0, 0, 2500 }, 2.5},
	} {
		row := ours
		c.change(&row)
		if b.Compare(&row); row.Ratio != c.want || (c.want > 0) != (row.BaselineTS > 0) {
			t.Errorf("%s: ratio %v by %v, want %v", c.name, row.Ratio, row.BaselineTS, c.want)
		}
	}
}

func TestBaselineCovers(t *testing.T) {
	b, err := parseBaseline([]byte(llamaBench))
	if err != nil {
		t.Fatal(err)
	}
	all := []string{"pp", "tg", "e2e"}
	for _, c := range []struct {
		name string
		spec Spec
		want string // of the error; "" for none
	}{
		{"the prompt", Spec{Prompt: 512, Gen: 64, Samples: []int{4}, Tests: all}, ""},
		{"at the prompt's depth", Spec{Prompt: 302, Gen: 128, Samples: []int{1}, Tests: all}, ""},
		{"one depth of three", Spec{Prompt: 512, Gen: 128, Depths: []int{4096, 302, 16}, Samples: []int{1}, Tests: []string{"tg"}}, ""},
		{"neither", Spec{Prompt: 300, Gen: 128, Samples: []int{1}, Tests: all},
			"no row of these tests (-p 300 -n 0 -d 0; -p 0 -n 128 -d 300), but of -p 512 -n 0 -d 0; -p 0 -n 128 -d 302"},
		{"many completions", Spec{Prompt: 302, Gen: 128, Samples: []int{16}, Tests: []string{"tg"}}, "--samples 1"},
	} {
		if err := b.Check(c.spec); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestBaselineOfLines(t *testing.T) {
	lines := `{"n_prompt": 16, "n_gen": 0, "avg_ts": 5}` + "\n" + `{"n_prompt": 0, "n_gen": 4, "avg_ts": 1}` + "\n"
	if b, err := parseBaseline([]byte(lines)); err != nil || len(b) != 2 || b[1].NGen != 4 {
		t.Errorf("%+v, %v", b, err)
	}
	for _, bad := range []string{"", "[]", "{", "[1]", "null", `{"n_prompt": "many"}`, `[{"pp": 128, "tg": 128, "speed_tg": 1}]`, "model,test\n"} {
		if b, err := parseBaseline([]byte(bad)); err == nil {
			t.Errorf("%q gives %+v", bad, b)
		}
	}
}
