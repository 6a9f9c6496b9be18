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
//	 ├─ Mutations(seed, task_id)        calls with other arguments
//	 ├─ Inputs(seed, task_id)           seeds of a problem's generator of inputs;
//	 │                                  (sample, task_id): of one that the model wrote
//	 ├─ Tie(seed, task_id)              which of equally good solutions is chosen
//	 └─ Among(seed, task_id)            whether a problem is in a sample of them
//
//	eval --seed
//	 ├─ Subsets(seed, k)                subsets of the k-th problem's tests or solutions
//	 ├─ Mutants(seed, task_id)          which mutants of a problem's reference are taken
//	 └─ Bootstrap(seed)                 problems drawn again for an interval
//
//	budget --seed
//	 ├─ Order(seed, draw, k)            an order of the k-th problem's tests
//	 ├─ Folds(seed)                     folds of problems
//	 ├─ Weights(seed)                   a network's first weights
//	 └─ Bootstrap(seed)                 as above
//
//	no seed: the same input gives the same stream
//	 ├─ Resamples(tests, solutions)     tests drawn again to see how settled a choice is
//	 └─ Named(name)                     a tensor of a synthetic model
//
// Streams drawn from in Go are PCG-DXSM (O'Neill 2014, as math/rand/v2 has it): the
// seed is the first word of the state, what the stream is for is the second.
//
// A changed derivation changes what is drawn, so recorded results: the test
// holds the values.
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
func Tie(seed uint64, taskID string) *rand.Rand { return pcg(seed, hash(taskID)) }

// Mutations draws other arguments for a problem's calls.
func Mutations(seed uint64, taskID string) *rand.Rand { return pcg(seed, hash(taskID)+word("mutate")) }

// Inputs draws what a generator of a problem's inputs is given: the root is a run's seed,
// or a completion's where the model wrote the generator.
func Inputs(root uint64, taskID string) *rand.Rand { return pcg(root, hash(taskID)+word("input")) }

// Among is a problem's place in the lot that samples of problems are drawn by: the
// lowest ones are taken, so that a larger sample holds the smaller.
func Among(seed uint64, taskID string) uint64 { return pcg(seed, hash(taskID)+word("among")).Uint64() }

// Mutants is the seed of the lot between the mutants of a problem's reference.
func Mutants(seed uint64, taskID string) uint64 {
	return pcg(seed, hash(taskID)+word("mutant")).Uint64()
}

// Subsets draws from the tests, inputs or solutions of the k-th problem.
func Subsets(seed uint64, k int) *rand.Rand { return pcg(seed, uint64(k)) }

// Order draws an order of the k-th problem's tests; draw counts the orders.
func Order(seed uint64, draw, k int) *rand.Rand { return pcg(seed, uint64(draw)<<32|uint64(k)) }

// Folds deals problems into the folds of a cross-validation.
func Folds(seed uint64) *rand.Rand { return pcg(seed, word("fold")) }

// Weights draws what a network starts from.
func Weights(seed uint64) *rand.Rand { return pcg(seed, word("net")) }

// Bootstrap draws problems again, for an interval.
func Bootstrap(seed uint64) *rand.Rand { return pcg(seed, word("boot")) }

// Resamples draws the tests of a matrix again. It depends on their number and
// that of the solutions alone.
func Resamples(tests, solutions int) *rand.Rand { return pcg(uint64(tests), uint64(solutions)) }

// Named is the stream that belongs to a name alone.
func Named(name string) *rand.PCG { return rand.NewPCG(hash(name), 0) }

func pcg(seed, use uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, use)) }

// word is a short ASCII word as a number, its first letter first.
func word(s string) (n uint64) {
	for _, c := range []byte(s) {
		n = n<<8 | uint64(c)
	}
	return n
}

func hash(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}
