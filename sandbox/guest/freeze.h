// Freezing what exists at the snapshot.
#ifndef CODERM_FREEZE_H
#define CODERM_FREEZE_H

// freeze makes every object reachable now immortal: its reference count becomes
// negative, and CPython as patched (patches/03-frozen.patch) leaves such counts
// alone. A run that only uses the library then writes to few of its pages, and
// the fewer pages a run writes, the cheaper it is to undo. -1 when out of memory.
int freeze(void);

// fill_holes keeps what is free between the blocks in use, so that what a run allocates
// lies together, on few pages, too.
void fill_holes(void);

#endif
