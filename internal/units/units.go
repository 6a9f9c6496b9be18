// Package units writes quantities for people.
package units

import "fmt"

// Bytes is a number of bytes, e.g. 1.5 GiB.
func Bytes(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	v, i := float64(n)/unit, 0
	for v >= unit && i < len("KMGT")-1 {
		v /= unit
		i++
	}
	return fmt.Sprintf("%.1f %ciB", v, "KMGT"[i])
}

// Count is a number of parameters as models are named, e.g. 8.03B.
func Count(n int64) string {
	for _, u := range []struct {
		name string
		n    float64
	}{{"B", 1e9}, {"M", 1e6}, {"K", 1e3}} {
		if float64(n) >= u.n {
			return fmt.Sprintf("%.2f%s", float64(n)/u.n, u.name)
		}
	}
	return fmt.Sprint(n)
}
