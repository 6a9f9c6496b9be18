#!/usr/bin/env bash
# Fetches what a program is linked with to run on a C library as old as glibc 2.28, of
# 2018, and prints its folder: the names and versions of that library's functions, and the
# C++ library as an archive. They come out of Zig, which makes them for any version of
# glibc, as a package of PyPI pinned by its SHA-256.
#
#   scripts/fetch-glibc.sh [x86_64|aarch64]
set -euo pipefail
cd "$(dirname "$0")/.."

arch=${1:-$(uname -m)}
glibc=2.28
version=0.17.1
sha256=ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54
tools= # of a cross compiler
[ "$arch" = "$(uname -m)" ] || tools=$arch-linux-gnu-

root=${XDG_CACHE_HOME:-$HOME/.cache}/coderm-build
folder=$root/glibc-$( (cat scripts/fetch-glibc.sh scripts/dist/compat.c; "${tools}g++" --version) | sha256sum | cut -c 1-16)-$arch
mkdir -p "$root/dl"
exec 9>"$folder.lock"
flock 9
if [ ! -e "$folder/done" ]; then
  wheel=$root/dl/ziglang-$version-py3-none-manylinux_2_12_x86_64.manylinux2010_x86_64.musllinux_1_1_x86_64.whl
  if ! echo "$sha256  $wheel" | sha256sum -c --quiet >/dev/null 2>&1; then
    echo "fetching Zig (100 MB) from PyPI" >&2
    python3 -m pip download -q --no-deps --only-binary ziglang -d "$root/dl" "ziglang==$version" >&2
    echo "$sha256  $wheel" | sha256sum -c --quiet >&2
  fi
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  python3 -m zipfile -e "$wheel" "$work"
  chmod +x "$work/ziglang/zig"
  # It makes the libraries on the way to a program, and leaves them in its cache.
  echo 'int main(void) { return 0; }' >"$work/main.c"
  ZIG_GLOBAL_CACHE_DIR=$work/cache ZIG_LOCAL_CACHE_DIR=$work/cache "$work/ziglang/zig" cc -target "$arch-linux-gnu.$glibc" "$work/main.c" -o "$work/main" -lm
  rm -rf "$folder"
  mkdir -p "$folder"
  find "$work/cache/o" \( -name 'lib*.so.*' -o -name libc_nonshared.a -o -name crt1.o \) -exec cp {} "$folder" \;
  for lib in m pthread dl rt resolv util; do ln -s "$(cd "$folder" && echo lib$lib.so.*)" "$folder/lib$lib.so"; done
  "${tools}gcc" -O2 -c scripts/dist/compat.c -o "$work/compat.o"
  ar rcs "$folder/libcompat.a" "$work/compat.o"
  echo 'INPUT(libc.so.6 libc_nonshared.a libcompat.a AS_NEEDED(libresolv.so.2 libld.so.2))' >"$folder/libc.so"
  cp "$("${tools}g++" -print-file-name=libstdc++.a)" "$folder"
  touch "$folder/done"
fi
echo "$folder"
