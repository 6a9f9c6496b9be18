#!/usr/bin/env bash
# Links build/wasmtime to the headers and static library that the Go module of
# Wasmtime carries, so that #cgo lines can name them relative to the source.
set -euo pipefail
cd "$(dirname "$0")/.."
module=github.com/bytecodealliance/wasmtime-go/v44
go mod download "$module"
dir=$(go list -m -f '{{.Dir}}' "$module")
[ -f "$dir/build/include/wasmtime.h" ] || { echo "link-wasmtime: no headers in $dir" >&2; exit 1; }
mkdir -p build
ln -sfn "$dir/build" build/wasmtime
