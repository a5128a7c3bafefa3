/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-cadence.h"

#include <stdlib.h>
#include <string.h>

static int
compare (const void *a, const void *b)
{
  guint64 one = *(const guint64 *)a, two = *(const guint64 *)b;

  return one < two ? -1 : one > two;
}

/* The sorted history against a sort of the last distances. */
static void
test_against_sort (void)
{
  CviCadence cadence;
  guint64 all[2000];

  cvi_cadence_clear (&cadence);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++) {
    guint n = MIN (i + 1, CVI_CADENCE_HISTORY);
    guint64 sorted[CVI_CADENCE_HISTORY];

    all[i] = (guint64)g_test_rand_int_range (0, i % 500 < 250 ? 5 : 100000);
    cvi_cadence_learn (&cadence, all[i]);
    memcpy (sorted, all + i + 1 - n, n * sizeof *sorted);
    qsort (sorted, n, sizeof *sorted, compare);
    g_assert_cmpuint (cadence.n, ==, n);
    g_assert_cmpmem (
        cadence.sorted, n * sizeof *sorted, sorted, n * sizeof *sorted);
    g_assert_cmpuint (cadence.peak, >=, sorted[n - 1] / 8 * 7);
  }
}

static void
test_regular (void)
{
  CviCadence cadence;

  cvi_cadence_clear (&cadence);
  for (guint i = 0; i < CVI_CADENCE_ENOUGH; i++) {
    g_assert_false (cadence.regular);
    cvi_cadence_learn (&cadence, 33000000 + i % 2 * 1000000);
  }
  g_assert_true (cadence.regular);
  /* one outlier spoils a short history ... */
  cvi_cadence_learn (&cadence, 66000000);
  g_assert_false (cadence.regular);
  /* ... but not a long one; two do */
  for (guint i = 0; i < 100; i++)
    cvi_cadence_learn (&cadence, 33000000);
  g_assert_true (cadence.regular);
  cvi_cadence_learn (&cadence, 66000000);
  g_assert_true (cadence.regular);
  cvi_cadence_learn (&cadence, 66000000);
  g_assert_false (cadence.regular);
}

static void
test_forgets (void)
{
  CviCadence cadence;

  cvi_cadence_clear (&cadence);
  for (guint i = 0; i < CVI_CADENCE_HISTORY; i++)
    cvi_cadence_learn (&cadence, 100 + i * 50000000);
  g_assert_false (cadence.regular);
  for (guint i = 0; i < CVI_CADENCE_HISTORY; i++)
    cvi_cadence_learn (&cadence, 40000000);
  /* long irregular: not trusted at once, but in the end */
  g_assert_false (cadence.regular);
  for (guint i = 0; i < 400; i++)
    cvi_cadence_learn (&cadence, 40000000);
  g_assert_true (cadence.regular);
  cvi_cadence_clear (&cadence);
  g_assert_cmpuint (cadence.n, ==, 0);
  g_assert_false (cadence.regular);
}

/* 33, 33, 34 ms: the mean is the true 1/30 s. */
static void
test_mean (void)
{
  CviCadence cadence;

  cvi_cadence_clear (&cadence);
  for (guint i = 0; i < 100; i++)
    cvi_cadence_learn (&cadence, (i % 3 == 2 ? 34 : 33) * 1000000);
  g_assert_cmpuint (cadence.typical, >, 33300000);
  g_assert_cmpuint (cadence.typical, <, 33367000);
}

static void
test_peak (void)
{
  CviCadence cadence;

  cvi_cadence_clear (&cadence);
  cvi_cadence_learn (&cadence, 1000000000);
  for (guint i = 0; i < 100; i++)
    cvi_cadence_learn (&cadence, 40000000);
  g_assert_cmpuint (cadence.peak, >, 600000000);
  for (guint i = 0; i < 2000; i++)
    cvi_cadence_learn (&cadence, 40000000);
  g_assert_cmpuint (cadence.peak, ==, 40000000);
}

static void
test_restart (void)
{
  CviCadence cadence;

  cvi_cadence_clear (&cadence);
  for (guint i = 0; i < 100; i++)
    cvi_cadence_learn (&cadence, 33000000);
  cvi_cadence_restart (&cadence, 66000000, 66000000);
  g_assert_cmpuint (cadence.n, ==, 2);
  g_assert_cmpuint (cadence.typical, ==, 66000000);
  for (guint i = 0; i < 20; i++)
    cvi_cadence_learn (&cadence, 66000000);
  g_assert_false (cadence.regular);
  for (guint i = 0; i < 200; i++)
    cvi_cadence_learn (&cadence, 66000000);
  g_assert_true (cadence.regular);
}

static void
test_huge (void)
{
  CviCadence cadence;

  cvi_cadence_clear (&cadence);
  cvi_cadence_learn (&cadence, G_MAXUINT64);
  g_assert_cmpuint (cadence.typical, ==, CVI_CADENCE_MAX);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cadence/against-sort", test_against_sort);
  g_test_add_func ("/cadence/regular", test_regular);
  g_test_add_func ("/cadence/forgets", test_forgets);
  g_test_add_func ("/cadence/mean", test_mean);
  g_test_add_func ("/cadence/peak", test_peak);
  g_test_add_func ("/cadence/restart", test_restart);
  g_test_add_func ("/cadence/huge", test_huge);
  return g_test_run ();
}
