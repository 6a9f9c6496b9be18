// What the entry points share.
#ifndef CODERM_RUNNER_H
#define CODERM_RUNNER_H

#include <Python.h>
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name)))

extern PyObject *solution; // the module that both texts make up
extern PyObject *alone;    // boot.py's: a program that no test looks at comes next

// main_names gives what the globals of a __main__ in the file begin with; NULL with
// an exception.
PyObject *main_names(const char *file);
// unmarshal gives the code in a blob of compile; NULL after a verdict was sent.
PyObject *unmarshal(const char *blob, uint32_t len);
// flush empties sys.stdout and sys.stderr so that their bytes are counted.
void flush(void);
// program_exit is told that the program ended itself; in a stdio test it gives the
// verdict.
void program_exit(int status);

#endif
