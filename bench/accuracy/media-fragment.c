/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench/accuracy/media-damage.h"
#include "tests/media/cvi-damage.h"

#include <string.h>

#define EBML_HEADER 0x1a45dfa3
#define MKV_SEGMENT 0x18538067
#define MKV_CLUSTER 0x1f43b675
#define EBML_UNKNOWN G_MAXUINT64
/* Parts that leave one to take between the first and the last. */
#define MIN_PARTS 3

/* Takes one of the @parts out, neither the first nor the last. */
static gboolean
drop_part (GByteArray *data, const GArray *parts, GRand *random, GArray *spots,
    const char *why, GError **error)
{
  const CviDamageSpot *part;

  if (parts->len < MIN_PARTS)
    return media_damage_refuse (error, why);
  part = &g_array_index (parts, CviDamageSpot,
      (guint)g_rand_int_range (random, 1, (gint32)parts->len - 1));
  g_array_append_vals (spots, part, 1);
  g_byte_array_remove_range (data, (guint)part->offset, (guint)part->length);
  return TRUE;
}

static guint64
read_be (const guint8 *at, gsize len)
{
  guint64 value = 0;

  for (gsize i = 0; i < len; i++)
    value = value << 8 | at[i];
  return value;
}

/* Size of the box at @at with its header, at most what is left; 0: no box. */
static gsize
box_size (const GByteArray *data, gsize at)
{
  gsize left = data->len - at;
  guint64 size;

  if (left < 8)
    return 0;
  size = read_be (data->data + at, 4);
  if (size == 0)
    return left;
  if (size == 1 && left >= 16)
    size = read_be (data->data + at + 8, 8);
  return size < 8 || size > left ? 0 : (gsize)size;
}

static gboolean
box_is (const GByteArray *data, gsize at, const char *name)
{
  return memcmp (data->data + at + 4, name, 4) == 0;
}

gboolean
media_drop_fragment (
    GByteArray *data, GRand *random, GArray *spots, GError **error)
{
  g_autoptr (GArray) parts = g_array_new (FALSE, FALSE, sizeof (CviDamageSpot));
  gsize moof = G_MAXSIZE;
  gsize size;

  g_return_val_if_fail (data && random && spots, FALSE);

  for (gsize at = 0; at < data->len && (size = box_size (data, at));
       at += size) {
    if (box_is (data, at, "moof")) {
      moof = at;
    } else if (box_is (data, at, "mdat") && moof != G_MAXSIZE) {
      CviDamageSpot part = { moof, at + size - moof };

      g_array_append_val (parts, part);
      moof = G_MAXSIZE;
    }
  }
  return drop_part (
      data, parts, random, spots, "fewer than three fragments", error);
}

/* An EBML element: @len is the payload's, EBML_UNKNOWN where it is not said. */
typedef struct {
  guint64 id;
  gsize header;
  guint64 len;
} Element;

static gsize
vint_length (guint8 first)
{
  gsize len = 1;

  while (len <= 8 && !(first & (0x80u >> (len - 1))))
    len++;
  return len;
}

static gboolean
read_element (const GByteArray *data, gsize at, Element *element)
{
  gsize id_len;
  gsize len_len;
  guint64 mask;

  if (at >= data->len)
    return FALSE;
  id_len = vint_length (data->data[at]);
  if (id_len > 4 || at + id_len >= data->len)
    return FALSE;
  len_len = vint_length (data->data[at + id_len]);
  if (len_len > 8 || at + id_len + len_len > data->len)
    return FALSE;
  mask = (G_GUINT64_CONSTANT (1) << (7 * len_len)) - 1;
  element->id = read_be (data->data + at, id_len);
  element->header = id_len + len_len;
  element->len = read_be (data->data + at + id_len, len_len) & mask;
  if (element->len == mask)
    element->len = EBML_UNKNOWN;
  return TRUE;
}

/* Level 1 elements and the Segment have IDs of four bytes; none of those
 * inside a Cluster has. */
static gboolean
ends_cluster (const Element *element)
{
  return element->id >= 0x10000000;
}

/* End of the cluster whose payload begins at @at. */
static gsize
cluster_end (const GByteArray *data, gsize at, guint64 len)
{
  Element child;

  if (len != EBML_UNKNOWN)
    return at + (gsize)MIN (len, data->len - at);
  while (read_element (data, at, &child) && !ends_cluster (&child) &&
         child.len <= data->len - at - child.header)
    at += child.header + (gsize)child.len;
  return at;
}

/* Start of the Segment's payload, 0 where there is none. */
static gsize
find_segment (const GByteArray *data)
{
  Element element;
  gsize at = 0;

  if (!read_element (data, at, &element) || element.id != EBML_HEADER ||
      element.len > data->len - element.header)
    return 0;
  at = element.header + (gsize)element.len;
  if (!read_element (data, at, &element) || element.id != MKV_SEGMENT)
    return 0;
  return at + element.header;
}

gboolean
media_drop_cluster (
    GByteArray *data, GRand *random, GArray *spots, GError **error)
{
  g_autoptr (GArray) parts = g_array_new (FALSE, FALSE, sizeof (CviDamageSpot));
  Element element;
  gsize at;

  g_return_val_if_fail (data && random && spots, FALSE);

  at = find_segment (data);
  if (!at)
    return media_damage_refuse (error, "not Matroska");
  while (read_element (data, at, &element)) {
    gsize payload = at + element.header;

    if (element.id == MKV_CLUSTER) {
      gsize end = cluster_end (data, payload, element.len);
      CviDamageSpot part = { at, end - at };

      g_array_append_val (parts, part);
      at = end;
      continue;
    }
    if (element.len > data->len - payload)
      break;
    at = payload + (gsize)element.len;
  }
  return drop_part (
      data, parts, random, spots, "fewer than three clusters", error);
}
