// The in-memory file system: the stdlib image, read-only, and whatever the
// program writes beside it, which lives and dies with the instance.
#include "guest.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t image[] = {
#embed "image.bin"
};

struct entry { // as mkimage.py writes it
  uint32_t path, path_len, data, size;
};
enum { FOLDER = 0xffffffff };

static struct node *fixed; // sorted by path
static uint32_t fixed_count;
static struct node **made; // in the order of their making
static uint32_t made_count, made_cap;
static bool touched; // some node has changed since the last fs_next_change that found none

static void change(struct node *n) { n->changed = touched = true; }

void fs_remove(struct node *n) {
  n->gone = true;
  change(n);
}

struct node *fs_next_change(void) {
  for (uint32_t i = 0; touched && i < made_count; i++)
    if (made[i]->changed) {
      made[i]->changed = false;
      return made[i];
    }
  touched = false;
  return NULL;
}

// device is what stands under /dev of the image.
static enum device device(const char *path, size_t len) {
  static const struct {
    const char *path;
    enum device device;
  } all[] = {{"dev/stdin", STDIN},   {"dev/stdout", STDOUT},    {"dev/stderr", STDERR}, {"dev/fd/0", STDIN},    {"dev/fd/1", STDOUT},
             {"dev/fd/2", STDERR},   {"dev/null", NULL_DEVICE}, {"dev/zero", ZERO},     {"dev/random", URANDOM}, {"dev/urandom", URANDOM}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (strlen(all[i].path) == len && !memcmp(all[i].path, path, len))
      return all[i].device;
  return NO_DEVICE;
}

static void load(void) {
  memcpy(&fixed_count, image, sizeof fixed_count);
  fixed = calloc(fixed_count, sizeof *fixed);
  for (uint32_t i = 0; i < fixed_count; i++) {
    struct entry e;
    memcpy(&e, image + sizeof(uint32_t) + i * sizeof e, sizeof e);
    bool folder = e.size == FOLDER;
    fixed[i] = (struct node){
        .path = (const char *)image + e.path,
        .path_len = e.path_len,
        .data = (uint8_t *)image + e.data,
        .size = folder ? 0 : e.size,
        .device = device((const char *)image + e.path, e.path_len),
        .folder = folder,
        .locked = true,
    };
  }
}

static int order(const char *a, size_t an, const char *b, size_t bn) {
  int c = memcmp(a, b, an < bn ? an : bn);
  return c ? c : (an > bn) - (an < bn);
}

struct node *fs_find(const char *path, size_t len) {
  if (!fixed)
    load();
  uint32_t lo = 0, hi = fixed_count;
  while (lo < hi) {
    uint32_t mid = (lo + hi) / 2;
    int c = order(fixed[mid].path, fixed[mid].path_len, path, len);
    if (c == 0)
      return &fixed[mid];
    if (c < 0)
      lo = mid + 1;
    else
      hi = mid;
  }
  for (uint32_t i = 0; i < made_count; i++)
    if (!made[i]->gone && order(made[i]->path, made[i]->path_len, path, len) == 0)
      return made[i];
  return NULL;
}

struct node *fs_add(const char *path, size_t len, bool folder) {
  if (made_count == made_cap) {
    uint32_t cap = made_cap ? made_cap * 2 : 16;
    struct node **grown = realloc(made, cap * sizeof *grown);
    if (!grown)
      return NULL;
    made = grown;
    made_cap = cap;
  }
  struct node *n = calloc(1, sizeof *n);
  char *copy = malloc(len + 1);
  if (!n || !copy) {
    free(n);
    free(copy);
    return NULL;
  }
  memcpy(copy, path, len);
  *n = (struct node){.path = copy, .path_len = len, .folder = folder};
  change(n);
  return made[made_count++] = n;
}

static bool below(const struct node *folder, const struct node *n) {
  if (folder->path_len == 0)
    return n->path_len > 0;
  return n->path_len > folder->path_len + 1 && n->path[folder->path_len] == '/' &&
         memcmp(n->path, folder->path, folder->path_len) == 0;
}

static bool child_of(const struct node *folder, const struct node *n) {
  if (n->gone || !below(folder, n))
    return false;
  size_t skip = folder->path_len ? folder->path_len + 1 : 0;
  return !memchr(n->path + skip, '/', n->path_len - skip);
}

struct node *fs_child(const struct node *folder, uint64_t start, uint64_t *next) {
  for (uint64_t i = start; i < (uint64_t)fixed_count + made_count; i++) {
    struct node *n = i < fixed_count ? &fixed[i] : made[i - fixed_count];
    if (child_of(folder, n)) {
      *next = i + 1;
      return n;
    }
  }
  return NULL;
}

// left leaves word of a path that a node no longer has.
static void left(const char *path, uint32_t len) {
  struct node *n = fs_add(path, len, false);
  if (n)
    fs_remove(n);
}

// reserve makes the file's bytes ours and at least size large.
static bool reserve(struct node *n, uint64_t size) {
  if (size > INT32_MAX)
    return false;
  if (size <= n->cap)
    return true;
  uint32_t cap = size < 4096 ? 4096 : size > INT32_MAX / 2 ? INT32_MAX : size * 2;
  uint8_t *data = n->cap ? realloc(n->data, cap) : malloc(cap);
  if (!data)
    return false;
  if (!n->cap && n->size)
    memcpy(data, n->data, n->size);
  n->data = data;
  n->cap = cap;
  return true;
}

bool fs_truncate(struct node *n, uint64_t size) {
  if (!reserve(n, size))
    return false;
  if (size > n->size)
    memset(n->data + n->size, 0, size - n->size);
  n->size = size;
  change(n);
  return true;
}

bool fs_write(struct node *n, uint64_t at, const void *data, uint32_t len) {
  uint64_t end = at + len;
  if (end < at || !reserve(n, end) || (at > n->size && !fs_truncate(n, at)))
    return false;
  memcpy(n->data + at, data, len);
  if (end > n->size)
    n->size = end;
  change(n);
  return true;
}

bool fs_rename(struct node *n, const char *path, size_t len) {
  for (uint32_t i = 0, count = made_count; i < count; i++) {
    struct node *m = made[i];
    if (m->gone || (m != n && !below(n, m)))
      continue;
    size_t rest = m->path_len - n->path_len;
    if (m == n)
      continue; // last: the others are found by its old path
    char *moved = malloc(len + rest + 1);
    if (!moved)
      return false;
    memcpy(moved, path, len);
    memcpy(moved + len, m->path + n->path_len, rest);
    left(m->path, m->path_len);
    m->path = moved;
    m->path_len = len + rest;
    change(m);
  }
  char *own = malloc(len + 1);
  if (!own)
    return false;
  memcpy(own, path, len);
  left(n->path, n->path_len);
  n->path = own;
  change(n);
  n->path_len = len;
  return true;
}

bool fs_holds(const void *data, size_t len, size_t skip) {
  for (uint32_t i = 0; i < fixed_count; i++)
    if (fixed[i].size == len + skip && !fixed[i].folder && !memcmp(fixed[i].data + skip, data, len))
      return true;
  return false;
}

void fs_put(const char *path, const uint8_t *data, uint32_t len) {
  struct node *n = fs_find(path, strlen(path));
  if (!n)
    n = fs_add(path, strlen(path), false);
  if (!n)
    return;
  n->data = (uint8_t *)data;
  n->size = len;
  n->cap = 0;
  n->changed = false; // the host puts it on both sides
}
