#!/usr/bin/env bash
# Builds the packages of this commit once more, in another folder, with another home and
# empty caches but for what was downloaded, and fails if they are not the same bytes
# as those in dist/, which 'make dist' made of it:
#
#   [CODERM_DIST=amd64] scripts/dist/try-reproducible.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
git diff --quiet HEAD || { echo "try-reproducible: there are changes that no commit has" >&2; exit 1; }

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
git clone -q . "$work/an/other/folder"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/coderm-build
mkdir -p "$work/home/.cache/coderm-build"
cp -r "$cache/dl" "$work/home/.cache/coderm-build"
modules=$(go env GOMODCACHE)
here=$PWD
cd "$work/an/other/folder"
export GOPROXY="file://$modules/cache/download,$(go env GOPROXY)" GOFLAGS=-modcacherw
export HOME=$work/home XDG_CACHE_HOME=$work/home/.cache GOPATH=$work/home/go GOMODCACHE=$work/home/go/pkg/mod GOCACHE=$work/home/.cache/go-build
scripts/link-wasmtime.sh
scripts/build-guest.sh
scripts/dist.sh

bad=0
for file in dist/*; do
  if cmp "$file" "$here/$file"; then echo "the same: $file, SHA-256 $(sha256sum "$file" | cut -c 1-16)…"; else bad=1; fi
done
exit $bad
