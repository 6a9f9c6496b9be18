package llama

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"coderm/engine/sched"
	"coderm/internal/cputime"
)

// BenchmarkRows is the time of a batch by its rows, each the next token of a sample
// of its own after a prompt of 300 shared tokens, one thread: what rowCosts in row_cost.go
// is made of. Rounds of all sizes take turns, and the least processor time of one
// counts, in µs and in units of one row. CODERM_BENCH_MODEL names another model than
// the default one.
//
//	go test ./engine/llama -run xxx -bench Rows -benchtime 30x
func BenchmarkRows(b *testing.B) {
	m := schedModel{}
	if path := os.Getenv("CODERM_BENCH_MODEL"); path != "" {
		m.Model = load(b, Config{Path: path})
	} else {
		m.Model = real(b, Config{})
	}
	sizes := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 17, 18, 20, 24, 28, 32, 40, 48, 64}
	const prompt, most = 300, 64
	s := sched.Shape{Seqs: most, PerSeq: 512, Cells: 512 + most, Unified: true, Batch: 512}
	d, err := m.Open(s)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	rows := make([]sched.Row, prompt)
	for i := range rows {
		rows[i] = sched.Row{Token: int32(1000 + i), Pos: int32(i), Output: i == prompt-1}
	}
	decode := func(rows []sched.Row) {
		if err := d.Decode(rows, nil, false); err != nil {
			b.Fatal(err)
		}
		if _, err := d.(*decoder).logits(len(rows) - 1); err != nil { // waits for the result
			b.Fatal(err)
		}
	}
	decode(rows)
	for seq := 1; seq < most; seq++ {
		d.Copy(0, seq, prompt)
	}
	least := make([]time.Duration, len(sizes))
	for b.Loop() {
		for i, n := range sizes {
			rows = rows[:0]
			for seq := range n {
				rows = append(rows, sched.Row{Token: int32(2000 + seq), Pos: prompt, Seq: int32(seq), Output: true})
			}
			before := cputime.Used()
			decode(rows)
			if took := cputime.Used() - before; least[i] == 0 || took < least[i] {
				least[i] = took
			}
			for seq := range n {
				d.Trim(seq, prompt)
			}
		}
	}
	table := ""
	for i, n := range sizes {
		table += fmt.Sprintf("{%d, %.2f}, ", n, float64(least[i])/float64(least[0]))
		if slices.Contains([]int{1, 4, 16, 64}, n) {
			b.ReportMetric(float64(least[i].Microseconds()), fmt.Sprintf("cpu-µs/%d-rows", n))
		}
	}
	b.Log(table)
}
