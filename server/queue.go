package server

// queue bounds how many requests are being answered or wait. What they wait for has
// an order of its own.
type queue chan struct{}

func newQueue(places int) queue { return make(queue, places) }

// enter reports whether there was a place.
func (q queue) enter() bool {
	select {
	case q <- struct{}{}:
		return true
	default:
		return false
	}
}

func (q queue) leave() { <-q }
