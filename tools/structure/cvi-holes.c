/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-holes.h"

#include <linux/fiemap.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Extents that are asked for at once. */
#define N_EXTENTS 64
/* What has more holes than that is told of as far as they were counted. */
#define MAX_HOLES 10000
/* Of both ends of what is said to be reserved. */
#define SAMPLE 4096

typedef union {
  struct fiemap map;
  guint8
      room[sizeof (struct fiemap) + N_EXTENTS * sizeof (struct fiemap_extent)];
} Request;

typedef struct {
  guint64 start, end;
} Hole;

static gboolean
is_zero (int fd, guint64 start, guint64 end)
{
  guint8 sample[SAMPLE];
  gssize n = pread (fd, sample, MIN (end - start, SAMPLE), (off_t)start);

  for (gssize i = 0; i < n; i++) {
    if (sample[i] != 0)
      return FALSE;
  }
  return n > 0;
}

/* What was written a moment ago is in memory, and on the disk there is only
 * room for it: that does not read as zeros. */
static gboolean
is_reserved (
    int fd, const struct fiemap_extent *extent, const Hole *within, Hole *hole)
{
  guint64 end = MIN (extent->fe_logical + extent->fe_length, within->end);
  guint64 start = MAX (extent->fe_logical, within->start);

  if (!(extent->fe_flags & FIEMAP_EXTENT_UNWRITTEN) || start >= end ||
      !is_zero (fd, start, end) ||
      !is_zero (fd, MAX (start, end - MIN (end, SAMPLE)), end))
    return FALSE;
  *hole = (Hole){ start, end };
  return TRUE;
}

/* Gaps in the map say nothing: they may be data that have no place on the disk
 * yet. */
static gboolean
find_reserved (int fd, Hole within, Hole *hole)
{
  while (within.start < within.end) {
    Request request = { 0 };
    guint64 begun = within.start;

    request.map.fm_start = within.start;
    request.map.fm_length = within.end - within.start;
    request.map.fm_extent_count = N_EXTENTS;
    if (ioctl (fd, FS_IOC_FIEMAP, &request.map) < 0)
      return FALSE;
    for (guint i = 0; i < request.map.fm_mapped_extents; i++) {
      const struct fiemap_extent *extent = &request.map.fm_extents[i];

      if (is_reserved (fd, extent, &within, hole))
        return TRUE;
      within.start = MAX (within.start, extent->fe_logical + extent->fe_length);
      if (extent->fe_flags & FIEMAP_EXTENT_LAST)
        return FALSE;
    }
    if (within.start == begun)
      return FALSE;
  }
  return FALSE;
}

/* An empty hole at the end if there is none. */
static Hole
find_hole (int fd, guint64 from, guint64 size)
{
  off_t start = lseek (fd, (off_t)from, SEEK_HOLE);
  off_t end;

  if (start < 0 || (guint64)start >= size)
    return (Hole){ size, size };
  end = lseek (fd, start, SEEK_DATA);
  return (Hole){ (guint64)start, end < 0 ? size : MIN ((guint64)end, size) };
}

gboolean
cvi_holes_next (
    int fd, guint64 from, guint64 size, guint64 *start, guint64 *end)
{
  Hole hole;

  g_return_val_if_fail (start && end, FALSE);

  if (from >= size)
    return FALSE;
  hole = find_hole (fd, from, size);
  find_reserved (fd, (Hole){ from, hole.start }, &hole);
  *start = hole.start;
  *end = hole.end;
  return hole.end > hole.start;
}

CviFinding *
cvi_holes_finding (int fd, guint64 size)
{
  guint64 start, end, pos = 0, total = 0, first = 0;
  guint n = 0;
  CviFinding *finding;

  while (n < MAX_HOLES && cvi_holes_next (fd, pos, size, &start, &end)) {
    if (total == 0)
      first = start;
    n += total == 0 || start > pos;
    total += end - start;
    pos = end;
  }
  if (n == 0)
    return NULL;
  finding = cvi_finding_new (CVI_RULE_IO_SPARSE, NULL,
      "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
      " bytes, in %u %s, were never written (a sparse or preallocated file)",
      total, size, n, n == 1 ? "place" : "places");
  finding->offset = first;
  return finding;
}
