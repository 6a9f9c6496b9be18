package tokenizer

// queue is a binary heap: the item of the smallest order first. container/heap
// would allocate for every item.
type queue[T any] []item[T]

type item[T any] struct {
	order uint64
	value T
}

func (q *queue[T]) push(order uint64, value T) {
	h := append(*q, item[T]{})
	i := len(h) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if h[parent].order <= order {
			break
		}
		h[i] = h[parent]
		i = parent
	}
	h[i] = item[T]{order, value}
	*q = h
}

// pop removes the first item of a queue that is not empty.
func (q *queue[T]) pop() (order uint64, value T) {
	h := *q
	top, x := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	i := 0
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1].order < h[child].order {
			child++
		}
		if x.order <= h[child].order {
			break
		}
		h[i] = h[child]
		i = child
	}
	if len(h) > 0 {
		h[i] = x
	}
	*q = h
	return top.order, top.value
}
