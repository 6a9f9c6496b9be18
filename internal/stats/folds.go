package stats

import "coderm/internal/seed"

// Folds says which fold of a cross-validation each problem is in, from 0.
type Folds []int

// DealFolds deals n problems into folds at random.
func DealFolds(n, folds int, root uint64) Folds {
	fold := make(Folds, n)
	for k, i := range seed.Folds(root).Perm(n) {
		fold[i] = k % folds
	}
	return fold
}

// Split lists the problems to train on and the ones held out in fold f, both in
// order.
func (fold Folds) Split(f int) (train, held []int) {
	for i, in := range fold {
		if in == f {
			held = append(held, i)
		} else {
			train = append(train, i)
		}
	}
	return train, held
}

// Pick gives the values at some positions.
func Pick[T any](values []T, at []int) []T {
	out := make([]T, len(at))
	for n, i := range at {
		out[n] = values[i]
	}
	return out
}
