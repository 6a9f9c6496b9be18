#!/usr/bin/env bash
# Makes in dist/ the package of a GPU backend, beside those of the program of the same
# commit (scripts/dist.sh): tarball, .deb and .rpm for x86-64, and SHA256SUMS.
#
#   scripts/dist-gpu.sh vulkan    minutes
#   scripts/dist-gpu.sh cuda      many hours on two cores, for all architectures;
#                                 CMAKE_CUDA_ARCHITECTURES=90 makes one for an H100
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(uname -m)" = x86_64 ] || { echo "dist-gpu: only made on x86-64" >&2; exit 1; }
kind=${1:-}
. scripts/dist/common.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
glibc=$(scripts/fetch-glibc.sh)
libraries=$work/tree/lib/coderm/$kind
doc=$work/tree/share/doc/coderm-$kind

# The backend takes ggml's functions from the program, and has a C++ library of its own.
scripts/build-gpu.sh "$kind" "$libraries" -s -static-libstdc++ "$(link_flags "$glibc")" -Wl,--exclude-libs,ALL
for library in "$libraries"/libggml-*; do
  scripts/dist/check-binary.sh "$library" libggml-base.so.0 libvulkan.so.1 lib{cudart,cublas,cublasLt}.so.13
done
mkdir -p "$doc" dist
cp LICENSE NOTICE docs/gpu.md "$doc"
if [ "$kind" = cuda ]; then cp "$(scripts/fetch-cuda.sh)/LICENSE" "$doc/LICENSE.NVIDIA"; fi
pack "coderm-$kind" "$work/tree" amd64
sums
