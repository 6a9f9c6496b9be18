#!/usr/bin/env bash
# Tries packages in an empty root of another system: doctor --test, the default model from a
# file, and the demo's problems. Needs root, for chroot.
#
#   scripts/dist/try-elsewhere.sh [--whole] SYSTEM MODEL.gguf PACKAGE...
#
#   scripts/dist/try-elsewhere.sh bullseye model.gguf dist/coderm_*_linux_amd64.tar.zst
#   scripts/dist/try-elsewhere.sh bookworm model.gguf dist/coderm{,-vulkan}_*.deb
#
# SYSTEM is a suite of Debian, of which debootstrap makes a root, or a folder that is one
# already. A tarball is unpacked in /opt, a .deb or .rpm installed by dpkg or rpm. With
# Vulkan's package it is only that doctor must find Mesa's software device. --whole runs
# the demo as 'make demo' does; else it is three problems with five tests each.
set -euo pipefail
limits='--tests-per-problem 5 --limit 3'
if [ "$1" = --whole ]; then limits='--tests-per-problem 20'; shift; fi
system=$1 model=$2
shift 2

work=$(mktemp -d)
root=$work/root
trap 'umount -l "$root/proc" 2>/dev/null || true; rm -rf --one-file-system "$work"' EXIT
mkdir "$root"
include=
case "$*" in *.rpm*) include+=rpm, ;; esac
case "$*" in *coderm-vulkan*) include+=mesa-vulkan-drivers,libvulkan1, ;; esac
if [ -d "$system" ]; then
  cp -a "$system/." "$root"
else
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -n 1)
  debootstrap --variant=minbase ${include:+"--include=${include%,}"} "$system" "$root" "${mirror%/}" >"$work/log" 2>&1 || { tail "$work/log" >&2; exit 1; }
fi
mkdir -p "$root"/{proc,tmp,opt}
mount -t proc proc "$root/proc"
inside() {
  chroot "$root" /usr/bin/env -i HOME=/tmp PATH=/opt/bin:/usr/sbin:/usr/bin:/sbin:/bin GGML_VK_VISIBLE_DEVICES=0 sh -ec "$1"
}

for package; do
  name=${package##*/}
  cp "$package" "$root/tmp"
  case $name in
  *.tar.zst) tar --zstd -xf "$package" -C "$root/opt" --strip-components=1 ;;
  *.deb) inside "dpkg -i /tmp/$name >/dev/null" ;;
  *.rpm) inside "rpm -i $([ -e "$root/etc/debian_version" ] && echo --nodeps) /tmp/$name" ;; # Debian's packages are not in rpm's list
  esac
done
cp "$model" "$root/tmp/model.gguf"
inside '. /etc/os-release && echo "== $PRETTY_NAME"; coderm --version; coderm -q model pull default --from /tmp/model.gguf'
case "$*" in *coderm-vulkan*)
  inside 'coderm doctor' >"$work/doctor" || { cat "$work/doctor" >&2; exit 1; }
  grep ' gpu ' "$work/doctor"
  grep -qE '^ok +gpu .*\(Vulkan\)' "$work/doctor" || { cat "$work/doctor" >&2; exit 1; } ;;
*)
  inside "
    coderm -q doctor --test
    coderm -q example /tmp/data >/dev/null
    coderm -q rerank --problems /tmp/data/problems.jsonl --solutions /tmp/data/solutions.jsonl $limits --truth --out /tmp/run
  " ;;
esac
