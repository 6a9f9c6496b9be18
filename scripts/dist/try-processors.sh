#!/usr/bin/env bash
# Tries a program on processors that this machine is not, by qemu's user mode emulation
# (qemu-user): doctor --test on each, the level it must choose first.
#
#   scripts/dist/try-processors.sh PROGRAM
#
# PROGRAM is for x86-64 or 64-bit ARM. qemu has no AVX-512, so the levels with it are tried
# on this machine only; for ARM the C library comes with Debian's cross compiler.
set -euo pipefail
program=$1
failed=0
cache=$(mktemp -d)
trap 'rm -rf "$cache"' EXIT

machine=$(readelf -h "$program" | sed -n 's/ *Machine: *//p')
case $machine in
*X86-64) qemu=qemu-x86_64 cpus='v2 Nehalem
v3 Haswell
v3 Skylake-Client
v3 EPYC-Milan' ;;
AArch64) qemu='qemu-aarch64 -L /usr/aarch64-linux-gnu' cpus='v8 cortex-a72
dotprod neoverse-n1
i8mm max' ;;
*) echo "try-processors: $program is for $machine" >&2; exit 2 ;;
esac

while read -r level cpu; do
  if out=$(XDG_CACHE_HOME=$cache XDG_DATA_HOME=$cache $qemu -cpu "$cpu" "$program" -q doctor --test 2>&1) &&
    grep -qE "cpu level +$level," <<<"$out"; then
    echo "ok      $cpu: level $level"
  else
    echo "FAILED  $cpu, which should take level $level:"
    tail -n 20 <<<"$out"
    failed=1
  fi
done <<<"$cpus"
exit $failed
