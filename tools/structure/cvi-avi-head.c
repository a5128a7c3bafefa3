/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-avi.h"

#include <string.h>

#define VIDEO CVI_RIFF_ID ('v', 'i', 'd', 's')
#define INTERLEAVED CVI_RIFF_ID ('i', 'a', 'v', 's')
#define AUDIO CVI_RIFF_ID ('a', 'u', 'd', 's')
#define TEXT CVI_RIFF_ID ('t', 'x', 't', 's')

/* Codecs whose packets are entropy-coded throughout; others may hold zeros. */
static const struct {
  char fourcc[5];
  CviFrameHead head;
} dense_video[] = {
  { "XVID", CVI_HEAD_MPEG4 },
  { "DIVX", CVI_HEAD_MPEG4 },
  { "DX50", CVI_HEAD_MPEG4 },
  { "FMP4", CVI_HEAD_MPEG4 },
  { "MP4V", CVI_HEAD_MPEG4 },
  { "M4S2", CVI_HEAD_NONE },
  { "3IV2", CVI_HEAD_NONE },
  { "DIV3", CVI_HEAD_NONE },
  { "DIV4", CVI_HEAD_NONE },
  { "DIV5", CVI_HEAD_NONE },
  { "MP42", CVI_HEAD_NONE },
  { "MP43", CVI_HEAD_NONE },
  { "MPG4", CVI_HEAD_NONE },
  { "H264", CVI_HEAD_NONE },
  { "X264", CVI_HEAD_NONE },
  { "AVC1", CVI_HEAD_NONE },
  { "MJPG", CVI_HEAD_JPEG },
  { "WMV1", CVI_HEAD_NONE },
  { "WMV2", CVI_HEAD_NONE },
  { "WMV3", CVI_HEAD_NONE },
  { "WVC1", CVI_HEAD_NONE },
  { "H263", CVI_HEAD_NONE },
  { "VP80", CVI_HEAD_VP8 },
  { "VP90", CVI_HEAD_VP9 },
};

static const struct {
  guint16 tag;
  const char *name;
  gboolean dense;
} audio_formats[] = {
  { 0x0001, "PCM", FALSE },
  { 0x0002, "ADPCM", FALSE },
  { 0x0006, "A-law", FALSE },
  { 0x0007, "mu-law", FALSE },
  { 0x0050, "MP2", TRUE },
  { 0x0055, "MP3", TRUE },
  { 0x00ff, "AAC", TRUE },
  { 0x0161, "WMA", TRUE },
  { 0x2000, "AC-3", TRUE },
};

guint64
cvi_avi_time (const CviAviStream *stream, guint64 units)
{
  unsigned __int128 ns;

  if (stream->rate == 0)
    return CVI_NONE;
  ns = (unsigned __int128)units * stream->scale * 1000000000u / stream->rate;
  return ns >= G_MAXINT64 ? G_MAXINT64 : (guint64)ns;
}

static const char *
kind_of (guint32 type)
{
  if (type == VIDEO || type == INTERLEAVED)
    return "video";
  if (type == AUDIO)
    return "audio";
  return type == TEXT ? "subtitle" : "data";
}

static void
parse_video_format (CviAviStream *stream, const guint8 *p, gsize len)
{
  char fourcc[5] = "";

  if (len < 20)
    return;
  for (guint i = 0; i < 4; i++)
    fourcc[i] = g_ascii_isprint (p[16 + i]) ? (char)p[16 + i] : '?';
  stream->stream->codec = g_strdup (cvi_le32 (p + 16) == 0 ? "RGB" : fourcc);
  for (gsize i = 0; i < G_N_ELEMENTS (dense_video); i++) {
    if (g_ascii_strcasecmp (dense_video[i].fourcc, fourcc) != 0)
      continue;
    stream->zero_run = CVI_ZERO_RUN_DEFAULT;
    stream->head = dense_video[i].head;
  }
}

static void
parse_audio_format (CviAviStream *stream, const guint8 *p, gsize len)
{
  if (len < 2)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (audio_formats); i++) {
    if (audio_formats[i].tag != cvi_le16 (p))
      continue;
    stream->stream->codec = g_strdup (audio_formats[i].name);
    if (audio_formats[i].dense)
      stream->zero_run = CVI_ZERO_RUN_DEFAULT;
    return;
  }
  stream->stream->codec = g_strdup_printf ("0x%04x", cvi_le16 (p));
}

