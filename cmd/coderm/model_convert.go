package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"coderm/internal/fsx"
	"coderm/internal/units"
	"coderm/weights/convert"
)

func (a *app) modelConvertCmd() *cobra.Command {
	var out, typ string
	c := &cobra.Command{
		Use:   "convert FOLDER -o OUT.gguf",
		Short: "Turn a Hugging Face folder into a GGUF file",
		Long: `Turn a Hugging Face folder into a GGUF file that 'coderm model quantize' and
the engine take. The folder holds config.json, tokenizer.json and safetensors,
one file or shards with their index; Llama 2, 3, 3.1, SmolLM2, Qwen2 and Qwen2.5
models are converted.

The output appears under its name only when it is whole.`,
		Example: `  coderm model convert CodeRM-8B -o CodeRM-8B.gguf
  coderm model quantize CodeRM-8B.gguf Q4_K_M -o CodeRM-8B-Q4_K_M.gguf`,
		Args: oneArg("the model's folder"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.modelConvert(c.Context(), args[0], out, typ)
		},
	}
	c.Flags().StringVarP(&out, "out", "o", "", "the GGUF `FILE` to write")
	c.Flags().StringVar(&typ, "type", "keep", "type of the matrices: f16, bf16, f32, or keep each as it is")
	return c
}

// conversion is the command's result.
type conversion struct {
	Path    string  `json:"path"`
	Bytes   int64   `json:"bytes"`
	Tensors int     `json:"tensors"`
	Shards  int     `json:"shards"`
	Type    string  `json:"type"` // as asked for
	Seconds float64 `json:"seconds"`
}

func (a *app) modelConvert(ctx context.Context, dir, out, typ string) error {
	if out == "" {
		return usageError("where to? give -o OUT.gguf")
	}
	if err := fsx.CheckOutput(out); err != nil {
		return err
	}
	matrices, err := convert.ParseType(typ)
	if err != nil {
		return usageError("bad --type %w", err)
	}
	start := time.Now()
	m, err := convert.Open(dir, matrices)
	if err != nil {
		return err
	}
	defer m.Close()
	total, err := m.Size()
	if err != nil {
		return err
	}
	progress, finish := a.byteProgress("convert", total)
	err = fsx.WriteFile(out, func(f *os.File) error {
		return m.Write(ctx, f, convert.Progress(progress))
	})
	finish()
	if err != nil {
		return fmt.Errorf("convert %s: %w", dir, err)
	}
	st, err := os.Stat(out)
	if err != nil {
		return err
	}
	r := conversion{out, st.Size(), len(m.Tensors()), m.Shards(), typ, time.Since(start).Seconds()}
	if a.json {
		return a.printJSON(r)
	}
	_, err = fmt.Fprintf(a.stdout, "%s: %d tensors from %d safetensors files, %s, in %.1f s\n", out, r.Tensors, r.Shards, units.Bytes(r.Bytes), r.Seconds)
	return err
}
