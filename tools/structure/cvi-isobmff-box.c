/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-isobmff.h"

gboolean
cvi_iso_is_type (guint32 type)
{
  for (guint shift = 0; shift < 32; shift += 8) {
    guint8 c = (guint8)(type >> shift);

    if ((c < 0x20 || c > 0x7e) && c != 0xa9)
      return FALSE;
  }
  return TRUE;
}

const char *
cvi_iso_type_name (guint32 type, char *text)
{
  for (guint i = 0; i < 4; i++) {
    guint8 c = (guint8)(type >> (24 - 8 * i));

    text[i] = c >= 0x20 && c < 0x7f ? (char)c : '?';
  }
  text[4] = 0;
  return text;
}

void
cvi_box_iter_init (CviBoxIter *iter, const CviBox *box, gsize skip)
{
  skip = MIN (skip, box->len);
  iter->data = box->body + skip;
  iter->len = box->len - skip;
  iter->pos = 0;
  iter->offset = box->offset + box->header + skip;
  iter->any_type = FALSE;
  iter->bad = FALSE;
}

gboolean
cvi_box_iter_next (CviBoxIter *iter, CviBox *box)
{
  const guint8 *p = iter->data + iter->pos;
  gsize left = iter->len - iter->pos;

  /* QuickTime ends some lists with a zero word; padding of fewer than eight
   * bytes holds no box. */
  if (iter->bad || left < 8)
    return FALSE;
  box->type = cvi_be32 (p + 4);
  box->size = cvi_be32 (p);
  box->header = 8;
  if (box->size == 1 && left >= 16) {
    box->size = cvi_be64 (p + 8);
    box->header = 16;
  } else if (box->size == 0) {
    if (box->type == 0)
      return FALSE;
    box->size = left;
  }
  if (box->size < box->header || box->size > left ||
      (!iter->any_type && !cvi_iso_is_type (box->type))) {
    iter->bad = TRUE;
    return FALSE;
  }
  box->offset = iter->offset + iter->pos;
  box->body = p + box->header;
  box->len = (gsize)box->size - box->header;
  iter->pos += (gsize)box->size;
  return TRUE;
}

guint64
cvi_iso_time (gint64 ticks, guint32 timescale)
{
  unsigned __int128 ns;

  if (ticks <= 0 || timescale == 0)
    return 0;
  ns = (unsigned __int128)ticks * 1000000000u / timescale;
  return ns >= G_MAXINT64 ? G_MAXINT64 : (guint64)ns;
}

const char *
cvi_iso_stream_id (const CviIsoTrack *track)
{
  return track->stream ? track->stream->id : NULL;
}
