#!/usr/bin/env bash
# Builds llama.cpp as static libraries into build/llama/{include,lib}.
#
#   CODERM_LEVELS=all scripts/build-llama.sh     for any processor (default: this one)
#   CODERM_ARCH=aarch64 scripts/build-llama.sh   for another machine, by a cross compiler
#
# What computes on the processor is compiled for levels of its instructions, of which the
# program takes the best when it starts (llama/levels.c); the rest is for any x86-64, or
# any 64-bit ARM.
#
# The result is cached under ${XDG_CACHE_HOME:-~/.cache}/coderm-build by what it
# was made of, so that a second clone only links to it.
set -euo pipefail
cd "$(dirname "$0")/.."

arch=${CODERM_ARCH:-$(uname -m)}
tools= # of a cross compiler
[ "$arch" = "$(uname -m)" ] || tools=$arch-linux-gnu-

# name=flags, the best first. AVX-VNNI, AMX and SVE are left out: nobody here has run them.
case $arch in
x86_64)
  all=(
    'bf16=-march=x86-64-v4 -mavx512vnni -mavx512bf16'
    'vnni=-march=x86-64-v4 -mavx512vnni'
    'v4=-march=x86-64-v4'
    'v3=-march=x86-64-v3'
    'v2=-march=x86-64-v2'
  ) ;;
aarch64)
  all=(
    'i8mm=-march=armv8.2-a+dotprod+fp16+i8mm'
    'dotprod=-march=armv8.2-a+dotprod+fp16'
    'v8=-march=armv8-a'
  ) ;;
*)
  echo "build-llama: there are no levels for $arch" >&2
  exit 2 ;;
esac

# here prints the level of this processor.
here() {
  local macros
  [ -z "$tools" ] || { echo all; return; }
  macros=$(cc -march=native -dM -E -x c /dev/null)
  case $arch-$macros in
  aarch64-*__ARM_FEATURE_MATMUL_INT8*) echo i8mm ;;
  aarch64-*__ARM_FEATURE_DOTPROD*) echo dotprod ;;
  aarch64-*) echo v8 ;;
  *__AVX512BF16__*) echo bf16 ;;
  *__AVX512VNNI__*) echo vnni ;;
  *__AVX512VL__*) echo v4 ;;
  *__AVX2__*) echo v3 ;;
  *) echo v2 ;;
  esac
}

wanted=${CODERM_LEVELS:-$(here)}
levels=()
for level in "${all[@]}"; do
  if [ "$wanted" = all ] || [[ " $wanted " == *" ${level%%=*} "* ]]; then levels+=("$level"); fi
