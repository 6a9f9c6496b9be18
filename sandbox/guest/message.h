// Where messages arrive, and what each begins with: what changed on the side that
// sends it.
#ifndef CODERM_MESSAGE_H
#define CODERM_MESSAGE_H

#include "bytes.h"

#include <Python.h>

// take hands over the inbox, for what is read may set other messages going.
uint8_t *inbox_take(uint32_t *cap);
void inbox_give_back(uint8_t *p, uint32_t cap);
// keep_line notes the line in the text that the next exception told of comes from, 0
// if it is not known. The host finds it by the number of the exception.
void inbox_keep_line(int line);

int message_put_head(struct out *o); // -1 with an exception
void message_get_head(struct in *in);
// skip_head passes over it; false where it says what matters.
bool message_skip_head(struct in *in);

#endif
