/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/media/cvi-damage.h"

#include <string.h>

G_DEFINE_QUARK (cvi - damage - error - quark, cvi_damage_error)

/* Places tried for a damage that would change nothing, for example zeros
 * written over zeros. */
#define MAX_TRIES 64

/* Each damages a copy of the original's bytes; @amount is of the table row. */
typedef void (*Apply) (
    GByteArray *data, guint64 *random, gsize amount, GArray *spots);

/* splitmix64: small, and the same everywhere. */
static guint64
next_random (guint64 *state)
{
  guint64 z = *state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static void
fill_random (guint8 *to, gsize len, guint64 *random)
{
  for (gsize i = 0; i < len; i++)
    to[i] = (guint8)next_random (random);
}

static void
add_spot (GArray *spots, gsize offset, gsize length)
{
  CviDamageSpot spot = { offset, length };

  g_array_append_val (spots, spot);
}

static gsize
block_length (const GByteArray *data, gsize wanted)
{
  return MIN (wanted, data->len / 4);
}

/* Where a block of @len bytes may lie: in the middle 90 % of the file. */
static gsize
pick_offset (const GByteArray *data, gsize len, guint64 *random)
{
  gsize first = data->len / 20;
  gsize last = data->len - data->len / 20 - len;

  return first + next_random (random) % (last - first + 1);
}

static void
cut (GByteArray *data, guint64 *random, gsize amount, GArray *spots)
{
  gsize keep = (gsize)((guint64)data->len * amount / 100);

  add_spot (spots, keep, data->len - keep);
  g_byte_array_set_size (data, (guint)keep);
}

static void
zero_block (GByteArray *data, guint64 *random, gsize amount, GArray *spots)
{
  gsize len = block_length (data, amount);
  gsize at = pick_offset (data, len, random);

  memset (data->data + at, 0, len);
  add_spot (spots, at, len);
}

static void
random_block (GByteArray *data, guint64 *random, gsize amount, GArray *spots)
{
  gsize len = block_length (data, amount);
  gsize at = pick_offset (data, len, random);

  fill_random (data->data + at, len, random);
  add_spot (spots, at, len);
}

static int
compare_spots (gconstpointer a, gconstpointer b)
{
  const CviDamageSpot *one = a;
  const CviDamageSpot *two = b;

  return (one->offset > two->offset) - (one->offset < two->offset);
}

static void
flip_bits (GByteArray *data, guint64 *random, gsize amount, GArray *spots)
{
  for (gsize i = 0; i < amount; i++) {
    gsize at = pick_offset (data, 1, random);

    data->data[at] ^= (guint8)(1u << (next_random (random) & 7));
    add_spot (spots, at, 1);
  }
  g_array_sort (spots, compare_spots);
}

static void
drop_block (GByteArray *data, guint64 *random, gsize amount, GArray *spots)
{
  gsize len = block_length (data, amount);
  gsize at = pick_offset (data, len, random);

  g_byte_array_remove_range (data, (guint)at, (guint)len);
  add_spot (spots, at, len);
}

/* Two places that do not overlap, the first one before the second. */
static void
pick_two (
    const GByteArray *data, gsize len, guint64 *random, gsize *a, gsize *b)
{
  do {
    *a = pick_offset (data, len, random);
    *b = pick_offset (data, len, random);
  } while (*a + len > *b && *b + len > *a);
  if (*a > *b) {
    gsize swap = *a;

    *a = *b;
    *b = swap;
  }
}

static void
replace_block (GByteArray *data, guint64 *random, gsize amount, GArray *spots)
{
  gsize len = block_length (data, amount);
  gsize at;
  gsize from;

  pick_two (data, len, random, &at, &from);
  memcpy (data->data + at, data->data + from, len);
  add_spot (spots, at, len);
}

static void
swap_blocks (GByteArray *data, guint64 *random, gsize amount, GArray *spots)
{
  gsize len = block_length (data, amount);
  g_autofree guint8 *kept = NULL;
  gsize a;
  gsize b;

  pick_two (data, len, random, &a, &b);
  kept = g_memdup2 (data->data + a, len);
  memcpy (data->data + a, data->data + b, len);
  memcpy (data->data + b, kept, len);
  add_spot (spots, a, len);
  add_spot (spots, b, len);
}

static void
zero_head (GByteArray *data, guint64 *random, gsize amount, GArray *spots)
{
  memset (data->data, 0, amount);
  add_spot (spots, 0, amount);
}

static void
zero_tail (GByteArray *data, guint64 *random, gsize amount, GArray *spots)
{
  gsize len = block_length (data, amount);

  memset (data->data + data->len - len, 0, len);
  add_spot (spots, data->len - len, len);
}

static void
append_block (GByteArray *data, guint64 *random, gsize amount, GArray *spots)
{
  gsize len = data->len;

  g_byte_array_set_size (data, (guint)(len + amount));
  fill_random (data->data + len, amount, random);
  add_spot (spots, len, amount);
}

static const struct {
  const char *name;
  Apply apply;
  gsize amount;
  const char *text;
} kinds[] = {
  { "cut-30", cut, 30, "keep the first 30 % (the seed changes nothing)" },
  { "cut-70", cut, 70, "keep the first 70 % (the seed changes nothing)" },
  { "cut-95", cut, 95, "keep the first 95 % (the seed changes nothing)" },
  { "zero-4k", zero_block, 4096, "4 KiB of zeros over one place" },
  { "zero-32k", zero_block, 32768, "32 KiB of zeros over one place" },
  { "random-512", random_block, 512, "512 random bytes over one place" },
  { "random-4k", random_block, 4096, "4 KiB of random bytes over one place" },
  { "flip-1", flip_bits, 1, "one bit inverted" },
  { "flip-10", flip_bits, 10, "10 bits inverted, spread over the file" },
  { "flip-100", flip_bits, 100, "100 bits inverted, spread over the file" },
  { "drop-4k", drop_block, 4096, "4 KiB taken out, the rest moved up" },
  { "replace-4k", replace_block, 4096, "4 KiB from elsewhere in the file" },
  { "swap", swap_blocks, 4096, "two blocks of 4 KiB exchanged" },
  { "head-64", zero_head, 64, "zeros over the first 64 bytes" },
  { "tail", zero_tail, 4096, "zeros over the last 4 KiB" },
  { "append", append_block, 4096, "4 KiB of random bytes after the end" },
};

static gssize
find_kind (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (strcmp (kinds[i].name, name) == 0)
      return (gssize)i;
  }
  return -1;
}

