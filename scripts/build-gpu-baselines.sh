#!/usr/bin/env bash
# Builds llama-batched-bench and llama-server of the same llama.cpp, which load the
# backend that scripts/build-gpu.sh left in lib/coderm, and prints their folder.
set -euo pipefail
cd "$(dirname "$0")/.."

kind=$1
source=${CODERM_LLAMA_SOURCE:-$(scripts/fetch-llama.sh)}
dir=${XDG_CACHE_HOME:-$HOME/.cache}/coderm-build/gpu-baselines
flags=(
  -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DGGML_BACKEND_DL=ON -DGGML_NATIVE=OFF -DCMAKE_C_FLAGS=-march=native -DCMAKE_CXX_FLAGS=-march=native
  -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_WEBUI=OFF
)
if command -v ninja >/dev/null; then flags+=(-G Ninja); fi
grep -qsx "CMAKE_HOME_DIRECTORY:INTERNAL=$source" "$dir/CMakeCache.txt" || rm -rf "$dir" # of another version
cmake -S "$source" -B "$dir" "${flags[@]}" >&2
nice cmake --build "$dir" --parallel "$(nproc)" --target ggml-cpu llama-batched-bench llama-server >&2
for lib in lib/coderm/*.so lib/coderm/*.so.*; do
  case ${lib##*/} in libggml-base.so*) ;; # they have their own
  *) cp -l "$lib" "$dir/bin/" 2>/dev/null || cp "$lib" "$dir/bin/" ;;
  esac
done
[ -e "$dir/bin/libggml-$kind.so" ] || { echo "no libggml-$kind.so: scripts/build-gpu.sh $kind first" >&2; exit 1; }
echo "$dir/bin"
