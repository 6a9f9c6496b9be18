#pragma once

// While a guard stands, ggml's assertions on this thread are exceptions: those
// about a model file must not end the process. A guard lives on the stack of a function
// that catches them, so that none leaves the C++; guards may stand in each other.
struct coderm_guard {
    static thread_local int depth;
    coderm_guard() { depth++; }
    ~coderm_guard() { depth--; }
    coderm_guard(const coderm_guard &) = delete;
    coderm_guard &operator=(const coderm_guard &) = delete;
};
