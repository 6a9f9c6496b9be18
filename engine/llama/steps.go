package llama

/*
#include "shim.h"
*/
import "C"

import (
	"sync/atomic"

	"coderm/engine/sched"
)

// Steps counts batches that drew tokens.
type Steps struct {
	All    int64
	Reused int64 // by llama.cpp's count, with the graph of the one before
	Device int64 // whose tokens were drawn where the logits were
}

type stepCounts struct{ all, reused, device atomic.Int64 }

// Steps counts them since the model was loaded.
func (m *Model) Steps() Steps {
	return Steps{m.steps.all.Load(), m.steps.reused.Load(), m.steps.device.Load()}
}

// count takes in the batch that was just decoded.
func (d *decoder) count(draws []sched.Draw) {
	// int coderm_graphs_reused(coderm_context *c)
	before, now := d.reused, C.coderm_graphs_reused(d.ctx)
	d.reused = now
	if len(draws) == 0 {
		return
	}
	d.m.steps.all.Add(1)
	if now > before {
		d.m.steps.reused.Add(1)
	}
	if d.device != nil && d.device.used {
		d.m.steps.device.Add(1)
	}
}
