/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench/accuracy/media-damage.h"
#include "tests/media/cvi-damage.h"

#include <string.h>

#define TS_SYNC 0x47
#define TS_SIZE 188
/* Sync bytes in a row that make a transport stream. */
#define PROOF_PACKETS 5
#define LOST_PER_MILLE 5

static gboolean
syncs_at (const GByteArray *data, gsize first, gsize size)
{
  for (gsize i = 0; i < PROOF_PACKETS; i++) {
    gsize at = first + i * size;

    if (at >= data->len || data->data[at] != TS_SYNC)
      return FALSE;
  }
  return TRUE;
}

gsize
media_ts_packet_size (const GByteArray *data, gsize *first)
{
  static const struct {
    gsize size;
    gsize first;
  } layouts[] = { { 188, 0 }, { 192, 4 }, { 192, 0 }, { 204, 0 } };

  g_return_val_if_fail (data && first, 0);

  for (gsize i = 0; i < G_N_ELEMENTS (layouts); i++) {
    if (syncs_at (data, layouts[i].first, layouts[i].size)) {
      *first = layouts[i].first;
      return layouts[i].size;
    }
  }
  return 0;
}

guint
media_ts_pid (const guint8 *sync)
{
  g_return_val_if_fail (sync, 0);

  return (sync[1] & 0x1fu) << 8 | sync[2];
}

gsize
media_ts_payload (const guint8 *sync, gsize *payload)
{
  gsize at = 4;

  g_return_val_if_fail (sync && payload, 0);

  if (!(sync[3] & 0x10))
    return 0;
  if (sync[3] & 0x20)
    at += 1 + (gsize)sync[4];
  *payload = at;
  return at < TS_SIZE ? TS_SIZE - at : 0;
}

/* Indexes of @wanted different packets out of the middle 90 % of @count. */
static GHashTable *
draw_packets (gsize count, gsize wanted, GRand *random)
{
  GHashTable *drawn = g_hash_table_new (NULL, NULL);
  gint32 first = (gint32)(count / 20);
  gint32 end = (gint32)(count - count / 20);

  while (g_hash_table_size (drawn) < wanted)
    g_hash_table_add (
        drawn, GSIZE_TO_POINTER ((gsize)g_rand_int_range (random, first, end)));
  return drawn;
}

gboolean
media_ts_lose_packets (
    GByteArray *data, GRand *random, GArray *spots, GError **error)
{
  g_autoptr (GHashTable) lost = NULL;
  gsize first;
  gsize size;
  gsize count;
  gsize kept = 0;

  g_return_val_if_fail (data && random && spots, FALSE);

  size = media_ts_packet_size (data, &first);
  if (!size)
    return media_damage_refuse (error, "not a transport stream");
  count = data->len / size;
  lost = draw_packets (count, MAX (1, count * LOST_PER_MILLE / 1000), random);
  for (gsize i = 0; i < count; i++) {
    CviDamageSpot spot = { i * size, size };

    if (g_hash_table_contains (lost, GSIZE_TO_POINTER (i))) {
      g_array_append_val (spots, spot);
      continue;
    }
    memmove (data->data + kept, data->data + i * size, size);
    kept += size;
  }
  memmove (
      data->data + kept, data->data + count * size, data->len - count * size);
  g_byte_array_set_size (data, (guint)(data->len - (count * size - kept)));
  return TRUE;
}
