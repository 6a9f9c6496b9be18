#!/usr/bin/env bash
# Builds the packages guest: the guest's own interpreter and runner, with modules in C
# that the library-only guest has not, and with packages from PyPI
# (docs/sandbox.md). Puts lib/coderm/coderm-guest-packages.tar.zst, in which are
#
#   manifest.json      what it has, and the guest and module that it is of
#   guest.wasm         the module
#   licences/          of all that it has beside what NOTICE names
#
#   scripts/build-packages.sh          builds it unless it is there, and links it
#   scripts/build-packages.sh --path   says where it is in the cache, as well
#   scripts/build-packages.sh --suite  makes one with CPython's own tests in the place of packages
#
# It is kept in the cache by the hash of its inputs, and the same inputs give the same
# bytes in whatever folder and whenever.
set -euo pipefail
export LC_ALL=C TZ=UTC
cd "$(dirname "$0")/.."
ROOT=$PWD
GUEST=$ROOT/sandbox/guest
PACKAGES=$GUEST/packages
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/coderm-build
OUT=$ROOT/lib/coderm/coderm-guest-packages.tar.zst
LLVM=19
JOBS=$(nproc)

# name, version, SHA-256 of the wheel, licence, and what programs import
WHEELS='
mpmath 1.3.0 a0b2b9fe80bbcd81a6647ff13108738cfb482d481d826cc0e02f5b35e5c88d2c BSD-3-Clause mpmath
sympy 1.14.0 e091cc3e99d2141a0ba2847328f5479b05d94a6635cb96148ccb3f34671bd8f5 BSD-3-Clause sympy
networkx 3.6.1 d47fbf302e7d9cbbb9e2555a0d267983d2aa476bac30e90dfbe5669bd57f3762 BSD-3-Clause networkx
sortedcontainers 2.4.0 a163dcaede0f1c021485e957a39245190e74249897e2ae4b2aa38595db237ee0 Apache-2.0 sortedcontainers
more-itertools 11.2.1 35a7377edd1dd6608dcb2cdf534ded55ea32d49448875ad042cd3f879fb1ded0 MIT more_itertools
setuptools 80.9.0 062d34222ad13e0cc312a4c02d73f059e86a4acbfbdea8f8f76b28c99f306922 MIT setuptools pkg_resources distutils
'
BZIP2_VERSION=1.0.8
BZIP2_SHA256=ab5a03176ee106d3f0fa90e381da478ddae405918153cca248e682cd0c4a2269
XZ_VERSION=5.4.1
XZ_SHA256=5d9827aa1875b21c288f78864bb26d2650b436ea8d2cad364e4921eb6266a5a5
# What wheels bring and programs do not import, and of what setuptools brings along what is for
# older versions of Python or for its own tools, some of it under licences of other kinds.
LEFT_OUT='tests benchmarks conftest.py _antlr autolev isympy.py
autocommand inflect typeguard importlib_metadata zipp tomli typing_extensions.py typing_extensions _validate_pyproject'

work= src=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT

die() { echo "build-packages: $*" >&2; exit 1; }
log() { echo "build-packages: $*" >&2; }
key() { cat "$@" | sha256sum | cut -c1-20; }
# of NAME: a function or the settings of build-guest.sh, which both scripts go by
of() { sed -n "/^$1/,/^$2/p" scripts/build-guest.sh; }
eval "$(of PY_VERSION= CFLAGS_ALL)"
eval "$(of 'fetch_source()' '}')"
eval "$(of 'unpack_python()' '}')"

{ read -r NATIVE; read -r WASM; } < <(scripts/build-guest.sh --parts)
mkdir -p "$CACHE" "${OUT%/*}"

suite=
if [ "${1:-}" = --suite ]; then suite=-suite WHEELS="test $PY_VERSION - PSF-2.0 test"$'\n'; fi

numpy= # build-numpy.sh says where its parts are: lib/*.a, modules, site and licences
if [ -z "$suite" ] && [ -x scripts/build-numpy.sh ]; then numpy=$(scripts/build-numpy.sh); fi
go mod download github.com/mattn/go-sqlite3
sqlite=$(go list -m -f '{{.Dir}}' github.com/mattn/go-sqlite3) # SQLite's own source in one file

