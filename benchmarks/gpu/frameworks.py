"""What other engines draw on the same GPU, where they are installed. They run a model
of Llama-3.1-8B's shape with random weights, in a process of its own each: vLLM and
SGLang in FP8 with prefix caching, torch with transformers in BF16."""

import importlib.util
import json
import subprocess
import sys

# Llama-3.1-8B: its config.json.
CONFIG = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 128256, "hidden_size": 4096, "intermediate_size": 14336,
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "max_position_embeddings": 8192, "rms_norm_eps": 1e-5,
    "rope_theta": 500000.0, "hidden_act": "silu", "torch_dtype": "bfloat16", "bos_token_id": 128000, "eos_token_id": 128001,
    "tie_word_embeddings": False,
}


def there(args):
    """The frameworks that are installed: name and what gives {n: (tokens a second, None)}."""
    found = {}
    for name, package in {"vLLM, FP8": "vllm", "SGLang, FP8": "sglang", "torch with transformers, BF16": "transformers"}.items():
        if args.backend == "cuda" and importlib.util.find_spec(package) and importlib.util.find_spec("torch"):
            found[name] = lambda package=package: child(args, package)
    return found


def child(args, package):
    folder = args.out / "config"
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    job = {"package": package, "folder": str(folder), "samples": args.samples, "prompt": args.prompt, "gen": args.gen}
    p = subprocess.run([sys.executable, __file__], input=json.dumps(job), capture_output=True, text=True, timeout=3 * args.seconds)
    if p.returncode != 0:
        raise RuntimeError(p.stderr.strip().splitlines()[-1])
    return {int(n): (rate, None) for n, rate in json.loads(p.stdout.splitlines()[-1]).items()}


def vllm(job, ids):
    from vllm import LLM, SamplingParams

    llm = LLM(job["folder"], load_format="dummy", skip_tokenizer_init=True, quantization="fp8", enable_prefix_caching=True, max_model_len=4096)

    def draw(n, gen):
        how = SamplingParams(n=n, temperature=0.8, top_p=0.95, max_tokens=gen, ignore_eos=True, detokenize=False)
        return sum(len(o.token_ids) for o in llm.generate([{"prompt_token_ids": ids()}], how, use_tqdm=False)[0].outputs)
    return draw


def sglang(job, ids):
    import sglang

    engine = sglang.Engine(model_path=job["folder"], load_format="dummy", skip_tokenizer_init=True, quantization="fp8", context_length=4096)

    def draw(n, gen):
        how = {"n": n, "temperature": 0.8, "top_p": 0.95, "max_new_tokens": gen, "ignore_eos": True}
        out = engine.generate(input_ids=[ids()], sampling_params=how)
        return sum(o["meta_info"]["completion_tokens"] for o in out)
    return draw


def transformers(job, ids):
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    with torch.device("cuda"):
        model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(job["folder"]), torch_dtype=torch.bfloat16).eval()

    def draw(n, gen):
        tokens = torch.tensor([ids()], device="cuda")
        with torch.no_grad():
            out = model.generate(tokens, do_sample=True, temperature=0.8, top_p=0.95, num_return_sequences=n, min_new_tokens=gen, max_new_tokens=gen)
        torch.cuda.synchronize()
        return out.numel() - n * tokens.numel()
    return draw


def main():
    import random
    import time

    job = json.load(sys.stdin)

    def ids():  # never the same prompt twice: one seen before is not computed
        return [random.randrange(1000, 100000) for _ in range(job["prompt"])]

    draw = {"vllm": vllm, "sglang": sglang, "transformers": transformers}[job["package"]](job, ids)
    rates = {}
    for n in job["samples"]:
        draw(n, 8)
        begin = time.monotonic()
        tokens = draw(n, job["gen"])
        rates[n] = tokens / (time.monotonic() - begin)
    print(json.dumps(rates))


if __name__ == "__main__":
    main()
