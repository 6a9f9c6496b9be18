// What the parts of the guest share. See docs/sandbox.md for the promises.
#ifndef CODERM_GUEST_H
#define CODERM_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What is a file by name only. The first three are the streams.
enum device : uint8_t { NO_DEVICE, STDIN, STDOUT, STDERR, NULL_DEVICE, ZERO, URANDOM };

// A file or folder of the in-memory file system. Paths are absolute without
// the leading slash, so that the root is "".
struct node {
  const char *path;
  uint32_t path_len;
  uint32_t size, cap; // cap 0: data is not ours to grow (image, source text)
  uint8_t *data;
  enum device device;
  bool folder;
  bool locked; // part of the image: never written, renamed or removed
  bool gone;   // removed, perhaps still open
  bool changed; // since the other side was told
  bool foreign; // the other side has written it
};

// fs_init loads the stdlib image; called by the first fs_find.
struct node *fs_find(const char *path, size_t len);
// fs_add makes an entry whose parent exists; NULL when out of memory.
struct node *fs_add(const char *path, size_t len, bool folder);
// fs_child is the index-th live child of the folder, from start on; NULL at the
// end. *next is where to go on.
struct node *fs_child(const struct node *folder, uint64_t start, uint64_t *next);
// fs_write grows the file as needed; false when out of memory.
bool fs_write(struct node *n, uint64_t at, const void *data, uint32_t len);
bool fs_truncate(struct node *n, uint64_t size);
// fs_rename moves a node and, if it is a folder, all below it.
bool fs_rename(struct node *n, const char *path, size_t len);
// fs_holds says whether the image has a file that ends in these bytes after a
// head of skip bytes: bytecode of the library.
bool fs_holds(const void *data, size_t len, size_t skip);
// fs_put places a read-only file that shows the given bytes without copying.
void fs_put(const char *path, const uint8_t *data, uint32_t len);
// fs_remove takes the node away; who has it open keeps it.
void fs_remove(struct node *n);
// fs_next_change gives a node that changed since the last time, NULL when there is
// none. Its path may have been taken by a newer node.
struct node *fs_next_change(void);

// The streams. What is printed is counted.
enum { ERR_LIMIT = 64 << 20 }; // bytes to stderr, which nobody reads
struct streams {
  const uint8_t *in;
  uint32_t in_len, in_pos;
  uint64_t out_limit; // bytes to stdout
  uint64_t out_count, err_count;
  bool show; // what is printed is shown to the host
};
extern struct streams streams;
// show_host tells the host what is printed to stdout (1) and stderr (2), and with what
// exit status (0; the length) a program ended.
enum shown { EXIT_STATUS, SHOWN_OUT, SHOWN_ERR };
void show_host(enum shown what, const void *data, uint32_t len);
// apart_text takes what a solution printed for the test's side.
void apart_text(int fd, const void *data, uint32_t len);

enum : uint64_t { START = 1704067200'000000000 }; // 2024-01-01 00:00 UTC in ns: where the clock begins

// clock_start lets the clock move with the work done: the boot's is not counted.
void clock_start(void);
// clock_now is the time in ns since the clock began. clock_pass moves it on, or only to
// a timer that is due before; false when there is neither.
uint64_t clock_now(void);
bool clock_pass(uint64_t until);
// clock_share gives the time when somebody has looked at it or slept since the
// last time; clock_set moves the clock on to the other side's.
bool clock_share(uint64_t *elapsed);
void clock_set(uint64_t elapsed);

// These end the instance: the program asked for it (os._exit, abort), broke a
// limit, or waits for what never comes. They report the verdict, then trap.
[[noreturn]] void guest_exit(int status);
[[noreturn]] void guest_output_limit(const char *stream, uint64_t limit);
[[noreturn]] void guest_hangs(const char *why);

#endif
