// A map of words; keys are not 0, nor are values.
#ifndef CODERM_MAP_H
#define CODERM_MAP_H

#include <stdint.h>

struct map {
  uint32_t *keys, *values;
  uint32_t used, filled, cap;
};
uint32_t map_get(const struct map *m, uint32_t key);
void map_set(struct map *m, uint32_t key, uint32_t value);
void map_remove(struct map *m, uint32_t key);

#endif
