#include "message.h"
#include "apart.h"
#include "remote.h"
#include "runner.h"
#include "weak.h"
#include "wire.h"

#include <stdlib.h>

static struct {
  uint8_t *p;
  uint32_t cap; // where the host puts what comes next
  uint32_t *lines, raised;
} inbox;

enum { RAISED = 4096 };

void inbox_keep_line(int line) {
  if (!inbox.lines)
    inbox.lines = calloc(RAISED, sizeof *inbox.lines);
  if (inbox.lines && inbox.raised < RAISED)
    inbox.lines[inbox.raised] = line;
  inbox.raised++;
}

EXPORT(inbox) void *inbox_at(void) { return &inbox; }

EXPORT(room) void *room(uint32_t len) {
  free(inbox.p);
  inbox.cap = len < 4096 ? 4096 : len;
  inbox.p = malloc(inbox.cap);
  if (!inbox.p)
    inbox.cap = 0;
  return inbox.p;
}

uint8_t *inbox_take(uint32_t *cap) {
  uint8_t *p = inbox.p;
  *cap = inbox.cap;
  inbox.p = NULL;
  inbox.cap = 0;
  return p;
}

void inbox_give_back(uint8_t *p, uint32_t cap) {
  if (!inbox.p && cap <= 4096) {
    inbox.p = p;
    inbox.cap = 4096;
  } else {
    free(p);
  }
}

int message_put_head(struct out *o) {
  // First what may run code or make changes.
  if (apart_put_extras(o) < 0 || wire_put_changes(o) < 0)
    return -1;
  remote_put_released(o);
  weak_put(o);
  return 0;
}

bool message_skip_head(struct in *in) {
  if (!apart_skip_extras(in) || in_count(in)) // changes of containers
    return false;
  for (uint32_t n = in_count(in); n > 0; n--) // containers needed no longer
    in_int(in);
  for (uint32_t n = in_count(in); n > 0; n--) // handles let go of, and how often
    in_int(in), in_int(in);
  for (int list = 0; list < 2; list++) // handles watched, and gone
    for (uint32_t n = in_count(in); n > 0; n--)
      in_int(in);
  return true;
}

void message_get_head(struct in *in) {
  apart_get_extras(in);
  wire_get_changes(in);
  remote_get_released(in);
  weak_get(in);
  apart_apply();
  weak_apply();
}
