#!/usr/bin/env bash
# Builds the sandbox guest: CPython 3.11.2 for wasm32 with our C runner, the
# standard library and a WASI layer linked in, so that the module imports
# nothing but what docs/sandbox.md lists.
#
#   scripts/build-guest.sh            sandbox/guest/guest.wasm.zst, if its sources have changed
#   scripts/build-guest.sh --state    only says whether they have
#   scripts/build-guest.sh --compare  builds it elsewhere, and fails if it is not the same bytes
#   CODERM_GUEST_PYTHON=3.13 scripts/build-guest.sh   a tree with the guest that may be the next
#
# The repository carries the guest, with what it was made of beside it (guest.sources), so
# that only who changes it needs the compilers. Two stages, each cached by the hash of
# its inputs: the interpreter (minutes) and the guest around it (seconds).
#
# The digest of the module is part of what a run is bound to, so the same inputs
# give the same bytes in whatever folder and whenever they are built: no absolute
# path and no date goes in, and nothing follows the locale.
set -euo pipefail
export LC_ALL=C TZ=UTC
cd "$(dirname "$0")/.."
case ${CODERM_GUEST_PYTHON:-3.11} in
3.11) ;;
3.13) exec scripts/build-guest-3.13.sh "$@" ;;
*) echo "build-guest: CODERM_GUEST_PYTHON is 3.11 or 3.13" >&2; exit 2 ;;
esac
ROOT=$PWD
GUEST=$ROOT/sandbox/guest
OUT=$GUEST/guest.wasm.zst
SOURCES=$GUEST/guest.sources
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/coderm-build
LLVM=19
JOBS=$(nproc)

PY_VERSION=3.11.2
PY_SHA256=2411c74bda5bbcfcddaf4531f66d1adc73f247f529aee981b029513aefdbf849
ZLIB_VERSION=1.2.13.dfsg
ZLIB_SHA256=71feb7947e3c00ef125f83b79a4e529bde31171e5babe48b391f06758d1ab0a1
export SOURCE_DATE_EPOCH=1675814400 # what __DATE__ says: the release of this CPython

EMULATED="-D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_GETPID -D_WASI_EMULATED_PROCESS_CLOCKS"
# Only instructions that every runtime has had for years. bulk-memory is left
# out: a small memory.copy costs a call out of the module.
MACHINE="-mnontrapping-fptoint -msign-ext -mmutable-globals"
CFLAGS_ALL="-O3 -g0 $MACHINE $EMULATED"

work= # the build folder in use, removed however this ends
trap '[ -z "$work" ] || rm -rf "$work"' EXIT

die() { echo "build-guest: $*" >&2; exit 1; }
log() { echo "build-guest: $*" >&2; }
key() { cat "$@" | sha256sum | cut -c1-20; }

shopt -s nullglob
# The sources by what they hold, but for the compiler; docs/sandbox.md says which one it is.
sources() {
  printf 'sources %s\n' "$( (sed -n '/^PY_VERSION/,/^CFLAGS_ALL/p;/^build_python/,/^}/p;/^build_guest/,/^}/p' scripts/build-guest.sh
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
--compare) ;;
*) die "unknown: $1" ;;
esac
scripts/setup.sh guest

# A fresh Debian 12 calls its 3.11 python3; stdlib bytecode must come from a 3.11.
unset "${!PYTHON@}" # a hash seed or a cache prefix of the user's
export PYTHONHASHSEED=0
PYTHON=
for p in python3.11 python3; do
  if command -v "$p" >/dev/null && "$p" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
    PYTHON=$("$p" -c 'import sys; print(sys.executable)')
    break
  fi
done
[ -n "$PYTHON" ] || die "needs a native Python 3.11 (apt-get install python3)"
for tool in clang-$LLVM wasm-ld-$LLVM llvm-ar-$LLVM zstd make; do
  command -v "$tool" >/dev/null || die "$tool is missing; run scripts/setup.sh"
done

# fetch_source PACKAGE FILE SHA256: a Debian source tarball, by apt, from the
# mirror the system uses, with a list of our own so that the system's stays.
fetch_source() {
  local package=$1 file=$2 sum=$3 dir=$CACHE/sources apt mirror
  mkdir -p "$dir"
  if [ ! -f "$dir/$file" ] || ! echo "$sum  $dir/$file" | sha256sum -c --quiet 2>/dev/null; then
    log "downloading $file"
    apt=$(mktemp -d)
    mkdir -p "$apt"/{lists/partial,cache/archives/partial,parts,src}
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
      sed -n 's/ bookworm main$//p' | head -n 1)
    [ -n "$mirror" ] || die "apt knows no source of Debian bookworm"
    printf 'Types: deb-src\nURIs: %s\nSuites: bookworm\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
      "$mirror" >"$apt/parts/src.sources"
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

