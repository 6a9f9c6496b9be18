#include "device_draw.h"
#include "guard.h"

#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml.h"
#include "llama.h"

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

// All sequences' samplers are this one: whichever llama.cpp asks first to extend a
// graph draws for all its rows.
struct coderm_drawer {
    coderm_context *context = nullptr;
    int sequences = 0;
    std::vector<llama_sampler *> chains; // one a sequence, as llama.cpp wants it; none when off
    std::string lacks; // an operation that the device lacks

    // Of the graph that was built last, and valid as long as it is.
    ggml_tensor *settings = nullptr; // [rows, 2 + CODERM_TRIES], an input
    ggml_tensor *drawn = nullptr;    // [2, rows]

    std::vector<float> values; // for settings, laid out as they are
    std::vector<coderm_draw> next;
    bool sent = false; // values are in settings
};

namespace {

coderm_drawer *drawer_of(llama_sampler *s) { return (coderm_drawer *)s->ctx; }

// Extends the graph by drawing a token for each row of logits [vocab, rows].
//
// A try takes the first token at which the running sum of the probabilities, in id
// order, exceeds a random number. It counts if what is more probable than that token
// weighs less than top_p, for that is what the nucleus is. So no row is sorted.
ggml_tensor *draw(ggml_context *ctx, ggml_tensor *logits, ggml_tensor *settings) {
    const int64_t vocab = logits->ne[0], rows = logits->ne[1];
    auto setting = [&](int i) { return ggml_view_2d(ctx, settings, 1, rows, sizeof(float), i * settings->nb[1]); };
    auto pick = [&](ggml_tensor *table, ggml_tensor *index) { // of each row the number at its index
        auto *ids = ggml_cast(ctx, index, GGML_TYPE_I32);
        return ggml_reshape_2d(ctx, ggml_get_rows(ctx, ggml_reshape_3d(ctx, table, 1, vocab, rows), ids), 1, rows);
    };
    auto *p = ggml_soft_max(ctx, ggml_mul(ctx, logits, setting(0)));
    auto *sums = ggml_cumsum(ctx, p);
    auto *total = ggml_cont(ctx, ggml_view_2d(ctx, sums, 1, rows, sums->nb[1], (vocab - 1) * sizeof(float)));

    ggml_tensor *token = nullptr, *counts = nullptr; // [1, rows], of the tries so far
    for (int i = CODERM_TRIES - 1; i >= 0; i--) {    // the first that counts is put on top
        auto *target = ggml_mul(ctx, total, setting(2 + i));
        auto *above = ggml_sum_rows(ctx, ggml_step(ctx, ggml_sub(ctx, sums, target)));
        auto *id = ggml_clamp(ctx, ggml_scale_bias(ctx, above, -1, vocab), 0, vocab - 1);
        auto *likelier = ggml_step(ctx, ggml_sub(ctx, p, pick(p, id)));
        auto *inside = ggml_step(ctx, ggml_sub(ctx, setting(1), ggml_sum_rows(ctx, ggml_mul(ctx, likelier, p))));
        if (token) {
            id = ggml_add(ctx, token, ggml_mul(ctx, inside, ggml_sub(ctx, id, token)));
            inside = ggml_sub(ctx, ggml_add(ctx, counts, inside), ggml_mul(ctx, counts, inside));
        }
        token = id, counts = inside;
    }
    auto *logprob = ggml_log(ctx, pick(ggml_soft_max(ctx, logits), token));
    auto *answer = ggml_scale_bias(ctx, ggml_mul(ctx, counts, ggml_scale_bias(ctx, token, 1, 1)), 1, -1);
    return ggml_concat(ctx, answer, logprob, 0);
}

// A graph that draws and nothing else, without memory.
struct drawing {
    ggml_context *ctx;
    ggml_cgraph *graph;

    drawing(int64_t vocab, int64_t rows) {
        ctx = ggml_init({128 * ggml_tensor_overhead() + ggml_graph_overhead(), nullptr, true});
        graph = ggml_new_graph(ctx);
        auto *logits = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, vocab, rows);
        auto *settings = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, rows, 2 + CODERM_TRIES);
        for (auto *t : {logits, settings}) { // llama.cpp keeps logits to the end
            ggml_set_input(t);
            ggml_set_output(t);
        }
        ggml_build_forward_expand(graph, draw(ctx, logits, settings));
    }
    ~drawing() { ggml_free(ctx); }
};

// Names the first of a graph's operations that a device lacks; "" when it has all.
std::string lacking(ggml_backend_dev_t device, int64_t vocab) {
    drawing d(vocab, 4);
    for (int i = 0; i < ggml_graph_n_nodes(d.graph); i++) {
        auto *op = ggml_graph_node(d.graph, i);
        if (!ggml_backend_dev_supports_op(device, op)) {
            return ggml_op_desc(op);
        }
    }
    return "";
}

const char *name_of(const llama_sampler *) { return "coderm"; }

void apply_on_host(llama_sampler *, llama_token_data_array *) {}