# fetch_wheel NAME VERSION SHA256: its path
fetch_wheel() {
  local found
  mkdir -p "$CACHE/wheels"
  for found in "$CACHE/wheels/${1//-/_}-$2"-*.whl; do
    [ ! -f "$found" ] || ! echo "$3  $found" | sha256sum -c --quiet 2>/dev/null || { echo "$found"; return; }
  done
  log "downloading $1 $2"
  python3 -m pip download -q --disable-pip-version-check --no-deps --only-binary :all: --python-version 3.13 --dest "$CACHE/wheels" "$1==$2" >&2
  for found in "$CACHE/wheels/${1//-/_}-$2"-*.whl; do
    echo "$3  $found" | sha256sum -c --quiet >&2 || die "$found has the wrong checksum"
    echo "$found"
  done
}

CC="clang-$LLVM --target=wasm32-wasi"
FLAGS="$CFLAGS_ALL -DNDEBUG -w"

# Each of these puts an archive into $work/lib, lines into $work/modules.h and files
# into $work/site.
build_bz2() {
  fetch_source bookworm bzip2 "bzip2_$BZIP2_VERSION.orig.tar.gz" $BZIP2_SHA256
  tar xzf "$CACHE/sources/bzip2_$BZIP2_VERSION.orig.tar.gz" -C "$work"
  (cd "$work/bzip2-$BZIP2_VERSION"
    for f in blocksort huffman crctable randtable compress decompress bzlib; do echo "$f.c"; done |
      xargs -P"$JOBS" -I{} $CC $FLAGS -DBZ_NO_STDIO -c {}
    $CC $FLAGS -ffile-prefix-map="$work"=. -I"$WASM/include" -I"$WASM/include/internal" -I. -c "$src/Modules/_bz2module.c" -o _bz2module.o
    echo 'void bz_internal_error(int code) { __builtin_trap(); }' | $CC $FLAGS -x c -c - -o error.o
    llvm-ar-$LLVM rcsD "$work/lib/libbz2.a" ./*.o
    sed -n '/^-----/,$p' LICENSE >"$work/licences/bzip2.txt")
  echo 'MODULE("_bz2", PyInit__bz2)' >>"$work/modules.h"
}

build_lzma() {
  fetch_source bookworm xz-utils "xz-utils_$XZ_VERSION.orig.tar.xz" $XZ_SHA256
  tar xJf "$CACHE/sources/xz-utils_$XZ_VERSION.orig.tar.xz" -C "$work"
  (cd "$work/xz-$XZ_VERSION"
    sed -i 's/^#if !(defined(_WIN32) && !defined(__CYGWIN__))$/#if 0 \/\/ no signals here/' src/common/mythread.h
    CC="$CC" AR=llvm-ar-$LLVM RANLIB=llvm-ranlib-$LLVM CFLAGS="$FLAGS" ./configure -q --host=wasm32-wasi --disable-threads \
      --disable-shared --disable-xz --disable-xzdec --disable-lzmadec --disable-lzmainfo --disable-scripts --disable-doc --disable-nls \
      --disable-sandbox --enable-small=no >configure.log 2>&1 || { tail -20 configure.log >&2; die "liblzma does not configure"; }
    make -s -j"$JOBS" -C src/liblzma >make.log 2>&1 || { tail -20 make.log >&2; die "liblzma does not compile"; }
    cp src/liblzma/.libs/liblzma.a "$work/lib/"
    $CC $FLAGS -ffile-prefix-map="$work"=. -I"$WASM/include" -I"$WASM/include/internal" -Isrc/liblzma/api -c "$src/Modules/_lzmamodule.c" -o _lzmamodule.o
    llvm-ar-$LLVM rcsD "$work/lib/lib_lzma.a" _lzmamodule.o
    cp COPYING "$work/licences/xz.txt")
  echo 'MODULE("_lzma", PyInit__lzma)' >>"$work/modules.h"
}

build_sqlite() {
  mkdir "$work/sqlite"
  (cd "$work/sqlite"
    cp "$sqlite/sqlite3-binding.c" sqlite3.c
    cp "$sqlite/sqlite3-binding.h" sqlite3.h
    $CC $FLAGS -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_OMIT_WAL -DSQLITE_ENABLE_MATH_FUNCTIONS \
      -DSQLITE_ENABLE_FTS5 -DSQLITE_TEMP_STORE=2 -DSQLITE_DEFAULT_MEMSTATUS=0 -c sqlite3.c
    printf '%s\n' "$src"/Modules/_sqlite/*.c |
      xargs -P"$JOBS" -I{} $CC $FLAGS -ffile-prefix-map="$work"=. -DPy_BUILD_CORE_MODULE -I"$WASM/include" -I"$WASM/include/internal" -I. -c {}
    llvm-ar-$LLVM rcsD "$work/lib/libsqlite.a" ./*.o)
  cp -r "$src/Lib/sqlite3" "$work/site/sqlite3"
  echo 'MODULE("_sqlite3", PyInit__sqlite3)' >>"$work/modules.h"
}

# build_modules makes a folder of the modules in C that CPython's source has: lib, site,
# licences and modules.h.
build_modules() {
  unpack_python
  local p
  for p in "$GUEST"/patches/*.patch; do patch -d "$src" -p1 -s <"$p"; done
  find "$src"/Modules -path '*/clinic/*.c.h' -print0 | # as build-guest.sh has it, for the same reason
    xargs -0 sed -i 's/ival = PyLong_AsSsize_t(iobj);/ival = PyNumber_AsSsize_t(iobj, PyExc_OverflowError);/'
  mkdir -p "$work"/{lib,site,licences}
  log "bz2, lzma and sqlite3 (a minute)"
  build_bz2
  build_lzma
  build_sqlite
  mkdir "$1.tmp"
  mv "$work"/{lib,site,licences,modules.h} "$1.tmp/"
  rm -rf "$1" && mv "$1.tmp" "$1"
  cd "$ROOT" && rm -rf "$work" && work=
}

# unpack_wheels puts the wheels' files into $work/site and their licences into $work/licences.
unpack_wheels() {
  local name version sum licence imports wheel file
  while read -r name version sum licence imports; do
    [ -n "$name" ] || continue
    wheel=$(fetch_wheel "$name" "$version" "$sum")
    python3 -m zipfile -e "$wheel" "$work/site"
  done <<<"$WHEELS"
  rm -rf "$work/site"/*.data
  for file in "$PACKAGES"/patches/*.patch; do patch -d "$work/site" -p1 -s <"$file"; done
  for name in $LEFT_OUT; do find "$work/site" -depth \( -name "$name" -o -name "$name-*.dist-info" \) -exec rm -rf {} +; done
  while read -r name version sum licence imports; do
    [ -n "$name" ] || continue
    for file in "$work/site/${name//-/_}-$version.dist-info"/{,licenses/}LICENSE* "$work/site/$name"/_vendor/*.dist-info/{,licenses/}LICENSE*; do
      [ ! -f "$file" ] || cat "$file" >>"$work/licences/$name.txt"
    done
    [ -s "$work/licences/$name.txt" ] || die "$name has no licence"
  done <<<"$WHEELS"
}

# unpack_suite puts CPython's own tests there instead, but those of what the guest has not.
unpack_suite() {
  local ours=$work
  unpack_python
  mv "$src/Lib/test" "$ours/site/test"
  rm -rf "$work"
  work=$ours
  rm -rf "$work/site/test"/{test_tkinter,test_ttk,test_ctypes,test_gdb,test_capi,test_peg_generator,test_tools/test_*,test_tools/i18n_data,test_cext,test_cppext,test_venv.py,cjkencodings,wheeldata,crashers}
  find "$work/site/test" \( -name 'badsyntax*' -o -name 'bad_coding*' \) -delete
}

# manifest of the module: what the guest has.
manifest() {
  local name version sum licence imports
  printf '{"format":1,"guest":"%s","module":"%s","python":"%s","packages":[' \
    "$(sha256sum "$GUEST/guest.wasm.zst" | cut -d' ' -f1)" "$(sha256sum "$1" | cut -d' ' -f1)" "$PY_VERSION"
  {
    printf 'bz2 %s - bzip2-1.0.6 bz2 _bz2\n' $BZIP2_VERSION
    printf 'lzma %s - LicenseRef-public-domain lzma _lzma\n' $XZ_VERSION
    printf 'sqlite3 %s - blessing sqlite3 _sqlite3\n' "$(sed -n 's/^#define SQLITE_VERSION  *"\(.*\)"/\1/p' "$sqlite/sqlite3-binding.h")"
    [ -z "$numpy" ] || cat "$numpy/package"
    printf '%s' "$WHEELS"
  } | while read -r name version sum licence imports; do
    [ -n "$name" ] || continue
    printf '{"name":"%s","version":"%s","licence":"%s","imports":["%s"]}\n' "$name" "$version" "$licence" "${imports// /\",\"}"
  done | sort | paste -sd,
  printf '],"put_off":["%s"]}\n' "$(sed -n '/^PUT_OFF = /{s/.*= "\(.*\)"$/\1/; s/ /","/g; p}' "$PACKAGES/lib/_side_absent.py")"
}

# build_packages FILE: the guest with all that around it.
build_packages() {
  local out=$1 parts=("$MODULES") p f
  work=$(mktemp -d "$CACHE/work-XXXXXX")
  mkdir -p "$work"/{site,licences,tree}
  [ -z "$numpy" ] || parts+=("$numpy")
  for p in "${parts[@]}"; do
    cp -r "$p/site/." "$work/site/"
    cp -r "$p/licences/." "$work/licences/"
    cat "$p/modules.h" >>"$work/modules.h"
  done
  if [ -z "$suite" ]; then unpack_wheels; else unpack_suite; fi
  log "bytecode of the packages (half a minute)"
  "$NATIVE" "$PACKAGES/pack.py" "$work/image.bin" "$WASM/stdlib" "$GUEST/lib" "$PACKAGES/lib" "$work/site"
  { [ -n "$suite" ] || sed 's/#.*//' "$PACKAGES/preload.txt"; [ -z "$numpy" ] || cat "$numpy/imports"; } | sed '/^ *$/d' >"$work/imports.txt"
  for f in "$GUEST"/*.c "$PACKAGES"/*.c; do echo "$f"; done |
    xargs -P"$JOBS" -I{} sh -c 'exec '"$CC $CFLAGS_ALL -ffile-prefix-map=$GUEST=guest -ffile-prefix-map=$WASM=python -std=c2x -w \
      -I$WASM/include -I$WASM/include/internal -I$GUEST -I$work --embed-dir=$work --embed-dir=$GUEST"' -c "$1" -o "$2/$(basename "$1" .c).o"' - {} "$work"
  log "linking"
  local libraries=()
  for p in "${parts[@]}"; do libraries+=("$p"/lib/*.a); done
  $CC -mexec-model=reactor $MACHINE "$work"/*.o "${libraries[@]}" -L"$WASM/lib" "-lpython$PY" -lmpdec -lexpat -lHacl_Hash_SHA2 -lz -lm \
    -lwasi-emulated-signal -lwasi-emulated-getpid -lwasi-emulated-process-clocks -Wl,--wrap=__wasi_random_get \
    -Wl,--strip-all -Wl,--stack-first -Wl,-z,stack-size=16777216 -Wl,--gc-sections -Wl,--export=__stack_pointer \
    -Wl,--initial-memory=$INITIAL_MEMORY -Wl,--max-memory=4294967296 -o "$work/tree/guest.wasm"
  mv "$work/licences" "$work/tree/"
  manifest "$work/tree/guest.wasm" >"$work/tree/manifest.json"
  find "$work/tree" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
  chmod -R u=rwX,go=rX "$work/tree"
  # The description comes first, so that it can be read alone.
  (cd "$work/tree" && tar --format=ustar --sort=name --owner=0 --group=0 --numeric-owner -cf - manifest.json guest.wasm licences) |
    zstd -q -19 -T0 -o "$out.tmp"
  mv "$out.tmp" "$out"
  cd "$ROOT" && rm -rf "$work" && work=
}
# Where the heap of the library-only guest has as much room as it has there.
INITIAL_MEMORY=197656576
[ -z "$numpy" ] || INITIAL_MEMORY=211288064

exec 8>"$CACHE/packages.lock"
flock 8 # two checkouts may build at once
shopt -s nullglob
export PYTHONHASHSEED=0
settings() { sed -n "/^$1/,/^}/p" scripts/build-packages.sh; }
MODULES=$CACHE/packages-modules-$( (settings build_bz2; settings build_lzma; settings build_sqlite; settings build_modules
  printf '%s\n' $BZIP2_SHA256 $XZ_SHA256 "$sqlite" "$WASM" "$FLAGS"; clang-$LLVM --version) | key)
FILE=$CACHE/coderm-guest-packages$suite-$( (cat scripts/build-packages.sh "$PACKAGES"/*.* "$PACKAGES"/{lib,patches}/* "$GUEST/guest.sources"; basename "$MODULES"; basename "${NATIVE%/bin/*}"; basename "$numpy") | key).tar.zst
if [ ! -f "$FILE" ]; then
  [ -d "$MODULES" ] || build_modules "$MODULES"
  build_packages "$FILE"
  log "$(stat -c %s "$FILE") bytes"
fi
[ -n "$suite" ] || ln -sfn "$FILE" "$OUT"
case ${1:-} in --path | --suite) echo "$FILE" ;; esac
