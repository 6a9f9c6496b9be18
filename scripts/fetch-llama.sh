#!/usr/bin/env bash
# Fetches the source of llama.cpp and prints its folder. It comes inside the
# source package of llama-cpp-python on PyPI, pinned by its SHA-256; why from
# there is in docs/rationale.md.
set -euo pipefail

version=0.3.36
sha256=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e

root=${XDG_CACHE_HOME:-$HOME/.cache}/coderm-build
source=$root/llama-source-$version
if [ ! -e "$source/done" ]; then
  mkdir -p "$root/dl"
  exec 9>"$source.lock"
  flock 9 # several clones may ask at once
fi
if [ ! -e "$source/done" ]; then
  archive=$root/dl/llama_cpp_python-$version.tar.gz
  if ! echo "$sha256  $archive" | sha256sum -c --quiet >/dev/null 2>&1; then
    echo "fetching the source of llama.cpp (77 MB) from PyPI" >&2
    rm -f "$archive"
    python3 -m pip download -q --no-deps --no-binary llama-cpp-python -d "$root/dl" "llama-cpp-python==$version" >&2
    echo "$sha256  $archive" | sha256sum -c --quiet >&2
  fi
  rm -rf "$source"
  mkdir -p "$source"
  tar -xzf "$archive" -C "$source" --strip-components=3 "llama_cpp_python-$version/vendor/llama.cpp"
  touch "$source/done"
fi
echo "$source"
