// What code compiled here asks of its own, newer glibc, for programs that are linked with
// an older one (fetch-glibc.sh).
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

// From 2.29 on; for ggml.
int getcpu(unsigned *cpu, unsigned *node) { return syscall(SYS_getcpu, cpu, node, NULL); }

// From 2.32 on, for libstdc++: whether there is one thread only, and counters need not be
// atomic.
char __libc_single_threaded = 0;

// From 2.34 on by this name, before in libresolv by another; for Go's resolver.
int __res_search(const char *name, int cls, int type, unsigned char *answer, int length);
int res_search(const char *name, int cls, int type, unsigned char *answer, int length) {
    return __res_search(name, cls, type, answer, length);
}

// From 2.36 on; for libstdc++'s std::random_device.
uint32_t arc4random(void) {
    uint32_t x;
    if (getrandom(&x, sizeof x, 0) != sizeof x) abort();
    return x;
}
