#!/usr/bin/env bash
# Tries a program on processors that this machine is not, by qemu's user mode emulation
# (qemu-user): doctor --test on each, the level it must choose first.
#
#   scripts/dist/try-processors.sh PROGRAM
#
# qemu has no AVX-512, so the levels with it are tried on this machine only.
set -euo pipefail
program=$1
failed=0
cache=$(mktemp -d)
trap 'rm -rf "$cache"' EXIT
while read -r level cpu; do
  if out=$(XDG_CACHE_HOME=$cache XDG_DATA_HOME=$cache qemu-x86_64 -cpu "$cpu" "$program" -q doctor --test 2>&1) &&
    grep -qE "cpu level +$level," <<<"$out"; then
    echo "ok      $cpu: level $level"
  else
    echo "FAILED  $cpu, which should take level $level:"
    tail -n 20 <<<"$out"
    failed=1
  fi
done <<'CPUS'
v2 Nehalem
v3 Haswell
v3 Skylake-Client
v3 EPYC-Milan
CPUS
exit $failed
