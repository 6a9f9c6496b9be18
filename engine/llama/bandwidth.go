package llama

/*
#include <stddef.h>
#include <stdint.h>

// The sum of n words: as fast as memory gives them, since four sums at once
// hide the latency of adding.
static uint64_t coderm_sum(const uint64_t *p, size_t n) {
    uint64_t a = 0, b = 0, c = 0, d = 0;
    for (size_t i = 0; i + 4 <= n; i += 4) {
        a += p[i], b += p[i + 1], c += p[i + 2], d += p[i + 3];
    }
    return a + b + c + d;
}
*/
import "C"

import (
	"sync"
	"time"
	"unsafe"
)

// Bandwidth measures how many bytes a second that many threads read from
// memory: the best of five passes over more than any cache holds.
func Bandwidth(threads int) float64 {
	const words = 64 << 20 // 512 MiB
	data := make([]uint64, words)
	for i := range data {
		data[i] = uint64(i)
	}
	best := 0.0
	sums := make([]C.uint64_t, threads)
	for range 5 {
		begin := time.Now()
		var wg sync.WaitGroup
		for t := range threads {
			part := data[t*words/threads : (t+1)*words/threads]
			wg.Go(func() { sums[t] = C.coderm_sum((*C.uint64_t)(unsafe.Pointer(&part[0])), C.size_t(len(part))) })
		}
		wg.Wait()
		best = max(best, 8*words/time.Since(begin).Seconds())
	}
	return best
}
