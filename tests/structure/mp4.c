/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/structure/mp4.h"

#include <string.h>

#define TIMESCALE 1000

gsize
box_begin (GByteArray *out, const char *type)
{
  gsize at = out->len;

  put_be32 (out, 0);
  put_text (out, type);
  return at;
}

void
box_end (GByteArray *out, gsize at)
{
  set_be32 (out, at, (guint32)(out->len - at));
}

static gsize
full_begin (GByteArray *out, const char *type, guint32 flags)
{
  gsize at = box_begin (out, type);

  put_be32 (out, flags);
  return at;
}

void
put_avc_sample (GByteArray *out, gsize size, guint32 seed)
{
  put_be32 (out, 10);
  put_u8 (out, 0x06);
  put_noise (out, 9, seed);
  put_be32 (out, (guint32)(size - 18));
  put_u8 (out, 0x65);
  put_noise (out, size - 19, seed + 1);
}

static void
put_table (GByteArray *out, const char *type, const guint32 *cells, guint rows,
    guint columns)
{
  gsize at = full_begin (out, type, 0);

  put_be32 (out, rows);
  for (guint i = 0; i < rows * columns; i++)
    put_be32 (out, cells[i]);
  box_end (out, at);
}

static void
put_stsd (GByteArray *out, gboolean video, const char *format)
{
  gsize at = full_begin (out, "stsd", 0);
  gsize entry, config;

  put_be32 (out, 1);
  entry = box_begin (out, format);
  put_zeros (out, 6);
  put_be16 (out, 1);
  put_zeros (out, video ? 70 : 20);
  if (strcmp (format, "avc1") == 0) {
    config = box_begin (out, "avcC");
    put (out, "\1\144\0\37\377\340\0", 7);
    box_end (out, config);
  }
  box_end (out, entry);
  box_end (out, at);
}

static void
put_stbl (GByteArray *out, gboolean video, const char *format, gboolean tables,
    guint32 first_chunk, guint32 stride)
{
  guint32 size = video ? MP4_VIDEO_SIZE : MP4_AUDIO_SIZE;
  guint32 times[] = { MP4_SAMPLES, video ? 40 : 20 };
  guint32 chunks[] = { 1, MP4_CHUNK_SAMPLES, 1 };
  guint32 offsets[MP4_CHUNKS];
  guint32 sync[] = { 1, 11 };
  guint32 rows = tables ? 1 : 0;
  gsize at = box_begin (out, "stbl");
  gsize sizes;

  for (guint32 i = 0; i < MP4_CHUNKS; i++)
    offsets[i] = first_chunk + i * stride;
  put_stsd (out, video, format);
  put_table (out, "stts", times, rows, 2);
  if (video && tables)
    put_table (out, "stss", sync, 2, 1);
  put_table (out, "stsc", chunks, rows, 3);
  sizes = full_begin (out, "stsz", 0);
  put_be32 (out, 0);
  put_be32 (out, tables ? MP4_SAMPLES : 0);
  for (guint i = 0; tables && i < MP4_SAMPLES; i++)
    put_be32 (out, size);
  box_end (out, sizes);
  put_table (out, "stco", offsets, tables ? MP4_CHUNKS : 0, 1);
  box_end (out, at);
}

static void
put_header (GByteArray *out, const char *type, guint32 duration)
{
  gsize at = full_begin (out, type, 0);

  put_zeros (out, 8);
  put_be32 (out, TIMESCALE);
  put_be32 (out, duration);
  put_zeros (out, strcmp (type, "mvhd") == 0 ? 80 : 4);
  box_end (out, at);
}

static void
put_trak (GByteArray *out, guint32 id, const char *format, gboolean tables,
    guint32 first_chunk, guint32 stride)
{
  gboolean video = id == 1;
  gsize trak = box_begin (out, "trak");
  gsize tkhd, mdia, minf, at;

  tkhd = full_begin (out, "tkhd", 7);
  put_zeros (out, 8);
  put_be32 (out, id);
  put_zeros (out, 68);
  box_end (out, tkhd);

  mdia = box_begin (out, "mdia");
  put_header (out, "mdhd", tables ? MP4_SAMPLES * (video ? 40 : 20) : 0);
  at = full_begin (out, "hdlr", 0);
  put_zeros (out, 4);
  put_text (out, video ? "vide" : "soun");
  put_zeros (out, 13);
  box_end (out, at);
  minf = box_begin (out, "minf");
  put_stbl (out, video, format, tables, first_chunk, stride);
  box_end (out, minf);
  box_end (out, mdia);
  box_end (out, trak);
}

static void
put_oddities (GByteArray *moov)
{
  gsize udta = box_begin (moov, "udta");
  gsize name = box_begin (moov, "\251nam");

  put_text (moov, "odd");
  box_end (moov, name);
  put_zeros (moov, 4); /* QuickTime's end of list */
  box_end (moov, udta);
}

static GByteArray *
make_moov (const Mp4Options *options, guint32 data)
{
  guint32 video = MP4_CHUNK_SAMPLES * MP4_VIDEO_SIZE;
  guint32 stride = video + MP4_CHUNK_SAMPLES * MP4_AUDIO_SIZE;
  GByteArray *moov = g_byte_array_new ();
  gsize at = box_begin (moov, "moov");

  put_header (moov, "mvhd", MP4_SAMPLES * 40);
  put_trak (
      moov, 1, options->video ? options->video : "avc1", TRUE, data, stride);
  put_trak (moov, 2, "mp4a", TRUE, data + video, stride);
  if (options->oddities)
    put_oddities (moov);
  box_end (moov, at);
  return moov;
}

