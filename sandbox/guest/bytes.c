#include "bytes.h"

#include <stdlib.h>
#include <string.h>

void out_raw(struct out *o, const void *data, uint32_t len) {
  if (o->cap - o->len < len) {
    uint64_t need = (uint64_t)o->len + len, cap = need < 256 ? 512 : need < 1 << 20 ? need * 2 : need + need / 4;
    uint8_t *p = cap < INT32_MAX ? realloc(o->p, cap) : NULL;
    if (!p)
      wire_refuse("no memory for a message", true);
    o->p = p;
    o->cap = cap;
  }
  memcpy(o->p + o->len, data, len);
  o->len += len;
}

void out_byte(struct out *o, uint8_t b) {
  if (o->len < o->cap)
    o->p[o->len++] = b;
  else
    out_raw(o, &b, 1);
}

void out_int(struct out *o, uint64_t n) {
  for (; n >= 0x80; n >>= 7)
    out_byte(o, n | 0x80);
  out_byte(o, n);
}

void out_free(struct out *o) {
  free(o->p);
  *o = (struct out){};
}

uint8_t in_byte(struct in *in) {
  if (in->p == in->end)
    wire_refuse("a message ends early", false);
  return *in->p++;
}

uint64_t in_int(struct in *in) {
  uint64_t n = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    uint8_t b = in_byte(in);
    n |= (uint64_t)(b & 0x7f) << shift;
    if (b < 0x80)
      return n;
  }
  wire_refuse("a number is too long", false);
}

uint32_t in_count(struct in *in) {
  uint64_t n = in_int(in);
  if (n > (uint64_t)(in->end - in->p))
    wire_refuse("a count is larger than its message", false);
  return n;
}

const uint8_t *in_raw(struct in *in, uint32_t len) {
  if (len > (uint64_t)(in->end - in->p))
    wire_refuse("a message ends early", false);
  in->p += len;
  return in->p - len;
}
