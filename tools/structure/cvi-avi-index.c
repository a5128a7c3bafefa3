/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-avi.h"

#define ENTRY 16

static gboolean
find_chunk (const CviAvi *avi, guint64 offset, guint32 id)
{
  guint low = 0;
  guint high = avi->chunks->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;
    const CviAviChunk *chunk =
        &g_array_index (avi->chunks, CviAviChunk, middle);

    if (chunk->offset == offset)
      return chunk->id == id;
    if (chunk->offset < offset)
      low = middle + 1;
    else
      high = middle;
  }
  return FALSE;
}

/* Offsets count from the movi list's type or from the file's beginning. */
static guint64
base_of (const CviAvi *avi, const guint8 *entry)
{
  guint64 offset = cvi_le32 (entry + 8);

  return find_chunk (avi, offset, cvi_le32 (entry)) ? 0 : avi->movi;
}

static void
check_idx1 (CviAvi *avi)
{
  guint64 count = avi->index_size / ENTRY;
  guint64 base = 0, wrong = 0, first = 0;
  guint64 n_data = 0;

  for (guint64 i = 0; i < count; i++) {
    const guint8 *p =
        cvi_walk_peek (avi->walk, avi->index_offset + ENTRY * i, ENTRY);

    if (!p)
      return;
    if (cvi_avi_chunk_stream (avi, cvi_le32 (p)) < 0)
      continue;
    if (n_data++ == 0)
      base = base_of (avi, p);
    if (find_chunk (avi, base + cvi_le32 (p + 8), cvi_le32 (p)))
      continue;
    if (wrong++ == 0)
      first = avi->index_offset + ENTRY * i;
  }
  if (wrong > 0)
    cvi_walk_report (avi->walk, CVI_RULE_CONTAINER_INDEX, NULL, CVI_NONE, first,
        "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
        " index entries point to no chunk of theirs",
        wrong, n_data);
}

/* Super indexes point to chunks named ix and the stream's number. */
static void
check_super (CviAvi *avi)
{
  for (guint i = 0; i < avi->super->len; i++) {
    guint64 offset = g_array_index (avi->super, guint64, i);
    const guint8 *p = cvi_walk_peek (avi->walk, offset, 8);

    if (cvi_walk_failed (avi->walk))
      return;
    if (p && p[0] == 'i' && p[1] == 'x')
      continue;
    cvi_walk_report (avi->walk, CVI_RULE_CONTAINER_INDEX, NULL, CVI_NONE,
        offset, "a super index points to no index");
    return;
  }
}

void
cvi_avi_check_index (CviAvi *avi)
{
  if (avi->chunks->len >= CVI_AVI_MAX_CHUNKS)
    return;
  if (avi->index_size > 0 && !avi->cut)
    check_idx1 (avi);
  if (!avi->cut)
    check_super (avi);
}