static void
put_video_sample (GByteArray *out, const Mp4Options *options, guint32 seed)
{
  if (!options->video) {
    put_avc_sample (out, MP4_VIDEO_SIZE, seed);
    return;
  }
  if (strcmp (options->video, "av01") == 0)
    put_u8 (out, 0x32); /* OBU_FRAME with a size */
  else
    put_u8 (out, 0x31); /* VP8, not a key frame */
  put_noise (out, MP4_VIDEO_SIZE - 1, seed);
}

static void
put_data (GByteArray *out, const Mp4Options *options)
{
  for (guint chunk = 0; chunk < MP4_CHUNKS; chunk++) {
    for (guint i = 0; i < MP4_CHUNK_SAMPLES; i++)
      put_video_sample (out, options, 100 * chunk + i);
    put_noise (out, MP4_CHUNK_SAMPLES * MP4_AUDIO_SIZE, chunk);
  }
}

static void
put_mdat (GByteArray *out, const Mp4Options *options)
{
  gsize at = out->len;

  if (options->large_mdat) {
    put_be32 (out, 1);
    put_text (out, "mdat");
    put_be64 (out, 0);
  } else {
    box_begin (out, "mdat");
  }
  if (options->oddities)
    put_zeros (out, 9000);
  put_data (out, options);
  if (options->large_mdat)
    set_be32 (out, at + 12, (guint32)(out->len - at));
  else if (!options->open_mdat)
    box_end (out, at);
}

static void
put_free (GByteArray *out, const char *type, gsize len)
{
  gsize at = box_begin (out, type);

  put_zeros (out, len);
  box_end (out, at);
}

GByteArray *
mp4_new (const Mp4Options *options)
{
  GByteArray *out = g_byte_array_new ();
  g_autoptr (GByteArray) sized = make_moov (options, 0);
  g_autoptr (GByteArray) moov = NULL;
  guint32 data;

  if (!options->quicktime) {
    gsize at = box_begin (out, "ftyp");

    put_text (out, "isom");
    put_be32 (out, 512);
    put_text (out, "isommp41");
    box_end (out, at);
  } else {
    put_free (out, "wide", 0);
  }
  if (options->oddities) {
    put_free (out, "free", 9000);
    put_free (out, "uuid", 40);
  }
  data = out->len + (options->moov_last ? 0 : sized->len) +
         (options->large_mdat ? 16 : 8) + (options->oddities ? 9000 : 0);
  moov = make_moov (options, data);
  if (options->moov_last)
    put_mdat (out, options);
  put (out, moov->data, moov->len);
  if (!options->moov_last)
    put_mdat (out, options);
  if (options->oddities && !options->open_mdat)
    put_free (out, "skip", 70000);
  return out;
}

void
mp4_put_fragment (GByteArray *out, guint32 sequence, guint32 second)
{
  gsize moof = box_begin (out, "moof");
  gsize mfhd = full_begin (out, "mfhd", 0);
  gsize traf, at, mdat;
  gsize offset_at;

  put_be32 (out, sequence);
  box_end (out, mfhd);
  traf = box_begin (out, "traf");
  at = full_begin (out, "tfhd", 0x20000);
  put_be32 (out, 1);
  box_end (out, at);
  at = full_begin (out, "tfdt", 0);
  put_be32 (out, second * TIMESCALE);
  box_end (out, at);
  at = full_begin (out, "trun", 0x201);
  put_be32 (out, MP4_CHUNK_SAMPLES);
  offset_at = out->len;
  put_be32 (out, 0);
  for (guint i = 0; i < MP4_CHUNK_SAMPLES; i++)
    put_be32 (out, MP4_VIDEO_SIZE);
  box_end (out, at);
  box_end (out, traf);
  box_end (out, moof);
  set_be32 (out, offset_at, (guint32)(out->len - moof + 8));
  mdat = box_begin (out, "mdat");
  for (guint i = 0; i < MP4_CHUNK_SAMPLES; i++)
    put_avc_sample (out, MP4_VIDEO_SIZE, 1000 * sequence + i);
  box_end (out, mdat);
}

GByteArray *
mp4_new_fragmented (guint n)
{
  GByteArray *out = g_byte_array_new ();
  gsize at = box_begin (out, "ftyp");
  gsize moov, mvex;

  put_text (out, "iso5");
  put_be32 (out, 0);
  box_end (out, at);
  moov = box_begin (out, "moov");
  put_header (out, "mvhd", 0);
  put_trak (out, 1, "avc1", FALSE, 0, 0);
  mvex = box_begin (out, "mvex");
  at = full_begin (out, "trex", 0);
  put_be32 (out, 1);
  put_be32 (out, 1);
  put_be32 (out, TIMESCALE / MP4_CHUNK_SAMPLES);
  put_be32 (out, 0);
  put_be32 (out, 0);
  box_end (out, at);
  box_end (out, mvex);
  box_end (out, moov);
  for (guint i = 0; i < n; i++)
    mp4_put_fragment (out, i + 1, i);
  return out;
}
