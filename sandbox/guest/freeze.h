// Freezing what exists at the snapshot.
#ifndef CODERM_FREEZE_H
#define CODERM_FREEZE_H

#include <Python.h>
#include <stdbool.h>

// freeze makes every object reachable now immortal, so that nothing counts its
// references. A run that only uses the library then writes to few of its pages, and
// the fewer pages a run writes, the cheaper it is to undo. -1 when out of memory.
int freeze(void);

// frozen says whether freeze has met o, or o would not have needed it.
static inline bool frozen(PyObject *o) { return _Py_IsImmortal(o); }

// fill_holes keeps what is free between the blocks in use, so that what a run allocates
// lies together, on few pages, too.
void fill_holes(void);

#endif
