#!/usr/bin/env bash
# Fetches what the test of the Python package needs, into an environment of its own:
# what builds packages, and mypy. Kept in
# ${XDG_CACHE_HOME:-~/.cache}/coderm-build/python. Needs python3 with venv.
set -euo pipefail

dir=${XDG_CACHE_HOME:-$HOME/.cache}/coderm-build/python
[ ! -e "$dir/ready-1" ] || exit 0
rm -rf "$dir"
mkdir -p "$(dirname "$dir")"
python3 -m venv "$dir"
"$dir/bin/pip" install --quiet --disable-pip-version-check mypy==1.18.2 setuptools==80.9.0 wheel==0.45.1
touch "$dir/ready-1"
echo "$dir" >&2
