// Floats in a v16, of which each instruction set has a header of its own.
#ifndef CODERM_VECTOR16_H
#define CODERM_VECTOR16_H

enum { LANES = 16 };

#endif
