package llama

/*
#include <stdlib.h>
#include "quantize.h"
#include "shim.h"
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
	"unsafe"

	"coderm/weights/gguf"
)

// FileType is a way of quantizing a whole model (enum llama_ftype).
type FileType struct {
	Name string
	// NeedsImatrix: so few bits that it is garbage without an importance matrix.
	NeedsImatrix bool
	// What it is for, with bits per weight as measured on Llama-3.1-8B by
	// llama.cpp's tools/quantize/README.md.
	About string
	ftype C.int
}

// FileTypes lists what llama.cpp can quantize to, most bits first.
func FileTypes() []FileType {
	return []FileType{
		{"F32", false, "32 bits, no loss", 0},
		{"BF16", false, "16 bits, no loss for bf16 models", 32},
		{"F16", false, "16 bits, no loss for f16 models", 1},
		{"Q8_0", false, "8.5 bits, hardly any loss", 7},
		{"Q6_K", false, "6.6 bits, very small loss", 18},
		{"Q5_1", false, "6.1 bits, older than the K types", 9},
		{"Q5_K_M", false, "5.7 bits, small loss", 17},
		{"Q5_K_S", false, "5.6 bits, small loss", 16},
		{"Q5_0", false, "5.6 bits, older than the K types", 8},
		{"Q4_1", false, "5.1 bits, older than the K types", 3},
		{"Q4_K_M", false, "4.9 bits, the usual choice", 15},
		{"Q4_K_S", false, "4.7 bits", 14},
		{"Q4_0", false, "4.7 bits, the fastest on CPUs", 2},
		{"IQ4_NL", false, "4.7 bits, not linear", 25},
		{"IQ4_XS", false, "4.5 bits, not linear", 30},
		{"MXFP4", false, "4.3 bits, for mixtures of experts", 38},
		{"Q3_K_L", false, "4.3 bits", 13},
		{"Q3_K_M", false, "4.0 bits", 12},
		{"IQ3_M", false, "3.8 bits", 27},
		{"IQ3_S", false, "3.7 bits", 26},
		{"Q3_K_S", false, "3.6 bits", 11},
		{"IQ3_XS", true, "3.5 bits", 22},
		{"IQ3_XXS", true, "3.3 bits", 23},
		{"Q2_K", false, "3.2 bits, large loss", 10},
		{"Q2_K_S", true, "3.0 bits", 21},
		{"IQ2_M", true, "2.9 bits", 29},
		{"IQ2_S", true, "2.7 bits", 28},
		{"IQ2_XS", true, "2.6 bits", 20},
		{"IQ2_XXS", true, "2.4 bits", 19},
		{"IQ1_M", true, "2.1 bits", 31},
		{"Q2_0", false, "2.3 bits, for ternary models", 41},
		{"TQ2_0", false, "2.1 bits, for ternary models", 37},
		{"IQ1_S", true, "2.0 bits", 24},
		{"TQ1_0", false, "1.7 bits, for ternary models", 36},
		{"Q1_0", false, "1.1 bits, for binary models", 40},
	}
}

// ParseFileType finds a file type by its name, in any case.
func ParseFileType(name string) (FileType, bool) {
	for _, t := range FileTypes() {
		if strings.EqualFold(t.Name, name) {
			return t, true
		}
	}
	return FileType{}, false
}

// QuantizeConfig says how to quantize.
type QuantizeConfig struct {
	Type FileType
	// Threads; 0 = every core this process may use.
	Threads int
	// Requantize allows a source that is quantized already, which costs quality.
	Requantize bool
	// Imatrix weighs the errors: for each tensor the mean square of each column
	// of its input; nil = all the same.
	Imatrix map[string][]float32
	// Progress, if any, is told about ten times a second how many of the tensors
	// are done.
	Progress func(done, total int)
}

// quantizing makes quantizations wait for each other: their progress comes
// from llama.cpp's one log.
var quantizing sync.Mutex

// Quantize writes the model at in, quantized, over the existing file out. A
// cancelled ctx ends it at the next tensor. What it leaves in out after an
// error is useless.
func Quantize(ctx context.Context, in, out string, c QuantizeConfig) error {
	if _, err := gguf.OpenModel(in); err != nil {
		return err
	}
	initialise()
	quantizing.Lock()
	defer quantizing.Unlock()
	// coderm_progress *coderm_progress_new(void)
	p := C.coderm_progress_new()
	if p == nil {
		return errNoMemory
	}
	// void coderm_progress_free(coderm_progress *p)
	defer C.coderm_progress_free(p)
	imatrix, err := newImatrix(c.Imatrix)
	if err != nil {
		return err
	}
	// void coderm_imatrix_free(coderm_imatrix *m)
	defer C.coderm_imatrix_free(imatrix)
	takeLog()
	if err := watch(ctx, p, c.Progress, func() C.int { return quantize(in, out, c, imatrix, p) }); err != nil {
		return fmt.Errorf("quantize %s to %s: %w", in, c.Type.Name, err)
	}
	// llama.cpp does not notice when the disk is full.
	if _, err := gguf.Open(out); err != nil {
		return fmt.Errorf("quantize %s to %s: the result is not whole (is the disk full?): %w", in, c.Type.Name, err)
	}
	return nil
}

var errNoMemory = errors.New("quantize: no memory")

// newImatrix copies an importance matrix for C; nil for none.
func newImatrix(values map[string][]float32) (*C.coderm_imatrix, error) {
	if values == nil {
		return nil, nil
	}
	// coderm_imatrix *coderm_imatrix_new(void)
	m := C.coderm_imatrix_new()
	if m == nil {
		return nil, errNoMemory
	}
	for tensor, v := range values {
		name := C.CString(tensor)
		// int coderm_imatrix_set(coderm_imatrix *m, const char *tensor, const float *values, size_t n)
		ok := C.coderm_imatrix_set(m, name, (*C.float)(unsafe.SliceData(v)), C.size_t(len(v)))
		C.free(unsafe.Pointer(name))
		if ok == 0 {
			// void coderm_imatrix_free(coderm_imatrix *m)
			C.coderm_imatrix_free(m)
			return nil, errNoMemory
		}
	}
	return m, nil
}

func quantize(in, out string, c QuantizeConfig, imatrix *C.coderm_imatrix, p *C.coderm_progress) C.int {
	inC, outC := C.CString(in), C.CString(out)
	defer C.free(unsafe.Pointer(inC))
	defer C.free(unsafe.Pointer(outC))
	threads := c.Threads
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	// int coderm_quantize(const char *in, const char *out, int ftype, int threads, int requantize, const coderm_imatrix *imatrix, coderm_progress *p)
	return C.coderm_quantize(inC, outC, c.Type.ftype, C.int(threads), boolInt(c.Requantize), imatrix, p)
}

// watch runs work, reports its progress and passes a cancelled ctx on to it.
func watch(ctx context.Context, p *C.coderm_progress, report func(done, total int), work func() C.int) error {
	result := make(chan C.int, 1)
	go func() { result <- work() }()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	cancelled := ctx.Done()
	for {
		select {
		case r := <-result:
			switch {
			case r == 0:
				return nil
			case ctx.Err() != nil:
				return ctx.Err()
			}
			return errors.New(lastError(takeLog()))
		case <-cancelled:
			// void coderm_progress_cancel(coderm_progress *p)
			C.coderm_progress_cancel(p)
			cancelled = nil
		case <-tick.C:
			if report != nil {
				var done, total C.int
				// void coderm_progress_get(const coderm_progress *p, int *done, int *total)
				C.coderm_progress_get(p, &done, &total)
				report(int(done), int(total))
			}
		}
	}
}
