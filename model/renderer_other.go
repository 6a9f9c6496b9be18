//go:build !linux

package model

// limitMemory does nothing: other systems do not keep to RLIMIT_AS.
func limitMemory(uint64) error { return nil }
