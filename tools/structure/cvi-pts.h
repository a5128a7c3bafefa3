/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* MPEG's 33-bit timestamps of 1/90000 s, unwrapped. */

/* Where a file's times count from: its first PTS. Zero-initialised. */
typedef struct {
  gboolean seen;
  guint64 raw;
} CviPtsBase;

/**
 * CviPts: one stream's timestamps. Zero-initialised.
 * @last, @first, @highest: in 1/90000 s from the base; valid if @seen. A jump
 *   of ten seconds or more is another timeline: time goes on from the last
 *   one's end
 */
typedef struct {
  gboolean seen;
  guint64 raw;
  gint64 last;
  gint64 first;
  gint64 highest;
} CviPts;

/* @raw: a PTS, 33 bits */
void cvi_pts_note (CviPtsBase *base, CviPts *pts, guint64 raw);

/* Signed distance of two 33-bit timestamps. */
gint64 cvi_pts_distance (guint64 from, guint64 to);

/* Ticks to ns; 0 for negative ones. */
guint64 cvi_pts_to_ns (gint64 ticks);

/* The five bytes of a PTS or DTS in a PES header. Returns: FALSE if its marker
 * bits are wrong */
gboolean cvi_pts_read (const guint8 *data, guint64 *raw);

G_END_DECLS
