/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-mpegps-private.h"

#define PRIVATE_1 0xbd
/* Longest PES header: 9 bytes and what its length byte can say; MPEG-1's
 * stuffing is shorter. */
#define MAX_HEADER (9 + 255)

typedef struct {
  guint8 first;
  guint8 last;
  const char *kind;
  const char *codec;
  gboolean raw;
} Range;

static const Range stream_types[] = {
  { 0x01, 0x01, "video", "mpeg1video" },
  { 0x02, 0x02, "video", "mpeg2video" },
  { 0x03, 0x04, "audio", "mp2" },
  { 0x0f, 0x0f, "audio", "aac" },
  { 0x10, 0x10, "video", "mpeg4" },
  { 0x11, 0x11, "audio", "aac-latm" },
  { 0x1b, 0x1b, "video", "h264" },
  { 0x24, 0x24, "video", "hevc" },
  { 0x80, 0x80, "audio", "lpcm", TRUE },
  { 0x81, 0x81, "audio", "ac3" },
  { 0xea, 0xea, "video", "vc1" },
};

/* What DVD and its successors put into private stream 1. */
static const Range substreams[] = {
  { 0x20, 0x3f, "subtitle", "vobsub", TRUE },
  { 0x80, 0x87, "audio", "ac3" },
  { 0x88, 0x8f, "audio", "dts" },
  { 0x98, 0x9f, "audio", "dts" },
  { 0xa0, 0xaf, "audio", "lpcm", TRUE },
  { 0xb0, 0xbf, "audio", "truehd" },
  { 0xc0, 0xcf, "audio", "ac3" },
};

static const Range stream_ids[] = {
  { 0xc0, 0xdf, "audio", "mp2" },
  { 0xe0, 0xef, "video", "mpeg2video" },
  { 0xfd, 0xfd, "video", "vc1" },
};

static const Range *
find_range (const Range *ranges, gsize n, guint8 value)
{
  for (gsize i = 0; i < n; i++) {
    if (value >= ranges[i].first && value <= ranges[i].last)
      return &ranges[i];
  }
  return NULL;
}

void
cvi_ps_read_map (CviPs *self, guint64 pos, guint64 end)
{
  gsize len = (gsize)(end - pos);
  const guint8 *data = len >= 16 ? cvi_walk_peek (self->walk, pos, len) : NULL;
  gsize at, stop;

  if (!data)
    return;
  at = 10 + (gsize)cvi_be16 (data + 8);
  if (at + 2 > len)
    return;
  stop = MIN (len, at + 2 + cvi_be16 (data + at));
  for (at += 2; at + 4 <= stop; at += 4 + (gsize)cvi_be16 (data + at + 2))
    self->types[data[at + 1]] = data[at];
}

/* MPEG-1's header: stuffing, buffer size, timestamps. Returns: its length, 0
 * if it is none */
static gsize
read_header_1 (const guint8 *data, gsize len, gboolean *has_pts, guint64 *raw)
{
  gsize at = 6;

  while (at < len && data[at] == 0xff)
    at++;
  if (at + 2 <= len && (data[at] & 0xc0) == 0x40)
    at += 2;
  if (at >= len)
    return 0;
  if (data[at] == 0x0f)
    return at + 1;
  if ((data[at] & 0xe0) != 0x20)
    return 0;
  if (at + 5 > len)
    return 0;
  *has_pts = cvi_pts_read (data + at, raw);
  at += (data[at] & 0xf0) == 0x30 ? 10 : 5;
  return at <= len ? at : 0;
}

static gsize
read_header_2 (const guint8 *data, gsize len, gboolean *has_pts, guint64 *raw)
{
  if (len < 9 || (data[6] & 0xc0) != 0x80 || 9u + data[8] > len)
    return 0;
  *has_pts = (data[7] & 0x80) && data[8] >= 5 && cvi_pts_read (data + 9, raw);
  return 9u + data[8];
}

/* Does an access unit of H.264 (ITU-T H.264, annex B and table 7-1) begin here,
 * with its delimiter or parameters? MPEG-1/2 has no four bytes of start code
 * by habit, and no slices before the sequence header. */
