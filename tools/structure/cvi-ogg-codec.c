/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-ogg-private.h"

#include <string.h>

/* Longest of the headers that are read here. */
#define MIN_HEADER 8

static void
read_vorbis (const guint8 *packet, gsize len, CviOggCodec *codec)
{
  if (len >= 16)
    codec->num = cvi_le32 (packet + 12);
}

static void
read_opus (const guint8 *packet, gsize len, CviOggCodec *codec)
{
  codec->num = 48000;
  if (len >= 12)
    codec->skip = cvi_le16 (packet + 10);
}

static void
read_flac (const guint8 *packet, gsize len, CviOggCodec *codec)
{
  if (len >= 30)
    codec->num = cvi_be24 (packet + 27) >> 4;
}

static void
read_speex (const guint8 *packet, gsize len, CviOggCodec *codec)
{
  if (len >= 40)
    codec->num = cvi_le32 (packet + 36);
}

static void
read_theora (const guint8 *packet, gsize len, CviOggCodec *codec)
{
  if (len < 42)
    return;
  codec->num = cvi_be32 (packet + 22);
  codec->den = cvi_be32 (packet + 26);
  codec->shift = (packet[40] & 3u) << 3 | packet[41] >> 5;
}

static void
read_vp8 (const guint8 *packet, gsize len, CviOggCodec *codec)
{
  if (len < 26)
    return;
  codec->num = cvi_be32 (packet + 18);
  codec->den = cvi_be32 (packet + 22);
  codec->shift = 32;
}

/* OGM: times are in units of 100 ns. */
static void
read_ogm_video (const guint8 *packet, gsize len, CviOggCodec *codec)
{
  if (len < 25)
    return;
  codec->num = 10000000;
  codec->den = cvi_le64 (packet + 17);
}

static void
read_ogm_audio (const guint8 *packet, gsize len, CviOggCodec *codec)
{
  if (len >= 33)
    codec->num = cvi_le64 (packet + 25);
}

typedef struct {
  const char *magic;
  gsize len;
  const char *kind;
  const char *codec;
  void (*read) (const guint8 *packet, gsize len, CviOggCodec *codec);
} Magic;

static const Magic magics[] = {
  { "\001vorbis", 7, "audio", "vorbis", read_vorbis },
  { "OpusHead", 8, "audio", "opus", read_opus },
  { "\177FLAC", 5, "audio", "flac", read_flac },
  { "fLaC", 4, "audio", "flac", NULL },
  { "Speex   ", 8, "audio", "speex", read_speex },
  { "PCM     ", 8, "audio", "pcm", NULL },
  { "\200theora", 7, "video", "theora", read_theora },
  { "OVP80\001", 6, "video", "vp8", read_vp8 },
  { "BBCD", 4, "video", "dirac", NULL },
  { "\001video", 6, "video", "ogm", read_ogm_video },
  { "\001audio", 6, "audio", "ogm", read_ogm_audio },
  { "\001text", 5, "subtitle", "text", NULL },
  { "\200kate", 5, "subtitle", "kate", NULL },
  { "CMML", 4, NULL, "cmml", NULL },
  { "fishead", 7, NULL, "skeleton", NULL },
};

gboolean
cvi_ogg_identify (const guint8 *packet, gsize len, CviOggCodec *codec)
{
  memset (codec, 0, sizeof *codec);
  codec->den = 1;
  for (gsize i = 0; len >= MIN_HEADER && i < G_N_ELEMENTS (magics); i++) {
    if (memcmp (packet, magics[i].magic, magics[i].len) != 0)
      continue;
    codec->kind = magics[i].kind;
    codec->codec = magics[i].codec;
    codec->raw = strcmp (codec->codec, "pcm") == 0;
    if (magics[i].read)
      magics[i].read (packet, len, codec);
    if (codec->den == 0 || codec->num > G_MAXUINT32 || codec->den > G_MAXUINT32)
      codec->num = 0;
    return TRUE;
  }
  return FALSE;
}

guint64
cvi_ogg_time (const CviOggCodec *codec, guint64 granule)
{
  guint64 n = granule;
  double ns;

  if (codec->num == 0 || granule > G_MAXINT64)
    return CVI_NONE;
  if (codec->shift > 0)
    n = (granule >> codec->shift) +
        (codec->shift < 32
                ? granule & ((G_GUINT64_CONSTANT (1) << codec->shift) - 1)
                : 0);
  n -= MIN (n, codec->skip);
  ns = (double)n * (double)codec->den / (double)codec->num * 1e9;
  return ns < (double)G_MAXINT64 ? (guint64)ns : CVI_NONE;
}
