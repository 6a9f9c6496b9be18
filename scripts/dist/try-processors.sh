#!/usr/bin/env bash
# Tries a program on processors that this machine is not: doctor --test on each, the level
# it must choose first. By qemu's user mode emulation (qemu-user), and since that has no
# AVX-512, on an Intel that has as if it lacked some of it (without.c).
#
#   scripts/dist/try-processors.sh PROGRAM
#
# PROGRAM is for x86-64 or 64-bit ARM, whose C library comes with Debian's cross compiler.
set -euo pipefail
cd "$(dirname "$0")"
program=$(cd "$OLDPWD" && realpath "$1")
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# try LEVEL PROCESSOR [COMMAND...] runs it by a command.
try() {
  local level=$1 cpu=$2 out
  if out=$(XDG_CACHE_HOME=$work XDG_DATA_HOME=$work "${@:3}" "$program" -q doctor --test 2>&1) &&
    grep -qE "cpu level +$level," <<<"$out"; then
    echo "ok      $cpu: level $level"
  else
    echo "FAILED  $cpu, which should take level $level:"
    tail -n 20 <<<"$out"
    failed=1
  fi
}

machine=$(readelf -h "$program" | sed -n 's/ *Machine: *//p')
case $machine in
*X86-64)
  try v2 Nehalem qemu-x86_64 -cpu Nehalem
  for cpu in Haswell Skylake-Client EPYC-Milan; do try v3 $cpu qemu-x86_64 -cpu $cpu; done
  flags=$(grep -m 1 '^flags' /proc/cpuinfo)
  if [[ $flags == *cpuid_fault*avx512_bf16* ]]; then
    cc -O2 -o "$work/without" without.c
    try bf16 'this one'
    hidden=avx512bf16,avx512fp16,avxvnni,amx_bf16,amx_tile,amx_int8
    try vnni 'this one without AVX-512 BF16' "$work/without" $hidden
    hidden+=,avx512vnni
    try v4 'this one without AVX-512 VNNI too' "$work/without" $hidden
    hidden+=,avx512f,avx512bw,avx512cd,avx512dq,avx512vl
    try v3 'this one without AVX-512' "$work/without" $hidden
  fi ;;
AArch64)
  emulated=(qemu-aarch64 -L /usr/aarch64-linux-gnu)
  try v8 cortex-a72 "${emulated[@]}" -cpu cortex-a72
  try dotprod neoverse-n1 "${emulated[@]}" -cpu neoverse-n1
  try i8mm max "${emulated[@]}" -cpu max ;;
*) echo "try-processors: $program is for $machine" >&2; exit 2 ;;
esac
exit $failed
