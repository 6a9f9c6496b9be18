package remote

import (
	"sync"
	"time"
)

// pool is the servers of one model. The samples of a request go to one of them while
// it has room, so that it computes their prompt once.
type pool struct {
	mu      sync.Mutex
	members []*member
	each    int // samples that each may have under way
}

// member is a server and what it has to do.
type member struct {
	server
	busy  int       // samples under way
	rests time.Time // until when others are asked first
	gone  bool      // it serves no request of ours
}

// rest is for how long a server is left alone that failed, where there are others.
const rest = 10 * time.Second

func newPool(servers []server, each int) *pool {
	p := &pool{each: each}
	for _, s := range servers {
		p.members = append(p.members, &member{server: s})
	}
	return p
}

// room is how many samples all of them may have under way.
func (p *pool) room() int { return p.each * len(p.members) }

// take chooses a server for n samples: the one it is given, if that has room, or the
// one with the least to do of those that are well.
func (p *pool) take(last *member, n int) *member {
	p.mu.Lock()
	defer p.mu.Unlock()
	best, now := last, time.Now()
	if best == nil || best.gone || now.Before(best.rests) || best.busy+n > p.each {
		best = nil
		for _, m := range p.members {
			if best == nil || m.before(best, now) {
				best = m
			}
		}
	}
	best.busy += n
	return best
}

// before tells which of two is to be asked first.
func (m *member) before(o *member, now time.Time) bool {
	if m.gone != o.gone {
		return o.gone
	}
	if a, b := now.Before(m.rests), now.Before(o.rests); a != b {
		return b
	}
	return m.busy < o.busy
}

// give tells how a request for n samples ended. What only this server cannot do is
// no reason to give up where there are others: another try goes to one of them.
func (p *pool) give(m *member, n int, err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	m.busy -= n
	if err == nil || len(p.members) == 1 {
		return err
	}
	switch f := failureOf(err); f.kind {
	case refused:
		return err
	case lasting:
		m.gone = true
		for _, o := range p.members {
			if !o.gone {
				return &failure{err: err, kind: passing}
			}
		}
		return err
	default:
		m.rests = time.Now().Add(max(rest, f.after))
		return err
	}
}
