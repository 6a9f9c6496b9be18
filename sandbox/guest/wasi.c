// WASI preview 1 inside the guest: the functions that wasi-libc would import,
// over memory alone (those of time are in clock.c). Randomness is seeded; there is
// no argument, no environment, no socket. Defining all of them keeps libc's
// importing versions out of the link; a missing one shows as a new import (and
// fails a test).
#include "guest.h"

#include <coderm_libc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

struct streams streams;

typedef __wasi_errno_t error;

// ---- randomness

error __wasi_random_get(uint8_t *buf, __wasi_size_t len) {
  static uint64_t state = 0x636f6465726d; // splitmix64; the same bytes in every run
  for (__wasi_size_t i = 0; i < len; i++) {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    buf[i] = (z ^ (z >> 31)) >> 56;
  }
  return 0;
}

// ---- open files

enum { ROOT = 3, FDS = 256 };

// An open file; descriptors that dup made share one.
struct open {
  struct node *node;
  uint64_t pos;
  uint32_t fds; // descriptors that mean it; 0: free
  bool append, readable, writable;
};
static struct open files[FDS];
static struct open *fds[FDS]; // NULL: closed

static void start(void) { // the streams and the preopened root
  static const char *const paths[] = {"dev/stdin", "dev/stdout", "dev/stderr", ""};
  for (int fd = 0; fd <= ROOT; fd++) {
    fds[fd] = &files[fd];
    files[fd] = (struct open){.node = fs_find(paths[fd], strlen(paths[fd])), .fds = 1, .readable = fd == 0 || fd == ROOT, .writable = fd == 1 || fd == 2};
  }
}

static struct open *lookup(__wasi_fd_t fd) {
  if (!fds[ROOT])
    start();
  return fd < FDS ? fds[fd] : NULL;
}

// is_stream: there is no position to seek in.
static bool is_stream(const struct node *n) { return n->device == STDIN || n->device == STDOUT || n->device == STDERR; }

static int free_fd(__wasi_fd_t from) {
  while (from < FDS && fds[from])
    from++;
  return from < FDS ? (int)from : -1;
}

static void shut(__wasi_fd_t fd) {
  if (fds[fd])
    fds[fd]->fds--;
  fds[fd] = NULL;
}

int dup3(int fd, int to, int flags) {
  struct open *o = lookup(fd);
  if (!o || to < 0 || to >= FDS || fd == ROOT || to == ROOT) {
    errno = to == FDS ? EMFILE : EBADF;
    return -1;
  }
  if (to != fd) {
    shut(to);
    fds[to] = o;
    o->fds++;
  }
  return to;
}

int dup2(int fd, int to) { return dup3(fd, to, 0); }

int dup(int fd) {
  int to = free_fd(0);
  return dup3(fd, to < 0 ? FDS : to, 0);
}

// resolve turns a path below a folder into the absolute form, without dots.
enum { PATH = 4096 };
static error resolve(__wasi_fd_t fd, const char *path, char out[PATH], size_t *out_len) {
  struct open *o = lookup(fd);
  if (!o)
    return __WASI_ERRNO_BADF;
  size_t n = o->node->path_len;
  if (n >= PATH)
    return __WASI_ERRNO_NAMETOOLONG;
  memcpy(out, o->node->path, n);
  for (const char *p = path; *p;) {
    size_t len = strcspn(p, "/");
    if (len == 2 && p[0] == '.' && p[1] == '.') {
      while (n > 0 && out[--n] != '/') {
      }
    } else if (len > 0 && !(len == 1 && p[0] == '.')) {
      if (n + len + 1 >= PATH)
        return __WASI_ERRNO_NAMETOOLONG;
      if (n)
        out[n++] = '/';
      memcpy(out + n, p, len);
      n += len;
    }
    p += len;
    p += strspn(p, "/");
  }
  *out_len = n;
  return 0;
}

static error find(__wasi_fd_t fd, const char *path, struct node **out) {
  char full[PATH];
  size_t len;
  error e = resolve(fd, path, full, &len);
  if (e)
    return e;
  *out = fs_find(full, len);
  return *out ? 0 : __WASI_ERRNO_NOENT;
}

// parent checks that a new entry may be made at the path.
static error parent(const char *full, size_t len) {
  size_t n = len;
  while (n > 0 && full[n - 1] != '/')
    n--;
  struct node *folder = fs_find(full, n ? n - 1 : 0);
  if (!folder)
    return __WASI_ERRNO_NOENT;
  if (!folder->folder)
    return __WASI_ERRNO_NOTDIR;
  bool library = folder->locked && len >= 4 && memcmp(full, "lib/", 4) == 0;
  return library ? __WASI_ERRNO_ROFS : 0;
}

