// What ggml.c has in the place of posix_memalign: the same, and large buffers (KV cache,
// weights that are interleaved anew, what is computed in between) in huge pages where the
// system lends them to who asks. A step reads all of them, and to find where each page of
// 4 KiB lies takes as long as to read it.

#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>

int coderm_memalign(void **at, size_t alignment, size_t size) {
    const size_t huge = 2 << 20;
    if (size < 2 * huge || alignment > huge) return posix_memalign(at, alignment, size);
    const int failed = posix_memalign(at, huge, size);
    if (!failed) madvise(*at, size / huge * huge, MADV_HUGEPAGE); // who has none, refuses
    return failed;
}
