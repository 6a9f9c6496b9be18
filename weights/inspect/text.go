package inspect

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"coderm/internal/table"
	"coderm/internal/term"
	"coderm/internal/units"
)

// Text writes it for people.
func (r *Inspection) Text(w io.Writer) error {
	fmt.Fprintf(w, "%s: GGUF v%d, %s\n", r.Path, r.Version, units.Bytes(r.Bytes))
	if len(r.Parts) > 0 {
		fmt.Fprintf(w, "a model in %d files, of which this is the first; what follows is of all\n", len(r.Parts))
	}
	fmt.Fprintf(w, "%s %q, %s parameters, %.2f bits each, context of %d tokens\n",
		cmp.Or(term.Line(r.Architecture), "unknown architecture"), r.Name, units.Count(r.Parameters), r.BitsPerWeight, r.Context)

	fmt.Fprintf(w, "\nMetadata (%d)\n", len(r.Metadata))
	t := table.Plain(w, table.Left("  KEY", "KIND", "VALUE"))
	for _, kv := range r.Metadata {
		t.Row("  "+kv.Key, kv.Kind, printed(kv))
	}
	if err := t.Flush(); err != nil {
		return err
	}

	fmt.Fprintf(w, "\nTensors (%d)\n", len(r.Tensors))
	t = table.Plain(w, table.Left("  NAME", "TYPE", "SHAPE", "SIZE", "OFFSET"))
	for _, x := range r.Tensors {
		t.Row("  "+x.Name, x.Type, shape(x.Shape), units.Bytes(x.Bytes), x.Offset)
	}
	if err := t.Flush(); err != nil {
		return err
	}

	fmt.Fprint(w, "\nBy type\n")
	t = table.Plain(w, table.Left("  TYPE", "TENSORS", "SIZE"))
	for _, x := range r.Types {
		t.Row("  "+x.Type, x.Tensors, units.Bytes(x.Bytes))
	}
	if err := t.Flush(); err != nil {
		return err
	}

	if r.ChatTemplate != "" {
		fmt.Fprintf(w, "\nChat template\n%s\n", indent(r.ChatTemplate))
	}
	return r.memoryText(w)
}

func (r *Inspection) memoryText(w io.Writer) error {
	m := r.Memory
	if m == nil {
		_, err := fmt.Fprintf(w, "\nMemory: unknown, %s\n", r.MemoryError)
		return err
	}
	completions := "1 completion"
	if m.Samples != 1 {
		completions = fmt.Sprintf("%d completions", m.Samples)
	}
	fmt.Fprintf(w, "\nMemory for %s of %d tokens, %d of them a shared prompt (estimated)\n", completions, m.Context, m.Prompt)
	t := table.Plain(w, table.Left("", "ONE CACHE FOR ALL", "A CACHE FOR EACH"))
	t.Row("  weights", units.Bytes(m.Weights), units.Bytes(m.Weights))
	t.Row("  key-value cache, "+units.Bytes(m.KVToken)+" a token", units.Bytes(m.KVUnified), units.Bytes(m.KVStreams))
	t.Row("  computing", units.Bytes(m.Compute), units.Bytes(m.Compute))
	t.Row("  together", units.Bytes(m.TotalUnified), units.Bytes(m.TotalStreams))
	return t.Flush()
}

// printed is a metadata value on one line.
func printed(kv KeyValue) string {
	const most = 72
	s := fmt.Sprint(kv.Value)
	if text, ok := kv.Value.(string); ok {
		s = fmt.Sprintf("%q", text)
	}
	if text, ok := kv.Value.([]string); ok {
		s = fmt.Sprintf("%q", text)
	}
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	if kv.Len > shownElements {
		s += fmt.Sprintf(" (%d)", kv.Len)
	}
	return s
}

func shape(dims []uint64) string {
	var s []string
	for _, d := range dims {
		s = append(s, fmt.Sprint(d))
	}
	return strings.Join(s, " x ")
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n  ")
}
