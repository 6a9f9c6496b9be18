package llama

/*
#include "shim.h"
*/
import "C"

import "slices"

// Device is something llama.cpp can compute on.
type Device struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Backend     string `json:"backend"`
	GPU         bool   `json:"gpu"`
	Integrated  bool   `json:"integrated"` // a GPU in the host's memory
	ID          string `json:"id"`         // of the hardware, such as its PCI address; "" = unknown
	Free        uint64 `json:"free"`       // bytes
	Total       uint64 `json:"total"`
}

// Devices lists what was found, in llama.cpp's order.
func Devices() []Device {
	initialise()
	// int coderm_device_count(void)
	list := make([]Device, C.coderm_device_count())
	for i := range list {
		// coderm_device coderm_device_get(int i)
		d := C.coderm_device_get(C.int(i))
		list[i] = Device{
			Name: C.GoString(d.name), Description: C.GoString(d.description), Backend: C.GoString(d.backend),
			GPU: d._type == 1 || d._type == 2, Integrated: d._type == 2, ID: C.GoString(d.id),
			Free: uint64(d.free), Total: uint64(d.total),
		}
		if d._type == 0 {
			list[i].Free = uint64(availableMemory()) // llama.cpp says all of it
		}
	}
	return list
}

// computing picks, by their index, the GPUs that a model is put on: each once,
// though two backends may see it, and integrated ones, which share the host's
// memory and bandwidth, only if there are no others.
func computing(devices []Device) []int {
	var own, integrated []int
	for i, d := range devices {
		switch same := func(j int) bool { return d.ID != "" && devices[j].ID == d.ID }; {
		case !d.GPU || slices.ContainsFunc(own, same):
		case !d.Integrated:
			own = append(own, i)
		case len(integrated) == 0 || devices[integrated[0]].Backend == d.Backend:
			integrated = append(integrated, i)
		}
	}
	if len(own) > 0 {
		return own
	}
	return integrated
}

// usable is how much of a GPU's memory there is for a model, in bytes.
func (c *Config) usable(d Device) int64 {
	host := uint64(availableMemory() / 2)
	free := d.Free
	switch {
	case d.Total == 0: // it does not say
		free = host
	case free > d.Total: // a driver's bug
		free = d.Total
	}
	if d.Integrated {
		free = min(free, host)
	}
	keep := c.Reserve
	if keep == 0 || keep < 0 && c.Smaller > 0 {
		keep = gpuMargin
	}
	return max(0, int64(free)-keep-int64(c.Smaller)*int64(max(d.Total, free)/8))
}
