// Puts our attention in the place of llama.cpp's on the CPU. The linker's --wrap
// sends ggml's calls of its flash attention here; what ours is not made for goes
// on to the original, __real_.

#include "../../kernels/attention.h"
#include "shim.h"

#include "ggml-cpu-impl.h"

#include <algorithm>
#include <cmath>
#include <vector>

extern "C" {
void __real_ggml_compute_forward_flash_attn_ext(const ggml_compute_params *params, ggml_tensor *dst);
void __wrap_ggml_compute_forward_flash_attn_ext(const ggml_compute_params *params, ggml_tensor *dst);
}

namespace {

coderm_attend_fn *attend; // set once, before the first context

// A thread takes rows in pieces where there are many of them: prompt tokens, of
// which the later ones see more and cost more.
const int64_t piece = CODERM_ATTENTION_ROWS, many = 8;

// ALiBi's slopes (Press et al., 2022), as ggml has them.
std::vector<float> slopes(float max_bias, int64_t heads) {
    std::vector<float> m;
    const int64_t base = int64_t(1) << int(std::floor(std::log2(heads)));
    for (int64_t h = 0; max_bias > 0 && h < heads; h++) {
        m.push_back(h < base ? std::pow(2.0f, -max_bias / base * (h + 1)) : std::pow(2.0f, -max_bias / 2 / base * (2 * (h - base) + 1)));
    }
    return m;
}

// Whether ours can compute it.
bool suits(const ggml_compute_params *p, const ggml_tensor *dst) {
    const ggml_tensor *q = dst->src[0], *k = dst->src[1], *v = dst->src[2], *mask = dst->src[3];
    return attend && !p->use_ref &&
        q->type == GGML_TYPE_F32 && k->type == GGML_TYPE_F16 && v->type == GGML_TYPE_F16 &&
        q->nb[0] == sizeof(float) && k->nb[0] == sizeof(ggml_fp16_t) && v->nb[0] == sizeof(ggml_fp16_t) &&
        k->ne[0] % 16 == 0 && v->ne[0] % 16 == 0 && k->ne[0] > 0 && v->ne[0] > 0 && k->ne[1] > 0 &&
        k->ne[0] <= CODERM_ATTENTION_WIDEST && v->ne[0] <= CODERM_ATTENTION_WIDEST && // the kernel counts in 32 bits
        q->ne[1] <= INT32_MAX && q->ne[2] <= INT32_MAX && k->ne[1] <= INT32_MAX &&
        k->ne[2] == v->ne[2] && q->ne[2] % k->ne[2] == 0 && k->ne[3] == q->ne[3] && v->ne[3] == q->ne[3] &&
        (!mask || (mask->type == GGML_TYPE_F16 && mask->nb[0] == sizeof(ggml_fp16_t) && mask->ne[2] == 1 && (mask->ne[3] == 1 || mask->ne[3] == q->ne[3]))) &&
        q->ne[1] * q->ne[2] * q->ne[3] >= p->nth && // else it is the original that divides the cells among threads
        p->wsize / p->nth >= coderm_attention_scratch(k->ne[0], v->ne[0]);
}

} // namespace

void coderm_set_attention(void *fn) {
    attend = (coderm_attend_fn *)fn;
}

void __wrap_ggml_compute_forward_flash_attn_ext(const ggml_compute_params *p, ggml_tensor *dst) {
    if (!suits(p, dst)) {
        __real_ggml_compute_forward_flash_attn_ext(p, dst);
        return;
    }
    const ggml_tensor *q = dst->src[0], *k = dst->src[1], *v = dst->src[2], *mask = dst->src[3], *sinks = dst->src[4];
    float op[3]; // scale, max_bias, logit_softcap
    memcpy(op, dst->op_params, sizeof op);
    const std::vector<float> slope = slopes(op[1], q->ne[2]);

    coderm_attention a = {};
    a.sinks = sinks ? (const float *)sinks->data : nullptr;
    a.slopes = slope.empty() ? nullptr : slope.data();
    a.q_token = q->nb[1], a.q_head = q->nb[2];
    a.k_cell = k->nb[1], a.k_head = k->nb[2];
    a.v_cell = v->nb[1], a.v_head = v->nb[2];
    a.mask_token = mask ? mask->nb[1] : 0;
    a.out_head = dst->nb[1], a.out_token = dst->nb[2];
    a.tokens = q->ne[1], a.heads = q->ne[2], a.kv_heads = k->ne[2], a.cells = k->ne[1];
    a.dk = k->ne[0], a.dv = v->ne[0];
    a.scale = op[0], a.softcap = op[2];

    void *scratch = (char *)p->wdata + p->wsize / p->nth * p->ith;
    auto rows = [&](int64_t from, int64_t to) {
        const int64_t each = q->ne[1] * q->ne[2]; // rows of a stream
        while (from < to) {
            const int64_t s = from / each, n = std::min(to, (s + 1) * each);
            a.q = (const float *)((char *)q->data + s * q->nb[3]);
            a.k = (const uint16_t *)((char *)k->data + s * k->nb[3]);
            a.v = (const uint16_t *)((char *)v->data + s * v->nb[3]);
            a.mask = mask ? (const uint16_t *)((char *)mask->data + s % mask->ne[3] * mask->nb[3]) : nullptr;
            a.out = (float *)((char *)dst->data + s * dst->nb[3]);
            attend(&a, from - s * each, n - s * each, scratch);
            from = n;
        }
    };
    const int64_t total = ggml_nelements(dst) / dst->ne[0];
    if (total < many * piece * p->nth) {
        rows(total * p->ith / p->nth, total * (p->ith + 1) / p->nth);
        return;
    }
    for (int64_t at = piece * p->ith; at < total; at += piece * p->nth) {
        rows(at, std::min(at + piece, total));
    }
}
