#!/usr/bin/env bash
# What a change must pass beside the tests. Every step runs, so that one call
# shows all there is to mend.
set -uo pipefail
cd "$(dirname "$0")/.."

failed=()
before=$(git status --porcelain)

step() { # what it looks for, command
  local what=$1 out
  shift
  if ! out=$("$@" 2>&1); then
    printf '%s\n%s\n\n' "lint: $what" "$out" >&2
    failed+=("$what")
  fi
}

formatted() { local list; list=$(gofmt -l .) && [ -z "$list" ] || { echo "$list"; return 1; }; }
# Warnings of our own C and C++: of the headers, those of llama.cpp count as the system's.
warnings() {
  local flags='-g -O2 -Wall -Wextra -Wno-unused-parameter -Werror'
  CGO_CFLAGS=$flags CGO_CXXFLAGS=$flags CGO_CPPFLAGS="-isystem $PWD/build/llama/include" \
    go build ./kernels/... ./engine/llama ./sandbox/internal/wasmtime
}
untouched() { [ "$(git status --porcelain)" = "$before" ] || { git status --short; return 1; }; }

step 'Go that is not formatted (make fmt)' formatted
step 'C that is not formatted (make fmt)' scripts/format-c.sh --check
step 'go vet' go vet ./...
step 'staticcheck' go tool staticcheck ./...
step 'warnings of our C' warnings
step 'names of our C, and prototypes above its calls' scripts/check-c.sh
step 'the sandbox guest, which is of other sources' scripts/build-guest.sh --state
step 'known vulnerabilities' scripts/vulncheck.sh
step 'go.mod (go mod tidy)' go mod tidy -diff
step 'who imports whom' go test ./internal/layering
step 'documentation: width, links, names, variables' go test ./internal/docs
step 'files that a step above has changed' untouched

[ ${#failed[@]} -eq 0 ] || { printf 'lint: failed:'; printf ' %s;' "${failed[@]}"; echo; exit 1; } >&2