/* A super index (OpenDML 1.0) has four words to an entry. */
static void
parse_super_index (CviAvi *avi, const guint8 *p, gsize len)
{
  guint32 count;

  if (len < 24 || cvi_le16 (p) != 4 || p[3] != 0)
    return;
  count = MIN (cvi_le32 (p + 4), (guint32)((len - 24) / 16));
  for (guint32 i = 0; i < count && avi->super->len < CVI_AVI_MAX_SUPER; i++) {
    guint64 offset = cvi_le64 (p + 24 + 16 * (gsize)i);

    if (offset != 0)
      g_array_append_val (avi->super, offset);
  }
}

static void
parse_stream_header (
    CviAvi *avi, CviAviStream *stream, const guint8 *p, gsize len)
{
  if (len < 36)
    return;
  stream->stream =
      cvi_walk_add_stream (avi->walk, kind_of (cvi_le32 (p)), NULL);
  if (!stream->stream)
    return;
  stream->scale = cvi_le32 (p + 20);
  stream->rate = cvi_le32 (p + 24);
  stream->start = cvi_le32 (p + 28);
  stream->length = cvi_le32 (p + 32);
  if (len >= 48 && g_str_equal (stream->stream->kind, "audio"))
    stream->sample_size = cvi_le32 (p + 44);
  stream->stream->start_ns = cvi_avi_time (stream, stream->start);
  if (stream->length > 0)
    stream->stream->duration_ns = cvi_avi_time (stream, stream->length);
  if (g_str_equal (stream->stream->kind, "video"))
    stream->stream->frame_ns = cvi_avi_time (stream, 1);
}

/* Goes to the next chunk of a list in memory. Returns: FALSE at the end; then
 * *@pos is less than @len only if a size is wrong */
static gboolean
next_chunk (const guint8 *data, gsize len, gsize *pos, guint32 *id, gsize *size)
{
  if (len - *pos < 8) {
    *pos = len;
    return FALSE;
  }
  *id = cvi_le32 (data + *pos);
  *size = cvi_le32 (data + *pos + 4);
  return *size <= len - *pos - 8;
}

static gsize
padded (gsize pos, gsize size, gsize len)
{
  return MIN (pos + 8 + size + (size & 1), len);
}

static gboolean
parse_stream_list (CviAvi *avi, const guint8 *data, gsize len)
{
  CviAviStream *stream = &avi->streams[avi->n_streams];
  gsize pos = 0;
  gsize size;
  guint32 id;

  for (; next_chunk (data, len, &pos, &id, &size);
       pos = padded (pos, size, len)) {
    const guint8 *body = data + pos + 8;

    if (id == CVI_RIFF_ID ('s', 't', 'r', 'h') && !stream->stream)
      parse_stream_header (avi, stream, body, size);
    else if (id == CVI_RIFF_ID ('i', 'n', 'd', 'x'))
      parse_super_index (avi, body, size);
    else if (id == CVI_RIFF_ID ('s', 't', 'r', 'f') && stream->stream &&
             !stream->stream->codec) {
      if (g_str_equal (stream->stream->kind, "video"))
        parse_video_format (stream, body, size);
      else if (g_str_equal (stream->stream->kind, "audio"))
        parse_audio_format (stream, body, size);
    }
  }
  if (stream->stream)
    avi->n_streams++;
  return pos == len;
}

void
cvi_avi_parse_head (CviAvi *avi, const guint8 *data, gsize len, guint64 offset)
{
  gboolean good = TRUE;
  gsize pos = 0;
  gsize size;
  guint32 id;

  for (; next_chunk (data, len, &pos, &id, &size);
       pos = padded (pos, size, len)) {
    const guint8 *body = data + pos + 8;

    if (id == CVI_RIFF_ID ('a', 'v', 'i', 'h') && size >= 40) {
      guint64 us = (guint64)cvi_le32 (body) * cvi_le32 (body + 16);

      if (us > 0 && us < G_MAXINT64 / 1000)
        cvi_walk_set_duration (avi->walk, us * 1000);
    } else if (id == CVI_RIFF_ID ('L', 'I', 'S', 'T') && size >= 4 &&
               memcmp (body, "strl", 4) == 0 &&
               avi->n_streams < CVI_AVI_MAX_STREAMS) {
      good = parse_stream_list (avi, body + 4, size - 4) && good;
    }
  }
  if (pos != len || !good)
    cvi_walk_report (avi->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL, CVI_NONE,
        offset, "broken list of stream headers");
}
