/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-flv.h"

/* A step back or ahead of more than this is no interleaving. */
#define BACK_MS 1000
#define AHEAD_MS 10000
#define MS G_GUINT64_CONSTANT (1000000)

typedef struct {
  guint8 id;
  const char *name;
  gboolean dense; /* entropy-coded throughout */
} Codec;

static const Codec video_codecs[] = {
  { 2, "H.263", TRUE },
  { 3, "Screen", FALSE },
  { 4, "VP6", TRUE },
  { 5, "VP6A", TRUE },
  { 6, "Screen 2", FALSE },
  { 7, "H.264", TRUE },
  { 12, "H.265", TRUE },
};

static const Codec audio_codecs[] = {
  { 0, "PCM", FALSE },
  { 1, "ADPCM", FALSE },
  { 2, "MP3", TRUE },
  { 3, "PCM", FALSE },
  { 4, "Nellymoser", FALSE },
  { 5, "Nellymoser", FALSE },
  { 6, "Nellymoser", FALSE },
  { 7, "A-law", FALSE },
  { 8, "mu-law", FALSE },
  { 10, "AAC", TRUE },
  { 11, "Speex", FALSE },
  { 14, "MP3", TRUE },
};

static const Codec *
find_codec (const Codec *codecs, gsize n, guint8 id)
{
  for (gsize i = 0; i < n; i++) {
    if (codecs[i].id == id)
      return &codecs[i];
  }
  return NULL;
}

static void
open_stream (CviFlv *flv, CviFlvStream *self, gboolean video, guint8 first)
{
  const Codec *codec = NULL;

  if (video && !(first & 0x80))
    codec = find_codec (video_codecs, G_N_ELEMENTS (video_codecs), first & 15);
  else if (!video)
    codec = find_codec (audio_codecs, G_N_ELEMENTS (audio_codecs), first >> 4);
  self->last_ms = CVI_NONE;
  self->zero_run = codec && codec->dense ? CVI_ZERO_RUN_DEFAULT : 0;
  self->stream = cvi_walk_add_stream (
      flv->walk, video ? "video" : "audio", codec ? codec->name : NULL);
  self->stream->n_frames = 0;
  if (video)
    self->stream->n_sync = 0;
}

static void
follow_time (CviFlv *flv, CviFlvStream *self, const CviFlvTag *tag)
{
  guint64 last = self->last_ms;
  guint64 now = tag->time_ms;
  CviStructureStream *stream = self->stream;

  self->last_ms = now;
  if (stream->start_ns == CVI_NONE)
    stream->start_ns = now * MS;
  if (stream->last_ns == CVI_NONE || stream->last_ns < now * MS)
    stream->last_ns = now * MS;
  /* many writers give the first tags no time */
  if (last == CVI_NONE || last == 0)
    return;
  if (now + BACK_MS < last)
    cvi_walk_report (flv->walk, CVI_RULE_TIME_BACKWARDS, stream->id, now * MS,
        tag->offset, "tag time steps back by %" G_GUINT64_FORMAT " ms",
        last - now);
  else if (now > last + AHEAD_MS)
    cvi_walk_report (flv->walk, CVI_RULE_TIME_GAP, stream->id, last * MS,
        tag->offset, "tag time jumps ahead by %" G_GUINT64_FORMAT " ms",
        now - last);
}

/* avcC or hvcC: how long length fields are */
static void
read_configuration (
    CviFlv *flv, CviFlvStream *self, const CviFlvTag *tag, guint8 codec)
{
  gsize at = codec == 7 ? 4 : 21;
  const guint8 *p;

  if (tag->size < 5 + at + 1)
    return;
  p = cvi_walk_peek (flv->walk, tag->offset + CVI_FLV_TAG_HEADER + 5, at + 1);
  if (!p)
    return;
  self->nal = codec == 7 ? CVI_NAL_AVC : CVI_NAL_HEVC;
  self->nal_length = (p[at] & 3) + 1u;
}

/* Returns: FALSE if the walk should end */
static gboolean
walk_video (CviFlv *flv, const CviFlvTag *tag, const guint8 *p)
{
  CviFlvStream *self = &flv->video;
  CviPayload payload = { tag->offset + CVI_FLV_TAG_HEADER + 1, tag->size - 1,
    self->stream->id, tag->time_ms * MS, self->zero_run };
  guint8 first = p[0];
  guint8 codec = first & 15;
  gboolean packets = !(first & 0x80) && (codec == 7 || codec == 12);
  guint8 packet = packets && tag->size >= 5 ? p[1] : 1;

  if (packet == 0)
    read_configuration (flv, self, tag, codec);
  /* a sequence header, an end of sequence or a command holds no frame */
  if (packet != 1 || (first >> 4 & 7) == 5)
    return TRUE;
  self->stream->n_frames++;
  if ((first >> 4 & 7) == 1)
    self->stream->n_sync++;
  if (!packets || tag->size < 5 || self->nal == CVI_NAL_NONE || tag->encrypted)
    return cvi_walk_payload (flv->walk, &payload);
  payload.offset += 4;
  payload.size -= 4;
  payload.zero_run = CVI_NAL_ZERO_RUN;
  return cvi_nal_check_sample (
      flv->walk, self->nal, self->nal_length, &payload);
}

static gboolean
walk_audio (CviFlv *flv, const CviFlvTag *tag, const guint8 *p)
{
  CviFlvStream *self = &flv->audio;
  CviPayload payload = { tag->offset + CVI_FLV_TAG_HEADER + 1, tag->size - 1,
    self->stream->id, tag->time_ms * MS, self->zero_run };

  if (p[0] >> 4 != 10 || tag->size < 2 || p[1] != 0)
    self->stream->n_frames++;
  return cvi_walk_payload (flv->walk, &payload);
}

static gboolean
walk_script (CviFlv *flv, const CviFlvTag *tag)
{
  gsize len = (gsize)MIN (tag->size, CVI_WALK_MAX_PEEK);
  const guint8 *p =
      cvi_walk_peek (flv->walk, tag->offset + CVI_FLV_TAG_HEADER, len);

  if (p && flv->duration_s <= 0 && flv->file_size <= 0)
    cvi_flv_read_script (flv, p, len);
  return !cvi_walk_failed (flv->walk);
}

gboolean
cvi_flv_walk_tag (CviFlv *flv, const CviFlvTag *tag)
{
  gboolean video = tag->type == CVI_FLV_VIDEO;
  CviFlvStream *self = video ? &flv->video : &flv->audio;
  const guint8 *p;

  if (tag->size == 0)
    return TRUE;
  if (tag->type == CVI_FLV_SCRIPT)
    return walk_script (flv, tag);
  p = cvi_walk_peek (
      flv->walk, tag->offset + CVI_FLV_TAG_HEADER, MIN (tag->size, 2));
  if (!p)
    return FALSE;
  if (!self->stream)
    open_stream (flv, self, video, p[0]);
  self->stream->encrypted |= tag->encrypted;
  follow_time (flv, self, tag);
  return video ? walk_video (flv, tag, p) : walk_audio (flv, tag, p);
}