error __wasi_path_open(__wasi_fd_t fd, __wasi_lookupflags_t dirflags, const char *path, __wasi_oflags_t oflags,
                       __wasi_rights_t rights, __wasi_rights_t inheriting, __wasi_fdflags_t flags, __wasi_fd_t *out) {
  char full[PATH];
  size_t len;
  error e = resolve(fd, path, full, &len);
  if (e)
    return e;
  bool writing = rights & __WASI_RIGHTS_FD_WRITE;
  struct node *n = fs_find(full, len);
  if (n && (oflags & __WASI_OFLAGS_CREAT) && (oflags & __WASI_OFLAGS_EXCL))
    return __WASI_ERRNO_EXIST;
  if (n && n->folder && writing)
    return __WASI_ERRNO_ISDIR;
  if (n && !n->folder && (oflags & __WASI_OFLAGS_DIRECTORY))
    return __WASI_ERRNO_NOTDIR;
  if (n && n->locked && writing && !n->device)
    return __WASI_ERRNO_ROFS;
  int slot = free_fd(0);
  if (slot < 0)
    return __WASI_ERRNO_MFILE;
  if (!n) {
    if (!(oflags & __WASI_OFLAGS_CREAT))
      return __WASI_ERRNO_NOENT;
    if ((e = parent(full, len)))
      return e;
    if (!(n = fs_add(full, len, false)))
      return __WASI_ERRNO_NOMEM;
  } else if ((oflags & __WASI_OFLAGS_TRUNC) && !n->folder && !n->device && !fs_truncate(n, 0)) {
    return __WASI_ERRNO_NOMEM;
  }
  struct open *o = files;
  while (o->fds) // as many as descriptors, so one is free
    o++;
  *o = (struct open){
      .node = n,
      .fds = 1,
      .append = flags & __WASI_FDFLAGS_APPEND,
      .readable = rights & __WASI_RIGHTS_FD_READ,
      .writable = writing,
  };
  fds[slot] = o;
  *out = slot;
  return 0;
}

error __wasi_fd_close(__wasi_fd_t fd) {
  if (!lookup(fd) || fd == ROOT)
    return __WASI_ERRNO_BADF;
  shut(fd);
  return 0;
}

error __wasi_fd_renumber(__wasi_fd_t fd, __wasi_fd_t to) {
  if (dup3(fd, to, 0) < 0)
    return __WASI_ERRNO_BADF;
  if (to != fd)
    shut(fd);
  return 0;
}

// ---- reading and writing

// read_at reads of a file, or of the input.
static error read_at(struct open *o, const __wasi_iovec_t *iovs, size_t count, uint64_t at, __wasi_size_t *got) {
  if (!o->readable)
    return __WASI_ERRNO_BADF;
  if (o->node->folder)
    return __WASI_ERRNO_ISDIR;
  bool in = o->node->device == STDIN;
  const uint8_t *data = in ? streams.in : o->node->data;
  uint64_t size = in ? streams.in_len : o->node->size;
  *got = 0;
  for (size_t i = 0; i < count && at < size; i++) {
    uint64_t n = size - at < iovs[i].buf_len ? size - at : iovs[i].buf_len;
    memcpy(iovs[i].buf, data + at, n);
    at += n;
    *got += n;
  }
  return 0;
}

error __wasi_fd_pread(__wasi_fd_t fd, const __wasi_iovec_t *iovs, size_t count, __wasi_filesize_t at, __wasi_size_t *got) {
  struct open *o = lookup(fd);
  if (!o)
    return __WASI_ERRNO_BADF;
  return is_stream(o->node) ? __WASI_ERRNO_SPIPE : read_at(o, iovs, count, at, got);
}

error __wasi_fd_read(__wasi_fd_t fd, const __wasi_iovec_t *iovs, size_t count, __wasi_size_t *got) {
  struct open *o = lookup(fd);
  if (!o)
    return __WASI_ERRNO_BADF;
  enum device device = o->node->device;
  if ((device == ZERO || device == URANDOM) && o->readable) {
    *got = 0;
    for (size_t i = 0; i < count; *got += iovs[i++].buf_len)
      if (device == ZERO)
        memset(iovs[i].buf, 0, iovs[i].buf_len);
      else
        (void)__wasi_random_get(iovs[i].buf, iovs[i].buf_len);
    return 0;
  }
  uint64_t at = device == STDIN ? streams.in_pos : o->pos;
  error e = read_at(o, iovs, count, at, got);
  if (e)
    return e;
  if (device == STDIN)
    streams.in_pos += *got;
  else
    o->pos += *got;
  return 0;
}

