#!/usr/bin/env bash
# A copy of this tree whose sandbox guest is CPython 3.13, with the guest built: what
# 'CODERM_GUEST_PYTHON=3.13 scripts/build-guest.sh' does. docs/sandbox.md says how far it is.
#
#   scripts/build-guest-3.13.sh         makes the copy, in the cache, and says where it is
#   scripts/build-guest-3.13.sh test    also runs the sandbox's tests in it
#
# sandbox/guest/3.13 has what is different: the patches to CPython, and tree.patch for
# the rest of the tree. To go over to 3.13 is to do to this tree what is done to the copy.
set -euo pipefail
cd "$(dirname "$0")/.."
FROM=$PWD/sandbox/guest/3.13
TREE=${XDG_CACHE_HOME:-$HOME/.cache}/coderm-build/tree-3.13
unset CODERM_GUEST_PYTHON

case ${1:-} in
'' | test) ;;
*) echo "build-guest-3.13: unknown: $1" >&2; exit 2 ;;
esac
rm -rf "$TREE"
mkdir -p "$TREE"
git ls-files -z | tar c --null -T - | tar x -C "$TREE"
patch -d "$TREE" -p1 -s <"$FROM/tree.patch"
rm "$TREE"/sandbox/guest/patches/*.patch
cp "$FROM"/patches/*.patch "$TREE/sandbox/guest/patches/"
"$TREE/scripts/build-guest.sh"
echo "build-guest-3.13: the tree with CPython 3.13 is in $TREE" >&2
if [ "${1:-}" = test ]; then
  "$TREE/scripts/link-wasmtime.sh"
  go -C "$TREE" test -timeout 30m ./sandbox/...
fi
