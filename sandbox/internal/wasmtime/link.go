// Package wasmtime is a thin binding to the part of Wasmtime's C API that the
// sandbox needs, and nothing else. Everything it allocates is closed
// explicitly; there are no finalizers. The C prototype stands above each call.
//
// The header files and the static library come from the Go module wasmtime-go,
// reached through the symbolic link build/wasmtime (scripts/link-wasmtime.sh).
// To upgrade: change the module version in go.mod, Version below and the import
// path, run make, and run this package's and the sandbox's tests: the cache key
// contains Version, so old compiled guests are not loaded.
package wasmtime

// #cgo CFLAGS: -I${SRCDIR}/../../../build/wasmtime/include
// #cgo linux,amd64 LDFLAGS: -L${SRCDIR}/../../../build/wasmtime/linux-x86_64
// #cgo linux,arm64 LDFLAGS: -L${SRCDIR}/../../../build/wasmtime/linux-aarch64
// #cgo LDFLAGS: -lwasmtime -lm -ldl -pthread
// #include <wasmtime.h>
import "C"

import (
	// Keeps the module that carries the library in go.mod and in vendor folders.
	_ "github.com/bytecodealliance/wasmtime-go/v44/build/include"
	_ "github.com/bytecodealliance/wasmtime-go/v44/build/linux-aarch64"
	_ "github.com/bytecodealliance/wasmtime-go/v44/build/linux-x86_64"
)

// Version is the Wasmtime release the binding is written against.
const Version = C.WASMTIME_VERSION