done
[ ${#levels[@]} -gt 0 ] || { echo "build-llama: no level is called $wanted" >&2; exit 2; }

names=("${levels[@]%%=*}")

flags=(
  -G Ninja
  -DCMAKE_BUILD_TYPE=Release
  -DBUILD_SHARED_LIBS=OFF
  -DCMAKE_POSITION_INDEPENDENT_CODE=ON
  -DLLAMA_BUILD_COMMON=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_EXAMPLES=OFF
  -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_SERVER=OFF
  -DGGML_NATIVE=OFF -DGGML_{SSE42,AVX,AVX2,BMI2,FMA,F16C}=OFF # a level's flags say it
  "-DLEVELS=$(IFS=\;; echo "${levels[*]}")"
)
if [ -n "$tools" ]; then
  flags+=(-DCMAKE_SYSTEM_NAME=Linux "-DCMAKE_SYSTEM_PROCESSOR=$arch" "-DCMAKE_C_COMPILER=${tools}gcc" "-DCMAKE_CXX_COMPILER=${tools}g++")
fi

# enclose LEVEL ARCHIVE OBJECT makes one object of a level, of which nothing can be seen
# but the functions that levels.c chooses from. Otherwise the linker would take a template's
# code from any of the levels for all of them. Calls of those functions within
# the level go out to levels.c, where the program may put others before them.
enclose() {
  local name=$1 archive=$2 object=$3 functions function wrap=() rename=() keep=()
  functions=$(sed -n 's/^    X(\([^)]*\)).*/\1/p' scripts/llama/levels.c)
  for function in $functions; do
    wrap+=("--wrap=$function")
    rename+=("--redefine-sym=$function=${function}_$name" "--redefine-sym=__wrap_$function=$function")
    keep+=("--keep-global-symbol=${function}_$name")
  done
  "${tools}ld" -r --force-group-allocation "${wrap[@]}" --whole-archive "$archive" -o "$object.raw"
  "${tools}nm" "$object.raw" | awk '$2 == "u" { print $3 }' >"$object.unique" # cannot be made local; weak ones can
  "${tools}objcopy" "${rename[@]}" --weaken-symbols="$object.unique" "$object.raw"
  "${tools}objcopy" "${keep[@]}" "$object.raw" "$object"
  # What runs before levels.c has chosen would run on every processor.
  if "${tools}objdump" -h "$object" | grep -E ' \.(init_array|ctors)'; then echo "build-llama: level $name runs code at start" >&2; exit 1; fi
}

# steps shows what ninja says it does, in one line, on a terminal.
export NINJA_STATUS='[%f/%t, %e s] '
steps() {
  if [ -t 2 ]; then awk '{ printf "\r%.75s\033[K", $0; fflush() } END { printf "\r\033[K" }' >&2; else cat >/dev/null; fi
}

key=$({
  cat scripts/fetch-llama.sh scripts/build-llama.sh scripts/llama/*
  "${tools}g++" --version | head -n 1
  echo "${levels[*]}"
} | sha256sum | cut -c 1-16)

cache=${XDG_CACHE_HOME:-$HOME/.cache}/coderm-build/llama-$key
mkdir -p "$(dirname "$cache")" build

if [ ! -e "$cache/done" ]; then
  exec 9>"$cache.lock"
  flock 9 # several clones may ask at once
fi
if [ ! -e "$cache/done" ]; then
  source=$(scripts/fetch-llama.sh)
  echo "building llama.cpp for $arch, level $(IFS=,; echo "${names[*]}") (a minute or two on two cores, once)" >&2
  work=$(mktemp -d "$cache.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  # What asserts say of their place would otherwise have the folders of this build.
  map="-ffile-prefix-map=$source=llama.cpp -ffile-prefix-map=$work/cmake=build"
  cmake -S scripts/llama -B "$work/cmake" "-DLLAMA_SOURCE=$source" "-DCMAKE_C_FLAGS=$map" "-DCMAKE_CXX_FLAGS=$map" "${flags[@]}" >"$work/log" 2>&1 &&
    nice cmake --build "$work/cmake" --parallel "$(nproc)" --target llama "${names[@]/#/level-}" 2>&1 | tee -a "$work/log" | steps ||
    { tail -n 40 "$work/log" >&2; echo "building llama.cpp failed" >&2; exit 1; }

  rm -rf "$cache"
  mkdir -p "$cache/include" "$cache/lib"
  find "$work/cmake" -name 'lib*.a' -exec cp {} "$cache/lib" \;
  # GPU backends call functions of ggml-base that nothing else does. As one
  # object they are linked all or none; cgo allows no --whole-archive.
  "${tools}ld" -r -o "$work/ggml-base.o" --whole-archive "$cache/lib/libggml-base.a"
  rm "$cache/lib/libggml-base.a"
  "${tools}ar" rcs "$cache/lib/libggml-base.a" "$work/ggml-base.o"
  for name in "${names[@]}"; do
    enclose "$name" "$cache/lib/liblevel-$name.a" "$work/$name.o"
    "${tools}ar" rs "$cache/lib/libggml-cpu.a" "$work/$name.o" 2>>"$work/log"
    rm "$cache/lib/liblevel-$name.a"
  done
  cp "$source"/include/*.h "$source"/ggml/include/*.h "$cache/include"
  cp "$source"/ggml/src/{ggml-impl,ggml-cpu/ggml-cpu-impl}.h "$cache/include" # for our attention
  touch "$cache/done"
fi

ln -sfn "$cache" build/llama
# Go does not look at headers outside a package when it decides what to compile
# again, so the packages that include them get one that says which they are.
made="#define CODERM_LLAMA \"llama-cpp-python $(sed -n 's/^version=//p' scripts/fetch-llama.sh)\" // build/llama is $key"
for dir in engine/llama engine/llama/internal/chain tokenizer/internal/oracle; do
  echo "$made" | cmp -s - "$dir/build_key.h" || echo "$made" >"$dir/build_key.h"
done
echo "build/llama -> $cache" >&2
