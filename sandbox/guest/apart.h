// Judge and contestant: what each side does with the other's messages beside the
// values in them.
#ifndef CODERM_APART_H
#define CODERM_APART_H

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

struct in;
struct out;

int apart_register(void); // the module _apart, before Python starts
int apart_init(void);
// connected says whether there is another side.
bool apart_connected(void);
// namespace is the dict of this side's text; NULL at first.
PyObject *apart_namespace(void);
// extras go with every message: assignments, what was printed, clock, files.
int apart_put_extras(struct out *o);
void apart_get_extras(struct in *in);
// skip_extras passes over what was printed and the time; false where there is more.
bool apart_skip_extras(struct in *in);
// apply does what the extras just read ask for.
void apart_apply(void);
// reseeded: random's state was set, perhaps to what it was.
void apart_reseeded(void);
// always_tell: each message asks put_extras of _sides.py what to say.
void apart_always_tell(void);

// written_there says whether the other side has written to the file.
bool apart_written_there(const char *path);

#endif