const char *const *
cvi_damage_kinds (void)
{
  static const char *names[G_N_ELEMENTS (kinds) + 1];

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    names[i] = kinds[i].name;
  return names;
}

const char *
cvi_damage_describe (const char *kind)
{
  gssize row;

  g_return_val_if_fail (kind, NULL);

  row = find_kind (kind);
  return row < 0 ? NULL : kinds[row].text;
}

static gboolean
same_bytes (const GByteArray *a, const GByteArray *b)
{
  return a->len == b->len && memcmp (a->data, b->data, a->len) == 0;
}

static GByteArray *
copy_bytes (const GByteArray *data)
{
  GByteArray *copy = g_byte_array_sized_new (data->len);

  return g_byte_array_append (copy, data->data, data->len);
}

gboolean
cvi_damage_apply (const char *kind, guint64 seed, GByteArray *data,
    GArray *spots, GError **error)
{
  guint64 random = seed;
  gssize row;

  g_return_val_if_fail (kind && data && spots, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  row = find_kind (kind);
  if (row < 0) {
    g_set_error (error, CVI_DAMAGE_ERROR, CVI_DAMAGE_ERROR_KIND,
        "no such kind of damage: %s", kind);
    return FALSE;
  }
  if (data->len < CVI_DAMAGE_MIN_SIZE) {
    g_set_error (error, CVI_DAMAGE_ERROR, CVI_DAMAGE_ERROR_TOO_SMALL,
        "%u bytes are too few to damage", data->len);
    return FALSE;
  }
  for (int i = 0; i < MAX_TRIES; i++) {
    g_autoptr (GByteArray) copy = copy_bytes (data);

    g_array_set_size (spots, 0);
    kinds[row].apply (copy, &random, kinds[row].amount, spots);
    if (!same_bytes (copy, data)) {
      g_byte_array_set_size (data, copy->len);
      memcpy (data->data, copy->data, copy->len);
      return TRUE;
    }
  }
  g_set_error (error, CVI_DAMAGE_ERROR, CVI_DAMAGE_ERROR_NO_CHANGE,
      "%s changes nothing in this file", kind);
  return FALSE;
}

gboolean
cvi_damage_file (const char *kind, guint64 seed, const char *in,
    const char *out, GArray *spots, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (GByteArray) data = NULL;
  gsize len = 0;

  g_return_val_if_fail (kind && in && out && spots, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!g_file_get_contents (in, &text, &len, error))
    return FALSE;
  if (len > G_MAXINT / 2) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOMEM,
        "%s is too large to damage in memory", in);
    return FALSE;
  }
  data = g_byte_array_new_take ((guint8 *)g_steal_pointer (&text), len);
  if (!cvi_damage_apply (kind, seed, data, spots, error))
    return FALSE;
  return g_file_set_contents_full (out, (const char *)data->data, data->len,
      G_FILE_SET_CONTENTS_NONE, 0644, error);
}