# Stage 1: libpython and libz for wasm32-wasi, headers, and the bytecode of the
# standard library.
build_python() {
  local dest=$1
  fetch_source python3.11 "python3.11_$PY_VERSION.orig.tar.gz" $PY_SHA256
  fetch_source zlib "zlib_$ZLIB_VERSION.orig.tar.bz2" $ZLIB_SHA256
  work=$(mktemp -d "$CACHE/work-XXXXXX")
  tar xzf "$CACHE/sources/python3.11_$PY_VERSION.orig.tar.gz" -C "$work"
  tar xjf "$CACHE/sources/zlib_$ZLIB_VERSION.orig.tar.bz2" -C "$work"
  local src=$work/Python-$PY_VERSION
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
  for m in _ctypes _curses _dbm _gdbm _hashlib _ssl _posixshmem _posixsubprocess _scproxy _tkinter _uuid \
    _xxsubinterpreters _multiprocessing _socket audioop fcntl grp mmap nis ossaudiodev pwd resource spwd syslog termios xxlimited xxlimited_35; do
    export "py_cv_module_$m=n/a"
  done
  # wasi-libc lacks these; the guest has them (patches/06-posix).
  for f in alarm dup dup2 dup3 getitimer pause setitimer; do
    export "ac_cv_func_$f=yes"
  done
  # By a relative path, for that is what __FILE__ and VPATH repeat.
  CONFIG_SITE=$src/Tools/wasm/config.site-wasm32-wasi "../${src##*/}/configure" -q -C --host=wasm32-unknown-wasi --build=x86_64-linux-gnu \
    --with-build-python="$PYTHON" --disable-test-modules --with-hash-algorithm=siphash13 >configure.log 2>&1 || { tail -30 configure.log >&2; die "CPython does not configure"; }
  log "compiling CPython (two minutes on two cores)"
  make -s -j"$JOBS" libpython3.11.a Modules/_decimal/libmpdec/libmpdec.a Modules/expat/libexpat.a >make.log 2>&1 || { tail -30 make.log >&2; die "CPython does not compile"; }

  mkdir -p "$dest.tmp/lib" "$dest.tmp/include"
  cp libpython3.11.a Modules/_decimal/libmpdec/libmpdec.a Modules/expat/libexpat.a "$work/z/lib/libz.a" "$dest.tmp/lib/"
  cp -r "$src/Include/." pyconfig.h "$dest.tmp/include/"
  cp -r "$src/Lib" "$dest.tmp/stdlib"
  rm -rf "$dest.tmp/stdlib"/{test,idlelib,ensurepip,lib2to3,tkinter,turtledemo,distutils,venv,msilib,pydoc_data,ctypes,sqlite3,curses,dbm,unittest/test,__phello__}
  rm -rf "$dest" && mv "$dest.tmp" "$dest"
  cd "$ROOT" && rm -rf "$work" && work=
}

# Stage 2: the runner, WASI and the stdlib image around it.
build_guest() {
  local py=$1 out=$2
  work=$(mktemp -d "$CACHE/work-XXXXXX")
  "$PYTHON" "$GUEST/mkimage.py" "$py/stdlib" "$GUEST/lib" "$work/image.bin"
  local cc="clang-$LLVM --target=wasm32-wasi"
  for f in fs wasi clock bytecode freeze verdict cases program ending bytes map shared setorder put get changes remote weak message raised exchange serve standin apartmodule observe patched apart threads runner; do
    $cc $CFLAGS_ALL -ffile-prefix-map="$GUEST"=guest -ffile-prefix-map="$py"=python -std=c2x -Wall -Wextra -Wno-unused-parameter -Wno-c23-extensions -I"$py/include" --embed-dir="$work" --embed-dir="$GUEST" \
      -c "$GUEST/$f.c" -o "$work/$f.o"
  done
  # The shadow stack comes first, so that overrunning it traps instead of
  # overwriting data.
  $cc -mexec-model=reactor $MACHINE "$work"/*.o -L"$py/lib" -lpython3.11 -lmpdec -lexpat -lz -lm \
    -lwasi-emulated-signal -lwasi-emulated-getpid -lwasi-emulated-process-clocks \
    -Wl,--strip-all -Wl,--stack-first -Wl,-z,stack-size=16777216 -Wl,--gc-sections -Wl,--export=__stack_pointer -Wl,--initial-memory=134217728 -Wl,--max-memory=4294967296 -o "$work/guest.wasm"
  zstd -q -19 -T0 -f "$work/guest.wasm" -o "$out.tmp"
  mv "$out.tmp" "$out"
  cd "$ROOT" && rm -rf "$work" && work=
}

mkdir -p "$CACHE"
exec 9>"$CACHE/guest.lock"
flock 9 # two checkouts may build at once

PY=$CACHE/guest-python-$( (sed -n '/^PY_VERSION/,/^CFLAGS_ALL/p;/^build_python/,/^}/p' scripts/build-guest.sh; cat "$GUEST"/patches/*.patch; clang-$LLVM --version) | key)
[ -d "$PY" ] || build_python "$PY"
MODULE=$CACHE/guest-$( (sources; basename "$PY") | key).wasm.zst
[ -f "$MODULE" ] || build_guest "$PY" "$MODULE"
if [ "${1:-}" = --compare ]; then
  cmp "$MODULE" "$OUT" || die "built by $(clang-$LLVM --version | head -n 1), the guest is another than the one in the repository"
  log "built from its sources, the guest is the one in the repository: $(guest "$OUT")"
  exit 0
fi
cp "$MODULE" "$OUT"
{ sources; guest "$OUT"; } >"$SOURCES"
log "$(basename "$OUT"): $(stat -c %s "$OUT") bytes, to be committed with its sources"
