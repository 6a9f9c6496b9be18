package bench

import (
	"encoding/csv"
	"strings"
	"testing"
)

// The columns of CSV have the names of the fields of JSON.
func TestCSV(t *testing.T) {
	var out strings.Builder
	w := NewWriter("csv", &out)
	if err := w.Row(Row{Test: "tg1@1", Ratio: 1.5, SamplesNS: []int64{1, 2}}); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	if err != nil || len(lines) != 2 {
		t.Fatalf("%q, %v", out.String(), err)
	}
	row := map[string]string{}
	for i, name := range lines[0] {
		row[name] = lines[1][i]
	}
	if row["test"] != "tg1@1" || row["ratio"] != "1.5" || row["samples_ns"] != "[1,2]" {
		t.Errorf("%v", row)
	}
}
