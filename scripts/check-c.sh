#!/usr/bin/env bash
# What our C keeps to beside its format: all that leaves a file is called coderm_…,
# and above each call from Go stands the prototype, as the header has it.
set -euo pipefail
cd "$(dirname "$0")/.."

# Symbols of an archive of Go's that are neither ours, cgo's, the linker's (--wrap)
# nor instances of the C++ library's templates, which are weak.
symbols() {
  nm -g --defined-only "$1" 2>/dev/null |
    awk '$2 ~ /^[ABCDRT]$/ && $3 !~ /^(coderm_|_cgo_|__wrap_|_ZN?[0-9]+coderm_)/ { print $3 " is not called coderm_…" }'
}

prototypes() { # headers, then Go files
  awk '
    FILENAME ~ /\.h$/ { sub(/\/\/.*/, ""); if (!/^ *#/) text = text " " $0; next }
    !protos {
      protos = split(text, part, /[;{}]/)
      for (i in part) {
        gsub(/[ \t]+/, " ", part[i])
        gsub(/^ | $/, "", part[i])
        sub(/^static inline /, "", part[i])
        if (match(part[i], /coderm_[a-z0-9_]+\(/)) proto[substr(part[i], RSTART, RLENGTH - 1)] = part[i]
      }
    }
    /^[ \t]*\/\// { above = above $0 "\n"; next }
    {
      for (line = $0; match(line, /C\.coderm_[a-z0-9_]+\(/); line = substr(line, RSTART + RLENGTH)) {
        name = substr(line, RSTART + 2, RLENGTH - 3)
        if (name in proto && !index(above, "// " proto[name] "\n"))
          print FILENAME ":" FNR ": above this call there should stand: // " proto[name]
      }
      above = ""
    }' "$@"
}

found=$(for room in kernels engine/llama sandbox/internal/wasmtime; do
  symbols "$(go list -export -f '{{.Export}}' "./$room")"
  prototypes "$room"/*.h "$room"/*.go
done)
[ -z "$found" ] || { echo "$found" >&2; exit 1; }
