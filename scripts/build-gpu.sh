#!/usr/bin/env bash
# Builds a GPU backend out of the same source as llama.cpp itself, into
# lib/coderm, where bin/coderm finds it.
#
#   scripts/build-gpu.sh vulkan    for any GPU with a Vulkan driver
#   scripts/build-gpu.sh cuda      for NVIDIA; needs nvcc (or CUDACXX), and takes
#                                  CMAKE_CUDA_ARCHITECTURES, e.g. 90 for an H200
#
# They take long (hundreds of kernels), so 'make' does not build them.
set -euo pipefail
cd "$(dirname "$0")/.."
here=$PWD

kind=${1:-}
source=$(scripts/fetch-llama.sh)
flags=(
  -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DGGML_BACKEND_DL=ON
  -DGGML_CPU=OFF -DGGML_NATIVE=OFF
  -DCMAKE_BUILD_RPATH='$ORIGIN' -DCMAKE_INSTALL_RPATH='$ORIGIN' -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON
  -DLLAMA_BUILD_COMMON=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_EXAMPLES=OFF
  -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_SERVER=OFF
)
case $kind in
vulkan)
  GLSLC=$(command -v glslc) || { echo "no glslc: apt-get install glslc libvulkan-dev spirv-headers" >&2; exit 1; }
  export GLSLC
  flags+=(-DGGML_VULKAN=ON "-DVulkan_GLSLC_EXECUTABLE=$here/scripts/vulkan/glslc"
    "-DCMAKE_CXX_FLAGS=-I$here/scripts/vulkan/include") ;;
cuda)
  nvcc=${CUDACXX:-$(command -v nvcc || true)}
  [ -n "$nvcc" ] || { echo "no nvcc: install the CUDA toolkit or set CUDACXX" >&2; exit 1; }
  flags+=(-DGGML_CUDA=ON "-DCMAKE_CUDA_COMPILER=$nvcc" -DGGML_CUDA_NO_VMM=ON
    "-DCMAKE_CUDA_ARCHITECTURES=${CMAKE_CUDA_ARCHITECTURES:-native}") ;;
*)
  echo "usage: scripts/build-gpu.sh vulkan|cuda" >&2
  exit 2 ;;
esac
if command -v ninja >/dev/null; then flags+=(-G Ninja); fi

# Kept between runs: an interrupted build goes on where it was.
work=${XDG_CACHE_HOME:-$HOME/.cache}/coderm-build/gpu-$kind
cmake -S "$source" -B "$work" "${flags[@]}"
nice cmake --build "$work" --parallel "$(nproc)" --target "ggml-$kind"
mkdir -p lib/coderm
cp "$work/bin/libggml-$kind.so" lib/coderm/
# coderm tells by it whether the backend is of its own version.
cp -L "$work/bin/libggml-base.so.0" lib/coderm/
echo "lib/coderm/libggml-$kind.so is ready; 'coderm doctor' shows what it finds" >&2
