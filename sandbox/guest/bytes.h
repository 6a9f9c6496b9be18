// Messages as bytes, and how they are read.
#ifndef CODERM_BYTES_H
#define CODERM_BYTES_H

#include <stdbool.h>
#include <stdint.h>

// A message being written.
struct out {
  uint8_t *p;
  uint32_t len, cap;
  uint32_t head, mark; // where a request begins, and the containers known before it
};
void out_byte(struct out *o, uint8_t b);
void out_int(struct out *o, uint64_t n); // LEB128
void out_raw(struct out *o, const void *data, uint32_t len);
void out_free(struct out *o);

// A message being read. It may be hostile: what is malformed ends the instance
// by wire_refuse, so that readers have no error to handle.
struct in {
  const uint8_t *p, *end;
  int depth;
};
uint8_t in_byte(struct in *in);
uint64_t in_int(struct in *in);
uint32_t in_count(struct in *in); // of things that take a byte or more each
const uint8_t *in_raw(struct in *in, uint32_t len);

// wire_refuse ends the pair: the other side sent what it may not. memory: it sent
// more than there is room for.
[[noreturn]] void wire_refuse(const char *why, bool memory);

#endif
