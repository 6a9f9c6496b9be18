#!/usr/bin/env bash
# Runs the tests of coderm's own kernels on 64-bit ARM, by qemu's user mode emulation
# (qemu-user) and Debian's cross compiler: each in a process of its own, with the
# processor time it took, since the emulator makes them long.
#
#   scripts/dist/try-arm64.sh [PATTERN]    tests whose names match, as go test -run does
set -euo pipefail
cd "$(dirname "$0")/../.."
pattern=${1:-.}
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

CGO_ENABLED=1 GOARCH=arm64 CC=aarch64-linux-gnu-gcc CXX=aarch64-linux-gnu-g++ go test -c -o "$work/kernels.test" ./kernels
emulated() { (cd kernels && qemu-aarch64 -L /usr/aarch64-linux-gnu "$work/kernels.test" "$@"); }

TIMEFORMAT='%U s of processor time'
for test in $(emulated -test.list "$pattern" | grep '^Test'); do
  if { time emulated -test.v -test.run "^$test\$" -test.timeout 0 >"$work/log" 2>&1; } 2>"$work/time"; then
    if grep -q -- '--- SKIP' "$work/log"; then says=skipped; else says='ok     '; fi
    echo "$says $test, $(<"$work/time")"
  else
    echo "FAILED  $test:"
    tail -n 20 "$work/log"
    failed=1
  fi
done
exit $failed
