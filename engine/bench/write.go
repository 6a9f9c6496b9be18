package bench

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"coderm/internal/table"
)

// Formats that NewWriter knows.
var Formats = []string{"table", "json", "jsonl", "csv", "md"}

// Writer prints rows in one of the formats: line by line where the format
// allows it, at Close where it does not.
type Writer struct {
	format string
	w      io.Writer
	rows   []Row
	md     *table.Table
}

// NewWriter makes a Writer for one of Formats.
func NewWriter(format string, w io.Writer) *Writer { return &Writer{format: format, w: w} }

// Row adds a row.
func (w *Writer) Row(r Row) error {
	w.rows = append(w.rows, r)
	first := len(w.rows) == 1
	switch w.format {
	case "jsonl":
		return json.NewEncoder(w.w).Encode(r)
	case "csv":
		return w.csv(r, first)
	case "md":
		if first {
			w.md = table.Markdown(w.w, table.Left("model"), table.Right("size", "params"), table.Left("backend"), table.Right("threads"),
				table.Left("test"), table.Right("t/s", "of limit", "peak memory", "llama-bench", "ratio"))
		}
		w.md.Row(r.Type, gib(int64(r.Size)), fmt.Sprintf("%.2f B", float64(r.Params)/1e9), r.Backends, r.Threads, r.Test,
			fmt.Sprintf("%.2f ± %.2f", r.AvgTS, r.StddevTS), r.share(), gib(r.PeakRSS), r.baseline(), r.ratio())
		return w.md.Flush()
	}
	return nil
}

// csv writes one line of all columns, the lists among them as JSON.
func (w *Writer) csv(r Row, header bool) error {
	c := csv.NewWriter(w.w)
	v := reflect.ValueOf(r)
	names, cells := make([]string, v.NumField()), make([]string, v.NumField())
	for i := range cells {
		names[i], _, _ = strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if cells[i] = fmt.Sprint(v.Field(i)); v.Field(i).Kind() == reflect.Slice {
			b, err := json.Marshal(v.Field(i).Interface())
			if err != nil {
				return err
			}
			cells[i] = string(b)
		}
	}
	if header {
		if err := c.Write(names); err != nil {
			return err
		}
	}
	if err := c.Write(cells); err != nil {
		return err
	}
	c.Flush()
	return c.Error()
}

// Close prints what had to wait for the last row.
func (w *Writer) Close() error {
	switch {
	case w.format == "json":
		e := json.NewEncoder(w.w)
		e.SetIndent("", "  ")
		return e.Encode(w.rows)
	case w.format == "table" && len(w.rows) > 0:
		return w.table()
	}
	return nil
}

func (w *Writer) table() error {
	r := w.rows[0]
	device := r.CPU
	if r.GPU != "" {
		device = r.GPU + " and " + r.CPU
	}
	fmt.Fprintf(w.w, "model      %s, %s, sha256 %s\n", r.Type, gib(int64(r.Size)), r.Digest)
	fmt.Fprintf(w.w, "device     %s (%s, %d threads)\n", device, r.Backends, r.Threads)
	fmt.Fprintf(w.w, "bandwidth  %.1f GB/s\n\n", r.Bandwidth/1e9)
	columns := []string{"test", "tokens/s", "±", "CPU s", "peak memory", "of limit", "shape"}
	compared := slices.ContainsFunc(w.rows, func(r Row) bool { return r.Ratio != 0 })
	if compared {
		columns = append(columns, "llama-bench", "ratio")
	}
	t := table.Plain(w.w, table.Right(columns...))
	for _, r := range w.rows {
		cells := []any{r.Test, fmt.Sprintf("%.1f", r.AvgTS), fmt.Sprintf("%.1f", r.StddevTS), fmt.Sprintf("%.2f", r.CPUSeconds),
			gib(r.PeakRSS), r.share(), r.Shape}
		if compared {
			cells = append(cells, r.baseline(), r.ratio())
		}
		t.Row(cells...)
	}
	return t.Flush()
}

func (r Row) baseline() string { return unlessZero("%.1f", r.BaselineTS) }
func (r Row) ratio() string    { return unlessZero("%.2f", r.Ratio) }

func unlessZero(format string, v float64) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf(format, v)
}

func (r Row) share() string { return unlessZero("%.0f %%", 100*r.Share) }

func gib(n int64) string { return fmt.Sprintf("%.2f GiB", float64(n)/(1<<30)) }
