/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-isobmff.h"

static void
report_beyond (CviIso *iso, const CviBox *box, const CviIsoTrack *track,
    guint64 start_ns, guint64 end_ns)
{
  CviFinding *finding = cvi_finding_new (CVI_RULE_CONTAINER_TRUNCATED,
      track ? cvi_iso_stream_id (track) : NULL,
      "the segment index lists segments behind the end of the file");

  finding->offset = box->offset;
  finding->start_ns = start_ns;
  finding->end_ns = MAX (start_ns, end_ns);
  cvi_walk_report_full (iso->walk, finding);
}

/* The first segment that is not all there, and the end of the last one. */
void
cvi_iso_check_sidx (CviIso *iso, const CviBox *box)
{
  gboolean wide = box->len > 0 && box->body[0] == 1;
  gsize table = wide ? 32 : 24;
  guint64 place = box->offset + box->size;
  guint64 lost_ns = CVI_NONE;
  const CviIsoTrack *track;
  guint32 timescale;
  guint64 ticks;
  gsize count;

  if (box->len < table)
    return;
  track = cvi_iso_find_track (iso, cvi_be32 (box->body + 4));
  timescale = cvi_be32 (box->body + 8);
  ticks = wide ? cvi_be64 (box->body + 12) : cvi_be32 (box->body + 12);
  ticks = MIN (ticks, (guint64)CVI_ISO_MAX_TICKS);
  place += MIN (wide ? cvi_be64 (box->body + 20) : cvi_be32 (box->body + 16),
      (guint64)G_MAXINT64);
  count = MIN (cvi_be16 (box->body + table - 2), (box->len - table) / 12);

  for (gsize i = 0; i < count; i++) {
    const guint8 *row = box->body + table + 12 * i;

    place += cvi_be32 (row) & G_MAXINT32;
    if (place > iso->size && lost_ns == CVI_NONE)
      lost_ns = cvi_iso_time ((gint64)ticks, timescale);
    ticks += cvi_be32 (row + 4);
  }
  if (lost_ns != CVI_NONE)
    report_beyond (
        iso, box, track, lost_ns, cvi_iso_time ((gint64)ticks, timescale));
}

static gboolean
is_fragment (const CviIso *iso, guint64 offset)
{
  guint low = 0;
  guint high = iso->moofs->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;
    guint64 here = g_array_index (iso->moofs, guint64, middle);

    if (here == offset)
      return TRUE;
    if (here < offset)
      low = middle + 1;
    else
      high = middle;
  }
  return FALSE;
}

static void
check_tfra (CviIso *iso, const CviBox *box)
{
  const CviIsoTrack *track;
  guint32 lengths;
  gsize time_size, row, count;

  if (box->len < 16)
    return;
  track = cvi_iso_find_track (iso, cvi_be32 (box->body + 4));
  lengths = cvi_be32 (box->body + 8);
  time_size = box->body[0] == 1 ? 8 : 4;
  row = 2 * time_size + (lengths >> 4 & 3) + (lengths >> 2 & 3) +
        (lengths & 3) + 3;
  count = MIN (cvi_be32 (box->body + 12), (box->len - 16) / row);

  for (gsize i = 0; i < count; i++) {
    const guint8 *p = box->body + 16 + i * row;
    guint64 ticks = time_size == 8 ? cvi_be64 (p) : cvi_be32 (p);
    guint64 offset =
        time_size == 8 ? cvi_be64 (p + 8) : cvi_be32 (p + time_size);

    /* 0 is no place for a fragment: some muxers leave the last entry unset. */
    if (offset == 0 || is_fragment (iso, offset))
      continue;
    cvi_walk_report (iso->walk, CVI_RULE_CONTAINER_INDEX,
        track ? cvi_iso_stream_id (track) : NULL,
        track ? cvi_iso_time ((gint64)MIN (ticks, G_MAXINT64), track->timescale)
              : CVI_NONE,
        offset, "the random access index points to no fragment");
    return;
  }
}

void
cvi_iso_check_mfra (CviIso *iso, const CviBox *mfra)
{
  CviBoxIter iter;
  CviBox box;

  if (iso->moofs->len >= CVI_ISO_MAX_EXTENTS)
    return;
  cvi_box_iter_init (&iter, mfra, 0);
  while (cvi_box_iter_next (&iter, &box)) {
    if (box.type == CVI_FOURCC ('t', 'f', 'r', 'a'))
      check_tfra (iso, &box);
  }
}
