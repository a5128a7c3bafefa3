/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench/accuracy/media-damage.h"
#include "tests/media/cvi-damage.h"

#include <string.h>

#define HIT_BYTES 512
#define MAX_PID 0x1fff
#define NO_PID (MAX_PID + 1)

/* Bytes between a packet's place as ffprobe gives it and its payload, by
 * container. Containers that are not here give the place of a page or pack
 * that several streams may share. */
static const struct {
  const char *format;
  gsize lead;
} places[] = {
  { "mov,mp4,m4a,3gp,3g2,mj2", 0 },
  { "matroska,webm", 4 },
  { "avi", 0 },
  { "flv", 16 },
};

static const MediaStream *
find_stream (const MediaTable *table, const char *type)
{
  for (guint i = 0; i < table->streams->len; i++) {
    const MediaStream *stream = g_ptr_array_index (table->streams, i);

    if (strcmp (stream->type, type) == 0 && !stream->still &&
        stream->packets->len > 0)
      return stream;
  }
  return NULL;
}

static void
add_piece (GArray *pieces, guint64 offset, guint64 length)
{
  CviDamageSpot piece = { offset, length };

  g_array_append_val (pieces, piece);
}

/* Payload of the stream's packets, where the container keeps each in one
 * piece. */
static gboolean
find_packets (const GByteArray *data, const MediaTable *table,
    const MediaStream *stream, GArray *pieces)
{
  gsize row = 0;

  while (row < G_N_ELEMENTS (places) &&
         strcmp (places[row].format, table->format) != 0)
    row++;
  if (row == G_N_ELEMENTS (places))
    return FALSE;
  for (guint i = 0; i < stream->packets->len; i++) {
    const MediaPacket *packet =
        &g_array_index (stream->packets, MediaPacket, i);
    guint64 offset = packet->offset + places[row].lead;

    if (packet->size <= places[row].lead || offset >= data->len)
      continue;
    add_piece (pieces, offset,
        MIN (packet->size - places[row].lead, data->len - offset));
  }
  return TRUE;
}

/* Payload of the stream's transport packets. The first one of a frame, which
 * holds the frame's own header, is left out. */
static gboolean
find_ts_payload (
    const GByteArray *data, const MediaStream *stream, GArray *pieces)
{
  guint pid = NO_PID;
  gsize first;
  gsize size = media_ts_packet_size (data, &first);

  if (!size)
    return FALSE;
  for (guint i = 0; i < stream->packets->len && pid == NO_PID; i++) {
    const MediaPacket *packet =
        &g_array_index (stream->packets, MediaPacket, i);

    if (packet->size > 0 && packet->offset + size <= data->len &&
        data->data[packet->offset] == 0x47)
      pid = media_ts_pid (data->data + packet->offset);
  }
  for (gsize at = first; at + 188 <= data->len; at += size) {
    const guint8 *sync = data->data + at;
    gsize payload = 0;
    gsize len = media_ts_payload (sync, &payload);

    if (sync[0] == 0x47 && media_ts_pid (sync) == pid && !(sync[1] & 0x40) &&
        len > 0)
      add_piece (pieces, at + payload, len);
  }
  return pid != NO_PID;
}

static int
compare_pieces (gconstpointer a, gconstpointer b)
{
  const CviDamageSpot *one = a;
  const CviDamageSpot *two = b;

  return (one->offset > two->offset) - (one->offset < two->offset);
}

/* Random bytes from a place drawn inside the pieces on, to the next pieces
 * where one is too short. */
static void
overwrite (GByteArray *data, const GArray *pieces, GRand *random, GArray *spots)
{
  guint index = (guint)g_rand_int_range (random, 0, (gint32)pieces->len);
  const CviDamageSpot *piece = &g_array_index (pieces, CviDamageSpot, index);
  guint64 skip = (guint64)g_rand_int_range (
      random, 0, (gint32)MIN (piece->length, G_MAXINT32));
  gsize left = HIT_BYTES;

  for (; index < pieces->len && left > 0; index++, skip = 0) {
    CviDamageSpot spot;

    piece = &g_array_index (pieces, CviDamageSpot, index);
    spot.offset = piece->offset + skip;
    spot.length = MIN (piece->length - skip, left);
    for (gsize i = 0; i < spot.length; i++)
      data->data[spot.offset + i] = (guint8)g_rand_int (random);
    left -= (gsize)spot.length;
    g_array_append_val (spots, spot);
  }
}

gboolean
media_hit_stream (GByteArray *data, const MediaTable *table, const char *type,
    GRand *random, GArray *spots, GError **error)
{
  g_autoptr (GArray) pieces =
      g_array_new (FALSE, FALSE, sizeof (CviDamageSpot));
  const MediaStream *stream;
  gboolean known;

  g_return_val_if_fail (data && table && type && random && spots, FALSE);

  stream = find_stream (table, type);
  if (!find_stream (table, "audio") || !find_stream (table, "video"))
    return media_damage_refuse (error, "not both audio and video");
  known = g_str_equal (table->format, "mpegts")
              ? find_ts_payload (data, stream, pieces)
              : find_packets (data, table, stream, pieces);
  if (!known || pieces->len == 0)
    return media_damage_refuse (error, "no place of a packet is known");
  g_array_sort (pieces, compare_pieces);
  overwrite (data, pieces, random, spots);
  return TRUE;
}
