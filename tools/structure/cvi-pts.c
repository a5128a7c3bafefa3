/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-pts.h"

#define MASK ((G_GUINT64_CONSTANT (1) << 33) - 1)
#define HALF (G_GINT64_CONSTANT (1) << 32)
/* Farther apart, two timestamps do not belong to one timeline. */
#define JUMP (10 * 90000)

gint64
cvi_pts_distance (guint64 from, guint64 to)
{
  return (gint64)((to - from + (guint64)HALF) & MASK) - HALF;
}

void
cvi_pts_note (CviPtsBase *base, CviPts *pts, guint64 raw)
{
  gint64 step;

  if (!base->seen) {
    base->seen = TRUE;
    base->raw = raw;
  }
  step = cvi_pts_distance (pts->seen ? pts->raw : base->raw, raw);
  if (ABS (step) > JUMP)
    step = 0;
  pts->last += step;
  pts->raw = raw;
  if (!pts->seen || pts->last < pts->first)
    pts->first = pts->last;
  if (!pts->seen || pts->last > pts->highest)
    pts->highest = pts->last;
  pts->seen = TRUE;
}

guint64
cvi_pts_to_ns (gint64 ticks)
{
  return (guint64)MAX (ticks, 0) * 100000 / 9;
}

gboolean
cvi_pts_read (const guint8 *data, guint64 *raw)
{
  if ((data[0] & 1) == 0 || (data[2] & 1) == 0 || (data[4] & 1) == 0)
    return FALSE;
  *raw = (guint64)(data[0] & 0x0e) << 29 | (guint64)data[1] << 22 |
         (guint64)(data[2] & 0xfe) << 14 | (guint64)data[3] << 7 |
         (guint64)data[4] >> 1;
  return TRUE;
}
