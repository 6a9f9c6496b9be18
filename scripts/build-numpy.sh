#!/usr/bin/env bash
# Builds numpy for the packages guest (build-packages.sh): its C parts as one archive for
# wasm32, to be linked in, and its Python files.
#
#   scripts/build-numpy.sh   prints the folder in the cache, having built it if need be:
#
#     lib/*.a     numpy's modules and the C++ runtime that they need
#     modules.h   MODULE("numpy._core._multiarray_umath", PyInit__multiarray_umath), a line each
#     site/       the package's Python files, without tests
#     licences/   numpy.txt, libc++.txt
#     package     name, version, hash of the source, licence, what programs import
#     imports     the modules to import before the snapshot, a line each
#
# Meson configures it as any numpy, with sandbox/guest/packages/numpy/lp64.py as the
# compiler, which says how a wasm32 comes to have the C types of a 64-bit machine. The
# cache goes by the hash of all inputs; the same inputs give the same bytes in whatever
# folder: no absolute path goes in.
set -euo pipefail
export LC_ALL=C TZ=UTC
cd "$(dirname "$0")/.."
ROOT=$PWD
PART=$ROOT/sandbox/guest/packages/numpy
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/coderm-build
LLVM=19
JOBS=$(nproc)

NUMPY_VERSION=2.3.5
NUMPY_SHA256=784db1dcdab56bf0517743e746dfb0f885fc68d948aba86eeec2cba234bdf1c0
CYTHON_VERSION=3.1.6
CYTHON_SHA256=91dcf7eb9b6a089ce4e9e1140e571d84c3bca834afb77ec269be7aa9d31a8157
# The modules that are no tests. lapack_lite and linalg go without BLAS.
MODULES='_core/_multiarray_umath fft/_pocketfft_umath linalg/_umath_linalg linalg/lapack_lite
random/_bounded_integers random/_common random/_generator random/_mt19937 random/_pcg64 random/_philox random/_sfc64 random/bit_generator random/mtrand'
IMPORTS='numpy numpy.testing numpy.fft numpy.linalg numpy.ma numpy.polynomial numpy.random numpy.rec numpy.strings numpy.char numpy.lib.stride_tricks'
LEFT_OUT='f2py _pyinstaller tests _core/include _core/lib random/lib random/_examples conftest.py __pycache__ *.pyi *.pxd py.typed *.c *.h'
OPTIONS='-Dallow-noblas=true -Dblas=none -Dlapack=none -Ddisable-optimization=true -Ddisable-highway=true -Ddisable-svml=true
-Ddisable-intel-sort=true -Ddisable-threading=true -Dbuildtype=release -Db_ndebug=true'

work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT

die() { echo "build-numpy: $*" >&2; exit 1; }
log() { echo "build-numpy: $*" >&2; }
key() { cat "$@" | sha256sum | cut -c1-20; }
settings() { sed -n "/^$1/,/^$2/p" scripts/build-guest.sh; }
eval "$(settings PY_VERSION= CFLAGS_ALL)"

{ read -r NATIVE; read -r WASM; } < <(scripts/build-guest.sh --parts)
unset "${!PYTHON@}"
export PYTHONHASHSEED=0

# fetch FILE SHA256 PIP-OPTION...: a file from PyPI, in the cache's sources.
fetch() {
  local file=$1 sum=$2 dir=$CACHE/sources
  shift 2
  mkdir -p "$dir"
  if [ ! -f "$dir/$file" ] || ! echo "$sum  $dir/$file" | sha256sum -c --quiet 2>/dev/null; then
    log "downloading $file"
    python3 -m pip download -q --disable-pip-version-check --no-deps --dest "$dir" "$@" >&2
  fi
  echo "$sum  $dir/$file" | sha256sum -c --quiet >&2 || die "$file has the wrong checksum"
}

# fetch_numpy gets the source. pip asks a source for its metadata, which numpy's makes
# by configuring itself; this answers for it.
fetch_numpy() {
  mkdir "$work/pip"
  cat >"$work/pip/mesonpy.py" <<'PY'
import pathlib

def get_requires_for_build_wheel(settings=None):
    return []

def prepare_metadata_for_build_wheel(folder, settings=None):
    made = pathlib.Path(folder, "numpy.dist-info")
    made.mkdir()
    (made / "METADATA").write_text(pathlib.Path("PKG-INFO").read_text())
    return made.name
PY
  PYTHONPATH=$work/pip fetch "numpy-$NUMPY_VERSION.tar.gz" $NUMPY_SHA256 --no-build-isolation --no-binary :all: "numpy==$NUMPY_VERSION"
}