// print takes what goes to the streams.
static error print(bool out, const __wasi_ciovec_t *iovs, size_t count, __wasi_size_t *put) {
  *put = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t n = iovs[i].buf_len;
    *put += n;
    if (n) {
      show_host(out ? SHOWN_OUT : SHOWN_ERR, iovs[i].buf, n);
      apart_text(out ? 1 : 2, iovs[i].buf, n);
    }
    uint64_t *printed = out ? &streams.out_count : &streams.err_count, limit = out ? streams.out_limit : ERR_LIMIT;
    *printed += n;
    if (*printed > limit)
      guest_output_limit(out ? "stdout" : "stderr", limit);
  }
  return 0;
}

static error write_at(struct open *o, const __wasi_ciovec_t *iovs, size_t count, uint64_t at, __wasi_size_t *put) {
  *put = 0;
  for (size_t i = 0; i < count; i++) {
    if (!fs_write(o->node, at + *put, iovs[i].buf, iovs[i].buf_len))
      return __WASI_ERRNO_NOSPC;
    *put += iovs[i].buf_len;
  }
  return 0;
}

error __wasi_fd_pwrite(__wasi_fd_t fd, const __wasi_ciovec_t *iovs, size_t count, __wasi_filesize_t at, __wasi_size_t *put) {
  struct open *o = lookup(fd);
  if (!o || !o->writable)
    return __WASI_ERRNO_BADF;
  return o->node->device ? __WASI_ERRNO_SPIPE : write_at(o, iovs, count, at, put);
}

error __wasi_fd_write(__wasi_fd_t fd, const __wasi_ciovec_t *iovs, size_t count, __wasi_size_t *put) {
  struct open *o = lookup(fd);
  if (!o || !o->writable)
    return __WASI_ERRNO_BADF;
  switch (o->node->device) {
  case STDOUT:
  case STDERR:
    return print(o->node->device == STDOUT, iovs, count, put);
  case STDIN:
    return __WASI_ERRNO_BADF;
  case NULL_DEVICE:
  case ZERO:
  case URANDOM:
    *put = 0;
    for (size_t i = 0; i < count; i++)
      *put += iovs[i].buf_len;
    return 0;
  case NO_DEVICE:
  }
  uint64_t at = o->append ? o->node->size : o->pos;
  error e = write_at(o, iovs, count, at, put);
  o->pos = at + *put;
  return e;
}

error __wasi_fd_seek(__wasi_fd_t fd, __wasi_filedelta_t offset, __wasi_whence_t whence, __wasi_filesize_t *out) {
  struct open *o = lookup(fd);
  if (!o)
    return __WASI_ERRNO_BADF;
  if (is_stream(o->node))
    return __WASI_ERRNO_SPIPE;
  int64_t base = whence == __WASI_WHENCE_SET ? 0 : whence == __WASI_WHENCE_CUR ? (int64_t)o->pos : o->node->size;
  if (base + offset < 0)
    return __WASI_ERRNO_INVAL;
  *out = o->pos = base + offset;
  return 0;
}

error __wasi_fd_tell(__wasi_fd_t fd, __wasi_filesize_t *out) {
  return __wasi_fd_seek(fd, 0, __WASI_WHENCE_CUR, out);
}

// ---- what files are

// The streams are like pipes, not like a terminal: buffered as they are natively
// when a program is judged.
static __wasi_filetype_t type(const struct node *n) {
  return is_stream(n) ? __WASI_FILETYPE_SOCKET_STREAM
         : n->device  ? __WASI_FILETYPE_CHARACTER_DEVICE
         : n->folder  ? __WASI_FILETYPE_DIRECTORY
                      : __WASI_FILETYPE_REGULAR_FILE;
}

static error stat(const struct node *n, __wasi_filestat_t *out) {
  *out = (__wasi_filestat_t){
      .ino = (uintptr_t)n,
      .filetype = type(n),
      .nlink = 1,
      // A pipe has none, but a judge may redirect a file, and programs read as much
      // as fstat says.
      .size = n->device == STDIN ? streams.in_len : n->size,
      .atim = START,
      .mtim = START,
      .ctim = START,
  };
  return 0;
}

