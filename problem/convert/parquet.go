package convert

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

const parquetMagic = "PAR1"

// parquetRows writes a Parquet file's rows as JSON Lines.
func parquetRows(f counted, w io.Writer) (err error) {
	defer func() { // of what the library makes of a damaged file
		if p := recover(); p != nil {
			err = fmt.Errorf("a damaged Parquet file: %v", p)
		}
	}()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	file, err := parquet.OpenFile(f, st.Size())
	if err != nil {
		return fmt.Errorf("reading Parquet: %w", err)
	}
	schema := file.Schema()
	b := bufio.NewWriter(w)
	lines := json.NewEncoder(b)
	lines.SetEscapeHTML(false)
	rows := make([]parquet.Row, 1) // a row of LiveCodeBench has megabytes
	for _, group := range file.RowGroups() {
		r := group.Rows()
		for {
			n, err := r.ReadRows(rows)
			if n == 1 {
				var row any
				if err := schema.Reconstruct(&row, rows[0]); err != nil {
					return errors.Join(fmt.Errorf("reading Parquet: %w", err), r.Close())
				}
				if err := lines.Encode(plainValue(row)); err != nil {
					return errors.Join(err, r.Close())
				}
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				return errors.Join(fmt.Errorf("reading Parquet: %w", err), r.Close())
			}
		}
		if err := r.Close(); err != nil {
			return err
		}
	}
	return b.Flush()
}

// plainValue is a value as JSON has it: texts, and lists without the two levels that
// Parquet puts around their elements.
func plainValue(v any) any {
	switch v := v.(type) {
	case []byte:
		return string(v)
	case []any:
		for i := range v {
			v[i] = plainValue(v[i])
		}
		return v
	case map[string]any:
		if list, ok := v["list"].([]any); ok && len(v) == 1 {
			return plainValue(elements(list))
		}
		for k := range v {
			v[k] = plainValue(v[k])
		}
		return v
	}
	return v
}

// elements are those of a list whose every one has a name of its own.
func elements(list []any) []any {
	out := make([]any, len(list))
	for i, e := range list {
		out[i] = e
		if m, ok := e.(map[string]any); ok && len(m) == 1 {
			for _, out[i] = range m {
			}
		}
	}
	return out
}
