//go:build !race

package sandbox_test

const slowdown = 1
