#!/usr/bin/env bash
# Puts together the part of NVIDIA's CUDA toolkit that llama.cpp needs and prints
# its folder: 0.5 GB of NVIDIA's own packages on PyPI, pinned by their SHA-256,
# under NVIDIA's licence, which lies in it. 13.0 is the oldest release that comes in this form, so
# that its library runs with the most drivers (580 and later).
set -euo pipefail

root=${XDG_CACHE_HOME:-$HOME/.cache}/coderm-build
toolkit=$root/cuda-13.0
if [ "$(uname -m)" != x86_64 ]; then
  echo "the packages pinned here are for x86_64: install the CUDA toolkit and set CUDACXX to its nvcc" >&2
  exit 1
fi
if [ ! -e "$toolkit/LICENSE" ]; then
  mkdir -p "$root"
  exec 9>"$toolkit.lock"
  flock 9 # several clones may ask at once
fi
if [ ! -e "$toolkit/LICENSE" ]; then
  echo "fetching the CUDA compiler and cuBLAS (0.5 GB) from PyPI" >&2
  work=$(mktemp -d "$toolkit.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cat >"$work/requirements" <<'END'
nvidia-cuda-nvcc==13.0.88 --hash=sha256:56fe502eb77625a12f25172caa3cdddb4e4c8ba2c8c17dba44b164761b380f03
nvidia-cuda-runtime==13.0.96 --hash=sha256:7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548
nvidia-cuda-cccl==13.0.85 --hash=sha256:e0da7ad981f3a8aff08241b5bfc1af868742a63e2762f53a5171c492ef242649
nvidia-cuda-crt==13.0.88 --hash=sha256:2c8043c7c9e02492716426e9919fc78d2c5b3b2a7a768a88e952676b08aa55a4
nvidia-nvvm==13.0.88 --hash=sha256:c5f41ffeb6466944a026dfa5317d7d85355c119bbec279205d22f1869d1054e0
nvidia-cublas==13.0.2.14 --hash=sha256:0cf238ffdbe46c00cb9aa98e7bca745c223a5ca5a53e686ac8b3e5a08fe80d6c
END
  python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-deps --only-binary :all: \
    --require-hashes -r "$work/requirements" --target "$work/packages" >&2
  # nvcc and the linker know folder and libraries by other names.
  ln -s lib "$work/packages/nvidia/cu13/lib64"
  for lib in cudart cublas cublasLt; do
    ln -s "lib$lib.so.13" "$work/packages/nvidia/cu13/lib/lib$lib.so"
  done
  cp "$work"/packages/nvidia_cuda_runtime-*.dist-info/licenses/License.txt "$work/packages/nvidia/cu13/LICENSE"
  rm -rf "$toolkit"
  mv "$work/packages/nvidia/cu13" "$toolkit"
fi
echo "$toolkit"
