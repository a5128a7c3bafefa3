/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/media/cvi-damage.h"

#include <string.h>

#define SIZE 300000

/* Bytes without runs or repeats, so that every damage shows. */
static GByteArray *
make_data (guint size)
{
  GByteArray *data = g_byte_array_sized_new (size);
  guint32 value = 1;

  for (guint i = 0; i < size; i++) {
    guint8 byte;

    value = value * 1664525u + 1013904223u;
    byte = (guint8)(value >> 24);
    g_byte_array_append (data, &byte, 1);
  }
  return data;
}

static GArray *
new_spots (void)
{
  return g_array_new (FALSE, FALSE, sizeof (CviDamageSpot));
}

static GByteArray *
damaged (const char *kind, guint64 seed, GArray *spots)
{
  g_autoptr (GByteArray) data = make_data (SIZE);
  g_autoptr (GError) error = NULL;

  g_assert_true (cvi_damage_apply (kind, seed, data, spots, &error));
  g_assert_no_error (error);
  return g_steal_pointer (&data);
}

static gboolean
in_spots (const GArray *spots, guint64 offset)
{
  for (guint i = 0; i < spots->len; i++) {
    const CviDamageSpot *spot = &g_array_index (spots, CviDamageSpot, i);

    if (offset >= spot->offset && offset - spot->offset < spot->length)
      return TRUE;
  }
  return FALSE;
}

/* Where the size stays, all that differs lies in the reported places. */
static void
test_reported_places (gconstpointer user_data)
{
  const char *kind = user_data;
  g_autoptr (GByteArray) data = make_data (SIZE);
  g_autoptr (GArray) spots = new_spots ();
  g_autoptr (GByteArray) bad = damaged (kind, 7, spots);
  guint differing = 0;

  g_assert_cmpuint (spots->len, >, 0);
  if (bad->len != data->len)
    return;
  for (guint i = 0; i < data->len; i++) {
    if (data->data[i] == bad->data[i])
      continue;
    differing++;
    g_assert_true (in_spots (spots, i));
  }
  g_assert_cmpuint (differing, >, 0);
}

static void
test_same_seed (gconstpointer user_data)
{
  const char *kind = user_data;
  g_autoptr (GArray) spots = new_spots ();
  g_autoptr (GByteArray) one = damaged (kind, 42, spots);
  g_autoptr (GByteArray) two = damaged (kind, 42, spots);

  g_assert_cmpmem (one->data, one->len, two->data, two->len);
}

static void
test_other_seed (void)
{
  g_autoptr (GArray) a = new_spots ();
  g_autoptr (GArray) b = new_spots ();
  g_autoptr (GByteArray) one = damaged ("zero-4k", 1, a);
  g_autoptr (GByteArray) two = damaged ("zero-4k", 2, b);

  g_assert_cmpuint (g_array_index (a, CviDamageSpot, 0).offset, !=,
      g_array_index (b, CviDamageSpot, 0).offset);
}

/* The benchmark's tables compare figures over time: what a seed does must not
 * change. */
static void
test_places_are_fixed (void)
{
  g_autoptr (GArray) spots = new_spots ();
  g_autoptr (GByteArray) bad = damaged ("random-4k", 1, spots);
  const CviDamageSpot *spot = &g_array_index (spots, CviDamageSpot, 0);

  g_assert_cmpuint (spots->len, ==, 1);
  g_assert_cmpuint (spot->offset, ==, 145235);
  g_assert_cmpuint (spot->length, ==, 4096);
}

static void
test_sizes (void)
{
  const struct {
    const char *kind;
    guint size;
  } rows[] = {
    { "cut-30", SIZE * 3 / 10 },
    { "cut-70", SIZE * 7 / 10 },
    { "cut-95", SIZE * 95 / 100 },
    { "drop-4k", SIZE - 4096 },
    { "append", SIZE + 4096 },
    { "zero-32k", SIZE },
    { "swap", SIZE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GArray) spots = new_spots ();
    g_autoptr (GByteArray) bad = damaged (rows[i].kind, 3, spots);

    g_assert_cmpuint (bad->len, ==, rows[i].size);
  }
}

