#!/usr/bin/env bash
# Makes what is given to others, in dist/: for x86-64 and for 64-bit ARM a tarball, a .deb
# and a .rpm of one binary for any Linux from 2018 on (glibc 2.28), and SHA256SUMS. No day, name
# or folder of the build goes in: scripts/dist/try-reproducible.sh.
#
# CODERM_VERSION names the release; without it the commit and its day do. CODERM_DIST=amd64
# or arm64 makes those packages alone. The packages guest is one for all machines.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(uname -m)" = x86_64 ] || { echo "dist: only made on x86-64" >&2; exit 1; }
. scripts/dist/common.sh

work=$(mktemp -d)
trap 'rm -rf "$work"; scripts/build-llama.sh 2>/dev/null' EXIT # links to the usual build again

# program GOARCH FILE links the program for a machine. Debug information stays out, and
# symbols but those that GPU backends ask for: libraries of others keep theirs to
# themselves, since a backend brings its own C++ library. What nothing in the program
# calls stays out too, which is two fifths of Wasmtime.
program() {
  local machine=x86_64 tools='' glibc
  if [ "$1" = arm64 ]; then machine=aarch64 tools=aarch64-linux-gnu-; fi
  CODERM_ARCH=$machine CODERM_LEVELS=${CODERM_LEVELS:-all} scripts/build-llama.sh
  glibc=$(scripts/fetch-glibc.sh $machine)
  CGO_ENABLED=1 GOARCH=$1 CC=${tools}gcc CXX=${tools}g++ go build -trimpath -buildvcs=false -o "$2" -ldflags "-s -w -buildid= -linkmode external \
    -X main.release=$VERSION -X main.commit=$commit \
    -extldflags '$(link_flags "$glibc") -Wl,--exclude-libs,libstdc++.a:libwasmtime.a:libllama.a -Wl,--gc-sections -Wl,-Map=$2.map'" ./cmd/coderm
  scripts/dist/check-binary.sh "$2"
  scripts/dist/sizes.py "$2.map"
}

# What is the same for all machines. The program itself writes its pages and completions.
same=$work/same
mkdir -p "$same"/{lib/systemd/user,share/man/man1,share/doc/coderm} "$same"/share/{bash-completion/completions,zsh/site-functions,fish/vendor_completions.d}
program amd64 "$work/coderm-amd64"
"$work/coderm-amd64" man "$same/share/man/man1"
gzip -9n "$same"/share/man/man1/*
"$work/coderm-amd64" completion bash >"$same/share/bash-completion/completions/coderm"
"$work/coderm-amd64" completion zsh >"$same/share/zsh/site-functions/_coderm"
"$work/coderm-amd64" completion fish >"$same/share/fish/vendor_completions.d/coderm.fish"
cp LICENSE NOTICE README.md CHANGELOG.md "$same/share/doc/coderm"
for unit in examples/serve/coderm.*; do # for each user, as 'systemctl --user' starts them
  sed 's|%h/.local/bin/|/usr/bin/|' "$unit" >"$same/lib/systemd/user/${unit##*/}"
done
cp -r examples/{cluster,prompts,rewards,serve} "$same/share/doc/coderm"

rm -rf dist
mkdir dist
for arch in ${CODERM_DIST:-amd64 arm64}; do
  [ -e "$work/coderm-$arch" ] || program "$arch" "$work/coderm-$arch"
  cp -r "$same" "$work/tree"
  install -D "$work/coderm-$arch" "$work/tree/bin/coderm"
  pack coderm "$work/tree" "$arch"
done
guest=$(scripts/build-packages.sh --path)
install -D -m 644 "$guest" "$work/tree/lib/coderm/coderm-guest-packages.tar.zst"
mkdir -p "$work/tree/share/doc/coderm-guest-packages"
cp LICENSE NOTICE "$work/tree/share/doc/coderm-guest-packages"
tar -I zstd -xf "$guest" -C "$work/tree/share/doc/coderm-guest-packages" licences
pack coderm-guest-packages "$work/tree" all
sums
