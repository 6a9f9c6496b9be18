// Exceptions in messages: the object, its context, and where it came from.
#ifndef CODERM_RAISED_H
#define CODERM_RAISED_H

#include "bytes.h"

#include <stdbool.h>

// refuse ends the pair and says what was raised.
[[noreturn]] void raised_refuse(const char *what);
// put writes the exception that is set, and where in the text it came from.
void raised_put(struct out *o);
// get reads one and sets it.
void raised_get(struct in *in);
// lost says whether an assertion of the test's failed in a call from the solution and
// did not come back, since it was last asked.
bool raised_lost(void);
// tell_lines: the test looks at tracebacks.
void raised_tell_lines(void);

#endif