static void
test_zeros (void)
{
  g_autoptr (GArray) spots = new_spots ();
  g_autoptr (GByteArray) bad = damaged ("zero-32k", 5, spots);
  const CviDamageSpot *spot = &g_array_index (spots, CviDamageSpot, 0);

  g_assert_cmpuint (spot->length, ==, 32768);
  for (guint64 i = 0; i < spot->length; i++)
    g_assert_cmpuint (bad->data[spot->offset + i], ==, 0);
}

static void
test_swap_exchanges (void)
{
  g_autoptr (GByteArray) data = make_data (SIZE);
  g_autoptr (GArray) spots = new_spots ();
  g_autoptr (GByteArray) bad = damaged ("swap", 5, spots);
  const CviDamageSpot *one = &g_array_index (spots, CviDamageSpot, 0);
  const CviDamageSpot *two = &g_array_index (spots, CviDamageSpot, 1);

  g_assert_cmpuint (spots->len, ==, 2);
  g_assert_cmpuint (one->offset + one->length, <=, two->offset);
  g_assert_cmpmem (bad->data + one->offset, one->length,
      data->data + two->offset, two->length);
  g_assert_cmpmem (bad->data + two->offset, two->length,
      data->data + one->offset, one->length);
}

static void
test_small_files (void)
{
  const char *const *kinds = cvi_damage_kinds ();

  for (guint64 seed = 0; seed < 50; seed++) {
    for (gsize i = 0; kinds[i]; i++) {
      g_autoptr (GByteArray) data = make_data (CVI_DAMAGE_MIN_SIZE);
      g_autoptr (GArray) spots = new_spots ();
      g_autoptr (GError) error = NULL;

      g_assert_true (cvi_damage_apply (kinds[i], seed, data, spots, &error));
      g_assert_no_error (error);
    }
  }
}

static void
test_refusals (void)
{
  g_autoptr (GByteArray) zeros = g_byte_array_new ();
  g_autoptr (GByteArray) tiny = make_data (CVI_DAMAGE_MIN_SIZE - 1);
  g_autoptr (GArray) spots = new_spots ();
  g_autoptr (GError) error = NULL;

  g_assert_false (cvi_damage_apply ("flip-1", 1, tiny, spots, &error));
  g_assert_error (error, CVI_DAMAGE_ERROR, CVI_DAMAGE_ERROR_TOO_SMALL);
  g_clear_error (&error);

  g_assert_false (cvi_damage_apply ("melt", 1, tiny, spots, &error));
  g_assert_error (error, CVI_DAMAGE_ERROR, CVI_DAMAGE_ERROR_KIND);
  g_clear_error (&error);
  g_assert_null (cvi_damage_describe ("melt"));

  g_byte_array_set_size (zeros, SIZE);
  memset (zeros->data, 0, SIZE);
  g_assert_false (cvi_damage_apply ("zero-4k", 1, zeros, spots, &error));
  g_assert_error (error, CVI_DAMAGE_ERROR, CVI_DAMAGE_ERROR_NO_CHANGE);
  g_assert_cmpuint (zeros->len, ==, SIZE);
}

int
main (int argc, char **argv)
{
  const char *const *kinds = cvi_damage_kinds ();

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; kinds[i]; i++) {
    g_autofree char *places =
        g_strdup_printf ("/media/damage/places/%s", kinds[i]);
    g_autofree char *same = g_strdup_printf ("/media/damage/same/%s", kinds[i]);

    g_test_add_data_func (places, kinds[i], test_reported_places);
    g_test_add_data_func (same, kinds[i], test_same_seed);
  }
  g_test_add_func ("/media/damage/other-seed", test_other_seed);
  g_test_add_func ("/media/damage/places-are-fixed", test_places_are_fixed);
  g_test_add_func ("/media/damage/sizes", test_sizes);
  g_test_add_func ("/media/damage/zeros", test_zeros);
  g_test_add_func ("/media/damage/swap", test_swap_exchanges);
  g_test_add_func ("/media/damage/small-files", test_small_files);
  g_test_add_func ("/media/damage/refusals", test_refusals);
  return g_test_run ();
}
