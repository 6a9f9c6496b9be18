//go:build race

package sandbox_test

// The race detector watches each byte that is put back: a tenth of the data do.
const slowdown = 10
