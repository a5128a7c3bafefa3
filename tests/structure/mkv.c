/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/structure/mkv.h"

#include <string.h>

#include "tests/structure/mp4.h"
#include "tools/structure/cvi-crc.h"

#define MS G_GUINT64_CONSTANT (1000000)
#define SIZE 400
#define CUES_ID "\x1c\x53\xbb\x6b"

void
mkv_put_id (GByteArray *out, guint32 id)
{
  for (int shift = 24; shift >= 0; shift -= 8) {
    if (id >> shift)
      put_u8 (out, (guint8)(id >> shift));
  }
}

void
mkv_put_element (GByteArray *out, guint32 id, const void *data, gsize len)
{
  mkv_put_id (out, id);
  put_be64 (out, G_GUINT64_CONSTANT (1) << 56 | len);
  put (out, data, len);
}

static void
put_number (GByteArray *out, guint32 id, guint64 value)
{
  value = GUINT64_TO_BE (value);
  mkv_put_element (out, id, &value, 8);
}

static void
put_string (GByteArray *out, guint32 id, const char *text)
{
  mkv_put_element (out, id, text, strlen (text));
}

/* Begins an element with a size of eight bytes. Returns: where the size is */
static gsize
begin (GByteArray *out, guint32 id)
{
  mkv_put_id (out, id);
  put_be64 (out, G_MAXUINT64 >> 7);
  return out->len - 8;
}

static void
set_be64 (GByteArray *out, gsize at, guint64 value)
{
  set_be32 (out, at, (guint32)(value >> 32));
  set_be32 (out, at + 4, (guint32)value);
}

static void
end (GByteArray *out, gsize at)
{
  set_be64 (out, at, G_GUINT64_CONSTANT (1) << 56 | (out->len - at - 8));
}

/* Puts a CRC-32 in front of the content that begins at @at + 8. */
static void
end_with_crc (GByteArray *out, gsize at)
{
  gsize len = out->len - at - 8;
  g_autofree guint8 *body = g_memdup2 (out->data + at + 8, len);

  g_byte_array_set_size (out, (guint)at + 8);
  put (out, "\xbf\x84", 2);
  put_le32 (out, cvi_crc32_le (0, body, len));
  put (out, body, len);
  end (out, at);
}

static void
put_head (GByteArray *out)
{
  gsize at = begin (out, 0x1A45DFA3);

  put_string (out, 0x4282, "matroska");
  end (out, at);
}

static void
put_tracks (GByteArray *out, const MkvOptions *options)
{
  static const guint8 avcc[24] = { 1, 100, 0, 31, 0xff, 0xe1 };
  gsize tracks = begin (out, 0x1654AE6B);
  gsize entry = begin (out, 0xAE);

  /* CodecPrivate before CodecID: elements have no order. */
  mkv_put_element (out, 0x63A2, avcc, sizeof avcc);
  put_number (out, 0xD7, 1);
  put_number (out, 0x83, 1);
  put_string (out, 0x86, "V_MPEG4/ISO/AVC");
  put_number (out, 0x23E383, 40 * MS);
  if (options->encrypted) {
    gsize encodings = begin (out, 0x6D80);
    gsize encoding = begin (out, 0x6240);

    put_number (out, 0x5033, 1);
    mkv_put_element (out, 0x5035, "\x47\xe1\x81\x05", 4);
    end (out, encoding);
    end (out, encodings);
  }
  end (out, entry);
  entry = begin (out, 0xAE);
  put_number (out, 0xD7, 2);
  put_number (out, 0x83, 2);
  put_string (out, 0x86, "A_OPUS");
  end (out, entry);
  if (options->crc)
    end_with_crc (out, tracks);
  else
    end (out, tracks);
}