configure() {
  mkdir -p "$work/bin" "$work/cython"
  python3 -m zipfile -e "$CACHE/sources/cython-$CYTHON_VERSION-py3-none-any.whl" "$work/cython"
  printf '#!/bin/sh\nPYTHONPATH=%s exec %s -m cython "$@"\n' "$work/cython" "$NATIVE" >"$work/bin/cython"
  chmod +x "$work/bin/cython"
  cat >"$work/cross.ini" <<INI
[binaries]
c = ['$NATIVE', '-S', '$PART/lp64.py', 'c']
cpp = ['$NATIVE', '-S', '$PART/lp64.py', 'c++']
ar = 'llvm-ar-$LLVM'
strip = 'llvm-strip-$LLVM'
python = '$NATIVE'
[properties]
needs_exe_wrapper = true
longdouble_format = 'IEEE_QUAD_LE'
[host_machine]
system = 'wasi'
cpu_family = 'wasm32'
cpu = 'wasm32'
endian = 'little'
INI
  export PATH=$work/bin:$PATH LP64_CLANG="clang-$LLVM --target=wasm32-wasi" LP64_AR=llvm-ar-$LLVM LP64_PYTHON=$WASM/include
  export LP64_FLAGS="$CFLAGS_ALL -DLP64_CHECK -Wno-macro-redefined -Werror=incompatible-pointer-types -Werror=int-conversion -ffile-prefix-map=$work=. -ffile-prefix-map=$PART=. -ffile-prefix-map=$WASM=python"
  meson=$work/numpy-$NUMPY_VERSION/vendored-meson/meson/meson.py
  # shellcheck disable=SC2086
  python3 "$meson" setup "$work/b" "$work/numpy-$NUMPY_VERSION" --cross-file "$work/cross.ini" --prefix=/usr $OPTIONS >"$work/log" 2>&1 ||
    { tail -30 "$work/log" >&2; die "numpy does not configure"; }
}

build_numpy() {
  local dest=$1 meson m suffix targets=() out name
  work=$(mktemp -d "$CACHE/work-XXXXXX")
  fetch_numpy
  fetch "cython-$CYTHON_VERSION-py3-none-any.whl" $CYTHON_SHA256 --only-binary :all: --implementation py --abi none --platform any "cython==$CYTHON_VERSION"
  tar xzf "$CACHE/sources/numpy-$NUMPY_VERSION.tar.gz" -C "$work"
  for m in "$PART"/patches/*.patch; do patch -d "$work/numpy-$NUMPY_VERSION" -p1 -s <"$m"; done
  log "configuring numpy $NUMPY_VERSION"
  configure
  suffix=$("$NATIVE" -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')
  log "compiling numpy (ten minutes of one core)"
  for m in $MODULES; do
    targets+=("numpy/$m$suffix")
  done
  ninja -C "$work/b" -j"$JOBS" "${targets[@]}" >"$work/log" 2>&1 || { grep -a 'error:' "$work/log" >&2 || tail -20 "$work/log" >&2; die "numpy does not compile"; }
  ! grep -aE "npy_u?intp' .*\[-Wformat\]" "$work/log" >&2 || die "these formats take another size than they are given"
  python3 "$meson" install -C "$work/b" --no-rebuild --tags python-runtime --destdir "$work/to" >"$work/log" 2>&1 || { tail -20 "$work/log" >&2; die "numpy does not install"; }

  out=$work/out
  mkdir -p "$out"/{lib,licences,site/numpy-$NUMPY_VERSION.dist-info}
  for m in $MODULES; do
    name=${m##*/}
    cp "$work/b/numpy/$m$suffix" "$out/lib/libnumpy-$name.a"
    echo "MODULE(\"numpy.${m//\//.}\", PyInit_$name)" >>"$out/modules.h"
  done
  $LP64_CLANG $CFLAGS_ALL -c "$PART/throw.c" -o "$work/throw.o"
  llvm-ar-$LLVM rcsD "$out/lib/libnumpy-throw.a" "$work/throw.o"
  # After numpy's, as the order of their names is that of linking. The last is printf of long doubles.
  local sysroot
  sysroot=$(dirname "$($LP64_CLANG -print-file-name=libc++.a)")
  cp "$sysroot/libc++.a" "$out/lib/libz-c++.a"
  cp "$sysroot/libc++abi.a" "$out/lib/libz-c++abi.a"
  cp "$($LP64_CLANG -print-file-name=libc-printscan-long-double.a)" "$out/lib/libz-printscan.a"

  mv "$work"/to/usr/lib/python*/site-packages/numpy "$out/site/numpy"
  for m in $LEFT_OUT; do
    case $m in
    */*) rm -rf "${out:?}/site/numpy/$m" ;;
    *) find "$out/site/numpy" -depth -name "$m" -exec rm -rf {} + ;;
    esac
  done
  # It tells how numpy was compiled, folders among it.
  sed -i "s#$NATIVE#python3#g; s#$PART/##g; s#$work#.#g" "$out/site/numpy/__config__.py"
  sed -n '1,/^$/p' "$work/numpy-$NUMPY_VERSION/PKG-INFO" >"$out/site/numpy-$NUMPY_VERSION.dist-info/METADATA"
  cat "$work/numpy-$NUMPY_VERSION"/LICENSE{,S_bundled}.txt >"$out/licences/numpy.txt"
  cp "/usr/share/doc/libc++-$LLVM-dev-wasm32/copyright" "$out/licences/libc++.txt"
  echo "numpy $NUMPY_VERSION $NUMPY_SHA256 BSD-3-Clause numpy" >"$out/package"
  printf '%s\n' $IMPORTS >"$out/imports"
  ! grep -rlF -e "$CACHE" -e "$ROOT" "$out" >&2 || die "these name folders of this machine"
  rm -rf "$dest" && mv "$out" "$dest"
  cd "$ROOT" && rm -rf "$work" && work=
}

scripts/setup.sh packages >&2
exec 7>"$CACHE/numpy.lock"
flock 7 # two checkouts may build at once
DEST=$CACHE/numpy-$( (cat scripts/build-numpy.sh "$PART"/*.* "$PART"/include/* "$PART"/patches/*; settings PY_VERSION= CFLAGS_ALL; basename "$WASM"; basename "${NATIVE%/bin/*}"; clang-$LLVM --version) | key)
[ -d "$DEST" ] || build_numpy "$DEST"
echo "$DEST"
