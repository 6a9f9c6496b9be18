package bench

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/tabwriter"
)

// Formats that NewWriter knows.
var Formats = []string{"table", "json", "jsonl", "csv", "md"}

// Writer prints rows in one of the formats: line by line where the format
// allows it, at Close where it does not.
type Writer struct {
	format string
	w      io.Writer
	rows   []Row
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
			fmt.Fprint(w.w, "| model | size | params | backend | threads | test | t/s | of limit | peak memory |\n")
			fmt.Fprint(w.w, "| --- | ---: | ---: | --- | ---: | --- | ---: | ---: | ---: |\n")
		}
		_, err := fmt.Fprintf(w.w, "| %s | %.2f GiB | %.2f B | %s | %d | %s | %.2f ± %.2f | %s | %.2f GiB |\n",
			r.Type, gib(int64(r.Size)), float64(r.Params)/1e9, r.Backends, r.Threads, r.Test, r.AvgTS, r.StddevTS, r.share(), gib(r.PeakRSS))
		return err
	}
	return nil
}

// csv writes one line of all columns, the lists among them as JSON.
func (w *Writer) csv(r Row, header bool) error {
	c := csv.NewWriter(w.w)
	v := reflect.ValueOf(r)
	names, cells := make([]string, v.NumField()), make([]string, v.NumField())
	for i := range cells {
		names[i] = v.Type().Field(i).Tag.Get("json")
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
	fmt.Fprintf(w.w, "model      %s, %.2f GiB, sha256 %s\n", r.Type, gib(int64(r.Size)), r.Digest)
	fmt.Fprintf(w.w, "device     %s (%s, %d threads)\n", device, r.Backends, r.Threads)
	fmt.Fprintf(w.w, "bandwidth  %.1f GB/s\n\n", r.Bandwidth/1e9)
	t := tabwriter.NewWriter(w.w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "test\ttokens/s\t±\tCPU s\tpeak memory\tof limit\tshape\t")
	for _, r := range w.rows {
		fmt.Fprintf(t, "%s\t%.1f\t%.1f\t%.2f\t%.2f GiB\t%s\t%s\t\n",
			r.Test, r.AvgTS, r.StddevTS, r.CPUSeconds, gib(r.PeakRSS), r.share(), r.Shape)
	}
	return t.Flush()
}

func (r Row) share() string {
	if r.Share == 0 {
		return ""
	}
	return strings.TrimSpace(fmt.Sprintf("%.0f %%", 100*r.Share))
}

func gib(n int64) float64 { return float64(n) / (1 << 30) }