bool starts_in(llama_sampler *s, ggml_backend_buffer_type_t buffers, uint32_t) {
    auto device = ggml_backend_buft_get_device(buffers); // none: the CPU, which can
    auto *d = drawer_of(s);
    if (device && d->lacks.empty()) {
        auto *vocab = llama_model_get_vocab(llama_get_model(d->context));
        d->lacks = lacking(device, llama_vocab_n_tokens(vocab));
    }
    return d->lacks.empty();
}

void extend(llama_sampler *s, ggml_context *ctx, ggml_cgraph *, llama_sampler_data *data) {
    auto *d = drawer_of(s);
    // llama.cpp shows each sampler a row of the same matrix, which it made longer by
    // an empty row.
    auto *row = data->logits, *all = row->view_src ? row->view_src : row;
    *data = {};
    if (!d->drawn) {
        auto *logits = all->op == GGML_OP_PAD && all->src[0]->ne[1] > 0 ? all->src[0] : all;
        d->settings = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, logits->ne[1], 2 + CODERM_TRIES);
        ggml_set_input(d->settings);
        d->drawn = draw(ctx, logits, d->settings);
    }
    // What is handed over is copied, for the first row all of it. Sequences that are not in
    // the batch are shown the first row too; what they hand over is ignored.
    if (row->view_offs == 0) {
        data->probs = d->drawn;
    }
}

void reset(llama_sampler *s) { drawer_of(s)->settings = drawer_of(s)->drawn = nullptr; }

// Called for every sequence of the batch; the first time all is sent.
void send(llama_sampler *s) {
    auto *d = drawer_of(s);
    if (d->sent || !d->settings) {
        return;
    }
    const size_t rows = d->settings->ne[0];
    d->values.assign(rows * (2 + CODERM_TRIES), 0.5f); // a row that nobody asked for
    for (size_t i = 0; i < rows && i < d->next.size(); i++) {
        const auto &r = d->next[i];
        d->values[i] = r.scale;
        d->values[rows + i] = r.top_p;
        for (int t = 0; t < CODERM_TRIES; t++) {
            d->values[(2 + t) * rows + i] = r.uniform[t];
        }
    }
    ggml_backend_tensor_set(d->settings, d->values.data(), 0, d->values.size() * sizeof(float));
    d->sent = true;
}

llama_sampler_i sampler = {
    name_of,
    nullptr,
    apply_on_host,
    nullptr,
    nullptr,
    nullptr,
    starts_in,
    nullptr,
    extend,
    send,
    reset,
    nullptr,
};

} // namespace

// Attaches a sampler to every sequence. llama.cpp starts each but once.
static void attach(coderm_drawer *d) {
    for (int i = 0; i < d->sequences && d->lacks.empty(); i++) {
        auto *chain = llama_sampler_chain_init(llama_sampler_chain_default_params());
        llama_sampler_chain_add(chain, llama_sampler_init(&sampler, d));
        d->chains.push_back(chain);
        if (!llama_set_sampler(d->context, i, chain)) {
            d->lacks = "samplers"; // a model that is split within its tensors
        }
    }
}

static void detach(coderm_drawer *d) {
    for (size_t i = 0; i < d->chains.size(); i++) {
        llama_set_sampler(d->context, i, nullptr);
        llama_sampler_free(d->chains[i]);
    }
    d->chains.clear();
}

coderm_drawer *coderm_drawer_new(coderm_context *c, int n_seq, char *why, size_t cap) try {
    coderm_guard guard;
    auto *d = new coderm_drawer;
    d->context = c, d->sequences = n_seq;
    attach(d);
    if (!d->lacks.empty()) {
        snprintf(why, cap, "the device lacks %s", d->lacks.c_str());
        coderm_drawer_free(d);
        return nullptr;
    }
    return d;
} catch (const std::exception &e) {
    snprintf(why, cap, "%s", e.what());
    return nullptr;
}

int coderm_device_draws(int i, char *why, size_t cap) {
    auto lacks = lacking(ggml_backend_dev_get(i), 128 << 10);
    snprintf(why, cap, "it lacks %s", lacks.c_str());
    return lacks.empty();
}

size_t coderm_device_draw_bytes(int i, int vocab, int rows) {
    drawing d(vocab, rows);
    auto *allocator = ggml_gallocr_new(ggml_backend_dev_buffer_type(ggml_backend_dev_get(i)));
    size_t bytes = 0;
    ggml_gallocr_reserve_n_size(allocator, d.graph, nullptr, nullptr, &bytes);
    ggml_gallocr_free(allocator);
    return bytes;
}

void coderm_drawer_on(coderm_drawer *d, int on) {
    if (on && d->chains.empty()) {
        attach(d);
    } else if (!on) {
        detach(d);
    }
}

void coderm_drawer_free(coderm_drawer *d) {
    detach(d);
    delete d;
}

void coderm_drawer_set(coderm_drawer *d, const coderm_draw *rows, int n) {
    d->next.assign(rows, rows + n);
    d->sent = false;
}

const coderm_drawn *coderm_drawer_get(coderm_drawer *d, int first, int n) {
    bool all = llama_get_sampled_probs_count_ith(d->context, first) == 2 * (uint32_t)n;
    return all ? (const coderm_drawn *)llama_get_sampled_probs_ith(d->context, first) : nullptr;
}