error __wasi_fd_fdstat_get(__wasi_fd_t fd, __wasi_fdstat_t *out) {
  struct open *o = lookup(fd);
  if (!o)
    return __WASI_ERRNO_BADF;
  *out = (__wasi_fdstat_t){
      .fs_filetype = type(o->node),
      .fs_flags = o->append ? __WASI_FDFLAGS_APPEND : 0,
      .fs_rights_base = fd == ROOT ? UINT64_MAX
                                   : (o->readable ? __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_READDIR : 0) |
                                         (o->writable ? __WASI_RIGHTS_FD_WRITE : 0) |
                                         (!is_stream(o->node) ? __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL : 0),
      .fs_rights_inheriting = UINT64_MAX,
  };
  return 0;
}

error __wasi_fd_filestat_get(__wasi_fd_t fd, __wasi_filestat_t *out) {
  struct open *o = lookup(fd);
  return o ? stat(o->node, out) : __WASI_ERRNO_BADF;
}

error __wasi_path_filestat_get(__wasi_fd_t fd, __wasi_lookupflags_t flags, const char *path, __wasi_filestat_t *out) {
  struct node *n;
  error e = find(fd, path, &n);
  return e ? e : stat(n, out);
}

error __wasi_fd_filestat_set_size(__wasi_fd_t fd, __wasi_filesize_t size) {
  struct open *o = lookup(fd);
  if (!o || !o->writable || o->node->device)
    return __WASI_ERRNO_BADF;
  return fs_truncate(o->node, size) ? 0 : __WASI_ERRNO_NOSPC;
}

error __wasi_fd_readdir(__wasi_fd_t fd, uint8_t *buf, __wasi_size_t len, __wasi_dircookie_t cookie, __wasi_size_t *used) {
  struct open *o = lookup(fd);
  if (!o || !o->node->folder)
    return __WASI_ERRNO_NOTDIR;
  size_t skip = o->node->path_len ? o->node->path_len + 1 : 0;
  __wasi_size_t at = 0;
  struct node *n;
  while (at < len && (n = fs_child(o->node, cookie, &cookie))) {
    __wasi_dirent_t d = {.d_next = cookie, .d_ino = (uintptr_t)n, .d_namlen = n->path_len - skip, .d_type = type(n)};
    __wasi_size_t part = len - at < sizeof d ? len - at : sizeof d;
    memcpy(buf + at, &d, part);
    at += part;
    part = len - at < d.d_namlen ? len - at : d.d_namlen; // a cut entry is asked for again
    memcpy(buf + at, n->path + skip, part);
    at += part;
  }
  *used = at;
  return 0;
}

// ---- changing the tree

error __wasi_path_create_directory(__wasi_fd_t fd, const char *path) {
  char full[PATH];
  size_t len;
  error e = resolve(fd, path, full, &len);
  if (e)
    return e;
  if (fs_find(full, len))
    return __WASI_ERRNO_EXIST;
  if ((e = parent(full, len)))
    return e;
  return fs_add(full, len, true) ? 0 : __WASI_ERRNO_NOMEM;
}

static error drop(__wasi_fd_t fd, const char *path, bool folder) {
  struct node *n;
  uint64_t next;
  error e = find(fd, path, &n);
  if (e)
    return e;
  if (n->locked)
    return __WASI_ERRNO_ROFS;
  if (n->folder != folder)
    return folder ? __WASI_ERRNO_NOTDIR : __WASI_ERRNO_ISDIR;
  if (folder && fs_child(n, 0, &next))
    return __WASI_ERRNO_NOTEMPTY;
  fs_remove(n);
  return 0;
}

error __wasi_path_unlink_file(__wasi_fd_t fd, const char *path) { return drop(fd, path, false); }
error __wasi_path_remove_directory(__wasi_fd_t fd, const char *path) { return drop(fd, path, true); }

error __wasi_path_rename(__wasi_fd_t fd, const char *path, __wasi_fd_t to_fd, const char *to) {
  struct node *n, *old;
  char full[PATH];
  size_t len;
  error e = find(fd, path, &n);
  if (e || (e = resolve(to_fd, to, full, &len)) || (e = parent(full, len)))
    return e;
  if (n->locked)
    return __WASI_ERRNO_ROFS;
  if (len > n->path_len && memcmp(full, n->path, n->path_len) == 0 && full[n->path_len] == '/')
    return __WASI_ERRNO_INVAL; // into itself
  if ((old = fs_find(full, len)) && old != n) {
    if (old->locked)
      return __WASI_ERRNO_ROFS;
    if (old->folder != n->folder)
      return old->folder ? __WASI_ERRNO_ISDIR : __WASI_ERRNO_NOTDIR;
    fs_remove(old);
  }
  return fs_rename(n, full, len) ? 0 : __WASI_ERRNO_NOMEM;
}

