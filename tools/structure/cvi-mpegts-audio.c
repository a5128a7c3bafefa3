/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Where sound's frames begin, since a PES packet has one time for several. */
#include <string.h>

#include "tools/structure/cvi-mpegts-private.h"

typedef struct {
  guint size; /* bytes */
  guint samples;
  guint rate;
} Frame;

/* ISO/IEC 11172-3, 2.4.2.3 and 13818-3, 2.4.2.3: kbit/s by bitrate_index, for
 * layers I, II and III, then for I and for II and III at low rates. */
static const guint16 mpa_kbits[][15] = {
  { 0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448 },
  { 0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384 },
  { 0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320 },
  { 0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256 },
  { 0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160 },
};
static const guint mpa_rates[] = { 44100, 48000, 32000 };

static gboolean
read_mpa (const guint8 *p, Frame *frame)
{
  guint version = p[1] >> 3 & 3; /* 3: MPEG-1, 2: MPEG-2, 0: 2.5, 1: none */
  guint layer = 4 - (p[1] >> 1 & 3);
  guint bitrate = p[2] >> 4;
  guint rate = p[2] >> 2 & 3;
  guint padding = p[2] >> 1 & 1;
  guint row, bits;

  if (p[0] != 0xff || (p[1] & 0xe0) != 0xe0 || version == 1 || layer == 4 ||
      bitrate == 0 || bitrate == 15 || rate == 3)
    return FALSE;
  frame->rate = mpa_rates[rate] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
  row = version == 3 ? layer - 1 : layer == 1 ? 3 : 4;
  bits = mpa_kbits[row][bitrate] * 1000u;
  if (layer == 1) {
    frame->samples = 384;
    frame->size = (12 * bits / frame->rate + padding) * 4;
  } else {
    frame->samples = layer == 3 && version != 3 ? 576 : 1152;
    frame->size = frame->samples / 8 * bits / frame->rate + padding;
  }
  return TRUE;
}

/* ISO/IEC 13818-7, 6.2: adts_frame(). */
static gboolean
read_adts (const guint8 *p, Frame *frame)
{
  static const guint rates[] = { 96000, 88200, 64000, 48000, 44100, 32000,
    24000, 22050, 16000, 12000, 11025, 8000, 7350 };
  guint rate = p[2] >> 2 & 15;

  if (p[0] != 0xff || (p[1] & 0xf6) != 0xf0 || rate >= G_N_ELEMENTS (rates))
    return FALSE;
  frame->rate = rates[rate];
  frame->samples = 1024 * ((p[6] & 3u) + 1);
  frame->size = (p[3] & 3u) << 11 | (guint)p[4] << 3 | p[5] >> 5;
  return TRUE;
}

/* ATSC A/52: syncinfo() with table 5.18, and annex E's. */
static gboolean
read_ac3 (const guint8 *p, Frame *frame)
{
  static const guint16 kbits[] = { 32, 40, 48, 56, 64, 80, 96, 112, 128, 160,
    192, 224, 256, 320, 384, 448, 512, 576, 640 };
  static const guint rates[] = { 48000, 44100, 32000 };
  static const guint blocks[] = { 1, 2, 3, 6 };
  guint rate = p[4] >> 6;
  guint code = p[4] & 63;

  if (p[0] != 0x0b || p[1] != 0x77)
    return FALSE;
  frame->samples = 1536;
  if (p[5] >> 3 > 10) {
    guint half = p[4] >> 4 & 3;

    frame->rate = rate < 3 ? rates[rate] : half < 3 ? rates[half] / 2 : 0;
    frame->size = 2 * (((p[2] & 7u) << 8 | p[3]) + 1);
    if (rate < 3)
      frame->samples = 256 * blocks[half];
    /* Other channels or programs of the same moment. */
    if (p[2] >> 6 == 1 || (p[2] >> 3 & 7) > 0)
      frame->samples = 0;
    return frame->rate > 0;
  }
  if (rate == 3 || code / 2 >= G_N_ELEMENTS (kbits))
    return FALSE;
  frame->rate = rates[rate];
  frame->size = kbits[code / 2] * 96000u / frame->rate;
  if (rate == 1)
    frame->size += code & 1;
  frame->size *= 2;
  return TRUE;
}

static const struct {
  const char *codec;
  gboolean (*read) (const guint8 *head, Frame *frame);
} readers[] = {
  { "mp2", read_mpa },
  { "aac", read_adts },
  { "ac3", read_ac3 },
  { "eac3", read_ac3 },
};

gboolean
cvi_ts_audio_knows (const char *codec)
{
  for (gsize i = 0; codec && i < G_N_ELEMENTS (readers); i++) {
    if (strcmp (codec, readers[i].codec) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean
read_frame (const char *codec, const guint8 *head, Frame *frame)
{
  for (gsize i = 0; i < G_N_ELEMENTS (readers); i++) {
    if (strcmp (codec, readers[i].codec) == 0)
      return readers[i].read (head, frame) && frame->size > CVI_TS_AUDIO_HEAD;
  }
  return FALSE;
}

void
cvi_ts_audio_lose (CviTsAudio *audio)
{
  audio->synced = FALSE;
  audio->pts_ns = audio->next_ns = CVI_NONE;
}

void
cvi_ts_audio_begin (CviTsAudio *audio, guint64 pts_ns)
{
  if (!audio->synced) {
    audio->synced = TRUE;
    audio->n_head = 0;
    audio->skip = 0;
    audio->next_ns = CVI_NONE;
  }
  audio->pts_ns = pts_ns;
}

/* The frame whose header is there. */
static gboolean
enter_frame (CviTsAudio *audio, const char *codec, CviContinuity *continuity)
{
  Frame frame = { 0 };
  guint64 duration;

  if (!read_frame (codec, audio->head, &frame))
    return FALSE;
  audio->n_head = 0;
  audio->skip = frame.size - CVI_TS_AUDIO_HEAD;
  if (frame.samples == 0)
    return TRUE;
  duration = frame.samples * G_GUINT64_CONSTANT (1000000000) / frame.rate;
  if (audio->frame_ns != CVI_NONE) {
    cvi_continuity_push (
        continuity, audio->frame_ns, CVI_NONE, duration, FALSE);
    audio->next_ns = audio->frame_ns + duration;
  }
  return TRUE;
}

void
cvi_ts_audio_feed (CviTsAudio *audio, const char *codec, const guint8 *data,
    gsize len, CviContinuity *continuity)
{
  while (len > 0 && audio->synced) {
    gsize n = MIN (len, audio->skip);

    data += n;
    len -= n;
    audio->skip -= (guint)n;
    if (len == 0)
      return;
    /* The time is that of the first frame that begins in the packet. */
    if (audio->n_head == 0) {
      audio->frame_ns =
          audio->pts_ns != CVI_NONE ? audio->pts_ns : audio->next_ns;
      audio->pts_ns = CVI_NONE;
    }
    n = MIN (len, CVI_TS_AUDIO_HEAD - audio->n_head);
    memcpy (audio->head + audio->n_head, data, n);
    audio->n_head += (guint)n;
    data += n;
    len -= n;
    if (audio->n_head == CVI_TS_AUDIO_HEAD &&
        !enter_frame (audio, codec, continuity))
      cvi_ts_audio_lose (audio);
  }
}
