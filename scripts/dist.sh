#!/usr/bin/env bash
# Makes what is given to others, in dist/: a tarball, a .deb and a .rpm of one binary for
# any x86-64 Linux from 2018 on (glibc 2.28), and SHA256SUMS. No day, name or folder
# of the build is meant to go in.
#
# CODERM_VERSION names the release; without it the commit and its day do.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C TZ=UTC

[ "$(uname -m)" = x86_64 ] || { echo "dist: only made on x86-64" >&2; exit 1; }
commit=$(git rev-parse HEAD)
export SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
version=${CODERM_VERSION:-0.0.0+$(date -d "@$SOURCE_DATE_EPOCH" +%Y%m%d).${commit:0:12}}
git diff --quiet HEAD || { version+=.dirty; echo "dist: there are changes that no commit has" >&2; }

work=$(mktemp -d)
trap 'rm -rf "$work"; scripts/build-llama.sh 2>/dev/null' EXIT # links to the usual build again
CODERM_LEVELS=all scripts/build-llama.sh
glibc=$(scripts/fetch-glibc.sh)

name=coderm_${version}_linux_amd64
tree=$work/$name
mkdir -p "$tree"/{bin,lib/systemd/user,share/man/man1,share/doc/coderm} "$tree"/share/{bash-completion/completions,zsh/site-functions,fish/vendor_completions.d}
# Debug information stays out, and symbols but those that GPU backends ask for: libraries of
# others keep theirs to themselves, since a backend brings its own C++ library.
go build -trimpath -buildvcs=false -o "$tree/bin/coderm" -ldflags "-s -w -linkmode external \
  -X main.release=$version -X main.commit=$commit \
  -extldflags '-B$glibc/ -L$glibc -Wl,--allow-shlib-undefined -Wl,--exclude-libs,libstdc++.a:libwasmtime.a'" ./cmd/coderm
scripts/dist/check-binary.sh "$tree/bin/coderm"

"$tree/bin/coderm" man "$tree/share/man/man1"
gzip -9n "$tree"/share/man/man1/*
"$tree/bin/coderm" completion bash >"$tree/share/bash-completion/completions/coderm"
"$tree/bin/coderm" completion zsh >"$tree/share/zsh/site-functions/_coderm"
"$tree/bin/coderm" completion fish >"$tree/share/fish/vendor_completions.d/coderm.fish"
cp LICENSE NOTICE README.md CHANGELOG.md "$tree/share/doc/coderm"
for unit in examples/serve/coderm.*; do # for each user, as 'systemctl --user' starts them
  sed 's|%h/.local/bin/|/usr/bin/|' "$unit" >"$tree/lib/systemd/user/${unit##*/}"
done
cp -r examples/{cluster,prompts,rewards,serve} "$tree/share/doc/coderm"
find "$work" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
chmod -R u=rwX,go=rX "$work"

rm -rf dist
mkdir dist
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -cf - "$name" | zstd -q -19 -T0 -o "dist/$name.tar.zst"
export TREE=$tree VERSION=$version
for kind in deb rpm; do
  (cd scripts/dist && go tool nfpm package --config nfpm.yaml --packager $kind --target "$OLDPWD/dist/" >&2)
done
(cd dist && sha256sum ./*.* >SHA256SUMS)
ls -l dist >&2
