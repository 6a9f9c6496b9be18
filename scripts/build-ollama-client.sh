#!/usr/bin/env bash
# Builds the command line of Ollama, which a test has talk to 'coderm serve' as it is, and
# prints its path. 'go install' takes all of Ollama, of which only the client is used: so
# its engine is compiled without optimisation. The module lacks nlohmann's JSON, which
# llama.cpp's source has. Ten minutes on two idle cores; kept in
# ${XDG_CACHE_HOME:-~/.cache}/coderm-build/ollama-client.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(go list -m -f '{{.Version}}' github.com/ollama/ollama)
client=${XDG_CACHE_HOME:-$HOME/.cache}/coderm-build/ollama-client/ollama-${version#v}
if [ ! -e "$client" ]; then
  vendor=$(scripts/fetch-llama.sh)/vendor
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cd "$work" # outside this module
  GOBIN=$work CGO_CPPFLAGS="-I$vendor" CGO_CFLAGS="-O0 -w" CGO_CXXFLAGS="-O0 -w" \
    nice -n 10 go install "github.com/ollama/ollama@$version"
  mkdir -p "$(dirname "$client")"
  mv ollama "$client"
fi
echo "$client"
