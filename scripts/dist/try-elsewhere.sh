#!/usr/bin/env bash
# Tries a tarball of scripts/dist.sh in an empty root of another system: doctor --test, the
# default model from a file, and the demo's problems. Needs root, for chroot.
#
#   scripts/dist/try-elsewhere.sh dist/coderm_*_linux_amd64.tar.zst MODEL.gguf bullseye
#
# What comes after the model is a suite of Debian, of which debootstrap makes a root, or a
# folder that is one already.
set -euo pipefail
tarball=$1 model=$2 system=$3

work=$(mktemp -d)
trap 'umount -l "$work/root/proc" 2>/dev/null || true; rm -rf --one-file-system "$work"' EXIT
mkdir "$work/root"
if [ -d "$system" ]; then
  cp -a "$system/." "$work/root"
else
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -n 1)
  debootstrap --variant=minbase "$system" "$work/root" "${mirror%/}" >"$work/log" 2>&1 || { tail "$work/log" >&2; exit 1; }
fi
mkdir -p "$work/root"/{proc,tmp,opt}
mount -t proc proc "$work/root/proc"
tar --zstd -xf "$tarball" -C "$work/root/opt" --strip-components=1
cp "$model" "$work/root/tmp/model.gguf"
chroot "$work/root" /usr/bin/env -i HOME=/tmp PATH=/opt/bin:/usr/bin:/bin sh -ec '
  . /etc/os-release && echo "== $PRETTY_NAME"
  coderm --version
  coderm -q model pull default --from /tmp/model.gguf
  coderm -q doctor --test
  coderm -q example /tmp/data >/dev/null
  coderm -q rerank --problems /tmp/data/problems.jsonl --solutions /tmp/data/solutions.jsonl --tests-per-problem 5 --limit 3 --truth --out /tmp/run
'
