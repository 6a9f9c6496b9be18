#!/usr/bin/env bash
# Looks for known vulnerabilities in what the program calls. Without a way to
# the vulnerability database it says so and passes: the check is for the
# developer's machine, the program itself is for machines without a network.
set -uo pipefail
cd "$(dirname "$0")/.."
out=$(go tool govulncheck ./... 2>&1)
rc=$?
if [ $rc -ne 0 ] && grep -q 'fetching vulnerabilities' <<<"$out"; then
  echo "govulncheck: the vulnerability database cannot be reached; not checked" >&2
  exit 0
fi
echo "$out"
exit $rc