void
mkv_put_block (GByteArray *out, const MkvOptions *options, guint track,
    gint16 time, guint8 flags, const GByteArray *body)
{
  g_autoptr (GByteArray) block = g_byte_array_new ();
  gsize group;

  put_u8 (block, (guint8)(0x80 | track));
  put_be16 (block, (guint16)time);
  put_u8 (block, flags);
  put (block, body->data, body->len);
  if (!options->groups) {
    mkv_put_element (out, 0xA3, block->data, block->len);
    return;
  }
  group = begin (out, 0xA0);
  mkv_put_element (out, 0xA1, block->data, block->len);
  put_number (out, 0x9B, 40);
  if (!(flags & 0x80))
    put_number (out, 0xFB, 40);
  end (out, group);
}

static void
put_cluster (GByteArray *out, const MkvOptions *options, guint i, gsize segment,
    gsize *before)
{
  gsize offset = out->len;
  gsize at = begin (out, 0x1F43B675);

  put_number (out, 0xE7,
      options->spike == i && i > 0 ? 3600 * 1000 : i * MKV_BLOCKS * 40);
  if (options->positions) {
    put_number (out, 0xA7, offset - segment);
    if (*before > 0)
      put_number (out, 0xAB, offset - *before);
  }
  *before = offset;
  for (guint k = 0; k < MKV_BLOCKS; k++) {
    g_autoptr (GByteArray) body = g_byte_array_new ();
    g_autoptr (GByteArray) sound = g_byte_array_new ();

    if (options->annexb) {
      put_be32 (body, 1);
      put_noise (body, SIZE, i * MKV_BLOCKS + k);
    } else {
      put_avc_sample (body, SIZE, i * MKV_BLOCKS + k);
    }
    mkv_put_block (out, options, options->track ? options->track : 1,
        (gint16)(k * 40), k == 0 ? 0x80 : 0, body);
    put_noise (sound, 60, i * MKV_BLOCKS + k);
    mkv_put_block (out, options, 2, (gint16)(k * 40), 0x80, sound);
  }
  if (options->live)
    return;
  if (options->crc)
    end_with_crc (out, at);
  else
    end (out, at);
}

static void
put_cues (GByteArray *out, gsize segment, const GArray *clusters)
{
  gsize cues = begin (out, 0x1C53BB6B);

  for (guint i = 0; i < clusters->len; i++) {
    gsize point = begin (out, 0xBB);
    gsize positions;

    put_number (out, 0xB3, i * MKV_BLOCKS * 40);
    positions = begin (out, 0xB7);
    put_number (out, 0xF7, 1);
    put_number (out, 0xF1, g_array_index (clusters, gsize, i) - segment);
    end (out, positions);
    end (out, point);
  }
  end (out, cues);
}

static void
put_info (GByteArray *out, guint clusters)
{
  double duration = clusters * MKV_BLOCKS * 40;
  guint64 bits;
  gsize info = begin (out, 0x1549A966);

  memcpy (&bits, &duration, 8);
  put_number (out, 0x2AD7B1, MS);
  put_number (out, 0x4489, bits);
  end (out, info);
}

GByteArray *
mkv_new (const MkvOptions *options)
{
  GByteArray *out = g_byte_array_new ();
  g_autoptr (GArray) clusters = g_array_new (FALSE, FALSE, sizeof (gsize));
  guint n = options->clusters ? options->clusters : MKV_CLUSTERS;
  gsize segment, at, seek = 0, before = 0;

  put_head (out);
  at = begin (out, 0x18538067);
  segment = out->len;
  if (!options->live) {
    gsize head = begin (out, 0x114D9B74);
    gsize entry = begin (out, 0x4DBB);

    mkv_put_element (out, 0x53AB, CUES_ID, 4);
    put_number (out, 0x53AC, 0);
    seek = out->len - 8;
    end (out, entry);
    end (out, head);
    put_info (out, n);
  }
  if (!options->no_tracks)
    put_tracks (out, options);
  mkv_put_element (out, 0xEC, "\0\0\0\0\0\0\0\0", 8);
  for (guint i = 0; i < n; i++) {
    gsize offset = out->len;

    g_array_append_val (clusters, offset);
    put_cluster (out, options, i, segment, &before);
  }
  if (!options->live) {
    set_be64 (out, seek, out->len - segment);
    put_cues (out, segment, clusters);
    end (out, at);
  }
  return out;
}
