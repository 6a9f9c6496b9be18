// Package seed derives every random stream. A run, an evaluation and a fit take
// one seed each from the user; what is drawn for a problem depends on that seed
// and on what the problem is called, never on what else is in the batch or on
// the order of the work.
//
//	rerank, testgen --seed
//	 ├─ Prompt(seed, task_id, prompt)   a request to the engine
//	 │   ├─ Sample(request, index)      a completion
//	 │   │   └─ Philox(key: sample, counter: position)   a token (kernels, in C)
//	 │   └─ Served(request, index)      a completion that a server draws
//	 └─ Tie(seed, task_id)              which of equally good solutions is chosen
//
//	eval --seed
//	 ├─ Subsets(seed, k)                subsets of the k-th problem's tests or solutions
//	 └─ PCG(seed, "boot")               problems drawn again for an interval (internal/stats)
//
//	budget --seed                       all in difficulty, but for the last
//	 ├─ PCG(seed, draw<<32 | k)         an order of the k-th problem's tests
//	 ├─ PCG(seed, "fold")               folds of problems
//	 ├─ PCG(seed, "net")                a network's first weights
//	 └─ PCG(seed, "boot")               as above
//
//	no seed: the same input gives the same stream
//	 ├─ PCG(tests, solutions)           tests drawn again to see how settled a choice is (difficulty)
//	 └─ Named(name)                     a tensor of a synthetic model
//
// A changed derivation changes what is drawn, so recorded results: the test
// holds the values. PCG is PCG-DXSM as math/rand/v2 has it (O'Neill 2014).
package seed

import (
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
)

// Prompt is the seed of the requests for one prompt of one problem.
func Prompt(seed uint64, taskID string, prompt int) uint64 {
	h := fnv.New64a()
	h.Write(binary.LittleEndian.AppendUint64(nil, seed))
	h.Write([]byte(taskID))
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(prompt)))
	return h.Sum64()
}

// Sample is the stream of one of a request's completions: neighbouring seeds
// and indices give unrelated streams (splitmix64, Steele et al. 2014).
func Sample(request uint64, index int) uint64 {
	z := request + 0x9e3779b97f4a7c15*(uint64(index)+1)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Served is the seed that a server is given for one of a request's completions.
// Servers take 31 bits; consecutive seeds are what they expect.
func Served(request uint64, index int) uint32 {
	return uint32(request+uint64(index)) &^ (1 << 31)
}

// Tie draws among a problem's equally good solutions.
func Tie(seed uint64, taskID string) *rand.Rand {
	return rand.New(rand.NewPCG(seed, hash(taskID)))
}

// Subsets draws from the tests or solutions of the k-th problem.
func Subsets(seed uint64, k int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(k)))
}

// Named is the stream that belongs to a name alone.
func Named(name string) *rand.PCG { return rand.NewPCG(hash(name), 0) }

func hash(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}
