// The module _fuel, for tests that limit their parts.
#ifndef CODERM_FUEL_H
#define CODERM_FUEL_H

#include <Python.h>

// fuel_register makes the module known; before Python starts. -1 on failure.
int fuel_register(void);

#endif
