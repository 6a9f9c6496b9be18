//go:build unix

package journal

import (
	"errors"
	"fmt"
	"os"

	"coderm/internal/fsx"
)

// lockDir takes the run folder for this process.
func lockDir(dir string) (*os.File, error) {
	f, err := fsx.LockFolder(dir)
	if errors.Is(err, fsx.ErrLocked) {
		return nil, fmt.Errorf("%s: %w", dir, ErrBusy)
	}
	return f, err
}
