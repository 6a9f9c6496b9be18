#!/usr/bin/env bash
# Builds llama.cpp as static libraries into build/llama/{include,lib}.
#
#   CODERM_MARCH=x86-64-v3 scripts/build-llama.sh    for another CPU (default: native)
#
# The result is cached under ${XDG_CACHE_HOME:-~/.cache}/coderm-build by what it
# was made of, so that a second clone only links to it.
set -euo pipefail
cd "$(dirname "$0")/.."

march=${CODERM_MARCH:-native}
flags=(
  -DCMAKE_BUILD_TYPE=Release
  -DBUILD_SHARED_LIBS=OFF
  -DCMAKE_POSITION_INDEPENDENT_CODE=ON
  -DLLAMA_BUILD_COMMON=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_EXAMPLES=OFF
  -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_SERVER=OFF
)
if [ "$march" = native ]; then
  flags+=(-DGGML_NATIVE=ON)
else
  flags+=(-DGGML_NATIVE=OFF -DCMAKE_C_FLAGS="-march=$march" -DCMAKE_CXX_FLAGS="-march=$march")
fi

# "native" means another thing on another CPU: ask the compiler what.
key=$({
  cat scripts/fetch-llama.sh scripts/build-llama.sh
  c++ --version | head -n 1
  c++ -march="$march" -Q --help=target
} | sha256sum | cut -c 1-16)

cache=${XDG_CACHE_HOME:-$HOME/.cache}/coderm-build/llama-$key
mkdir -p "$(dirname "$cache")" build

if [ ! -e "$cache/done" ]; then
  exec 9>"$cache.lock"
  flock 9 # several clones may ask at once
fi
if [ ! -e "$cache/done" ]; then
  source=$(scripts/fetch-llama.sh)
  echo "building llama.cpp for -march=$march (some minutes, once)" >&2
  work=$(mktemp -d "$cache.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  if command -v ninja >/dev/null; then flags+=(-G Ninja); fi
  cmake -S "$source" -B "$work/cmake" "${flags[@]}" >"$work/log" 2>&1 &&
    nice cmake --build "$work/cmake" --parallel "$(nproc)" --target llama >>"$work/log" 2>&1 ||
    { tail -n 40 "$work/log" >&2; echo "building llama.cpp failed" >&2; exit 1; }

  rm -rf "$cache"
  mkdir -p "$cache/include" "$cache/lib"
  find "$work/cmake" -name 'lib*.a' -exec cp {} "$cache/lib" \;
  # GPU backends call functions of ggml-base that nothing else does. As one
  # object they are linked all or none; cgo allows no --whole-archive.
  ld -r -o "$work/ggml-base.o" --whole-archive "$cache/lib/libggml-base.a"
  rm "$cache/lib/libggml-base.a"
  ar rcs "$cache/lib/libggml-base.a" "$work/ggml-base.o"
  cp "$source"/include/*.h "$source"/ggml/include/*.h "$cache/include"
  cp "$source"/ggml/src/{ggml-impl,ggml-cpu/ggml-cpu-impl}.h "$cache/include" # for our attention
  touch "$cache/done"
fi

ln -sfn "$cache" build/llama
# Go does not look at headers outside a package when it decides what to compile
# again, so the packages that include them get one that says which they are.
for dir in engine/llama engine/llama/internal/chain tokenizer/internal/oracle; do
  echo "// build/llama is $key" | cmp -s - "$dir/build_key.h" || echo "// build/llama is $key" >"$dir/build_key.h"
done
echo "build/llama -> $cache" >&2
