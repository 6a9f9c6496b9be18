package main

import (
	"github.com/spf13/pflag"

	"coderm/run"
)

// placementFlags say where a model lies.
func placementFlags(f *pflag.FlagSet, p *run.Placement) {
	f.Var(&p.GPULayers, "gpu-layers", "layers on GPUs: auto for as many as fit, none, or a number")
	f.StringVar(&p.Split, "split", "layer", "how several GPUs divide the model: layer, row, tensor, or none for one of them")
	f.IntVar(&p.MainGPU, "main-gpu", 0, "the GPU of --split none, counted from 0")
	f.Float32SliceVar(&p.TensorSplit, "tensor-split", nil, "proportions in which the GPUs divide it, e.g. 3,1 (default: as the memory allows)")
	f.IntVar(&p.GPUReserve, "gpu-reserve", 0, "`MiB` of each GPU to leave free (default: 1024)")
	f.StringVar(&p.KVType, "kv-type", "auto", "keys and values: f16, q8_0, or auto for q8_0 where more layers fit a GPU with it")
}

// processFlag says in which process a model runs.
func processFlag(f *pflag.FlagSet, p *run.Placement) {
	f.StringVar(&p.Process, "model-process", "auto", "the model's process: own, which survives a GPU's failures, shared, or auto for own where layers lie on a GPU")
}
