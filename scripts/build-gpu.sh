#!/usr/bin/env bash
# Builds a GPU backend out of the same source as llama.cpp itself, into
# lib/coderm, where bin/coderm finds it.
#
#   scripts/build-gpu.sh vulkan    for any GPU with a Vulkan driver
#   scripts/build-gpu.sh cuda      for NVIDIA. Without nvcc (CUDACXX, PATH or
#                                  /usr/local/cuda) it fetches one
#
# What comes after that are a folder in lib/coderm's place, and options for the linker: for
# packages (scripts/dist-gpu.sh), which go by no compiler or GPU of this machine.
#
# CMAKE_CUDA_ARCHITECTURES says for which GPUs, e.g. 90 for an H100. Without it:
# for those of this machine, or if it has none for the seven that llama.cpp's own
# builds are for. All that takes long, so 'make' does not build them.
set -euo pipefail
cd "$(dirname "$0")/.."
here=$PWD

kind=${1:-}
out=${2:-lib/coderm}
link="${*:3}"
source=${CODERM_LLAMA_SOURCE:-$(scripts/fetch-llama.sh)}
# Kept between runs: an interrupted build goes on where it was.
work=${XDG_CACHE_HOME:-$HOME/.cache}/coderm-build/gpu-$kind${link:+-dist}
# What asserts say of their place would otherwise have the folders of this build.
map=(-ffile-prefix-map={"$source=llama.cpp","$work=build","$here=coderm"})
flags=(
  -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DGGML_BACKEND_DL=ON
  -DGGML_CPU=OFF -DGGML_NATIVE=OFF -DGGML_OPENMP=OFF
  -DCMAKE_BUILD_RPATH='$ORIGIN' -DCMAKE_INSTALL_RPATH='$ORIGIN' -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON
  -DLLAMA_BUILD_COMMON=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_EXAMPLES=OFF
  -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_SERVER=OFF
  "-DCMAKE_C_FLAGS=${map[*]}" "-DCMAKE_CXX_FLAGS=${map[*]} -I$here/scripts/vulkan/include"
  "-DCMAKE_SHARED_LINKER_FLAGS=$link" "-DCMAKE_MODULE_LINKER_FLAGS=$link"
)
runtime=() # what the library needs beside it
case $kind in
vulkan)
  GLSLC=$(command -v glslc) || { echo "no glslc: apt-get install glslc libvulkan-dev spirv-headers" >&2; exit 1; }
  export GLSLC
  flags+=(-DGGML_VULKAN=ON "-DVulkan_GLSLC_EXECUTABLE=$here/scripts/vulkan/glslc") ;;
cuda)
  nvcc=${CUDACXX:-$(PATH=$PATH:/usr/local/cuda/bin command -v nvcc || true)}
  if [ -z "$nvcc" ] || [ -n "$link" ]; then
    toolkit=$(scripts/fetch-cuda.sh)
    nvcc=$toolkit/bin/nvcc
    runtime=("$toolkit"/lib/lib{cudart,cublas,cublasLt}.so.13)
  fi
  # Without virtual memory management the library needs no libcuda to link with,
  # and can say itself that there is no driver.
  flags+=(-DGGML_CUDA=ON "-DCMAKE_CUDA_COMPILER=$nvcc" "-DCMAKE_CUDA_FLAGS=${map[*]/#/-Xcompiler=}" "-DCUDAToolkit_ROOT=${nvcc%/bin/*}" -DGGML_CUDA_NO_VMM=ON -DGGML_CUDA_NCCL=OFF)
  archs=${CMAKE_CUDA_ARCHITECTURES:-}
  if [ -z "$archs$link" ] && nvidia-smi -L >/dev/null 2>&1; then archs=native; fi
  if [ -n "$archs" ]; then flags+=("-DCMAKE_CUDA_ARCHITECTURES=$archs"); fi ;;
*)
  echo "usage: scripts/build-gpu.sh vulkan|cuda" >&2
  exit 2 ;;
esac
if command -v ninja >/dev/null; then flags+=(-G Ninja); fi

grep -qsx "CMAKE_HOME_DIRECTORY:INTERNAL=$source" "$work/CMakeCache.txt" || rm -rf "$work" # of another version
cmake -S "$source" -B "$work" "${flags[@]}"
nice cmake --build "$work" --parallel "$(nproc)" --target "ggml-$kind"
mkdir -p "$out"
cp "$work/bin/libggml-$kind.so" "$out"
# coderm tells by it whether the backend is of its own version.
cp -L "$work/bin/libggml-base.so.0" "$out"
for lib in "${runtime[@]}"; do
  cp -l "$lib" "$out" 2>/dev/null || cp "$lib" "$out" # a link takes no space
done
echo "$out/libggml-$kind.so is ready; 'coderm doctor' shows what it finds" >&2
