package run

import (
	"errors"
	"fmt"
	"io/fs"

	"coderm/journal"
)

// folderError says what is wrong with the run folder, and whose it is to mend.
func folderError(err error) error {
	var mismatch *journal.MismatchError
	var file *journal.FileError
	var path *fs.PathError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &mismatch), errors.Is(err, journal.ErrForeign), errors.Is(err, journal.ErrBusy), errors.As(err, &file):
		return asInput(err)
	case errors.As(err, &path):
		return &InputError{Field: "out", Err: err}
	}
	return fmt.Errorf("opening the run folder: %w", err)
}

// inputError is an error of reading a file into the run folder: the file's, or the
// folder's.
func inputError(err error) error {
	var store keptError
	if errors.As(err, &store) {
		return folderError(store.error)
	}
	return asInput(err)
}
