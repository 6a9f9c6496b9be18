package llama

/*
#include "shim.h"
*/
import "C"

import (
	"os"
	"strings"
	"sync"
	"unsafe"

	"coderm/kernels"
)

// ownKernels are those of package kernels that compute here in llama.cpp's place.
type ownKernels struct {
	attend unsafe.Pointer
	gemms  kernels.GemmSet
	gemvs  kernels.GemmSet
	rows   kernels.RowsSet
}

// own gives those this processor has the instructions for; none where the
// environment has CODERM_KERNELS=llama, which is there to compare with.
var own = sync.OnceValue(func() ownKernels {
	if os.Getenv("CODERM_KERNELS") == "llama" {
		return ownKernels{}
	}
	return ownKernels{kernels.Attend(), kernels.Gemms(), kernels.Gemvs(), kernels.Rows()}
})

func (k ownKernels) install() {
	C.cm_set_attention(k.attend)
	C.cm_set_gemms(C.cm_gemms{
		q4_0: k.gemms.Q4_0, iq4_nl: k.gemms.IQ4NL, q4_K: k.gemms.Q4K,
		one_q4_0: k.gemvs.Q4_0, one_iq4_nl: k.gemvs.IQ4NL, one_q4_K: k.gemvs.Q4K,
		rows_q4_0: k.rows.Q4_0, rows_q4_1: k.rows.Q4_1, rows_q5_0: k.rows.Q5_0, rows_q5_1: k.rows.Q5_1, rows_q8_0: k.rows.Q8_0,
	})
}

// OwnKernels says what coderm computes itself on this processor.
func OwnKernels() string {
	k := own()
	var names []string
	if k.attend != nil {
		names = append(names, "attention ("+kernels.ISAs()[0]+")")
	}
	if k.gemms.Q4_0 != nil {
		names = append(names, "products of 4, 5 and 8-bit weights (avx512 vnni)")
	}
	if names == nil {
		return "none; llama.cpp computes everything"
	}
	return strings.Join(names, ", ")
}