static gboolean
is_h264 (const guint8 *payload, gsize len)
{
  static const guint8 start[4] = { 0, 0, 0, 1 };

  if (len < 6 || memcmp (payload, start, sizeof start) != 0)
    return FALSE;
  return (payload[4] == 0x09 && (payload[5] & 0x1f) == 0x10) ||
         (payload[4] & 0x9f) == 0x07;
}

/* Streams are told in the order of their first packets. */
static CviPsStream *
get_stream (CviPs *self, guint8 code, const guint8 *payload, gsize len)
{
  CviPsStream *stream = &self->streams[code];
  const Range *range = NULL;
  const char *codec;

  if (code == PRIVATE_1) {
    if (!payload)
      return NULL;
    stream = &self->substreams[*payload];
    range = find_range (substreams, G_N_ELEMENTS (substreams), *payload);
  } else if (self->types[code] != 0) {
    range = find_range (
        stream_types, G_N_ELEMENTS (stream_types), self->types[code]);
  }
  if (!range && code != PRIVATE_1)
    range = find_range (stream_ids, G_N_ELEMENTS (stream_ids), code);
  if (!range)
    return NULL;
  if (stream->told)
    return stream;

  codec = range->codec;
  if (code >= 0xe0 && code < 0xf0 && self->types[code] == 0 && payload &&
      is_h264 (payload, len))
    codec = "h264";
  else if (self->version == 1 && self->types[code] == 0 && code >= 0xe0)
    codec = "mpeg1video";
  stream->told = TRUE;
  stream->zero_run = range->raw ? 0 : CVI_ZERO_RUN_DEFAULT;
  stream->stream = cvi_walk_add_stream (self->walk, range->kind, codec);
  /* mpegpsdemux takes what no map describes for MPEG-1/2. */
  if (stream->stream && codec != range->codec && strcmp (codec, "h264") == 0)
    stream->stream->unshown =
        "the demuxer does not know H.264 in a program stream without a map";
  return stream;
}

void
cvi_ps_walk_pes (CviPs *self, guint64 pos, guint64 end, guint8 code)
{
  gsize len = (gsize)MIN (end - pos, MAX_HEADER);
  const guint8 *data = cvi_walk_peek (self->walk, pos, len);
  gboolean has_pts = FALSE;
  guint64 raw = 0;
  gsize header;
  CviPsStream *stream;
  CviPayload payload;

  if (!data || len <= 6 || (code != PRIVATE_1 && code < 0xc0) ||
      (code >= 0xf0 && code != 0xfd))
    return;
  header = (data[6] & 0xc0) == 0x80 ? read_header_2 (data, len, &has_pts, &raw)
                                    : read_header_1 (data, len, &has_pts, &raw);
  if (header == 0) {
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL,
        self->time_ns, pos, "the header of a PES packet is damaged (id 0x%02x)",
        code);
    return;
  }
  stream = get_stream (
      self, code, header < len ? data + header : NULL, len - MIN (header, len));
  if (!stream)
    return;
  if (has_pts) {
    cvi_pts_note (&self->base, &stream->pts, raw);
    self->time_ns = cvi_pts_to_ns (stream->pts.last);
  }
  payload = (CviPayload){
    pos + header,
    end - pos - header,
    stream->stream ? stream->stream->id : NULL,
    self->time_ns,
    stream->zero_run,
  };
  cvi_walk_payload (self->walk, &payload);
}

void
cvi_ps_tell (CviPs *self)
{
  gint64 first = G_MAXINT64, last = 0;

  for (guint i = 0; i < 512; i++) {
    CviPsStream *stream =
        i < 256 ? &self->streams[i] : &self->substreams[i - 256];

    if (!stream->stream || !stream->pts.seen)
      continue;
    stream->stream->start_ns = cvi_pts_to_ns (stream->pts.first);
    stream->stream->last_ns = cvi_pts_to_ns (stream->pts.highest);
    first = MIN (first, stream->pts.first);
    last = MAX (last, stream->pts.highest);
  }
  if (last > first)
    cvi_walk_set_duration (self->walk, cvi_pts_to_ns (last - first));
}
