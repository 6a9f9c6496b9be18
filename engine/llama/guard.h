#pragma once

// While a guard stands, ggml's assertions on this thread are exceptions: those
// about a model file must not end the process.
struct cm_guard {
    static thread_local int depth;
    cm_guard() { depth++; }
    ~cm_guard() { depth--; }
    cm_guard(const cm_guard &) = delete;
    cm_guard &operator=(const cm_guard &) = delete;
};
