/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/cli/faults.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static struct {
  Fault fault;
  guint step;
  guint n_steps;
  RenameKind kind;
} state;

void
faults_set (Fault fault, guint step, RenameKind kind)
{
  state.fault = fault;
  state.step = step;
  state.n_steps = 0;
  state.kind = kind;
}

static struct {
  guint left;
  void (*func) (gpointer);
  gpointer user_data;
} hook;

void
faults_set_hook (guint nth, void (*func) (gpointer), gpointer user_data)
{
  hook.left = nth;
  hook.func = func;
  hook.user_data = user_data;
}

gboolean
faults_has_failed (void)
{
  return state.step > 0 && state.n_steps >= state.step;
}

/* Counts a step; @needs_space: later ones fail as well on a full disk.
 * Returns: 0, or the errno with which it fails */
static int
begin (gboolean needs_space)
{
  state.n_steps++;
  if (state.step == 0 || state.n_steps < state.step)
    return 0;
  if (state.n_steps > state.step)
    return (state.fault == FAULT_FULL || state.fault == FAULT_SHORT) &&
                   needs_space
               ? ENOSPC
               : 0;
  if (state.fault == FAULT_BEFORE)
    _exit (FAULT_EXIT_STATUS);
  if (state.fault == FAULT_AFTER || state.fault == FAULT_GARBLE)
    return 0;
  return state.fault == FAULT_ERROR ? EIO : needs_space ? ENOSPC : 0;
}

static void
end (void)
{
  if (state.fault == FAULT_AFTER && state.n_steps == state.step)
    _exit (FAULT_EXIT_STATUS);
}

/* The wrapper of a call that succeeds or fails as a whole. */
#define WRAP(name, needs_space, params, args)                                  \
  int __real_##name params;                                                    \
  int __wrap_##name params;                                                    \
  int __wrap_##name params                                                     \
  {                                                                            \
    int problem = begin (needs_space);                                         \
    int result;                                                                \
                                                                               \
    if (problem != 0) {                                                        \
      errno = problem;                                                         \
      return -1;                                                               \
    }                                                                          \
    result = __real_##name args;                                               \
    end ();                                                                    \
    return result;                                                             \
  }

WRAP (unlink, FALSE, (const char *path), (path))
WRAP (rmdir, FALSE, (const char *path), (path))
WRAP (link, TRUE, (const char *from, const char *to), (from, to))
WRAP (fchmod, FALSE, (int fd, mode_t mode), (fd, mode))
WRAP (fchown, FALSE, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
WRAP (futimens, FALSE, (int fd, const struct timespec *times), (fd, times))
WRAP (ftruncate64, FALSE, (int fd, off64_t size), (fd, size))
WRAP (fsetxattr, TRUE,
    (int fd, const char *name, const void *value, size_t size, int flags),
    (fd, name, value, size, flags))

int __wrap_fsync (int fd);
int
__wrap_fsync (int fd)
{
  int problem;

  if (hook.func && --hook.left == 0)
    hook.func (hook.user_data);
  problem = begin (TRUE);
  if (problem != 0) {
    errno = problem;
    return -1;
  }
  end ();
  return 0;
}

ssize_t __real_write (int fd, const void *data, size_t size);
ssize_t __wrap_write (int fd, const void *data, size_t size);
ssize_t
__wrap_write (int fd, const void *data, size_t size)
{
  gboolean now = state.step > 0 && state.n_steps + 1 == state.step;
  ssize_t result;
  int problem;

  /* A process can end, and a disk be full, in the middle of a write. */
  if (now && (state.fault == FAULT_SHORT || state.fault == FAULT_BEFORE)) {
    result = __real_write (fd, data, size / 2);
    if (state.fault == FAULT_BEFORE)
      _exit (FAULT_EXIT_STATUS);
    state.n_steps++;
    return result;
  }
  problem = begin (TRUE);
  if (problem != 0) {
    errno = problem;
    return -1;
  }
  if (now && state.fault == FAULT_GARBLE && *(const char *)data != '{') {
    g_autofree char *other = g_strnfill (size, '?');

    return __real_write (fd, other, size);
  }
  result = __real_write (fd, data, size);
  end ();
  return result;
}

ssize_t __real_read (int fd, void *data, size_t size);
ssize_t __wrap_read (int fd, void *data, size_t size);
ssize_t
__wrap_read (int fd, void *data, size_t size)
{
  int problem = begin (FALSE);

  if (problem != 0) {
    errno = problem;
    return -1;
  }
  return __real_read (fd, data, size);
}

int __real_open64 (const char *path, int flags, ...);
int __wrap_open64 (const char *path, int flags, ...);
int
__wrap_open64 (const char *path, int flags, ...)
{
  mode_t mode = 0;
  int problem;
  int fd;

  if (flags & O_CREAT) {
    va_list args;

    va_start (args, flags);
    mode = va_arg (args, mode_t);
    va_end (args);
  }
  problem = begin ((flags & O_CREAT) != 0);
  if (problem != 0) {
    errno = problem;
    return -1;
  }
  fd = __real_open64 (path, flags, mode);
  end ();
  return fd;
}

int __real_renameat2 (
    int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int __wrap_renameat2 (
    int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int
__wrap_renameat2 (
    int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
  gboolean copied = g_str_has_suffix (from, ".part");
  int problem = begin (TRUE);
  int result;

  if (problem == 0 && !copied &&
      (state.kind == RENAME_ACROSS || state.kind == RENAME_ACROSS_LINK))
    problem = EXDEV;
  else if (problem == 0 &&
           (state.kind == RENAME_BY_LINK || state.kind == RENAME_ACROSS_LINK))
    problem = EINVAL;
  if (problem != 0) {
    errno = problem;
    return -1;
  }
  result = __real_renameat2 (from_fd, from, to_fd, to, flags);
  end ();
  return result;
}
