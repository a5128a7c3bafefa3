/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-avi.h"

#include <string.h>

#define LIST CVI_RIFF_ID ('L', 'I', 'S', 'T')
#define REC CVI_RIFF_ID ('r', 'e', 'c', ' ')

static guint8
letter (guint32 id, guint i)
{
  return (guint8)(id >> (8 * i));
}

int
cvi_avi_chunk_stream (const CviAvi *avi, guint32 id)
{
  int number;

  if (!g_ascii_isdigit (letter (id, 0)) || !g_ascii_isdigit (letter (id, 1)))
    return -1;
  for (guint i = 2; i < 4; i++) {
    if (!g_ascii_isalnum (letter (id, i)) && letter (id, i) != '_')
      return -1;
  }
  number = 10 * (letter (id, 0) - '0') + letter (id, 1) - '0';
  return number < (int)avi->n_streams ? number : -1;
}

static gboolean
is_other_chunk (guint32 id)
{
  return id == CVI_RIFF_ID ('J', 'U', 'N', 'K') || id == LIST ||
         id == CVI_RIFF_ID ('i', 'd', 'x', '1') ||
         ((id & 0xffff) == ('i' | 'x' << 8) &&
             g_ascii_isdigit (letter (id, 2)) &&
             g_ascii_isdigit (letter (id, 3)));
}

/* Can a chunk of the movi list begin at @pos? */
static gboolean
read_chunk (CviAvi *avi, guint64 pos, guint64 to, guint32 *id, guint32 *size)
{
  const guint8 *p;

  if (pos > to || to - pos < 8)
    return FALSE;
  p = cvi_walk_peek (avi->walk, pos, 8);
  if (!p)
    return FALSE;
  *id = cvi_le32 (p);
  *size = cvi_le32 (p + 4);
  if (cvi_avi_chunk_stream (avi, *id) < 0 && !is_other_chunk (*id))
    return FALSE;
  return *size <= to - pos - 8 || avi->cut;
}

static guint64
time_of (const CviAvi *avi, int number)
{
  const CviAviStream *stream = &avi->streams[number];

  return cvi_avi_time (stream, stream->start + stream->n_units);
}

/* Time in the first video stream. */
static guint64
position (const CviAvi *avi)
{
  for (guint i = 0; i < avi->n_streams; i++) {
    if (g_str_equal (avi->streams[i].stream->kind, "video"))
      return time_of (avi, (int)i);
  }
  return avi->n_streams > 0 ? time_of (avi, 0) : CVI_NONE;
}

static void
check_head (CviAvi *avi, const CviAviStream *stream, const CviPayload *payload)
{
  gsize len = (gsize)MIN (payload->size, CVI_FRAME_HEAD_LEN);
  const guint8 *p =
      len > 0 ? cvi_walk_peek (avi->walk, payload->offset, len) : NULL;
  const char *fault = p ? cvi_frame_head_fault (stream->head, p, len) : NULL;

  if (fault)
    cvi_walk_report (avi->walk, CVI_RULE_CONTAINER_STRUCTURE, payload->stream,
        payload->time_ns, payload->offset, "frame without its beginning: %s",
        fault);
}

static gboolean
walk_data (CviAvi *avi, guint64 pos, guint32 id, guint32 size)
{
  int number = cvi_avi_chunk_stream (avi, id);
  CviAviStream *stream = &avi->streams[number];
  CviPayload payload = { pos + 8, size, stream->stream->id,
    time_of (avi, number), stream->zero_run };
  CviAviChunk chunk = { pos, id };

  if (avi->chunks->len < CVI_AVI_MAX_CHUNKS)
    g_array_append_val (avi->chunks, chunk);
  if (size > avi->size - pos - 8)
    return TRUE;
  if (stream->sample_size > 0)
    stream->n_units += size / stream->sample_size;
  else
    stream->n_units++;
  if (size > 0)
    stream->n_chunks++;
  stream->stream->last_ns = time_of (avi, number);
  check_head (avi, stream, &payload);
  return cvi_walk_payload (avi->walk, &payload);
}

/* Returns: where a chunk that is followed by another one begins, or @to */
static guint64
find_chunk (CviAvi *avi, guint64 from, guint64 to)
{
  guint64 pos = from;

  while (pos < to && to - pos >= 8) {
    gsize len = (gsize)MIN (to - pos, 4096);
    const guint8 *p = cvi_walk_peek (avi->walk, pos, len);
    gsize i = 0;
    guint32 id, size, next_id, next_size;
    guint64 next;

    while (
        p && i + 8 <= len && cvi_avi_chunk_stream (avi, cvi_le32 (p + i)) < 0)
      i++;
    if (!p)
      return to;
    pos += i;
    if (i + 8 > len)
      continue;
    if (read_chunk (avi, pos, to, &id, &size)) {
      next = pos + 8 + size + (size & 1);
      if (next >= to || read_chunk (avi, next, to, &next_id, &next_size))
        return pos;
    }
    pos++;
  }
  return to;
}

static guint64
resume (CviAvi *avi, guint64 pos, guint64 to)
{
  guint64 next = find_chunk (avi, pos + 1, to);

  cvi_walk_report (avi->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL,
      position (avi), pos,
      "%" G_GUINT64_FORMAT " foreign bytes where a chunk should begin",
      next - pos);
  return next;
}

gboolean
cvi_avi_walk_movi (CviAvi *avi, guint64 from, guint64 to)
{
  guint64 pos = from;
  gboolean odd = FALSE; /* the chunk before had a padding byte to skip */

  while (pos < to && to - pos >= 8 && !cvi_walk_failed (avi->walk)) {
    guint32 id, size;

    if (!read_chunk (avi, pos, to, &id, &size)) {
      /* some writers leave the padding byte out */
      if (odd && read_chunk (avi, pos - 1, to, &id, &size)) {
        pos--;
      } else if (cvi_walk_failed (avi->walk)) {
        return FALSE;
      } else {
        pos = resume (avi, pos, to);
        odd = FALSE;
        continue;
      }
    }
    odd = FALSE;
    if (id == LIST) {
      const guint8 *p = cvi_walk_peek (avi->walk, pos, 12);

      /* records only group chunks */
      pos += p && cvi_le32 (p + 8) == REC ? 12 : 8 + (guint64)size;
      continue;
    }
    if (cvi_avi_chunk_stream (avi, id) >= 0 && !walk_data (avi, pos, id, size))
      return FALSE;
    odd = (size & 1) != 0;
    pos += 8 + (guint64)size + (size & 1);
  }
  return !cvi_walk_failed (avi->walk);
}
