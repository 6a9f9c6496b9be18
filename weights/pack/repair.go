package pack

import (
	"context"
	"errors"
	"os"

	"coderm/weights/chunk"
)

// Create writes src as the pack at path. Until it is complete it is
// path.partial, so that path is never half a pack.
func Create(ctx context.Context, path string, src chunk.Source, p chunk.Progress) (*Stats, error) {
	partial := path + ".partial"
	f, err := os.Create(partial)
	if err != nil {
		return nil, err
	}
	stats, err := Write(ctx, f, src, p)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(partial, path)
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(partial))
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
