#include "map.h"
#include "bytes.h"

#include <stdlib.h>

static uint32_t slot(const struct map *m, uint32_t key) {
  uint32_t i = key * 2654435761u >> 7;
  for (;; i++)
    if (m->keys[i &= m->cap - 1] == key || m->keys[i] == 0)
      return i;
}

uint32_t map_get(const struct map *m, uint32_t key) { return m->cap ? m->values[slot(m, key)] : 0; }

void map_set(struct map *m, uint32_t key, uint32_t value) {
  if (m->filled * 2 >= m->cap) {
    struct map old = *m;
    m->cap = old.used * 4 < 32 ? 32 : 32u << (32 - __builtin_clz(old.used * 4 / 32));
    m->keys = calloc(m->cap, sizeof *m->keys);
    m->values = calloc(m->cap, sizeof *m->values);
    if (!m->keys || !m->values)
      wire_refuse("no memory for handles", true);
    m->used = m->filled = 0;
    for (uint32_t i = 0; i < old.cap; i++)
      if (old.values[i])
        map_set(m, old.keys[i], old.values[i]);
    free(old.keys);
    free(old.values);
  }
  uint32_t i = slot(m, key);
  m->filled += m->keys[i] == 0;
  m->used += m->values[i] == 0;
  m->keys[i] = key;
  m->values[i] = value;
}

// A removed key keeps its place, without a value, until the map is made anew.
void map_remove(struct map *m, uint32_t key) {
  uint32_t i = m->cap ? slot(m, key) : 0;
  if (m->cap && m->values[i]) {
    m->values[i] = 0;
    m->used--;
  }
}
