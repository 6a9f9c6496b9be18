#!/usr/bin/env bash
# Builds the sandbox guest: CPython 3.13.5 for wasm32 with our C runner, the
# standard library and a WASI layer linked in, so that the module imports
# nothing but what docs/sandbox.md lists.
#
#   scripts/build-guest.sh            sandbox/guest/guest.wasm.zst, if its sources have changed
#   scripts/build-guest.sh --state    only says whether they have
#   scripts/build-guest.sh --compare  builds it elsewhere, and fails if it is not the same bytes
#   scripts/build-guest.sh --native   only the native CPython of its version, for tests
#   scripts/build-guest.sh --parts    prints where the native interpreter and the guest's libraries
#                                     are, having built them if need be (build-packages.sh)
#
# The repository carries the guest, with what it was made of beside it (guest.sources), so
# that only who changes it needs the compilers. Three stages, each cached by the hash of
# its inputs: a native interpreter of the same source, for bytecode comes from its own
# version (minutes), the guest's interpreter (minutes) and the guest around it (seconds).
#
# The digest of the module is part of what a run is bound to, so the same inputs
# give the same bytes in whatever folder and whenever they are built: no absolute
# path and no date goes in, and nothing follows the locale.
set -euo pipefail
export LC_ALL=C TZ=UTC
cd "$(dirname "$0")/.."
ROOT=$PWD
GUEST=$ROOT/sandbox/guest
OUT=$GUEST/guest.wasm.zst
SOURCES=$GUEST/guest.sources
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/coderm-build
LLVM=19
JOBS=$(nproc)

PY_VERSION=3.13.5
PY_SHA256=93e583f243454e6e9e4588ca2c2662206ad961659863277afcdb96801647d640
PY_SUITE=trixie # of Debian, whose source package it is
PY=${PY_VERSION%.*}
ZLIB_VERSION=1.2.13.dfsg
ZLIB_SHA256=71feb7947e3c00ef125f83b79a4e529bde31171e5babe48b391f06758d1ab0a1
export SOURCE_DATE_EPOCH=1749600000 # what __DATE__ says: the release of this CPython

EMULATED="-D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_GETPID -D_WASI_EMULATED_PROCESS_CLOCKS"
# Only instructions that every runtime has had for years. bulk-memory is left
# out: a small memory.copy costs a call out of the module.
MACHINE="-mnontrapping-fptoint -msign-ext -mmutable-globals"
CFLAGS_ALL="-O3 -g0 $MACHINE $EMULATED"

work= src= # the build folder in use and CPython's in it, removed however this ends
trap '[ -z "$work" ] || rm -rf "$work"' EXIT

die() { echo "build-guest: $*" >&2; exit 1; }
log() { echo "build-guest: $*" >&2; }
key() { cat "$@" | sha256sum | cut -c1-20; }

shopt -s nullglob
# The sources by what they hold, but for the compiler; docs/sandbox.md says which one it is.
sources() {
  printf 'sources %s\n' "$( (sed -n '/^PY_VERSION/,/^CFLAGS_ALL/p;/^unpack_python/,/^}/p;/^build_python/,/^}/p;/^build_guest/,/^}/p' scripts/build-guest.sh
    cat "$GUEST"/patches/*.patch "$GUEST"/*.c "$GUEST"/*.h "$GUEST"/*.py "$GUEST"/lib/*.py "$GUEST"/lib/*/{,*/}*.py) | sha256sum | cut -d' ' -f1)"
}
guest() { printf 'guest %s\n' "$(sha256sum "$1" | cut -d' ' -f1)"; }
fresh() { [ -f "$OUT" ] && { sources; guest "$OUT"; } | cmp -s - "$SOURCES"; }

case ${1:-} in
'') if fresh; then exit 0; fi
  log "the guest's sources have changed since it was built" ;;
--state)
  fresh || die "sandbox/guest/guest.wasm.zst is not of these sources: run scripts/build-guest.sh, and commit it"
  exit 0 ;;
