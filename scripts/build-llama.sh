#!/usr/bin/env bash
# Builds llama.cpp into build/llama/{include,lib}, from the Go module
# github.com/ollama/ollama at the version in go.mod.
#
#   CODERM_MARCH=x86-64-v3 scripts/build-llama.sh    for another CPU (default: native)
#
# The result is cached under ${XDG_CACHE_HOME:-~/.cache}/coderm-build by what it
# was made of, so that a second clone only links to it.
set -euo pipefail
cd "$(dirname "$0")/.."

march=${CODERM_MARCH:-native}
source=$(go list -m -f '{{.Dir}}' github.com/ollama/ollama)
if [ -z "$source" ]; then
  go mod download github.com/ollama/ollama
  source=$(go list -m -f '{{.Dir}}' github.com/ollama/ollama)
fi

# "native" means another thing on another CPU: ask the compiler what.
key=$({
  go list -m github.com/ollama/ollama
  cat scripts/build-llama.sh scripts/llama/CMakeLists.txt
  c++ --version | head -n 1
  c++ -march="$march" -Q --help=target
} | sha256sum | cut -c 1-16)

cache=${XDG_CACHE_HOME:-$HOME/.cache}/coderm-build/llama-$key
mkdir -p "$(dirname "$cache")" build

if [ ! -e "$cache/done" ]; then
  echo "building llama.cpp for -march=$march (some minutes, once)" >&2
  # One builder at a time: several clones may ask for the same key at once.
  exec 9>"$cache.lock"
  flock 9
fi
if [ ! -e "$cache/done" ]; then
  work=$(mktemp -d "$cache.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  generator=()
  if command -v ninja >/dev/null; then generator=(-G Ninja); fi
  cmake -S scripts/llama -B "$work/cmake" "${generator[@]}" \
    -DSOURCE="$source" -DMARCH="$march" >"$work/log" 2>&1 &&
    nice cmake --build "$work/cmake" --parallel "$(nproc)" \
      --target llama ggml ggml-base ggml-cpu >>"$work/log" 2>&1 ||
    { tail -n 40 "$work/log" >&2; echo "building llama.cpp failed" >&2; exit 1; }

  rm -rf "$cache"
  mkdir -p "$cache/include" "$cache/lib"
  find "$work/cmake" -name 'lib*.a' -exec cp {} "$cache/lib" \;
  cp "$source"/llama/llama.cpp/include/*.h "$source"/ml/backend/ggml/ggml/include/*.h "$cache/include"
  chmod -R u+w "$cache"
  touch "$cache/done"
fi

ln -sfn "$cache" build/llama
echo "build/llama -> $cache" >&2
