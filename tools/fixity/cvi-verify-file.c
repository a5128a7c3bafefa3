/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/fixity/cvi-verify-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* How far the kernel is told to read ahead of us. Disks with queues need more
 * than the 128 KiB that it takes by itself to reach their speed. */
#define AHEAD_BYTES (G_GUINT64_CONSTANT (8) * 1024 * 1024)

CviLook *
cvi_look_new (gint64 id, const char *path)
{
  CviLook *look;

  g_return_val_if_fail (path != NULL, NULL);

  look = g_new0 (CviLook, 1);
  look->id = id;
  look->path = g_strdup (path);
  look->block_size = CVI_FIXITY_BLOCK;
  look->state = CVI_LOOK_STOPPED;
  return look;
}

void
cvi_look_free (CviLook *look)
{
  if (!look)
    return;
  g_free (look->path);
  cvi_fixity_free (look->known);
  cvi_fixity_free (look->now);
  g_clear_pointer (&look->digest, g_bytes_unref);
  g_clear_pointer (&look->ranges, g_array_unref);
  g_free (look);
}

/* As the pool counts it: file systems keep years that do not fit. */
static gint64
mtime_ns (const struct stat *st)
{
  gint64 ns;

  if (__builtin_mul_overflow (
          (gint64)st->st_mtim.tv_sec, G_GINT64_CONSTANT (1000000000), &ns) ||
      __builtin_add_overflow (ns, (gint64)st->st_mtim.tv_nsec, &ns))
    return st->st_mtim.tv_sec < 0 ? G_MININT64 : G_MAXINT64;
  return ns;
}

static void
fail (CviLook *look, int problem)
{
  look->problem = problem;
  look->state = problem == ENOENT || problem == ENOTDIR ? CVI_LOOK_VANISHED
                                                        : CVI_LOOK_FAILED;
}

typedef struct {
  CviReadGate *gate;
  int fd;
  guint64 size;
  guint64 passed;
  guint64 asked; /* up to where the kernel was told to read */
} Reading;

static gboolean
before_read (guint64 bytes, gpointer user_data)
{
  Reading *reading = user_data;

  if (reading->asked < reading->size &&
      bytes + AHEAD_BYTES / 2 >= reading->asked) {
    guint64 end = MIN (bytes + AHEAD_BYTES, reading->size);

    posix_fadvise (reading->fd, (off_t)reading->asked,
        (off_t)(end - reading->asked), POSIX_FADV_WILLNEED);
    reading->asked = end;
  }
  /* In large steps, so that threads seldom meet at the gate. */
  if (bytes < reading->passed)
    return TRUE;
  reading->passed = MIN (bytes + 1024 * 1024, reading->size);
  return cvi_read_gate_pass (reading->gate, reading->passed - bytes);
}

/* What the hashes say, for a file that has stayed what it was meanwhile. */
static void
judge (CviLook *look, CviHasher *hasher)
{
  g_autoptr (CviFixity) now = cvi_hasher_finish (hasher);
  const CviFixity *known = look->known;

  now->mtime_ns = look->mtime_ns;
  look->state = CVI_LOOK_SAME;
  if (known) {
    look->ranges = cvi_fixity_compare (
        now->size, now->block_size, known->blocks, now->blocks);
    if (look->ranges->len > 0)
      look->state =
          look->mtime_ns == known->mtime_ns ? CVI_LOOK_ROTTEN : CVI_LOOK_EDITED;
  }
  if (look->digest && look->state == CVI_LOOK_SAME) {
    g_autoptr (GBytes) digest =
        cvi_hasher_get_digest (hasher, look->digest_kind);

    if (!digest || !g_bytes_equal (digest, look->digest))
      look->state = CVI_LOOK_ROTTEN;
  }
  if (!known)
    look->now = g_steal_pointer (&now);
}

static void
read_file (CviLook *look, int fd, CviReadGate *gate)
{
  Reading reading = { gate, fd, look->size, 0, 0 };
  g_autoptr (CviHasher) hasher = cvi_hasher_new (fd, look->size,
      look->known ? look->known->block_size : look->block_size,
      !look->known || look->digest);
  struct stat after;

  if (look->digest)
    cvi_hasher_want (hasher, look->digest_kind);
  if (look->sha256)
    cvi_hasher_want (hasher, CVI_DIGEST_SHA256);
  errno = 0;
  if (!cvi_hasher_read_rest (hasher, before_read, &reading)) {
    if (errno == ECANCELED)
      look->state = CVI_LOOK_STOPPED;
    else if (errno == 0)
      look->state = CVI_LOOK_BUSY;
    else
      fail (look, errno);
    return;
  }
  /* By name: another file may have taken its place, or it may be gone. */
  if (stat (look->path, &after) < 0)
    fail (look, errno);
  else if ((guint64)MAX (after.st_size, 0) != look->size ||
           mtime_ns (&after) != look->mtime_ns)
    look->state = CVI_LOOK_BUSY;
  else
    judge (look, hasher);
}

void
cvi_look_run (CviLook *look, CviReadGate *gate)
{
  struct stat st;
  int fd;

  g_return_if_fail (look != NULL && gate != NULL);

  if (!cvi_read_gate_pass (gate, 0)) {
    look->state = CVI_LOOK_STOPPED;
    return;
  }
  /* O_NONBLOCK: a FIFO in the file's place must not hang us. */
  fd = open (look->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    fail (look, errno);
    return;
  }
  if (fstat (fd, &st) < 0) {
    fail (look, errno);
  } else if (!S_ISREG (st.st_mode)) {
    fail (look, ENOTSUP);
  } else {
    look->size = (guint64)MAX (st.st_size, 0);
    look->mtime_ns = mtime_ns (&st);
    if (look->known && look->known->size != look->size)
      look->state = CVI_LOOK_EDITED;
    else
      read_file (look, fd, gate);
  }
  close (fd);
}