--compare | --native | --parts) ;;
*) die "unknown: $1" ;;
esac
tools="xz gcc make"
if [ "${1:-}" != --native ]; then
  scripts/setup.sh guest
  tools+=" clang-$LLVM wasm-ld-$LLVM llvm-ar-$LLVM zstd"
fi

unset "${!PYTHON@}" # a hash seed or a cache prefix of the user's
export PYTHONHASHSEED=0
for tool in $tools; do
  command -v "$tool" >/dev/null || die "$tool is missing; run scripts/setup.sh"
done

# fetch_source SUITE PACKAGE FILE SHA256: a Debian source tarball, by apt, from the
# mirror the system uses, with a list of our own so that the system's stays.
fetch_source() {
  local suite=$1 package=$2 file=$3 sum=$4 dir=$CACHE/sources apt mirror
  mkdir -p "$dir"
  if [ ! -f "$dir/$file" ] || ! echo "$sum  $dir/$file" | sha256sum -c --quiet 2>/dev/null; then
    log "downloading $file"
    apt=$(mktemp -d)
    mkdir -p "$apt"/{lists/partial,cache/archives/partial,parts,src}
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
      sed -n 's/ bookworm main$//p' | head -n 1)
    [ -n "$mirror" ] || die "apt knows no source of Debian bookworm"
    printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
      "$mirror" "$suite" >"$apt/parts/src.sources"
    (
      cd "$apt/src"
      opts=(-qq -o "Dir::Etc::SourceList=/dev/null" -o "Dir::Etc::SourceParts=$apt/parts" -o "Dir::State::Lists=$apt/lists"
        -o "Dir::Cache=$apt/cache" -o "APT::Sandbox::User=root")
      apt-get "${opts[@]}" update
      apt-get "${opts[@]}" source --download-only "$package"
    ) >&2
    mv "$apt/src/$file" "$dir/$file"
    rm -rf "$apt"
  fi
  echo "$sum  $dir/$file" | sha256sum -c --quiet >&2 || die "$file has the wrong checksum"
}

# unpack_python: the source of CPython, in the work folder; $src is where.
unpack_python() {
  local file=python${PY}_$PY_VERSION.orig.tar.xz
  fetch_source $PY_SUITE "python$PY" "$file" $PY_SHA256
  work=$(mktemp -d "$CACHE/work-XXXXXX")
  tar xJf "$CACHE/sources/$file" -C "$work"
  src=$work/Python-$PY_VERSION
}

# Stage 1: a native interpreter, with what compiling the library takes and no more.
build_native() {
  local dest=$1
  unpack_python
  log "a native CPython $PY_VERSION (minutes)"
  mkdir "$work/b" && cd "$work/b"
  (
    for m in _bz2 _ctypes _curses _curses_panel _dbm _decimal _elementtree _gdbm _hashlib _interpchannels _interpqueues _interpreters _lzma \
      _sqlite3 _ssl _tkinter _uuid pyexpat readline zlib; do
      export "py_cv_module_$m=n/a"
    done
    PKG_CONFIG_LIBDIR=/nonexistent OPT="-O1 -DNDEBUG" "$src/configure" -q --prefix="$dest" --without-ensurepip --without-mimalloc --disable-test-modules &&
      make -s -j"$JOBS" && make -s install DESTDIR="$work/to"
  ) >native.log 2>&1 || { tail -30 native.log >&2; die "the native CPython does not compile"; }
  rm -rf "$dest" && mv "$work/to$dest" "$dest"
  cd "$ROOT" && rm -rf "$work" && work=
}

