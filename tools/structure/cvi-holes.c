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

typedef union {
  struct fiemap map;
  guint8
      room[sizeof (struct fiemap) + N_EXTENTS * sizeof (struct fiemap_extent)];
} Request;

typedef struct {
  guint64 start, end;
} Hole;

/* Looks for a hole among the extents of @map, which begin at @from. Returns:
 * where they end; @hole is empty if all of that was written */
static guint64
search_map (const struct fiemap *map, guint64 from, guint64 size, Hole *hole)
{
  *hole = (Hole){ 0 };
  for (guint i = 0; i < map->fm_mapped_extents; i++) {
    const struct fiemap_extent *extent = &map->fm_extents[i];
    guint64 end = extent->fe_logical + extent->fe_length;

    if (extent->fe_logical > from)
      *hole = (Hole){ from, MIN (extent->fe_logical, size) };
    else if (end > from && extent->fe_flags & FIEMAP_EXTENT_UNWRITTEN)
      *hole = (Hole){ from, MIN (end, size) };
    if (hole->end > 0)
      return hole->end;
    from = MAX (from, end);
    if (!(extent->fe_flags & FIEMAP_EXTENT_LAST))
      continue;
    if (from < size)
      *hole = (Hole){ from, size };
    return size;
  }
  return from;
}

/* Returns: FALSE if the file system has no map to show */
static gboolean
next_by_map (int fd, guint64 from, guint64 size, Hole *hole)
{
  *hole = (Hole){ 0 };
  while (from < size && hole->end == 0) {
    Request request = { 0 };
    guint64 end;

    request.map.fm_start = from;
    request.map.fm_length = size - from;
    request.map.fm_extent_count = N_EXTENTS;
    if (ioctl (fd, FS_IOC_FIEMAP, &request.map) < 0)
      return FALSE;
    if (request.map.fm_mapped_extents == 0) {
      *hole = (Hole){ from, size };
      return TRUE;
    }
    end = search_map (&request.map, from, size, hole);
    if (end <= from)
      return FALSE;
    from = end;
  }
  return TRUE;
}

static void
next_by_seeking (int fd, guint64 from, guint64 size, Hole *hole)
{
  off_t start = lseek (fd, (off_t)from, SEEK_HOLE);
  off_t end;

  *hole = (Hole){ 0 };
  if (start < 0 || (guint64)start >= size)
    return;
  end = lseek (fd, start, SEEK_DATA);
  *hole = (Hole){ (guint64)start, end < 0 ? size : MIN ((guint64)end, size) };
}

gboolean
cvi_holes_next (
    int fd, guint64 from, guint64 size, guint64 *start, guint64 *end)
{
  Hole hole;

  g_return_val_if_fail (start && end, FALSE);

  if (from >= size)
    return FALSE;
  if (!next_by_map (fd, from, size, &hole))
    next_by_seeking (fd, from, size, &hole);
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
