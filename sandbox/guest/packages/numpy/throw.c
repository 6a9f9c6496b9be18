// C++ exceptions, which WebAssembly has not in this build: numpy throws where memory is
// out, and then the process ends.
#include <stdlib.h>

void *__cxa_allocate_exception(unsigned long size) { return malloc(size); }

_Noreturn void __cxa_throw(void *exception, void *type, void (*destroy)(void *)) { abort(); }
