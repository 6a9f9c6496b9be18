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
	attend   unsafe.Pointer
	products unsafe.Pointer
	isa      string // of the products
}

// usableKernels gives those this processor has the instructions for. To compare with,
// CODERM_KERNELS=llama in the environment gives none, and CODERM_KERNELS=avx2 products that
// use no later instructions.
var usableKernels = sync.OnceValue(func() ownKernels {
	want := os.Getenv("CODERM_KERNELS")
	if want == "llama" {
		return ownKernels{}
	}
	products, isa := kernels.Products(want)
	return ownKernels{kernels.Attend(), products, isa}
})

func (k ownKernels) install() {
	// void coderm_set_attention(void *fn)
	C.coderm_set_attention(k.attend)
	// void coderm_set_products(const void *products)
	C.coderm_set_products(k.products)
}

// OwnKernels says what coderm computes itself on this processor.
func OwnKernels() string {
	k := usableKernels()
	var names []string
	if k.attend != nil {
		names = append(names, "attention ("+kernels.ISAs()[0]+")")
	}
	if k.products != nil {
		names = append(names, "products of 4, 5 and 8-bit weights ("+k.isa+")")
	}
	if names == nil {
		return "none; llama.cpp computes everything"
	}
	return strings.Join(names, ", ")
}
