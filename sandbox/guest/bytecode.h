#ifndef CODERM_BYTECODE_H
#define CODERM_BYTECODE_H

// bytecode_refuse has code made by hand refused from now on: it could write
// anywhere in memory. -1 with an exception.
int bytecode_refuse(void);

#endif
