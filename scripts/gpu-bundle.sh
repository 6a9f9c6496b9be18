#!/usr/bin/env bash
# Packs what scripts/gpu-check.sh needs on a machine without a network into
# build/coderm-gpu-check.tar.zst: the binary for any x86-64 processor, and the
# source of llama.cpp, out of which the GPU's backend and the tools to compare with are
# built there.
set -euo pipefail
cd "$(dirname "$0")/.."

most=$((60 * 1000 * 1000)) # bytes
archive=build/coderm-gpu-check.tar.zst
work=$(mktemp -d)
trap 'rm -rf "$work"; scripts/build-llama.sh 2>/dev/null' EXIT # links to the usual build again
dir=$work/coderm-gpu-check
source=$(scripts/fetch-llama.sh)

CODERM_LEVELS=all scripts/build-llama.sh
mkdir -p "$dir/bin" "$dir/benchmarks" "$dir/docs" "$dir/llama.cpp"
go build -ldflags '-s -w' -o "$dir/bin/coderm" ./cmd/coderm
cp --parents scripts/{gpu-check,build-gpu,build-gpu-baselines}.sh scripts/vulkan/glslc scripts/vulkan/include/vulkan/* "$dir"
cp -r benchmarks/gpu "$dir/benchmarks"
cp LICENSE NOTICE "$dir"
cp docs/gpu.md "$dir/docs"
for part in CMakeLists.txt LICENSE licenses app cmake common ggml include src tools vendor; do
  cp -r "$source/$part" "$dir/llama.cpp"
done
rm -rf "$dir"/benchmarks/gpu/__pycache__
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner -cf - coderm-gpu-check | zstd -q -19 -T0 -f -o "$archive"
bytes=$(stat -c %s "$archive")
[ "$bytes" -le $most ] || { echo "gpu-bundle: $archive has $bytes bytes, want at most $most" >&2; exit 1; }
echo "$archive: $bytes bytes. On the other machine: tar --zstd -xf ${archive##*/} && coderm-gpu-check/scripts/gpu-check.sh"