# Stage 2: libpython and libz for wasm32-wasi, headers, and the standard library.
build_python() {
  local dest=$1
  unpack_python
  fetch_source bookworm zlib "zlib_$ZLIB_VERSION.orig.tar.bz2" $ZLIB_SHA256
  tar xjf "$CACHE/sources/zlib_$ZLIB_VERSION.orig.tar.bz2" -C "$work"
  for p in "$GUEST"/patches/*.patch; do
    [ -e "$p" ] || continue
    patch -d "$src" -p1 -s <"$p"
  done
  # Sizes above 2**31 are clipped instead of refused: sys.maxsize says 2**63-1,
  # and honest code passes it on (see docs/sandbox.md).
  find "$src"/{Objects,Modules,Python} -path '*/clinic/*.c.h' -print0 |
    xargs -0 sed -i 's/ival = PyLong_AsSsize_t(iobj);/ival = PyNumber_AsSsize_t(iobj, PyExc_OverflowError);/'

  log "zlib"
  local cc="clang-$LLVM --target=wasm32-wasi"
  mkdir -p "$work/z/lib" "$work/z/include"
  cp "$work"/zlib-*/{zlib,zconf}.h "$work/z/include/"
  (
    cd "$work"/zlib-*
    for f in adler32 compress crc32 deflate inffast inflate inftrees trees zutil; do
      $cc $CFLAGS_ALL -w -DHAVE_UNISTD_H -c $f.c -o $f.o
    done
    llvm-ar-$LLVM rcs "$work/z/lib/libz.a" ./*.o
  )

  log "configuring CPython $PY_VERSION"
  mkdir "$work/b" && cd "$work/b"
  # -Wno-int-conversion: clockid_t is a pointer in this wasi-libc.
  export CC="$cc" CPP="$cc -E" AR=llvm-ar-$LLVM RANLIB=llvm-ranlib-$LLVM LD=wasm-ld-$LLVM PKG_CONFIG_LIBDIR=/nonexistent
  export CFLAGS="$CFLAGS_ALL -Wno-unused -Wno-int-conversion -Wno-unknown-attributes" OPT=-DNDEBUG
  export LDFLAGS="-lwasi-emulated-signal -lwasi-emulated-getpid -lwasi-emulated-process-clocks"
  export ZLIB_CFLAGS="-I../z/include" ZLIB_LIBS="-L../z/lib -lz"
  # Not there natively either, or nothing a solution needs: one compile less each.
  for m in _bz2 _ctypes _curses _curses_panel _dbm _gdbm _hashlib _interpchannels _interpqueues _interpreters _lzma _multiprocessing _posixshmem \
    _posixsubprocess _scproxy _socket _sqlite3 _ssl _tkinter _uuid fcntl grp mmap pwd readline resource syslog termios xxlimited xxlimited_35; do
    export "py_cv_module_$m=n/a"
  done
  # wasi-libc lacks these; the guest has them (patches/06-posix).
  for f in alarm dup dup2 dup3 getitimer pause setitimer; do
    export "ac_cv_func_$f=yes"
  done
  # By a relative path, for that is what __FILE__ and VPATH repeat.
  CONFIG_SITE=$src/Tools/wasm/config.site-wasm32-wasi "../${src##*/}/configure" -q -C --host=wasm32-unknown-wasip1 --build=x86_64-linux-gnu \
    --with-build-python="$NATIVE" --disable-test-modules --without-mimalloc --with-hash-algorithm=siphash13 >configure.log 2>&1 || { tail -30 configure.log >&2; die "CPython does not configure"; }
  log "compiling CPython (two minutes on two cores)"
  make -s -j"$JOBS" "libpython$PY.a" Modules/_decimal/libmpdec/libmpdec.a Modules/expat/libexpat.a >make.log 2>&1 || { tail -30 make.log >&2; die "CPython does not compile"; }

  mkdir -p "$dest.tmp/lib" "$dest.tmp/include"
  cp "libpython$PY.a" Modules/_decimal/libmpdec/libmpdec.a Modules/expat/libexpat.a Modules/_hacl/libHacl_Hash_SHA2.a "$work/z/lib/libz.a" "$dest.tmp/lib/"
  cp -r "$src/Include/." pyconfig.h "$dest.tmp/include/"
  cp -r "$src/Lib" "$dest.tmp/stdlib"
  rm -rf "$dest.tmp/stdlib"/{test,idlelib,ensurepip,tkinter,turtledemo,venv,pydoc_data,ctypes,sqlite3,curses,dbm,__phello__}
  rm -rf "$dest" && mv "$dest.tmp" "$dest"
  cd "$ROOT" && rm -rf "$work" && work=
}

