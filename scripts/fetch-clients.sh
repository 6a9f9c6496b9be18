#!/usr/bin/env bash
# Fetches the clients that the tests of 'coderm serve' use as they are: Python's
# openai, cohere and requests in an environment of their own, and verl's folder
# sandbox_fusion out of its wheel, which needs requests alone. Kept in
# ${XDG_CACHE_HOME:-~/.cache}/coderm-build/clients. Needs python3 with pip and venv.
set -euo pipefail

dir=${XDG_CACHE_HOME:-$HOME/.cache}/coderm-build/clients
[ ! -e "$dir/ready-1" ] || exit 0
mkdir -p "$(dirname "$dir")"
work=$(mktemp -d "$(dirname "$dir")/.clients.XXXXXX")
trap 'rm -rf "$work"' EXIT
rm -rf "$dir"
python3 -m venv "$dir" # where it stays: an environment cannot be moved
"$dir/bin/pip" install --quiet --disable-pip-version-check openai==3.57.0 cohere==7.3.1 requests==2.34.2
"$dir/bin/pip" download --quiet --disable-pip-version-check --no-deps --dest "$work" verl==0.9.1
python3 -m zipfile -e "$work"/verl-*.whl "$work/verl"
mv "$work/verl/verl/utils/reward_score/sandbox_fusion" "$dir/sandbox_fusion"
touch "$dir/ready-1"
echo "$dir" >&2
