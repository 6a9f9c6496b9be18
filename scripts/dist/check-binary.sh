#!/usr/bin/env bash
# Fails for a program that asks more of a system than glibc 2.28, GCC's libgcc_s and the
# libraries named, and says what it is made of:
#
#   scripts/dist/check-binary.sh PROGRAM [LIBRARY...]
set -euo pipefail
program=$1
shift
newest=2.28
bad=0

libraries=$(readelf -dW "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
for library in $libraries; do
  case $library in
  libc.so.6 | libm.so.6 | libpthread.so.0 | libdl.so.2 | libresolv.so.2 | libgcc_s.so.1 | ld-linux-*) ;;
  *) [[ " $* " == *" $library "* ]] || { echo "$program: needs $library" >&2; bad=1; } ;;
  esac
done
versions=$(readelf -VW "$program" | grep -oE 'Name: [A-Z]+_[0-9.]+' | cut -d' ' -f2 | sort -Vu)
for version in $versions; do
  case $version in
  GLIBC_*)
    last=$(printf '%s\n' "${version#GLIBC_}" $newest | sort -V | tail -n 1)
    [ "$last" = $newest ] || { echo "$program: needs $version:" >&2; nm -D "$program" | grep -F "@$version" >&2; bad=1; } ;;
  GCC_*) ;;
  *) echo "$program: needs $version" >&2; bad=1 ;;
  esac
done
[ $bad -eq 0 ] || exit 1
echo "libraries:" $libraries
echo "versions:" $versions
size -A "$program" | awk '$2 ~ /^[0-9]+$/ && $2 > 1000000 && $1 !~ /bss|Total/ { printf "%s: %.1f MB\n", $1, $2 / 1e6 }'