# Stage 3: the runner, WASI and the stdlib image around it.
build_guest() {
  local py=$1 out=$2
  work=$(mktemp -d "$CACHE/work-XXXXXX")
  "$NATIVE" "$GUEST/mkimage.py" "$py/stdlib" "$GUEST/lib" "$work/image.bin"
  local cc="clang-$LLVM --target=wasm32-wasi"
  for f in fs wasi clock bytecode freeze verdict cases program ending bytes map shared setorder put get changes remote weak message raised exchange serve standin apartmodule observe patched apart threads runner; do
    $cc $CFLAGS_ALL -ffile-prefix-map="$GUEST"=guest -ffile-prefix-map="$py"=python -std=c2x -Wall -Wextra -Wno-unused-parameter -Wno-c23-extensions -Wno-deprecated-declarations -I"$py/include" --embed-dir="$work" --embed-dir="$GUEST" \
      -c "$GUEST/$f.c" -o "$work/$f.o"
  done
  # The shadow stack comes first, so that overrunning it traps instead of
  # overwriting data.
  $cc -mexec-model=reactor $MACHINE "$work"/*.o -L"$py/lib" "-lpython$PY" -lmpdec -lexpat -lHacl_Hash_SHA2 -lz -lm \
    -lwasi-emulated-signal -lwasi-emulated-getpid -lwasi-emulated-process-clocks \
    -Wl,--strip-all -Wl,--stack-first -Wl,-z,stack-size=16777216 -Wl,--gc-sections -Wl,--export=__stack_pointer -Wl,--initial-memory=134217728 -Wl,--max-memory=4294967296 -o "$work/guest.wasm"
  zstd -q -19 -T0 -f "$work/guest.wasm" -o "$out.tmp"
  mv "$out.tmp" "$out"
  cd "$ROOT" && rm -rf "$work" && work=
}

mkdir -p "$CACHE"
exec 9>"$CACHE/guest.lock"
flock 9 # two checkouts may build at once

settings() { sed -n "/^PY_VERSION/,/^CFLAGS_ALL/p;/^$1/,/^}/p" scripts/build-guest.sh; }
HOST=$CACHE/native-python-$( (settings build_native; gcc --version) | key)
NATIVE=$HOST/bin/python$PY
[ -x "$NATIVE" ] || build_native "$HOST"
if [ "${1:-}" = --native ]; then exit 0; fi
WASM=$CACHE/guest-python-$( (settings build_python; cat "$GUEST"/patches/*.patch; clang-$LLVM --version) | key)
[ -d "$WASM" ] || build_python "$WASM"
if [ "${1:-}" = --parts ]; then
  printf '%s\n' "$NATIVE" "$WASM"
  exit 0
fi
MODULE=$CACHE/guest-$( (sources; basename "$WASM") | key).wasm.zst
[ -f "$MODULE" ] || build_guest "$WASM" "$MODULE"
if [ "${1:-}" = --compare ]; then
  cmp "$MODULE" "$OUT" || die "built by $(clang-$LLVM --version | head -n 1), the guest is another than the one in the repository"
  log "built from its sources, the guest is the one in the repository: $(guest "$OUT")"
  exit 0
fi
cp "$MODULE" "$OUT"
{ sources; guest "$OUT"; } >"$SOURCES"
log "$(basename "$OUT"): $(stat -c %s "$OUT") bytes, to be committed with its sources"
