#!/usr/bin/env bash
# Formats our C and C++ by .clang-format; with --check only says what differs.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t files < <(git ls-files kernels engine internal sandbox/internal/wasmtime | grep -E '\.(c|cpp|h)$')
if [ "${1:-}" = --check ]; then
  exec clang-format-19 --dry-run --Werror "${files[@]}"
fi
exec clang-format-19 -i "${files[@]}"
