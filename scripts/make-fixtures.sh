#!/bin/sh
# Records weights/testdata/convert again. Needs Python 3.11 and some 7 GB of
# disk for PyPI's torch; the fixtures are committed, so nobody else needs it.
# usage: scripts/make-fixtures.sh [WORK_FOLDER]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=${1:-${TMPDIR:-/tmp}/coderm-fixtures}
mkdir -p "$work"
cd "$work"
[ -d venv ] || python3 -m venv venv
venv/bin/pip install --quiet -r "$root/scripts/fixtures/requirements.txt"
# llama.cpp's converter is not on PyPI by itself; llama-cpp-python's source
# package carries the whole of llama.cpp.
version=0.3.36
if [ ! -d "llama_cpp_python-$version" ]; then
	venv/bin/pip download --quiet --no-deps --no-build-isolation --no-binary :all: "llama-cpp-python==$version"
	tar xzf "llama_cpp_python-$version.tar.gz"
fi
exec venv/bin/python "$root/scripts/fixtures/make.py" "$work/llama_cpp_python-$version/vendor/llama.cpp" "$root/weights/testdata/convert"
