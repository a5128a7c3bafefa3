/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-realmedia-private.h"

#include <string.h>

#define PROPERTIES 50
#define STREAM_HEADER 42
#define PACKET 12
/* How much is searched at once: candidates are judged by what is in memory. */
#define SEARCH (512u * 1024)
/* So many packets in a row are no accident. */
#define CONFIRM 3
#define ZEROS 4096

void
cvi_rm_read_properties (CviRm *self, const CviRmChunk *chunk)
{
  const guint8 *data =
      chunk->size >= PROPERTIES
          ? cvi_walk_peek (self->walk, chunk->offset, PROPERTIES)
          : NULL;

  if (!data)
    return;
  if (cvi_be32 (data + 30) > 0)
    cvi_walk_set_duration (self->walk, (guint64)cvi_be32 (data + 30) * 1000000);
  self->index_offset = cvi_be32 (data + 38);
  self->data_offset = cvi_be32 (data + 42);
}

/* Codecs by the four letters in their type-specific data. */
static const char *
find_audio_codec (const guint8 *data, gsize len)
{
  static const char *const codecs[] = { "cook", "sipr", "dnet", "28_8", "lpcJ",
    "raac", "racp", "atrc", "ralf" };

  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++) {
    if (memmem (data, len, codecs[i], 4))
      return codecs[i];
  }
  return NULL;
}

void
cvi_rm_read_stream (CviRm *self, const CviRmChunk *chunk)
{
  gsize len = MIN (chunk->size, 1024);
  const guint8 *data = len >= STREAM_HEADER
                           ? cvi_walk_peek (self->walk, chunk->offset, len)
                           : NULL;
  const guint8 *video;
  CviRmStream *stream;
  char codec[5] = "";

  if (!data || self->n_streams == CVI_RM_MAX_STREAMS)
    return;
  stream = &self->streams[self->n_streams++];
  stream->number = cvi_be16 (data + 10);
  if (memmem (data, len, "logical-", 8))
    return;
  video = memmem (data, len, "VIDO", 4);
  if (video && video + 8 <= data + len) {
    memcpy (codec, video + 4, 4);
    stream->stream = cvi_walk_add_stream (self->walk, "video", codec);
  } else if (memmem (data, len, "audio/", 6)) {
    stream->stream =
        cvi_walk_add_stream (self->walk, "audio", find_audio_codec (data, len));
  }
}

static CviRmStream *
find_stream (CviRm *self, guint number)
{
  for (guint i = 0; i < self->n_streams; i++) {
    if (self->streams[i].number == number)
      return &self->streams[i];
  }
  return NULL;
}

/* @data: PACKET bytes. Returns: length of the packet that begins there, 0 if
 * none can */
static guint
parse_packet (CviRm *self, const guint8 *data, guint *number, guint32 *time_ms)
{
  if (cvi_be16 (data) > 1 || cvi_be16 (data + 2) < PACKET)
    return 0;
  *number = cvi_be16 (data + 4);
  *time_ms = cvi_be32 (data + 6);
  if (self->n_streams > 0 && !find_stream (self, *number))
    return 0;
  return cvi_be16 (data + 2);
}

/* Are packets at @data, one behind the other? @whole: they must end with it */
static gboolean
is_chain (CviRm *self, const guint8 *data, gsize len, gboolean whole)
{
  gsize pos = 0;

  for (guint i = 0; i < CONFIRM && pos < len; i++) {
    guint number, size = 0;
    guint32 time_ms;

    if (len - pos >= PACKET)
      size = parse_packet (self, data + pos, &number, &time_ms);
    if (size == 0 || size > len - pos)
      return FALSE;
    pos += size;
  }
  return whole || pos < len;
}

/* Returns: where packets go on behind @pos, or @limit */
static guint64
find_packet (CviRm *self, guint64 pos, guint64 limit)
{
  while (pos + PACKET <= limit) {
    gsize len = (gsize)MIN (limit - pos, SEARCH);
    gboolean whole = len == limit - pos;
    gsize stop = whole ? len - 1 : len - CONFIRM * 65536;
    const guint8 *data = cvi_walk_peek (self->walk, pos, len);

    if (!data)
      return limit;
    for (gsize at = 0; at < stop; at++) {
      if (data[at] == 0 && data[at + 1] <= 1 &&
          is_chain (self, data + at, len - at, whole))
        return pos + at;
    }
    pos += stop;
  }
  return limit;
}

static void
report_lost (CviRm *self, guint64 pos, guint64 next)
{
  gsize len = (gsize)MIN (next - pos, ZEROS);
  const guint8 *data = len > 0 ? cvi_walk_peek (self->walk, pos, len) : NULL;
  CviRuleId rule = CVI_RULE_CONTAINER_SYNC_LOST;

  if (!data)
    return;
  if (len == ZEROS && data[0] == 0 && memcmp (data, data + 1, len - 1) == 0)
    rule = CVI_RULE_CONTAINER_ZERO_FILLED;
  cvi_walk_report (self->walk, rule, NULL, self->time_ns, pos,
      "no packet where one should be, %" G_GUINT64_FORMAT " bytes lost",
      next - pos);
}

static void
take_packet (CviRm *self, guint64 pos, guint len, guint number, guint32 time_ms)
{
  CviRmStream *stream = find_stream (self, number);
  CviStructureStream *told = stream ? stream->stream : NULL;
  CviPayload payload = { pos + PACKET, len - PACKET, told ? told->id : NULL,
    (guint64)time_ms * 1000000, told ? CVI_ZERO_RUN_DEFAULT : 0 };

  self->time_ns = payload.time_ns;
  if (self->packets->len < CVI_RM_MAX_PACKETS)
    g_array_append_val (self->packets, pos);
  if (told) {
    if (told->start_ns == CVI_NONE || payload.time_ns < told->start_ns)
      told->start_ns = payload.time_ns;
    if (told->last_ns == CVI_NONE || payload.time_ns > told->last_ns)
      told->last_ns = payload.time_ns;
  }
  cvi_walk_payload (self->walk, &payload);
}

guint64
cvi_rm_walk_packets (CviRm *self, guint64 pos, guint64 end, gboolean *damaged)
{
  guint64 limit = MIN (end, self->size);
  guint64 n = 0;

  while (pos < limit && !cvi_walk_failed (self->walk)) {
    guint number;
    guint32 time_ms;
    const guint8 *data =
        limit - pos >= PACKET ? cvi_walk_peek (self->walk, pos, PACKET) : NULL;
    guint len = data ? parse_packet (self, data, &number, &time_ms) : 0;
    guint64 next;

    if (len > 0 && len <= limit - pos) {
      take_packet (self, pos, len, number, time_ms);
      pos += len;
      n++;
      continue;
    }
    if (cvi_walk_failed (self->walk))
      break;
    next = find_packet (self, pos + 1, limit);
    /* The last packet of a cut file is not whole. */
    if (next == limit && end > self->size)
      break;
    report_lost (self, pos, next);
    *damaged = TRUE;
    pos = next;
  }
  return n;
}
