// Package coderm holds what stands at the top of the repository and goes into
// the binary.
package coderm

import _ "embed"

// Notice lists what the binary carries and the licences of it.
//
//go:embed NOTICE
var Notice string
