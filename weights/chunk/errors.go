package chunk

import "errors"

// ErrMismatch: the source's bytes do not have the digest they should.
var ErrMismatch = errors.New("the source's SHA-256 differs from the manifest's")
