#!/usr/bin/env bash
# Checks and measures coderm on this machine's GPU, without a network, and writes a
# page about it:
#
#   scripts/gpu-check.sh                     NVIDIA: builds the CUDA backend for the
#                                            GPU that is there, makes the synthetic 8B
#   scripts/gpu-check.sh --backend vulkan    any other
#   scripts/gpu-check.sh --model FILE        another model, such as CodeRM-8B itself
#
# Needs cmake, a C++ compiler, python3 and, for CUDA, nvcc. It should take some ten
# minutes on 16 cores, half of them to compile CUDA; no GPU has run it yet.
# More options: scripts/gpu-check.sh --help. The page and all that it was made of are in
# gpu-check/; send the page to whoever asked for it.
set -euo pipefail
cd "$(dirname "$0")/.."

backend=cuda
out=gpu-check
baselines=yes
rest=()
while [ $# -gt 0 ]; do
  case $1 in
  --backend) backend=${2:?} && shift ;;
  --out) out=${2:?} && shift ;;
  --no-baselines) baselines=no ;; # neither llama-batched-bench nor llama-server
  --help) exec python3 benchmarks/gpu/check.py --help ;;
  *) rest+=("$1") ;;
  esac
  shift
done
command -v cmake >/dev/null || { echo "gpu-check: no cmake" >&2; exit 2; }
command -v python3 >/dev/null || { echo "gpu-check: no python3" >&2; exit 2; }
if [ "$backend" = cuda ] && [ ! -e scripts/fetch-cuda.sh ] && [ -z "${CUDACXX:-}" ]; then # in a bundle
  PATH=$PATH:/usr/local/cuda/bin command -v nvcc >/dev/null || { echo "gpu-check: no nvcc: name it in CUDACXX" >&2; exit 2; }
fi
[ -x bin/coderm ] || make build

# A bundle has llama.cpp's source beside it (make gpu-bundle).
if [ -e llama.cpp/CMakeLists.txt ]; then export CODERM_LLAMA_SOURCE=$PWD/llama.cpp; fi
mkdir -p "$out"
begin=$SECONDS
if [ ! -e "lib/coderm/libggml-$backend.so" ]; then
  echo "gpu-check: building the $backend backend; the log is $out/build.log" >&2
  scripts/build-gpu.sh "$backend" >"$out/build.log" 2>&1 || { tail -n 20 "$out/build.log" >&2; exit 1; }
fi
if [ $baselines = yes ]; then
  echo "gpu-check: building llama-batched-bench and llama-server; the log is $out/baselines.log" >&2
  # Without them there is less to compare with, and the rest is worth having.
  if bin=$(scripts/build-gpu-baselines.sh "$backend" 2>"$out/baselines.log"); then
    rest+=(--baselines "$bin")
  else
    tail -n 5 "$out/baselines.log" >&2
  fi
fi
exec python3 benchmarks/gpu/check.py --backend "$backend" --out "$out" --build-seconds $((SECONDS - begin)) "${rest[@]}"
