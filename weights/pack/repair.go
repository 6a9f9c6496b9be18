package pack

import (
	"context"
	"os"

	"coderm/internal/fsx"
	"coderm/weights/chunk"
)

// Create writes src as the pack at path, whole or not at all.
func Create(ctx context.Context, path string, src chunk.Source, p chunk.Progress) (stats *Stats, err error) {
	err = fsx.WriteFile(path, func(f *os.File) error {
		stats, err = Write(ctx, f, src, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	return stats, nil
}

// Repair replaces the pack at path by one whose broken chunks come from good.
// The rest comes from the pack itself, which stays as it is until then.
func Repair(ctx context.Context, path string, good chunk.Source, p chunk.Progress) (*Stats, error) {
	r, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return Create(ctx, path, chunk.Either{Damaged: r, Good: good}, p)
}
