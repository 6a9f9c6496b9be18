# shellcheck shell=bash
# Which release is packed, and how; for the scripts that make packages, which source this.
export LC_ALL=C TZ=UTC
commit=$(git rev-parse HEAD)
export SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export VERSION=${CODERM_VERSION:-0.0.0+$(date -d "@$SOURCE_DATE_EPOCH" +%Y%m%d).${commit:0:12}}
git diff --quiet HEAD || { VERSION+=.dirty; echo "dist: there are changes that no commit has" >&2; }
export PACKAGED=${VERSION/-/\~} # what Debian's and Red Hat's kin call it

# link_flags GLIBC are those by which a program or library needs no glibc newer than that
# folder's, which fetch-glibc.sh has made.
link_flags() { echo "-B$1/ -L$1 -Wl,--allow-shlib-undefined"; }

# pack NAME FOLDER ARCH makes in dist/, by way of the folder $work, what is called NAME_VERSION_linux_ARCH.tar.zst out of
# a folder, and by NAME.yaml a .deb and a .rpm.
pack() {
  local top=$1_${VERSION}_linux_$3 kind
  export TREE=$work/$top ARCH=$3
  mv "$2" "$TREE"
  find "$TREE" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
  chmod -R u=rwX,go=rX "$TREE"
  tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -cf - "$top" | zstd -q -19 -T0 -o "dist/$top.tar.zst"
  for kind in deb rpm; do
    (cd scripts/dist && go tool nfpm package --config "$1.yaml" --packager $kind --target "$OLDPWD/dist/" >&2)
  done
}

# sums lists what is in dist/.
sums() {
  (cd dist && rm -f SHA256SUMS && sha256sum ./*.* >SHA256SUMS)
  ls -l dist >&2
}