// ---- the preopened root

error __wasi_fd_prestat_get(__wasi_fd_t fd, __wasi_prestat_t *out) {
  if (fd != ROOT)
    return __WASI_ERRNO_BADF;
  *out = (__wasi_prestat_t){.tag = __WASI_PREOPENTYPE_DIR, .u.dir.pr_name_len = 1};
  return 0;
}

error __wasi_fd_prestat_dir_name(__wasi_fd_t fd, uint8_t *path, __wasi_size_t len) {
  if (fd != ROOT || len < 1)
    return __WASI_ERRNO_BADF;
  path[0] = '/';
  return 0;
}

// ---- nothing to do, or not to be had

error __wasi_args_sizes_get(__wasi_size_t *count, __wasi_size_t *size) { return *count = *size = 0; }
error __wasi_args_get(uint8_t **argv, uint8_t *buf) { return 0; }
error __wasi_environ_sizes_get(__wasi_size_t *count, __wasi_size_t *size) { return *count = *size = 0; }
error __wasi_environ_get(uint8_t **env, uint8_t *buf) { return 0; }
error __wasi_sched_yield(void) { return 0; }
error __wasi_fd_sync(__wasi_fd_t fd) { return 0; }
error __wasi_fd_datasync(__wasi_fd_t fd) { return 0; }
error __wasi_fd_advise(__wasi_fd_t fd, __wasi_filesize_t at, __wasi_filesize_t len, __wasi_advice_t advice) { return 0; }
error __wasi_fd_allocate(__wasi_fd_t fd, __wasi_filesize_t at, __wasi_filesize_t len) { return __WASI_ERRNO_NOTSUP; }
error __wasi_fd_filestat_set_times(__wasi_fd_t fd, __wasi_timestamp_t a, __wasi_timestamp_t m, __wasi_fstflags_t flags) { return 0; }
error __wasi_path_filestat_set_times(__wasi_fd_t fd, __wasi_lookupflags_t flags, const char *path, __wasi_timestamp_t a,
                                     __wasi_timestamp_t m, __wasi_fstflags_t fst) {
  struct node *n;
  return find(fd, path, &n);
}
error __wasi_fd_fdstat_set_rights(__wasi_fd_t fd, __wasi_rights_t base, __wasi_rights_t inheriting) { return 0; }
error __wasi_fd_fdstat_set_flags(__wasi_fd_t fd, __wasi_fdflags_t flags) {
  struct open *o = lookup(fd);
  if (!o)
    return __WASI_ERRNO_BADF;
  o->append = flags & __WASI_FDFLAGS_APPEND;
  return 0;
}
error __wasi_path_link(__wasi_fd_t fd, __wasi_lookupflags_t flags, const char *path, __wasi_fd_t to_fd, const char *to) {
  return __WASI_ERRNO_NOTSUP;
}
error __wasi_path_symlink(const char *path, __wasi_fd_t fd, const char *to) { return __WASI_ERRNO_NOTSUP; }
error __wasi_path_readlink(__wasi_fd_t fd, const char *path, uint8_t *buf, __wasi_size_t len, __wasi_size_t *used) {
  struct node *n;
  error e = find(fd, path, &n);
  return e ? e : __WASI_ERRNO_INVAL; // no symbolic link exists
}
error __wasi_sock_accept(__wasi_fd_t fd, __wasi_fdflags_t flags, __wasi_fd_t *out) { return __WASI_ERRNO_NOTSUP; }
error __wasi_sock_recv(__wasi_fd_t fd, const __wasi_iovec_t *data, size_t count, __wasi_riflags_t flags, __wasi_size_t *got,
                       __wasi_roflags_t *out) { return __WASI_ERRNO_NOTSUP; }
error __wasi_sock_send(__wasi_fd_t fd, const __wasi_ciovec_t *data, size_t count, __wasi_siflags_t flags, __wasi_size_t *put) {
  return __WASI_ERRNO_NOTSUP;
}
error __wasi_sock_shutdown(__wasi_fd_t fd, __wasi_sdflags_t how) { return __WASI_ERRNO_NOTSUP; }

_Noreturn void __wasi_proc_exit(__wasi_exitcode_t status) { guest_exit(status); }
_Noreturn void abort(void) { guest_exit(134); } // as a shell shows SIGABRT; also for signals that end a process
