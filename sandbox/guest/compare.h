// What a program printed beside what it should have.
#ifndef CODERM_COMPARE_H
#define CODERM_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

struct text {
  const char *data;
  size_t len;
};

// same_output compares by the rule that the host has set, and notes the first
// line that differs.
bool same_output(struct text got, struct text want);

#endif
