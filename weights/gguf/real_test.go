package gguf_test

import (
	"testing"

	"coderm/internal/testkit"
	"coderm/weights/gguf"
	"coderm/weights/store"
)

// TestOracleOnRealModel reads the default model, or the one CODERM_MODEL names.
func TestOracleOnRealModel(t *testing.T) {
	path, err := store.Resolve("")
	testkit.Need(t, err, "the default model")
	gguf.CompareWithOracle(t, path)
}
