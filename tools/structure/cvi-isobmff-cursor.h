/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/structure/cvi-isobmff.h"

G_BEGIN_DECLS

/**
 * CviIsoCursor: walks a track's sample tables, chunk by chunk and sample by
 * sample, without unfolding them. Works with contradicting tables: it then
 * ends at the shortest.
 * @offset: of the next sample; @entry: index of its description
 * @left: samples left in this chunk
 * @sample: index of the next sample
 */
typedef struct {
  CviIsoTrack *track;
  guint64 offset;
  guint32 left;
  guint entry;
  guint32 sample;
  guint32 chunk;
  guint32 stsc_row;
  guint32 stts_row, stts_left;
  guint32 ctts_row, ctts_left;
  gint64 dts;
} CviIsoCursor;

void cvi_iso_cursor_init (CviIsoCursor *cursor, CviIsoTrack *track);
/* Offset of chunk @index, which must exist. */
guint64 cvi_iso_chunk_offset (const CviIsoTrack *track, guint32 index);
/* Goes to the next chunk that holds samples. Returns: FALSE at the end */
gboolean cvi_iso_cursor_next_chunk (CviIsoCursor *cursor);
/* Size of the next sample. */
guint32 cvi_iso_cursor_size (const CviIsoCursor *cursor);
/* Presentation time of the next sample and of its end, ns. */
guint64 cvi_iso_cursor_time (const CviIsoCursor *cursor);
guint64 cvi_iso_cursor_end_time (const CviIsoCursor *cursor);
/* Passes over @n samples of together @size bytes; @n at most @left. */
void cvi_iso_cursor_advance (CviIsoCursor *cursor, guint32 n, guint64 size);

G_END_DECLS
