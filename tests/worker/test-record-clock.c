/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* When a recording begins to be written, and when it is given up: at times that
 * nobody has to wait for. */
#include "tools/worker/cvi-record-clock.h"

#define S G_TIME_SPAN_SECOND

static void
test_start (void)
{
  static const struct {
    gint64 age_us;
    gboolean complete;
    guint n_streams, n_known;
    CviRecordStart start;
  } rows[] = {
    { -1, FALSE, 0, 0, CVI_RECORD_WAIT },
    { 0, TRUE, 2, 2, CVI_RECORD_FLOW },
    /* There may be more of them. */
    { 0, FALSE, 2, 2, CVI_RECORD_WAIT },
    { CVI_RECORD_GATHER_US + 1, FALSE, 2, 2, CVI_RECORD_FLOW },
    /* One without a picture that can be decoded alone is waited for. */
    { CVI_RECORD_GATHER_US + 1, TRUE, 2, 1, CVI_RECORD_WAIT },
    { CVI_RECORD_CAPS_US, TRUE, 2, 1, CVI_RECORD_WAIT },
    { CVI_RECORD_CAPS_US + 1, TRUE, 2, 1, CVI_RECORD_FLOW },
    { CVI_RECORD_CAPS_US, TRUE, 2, 0, CVI_RECORD_WAIT },
    { CVI_RECORD_CAPS_US + 1, TRUE, 2, 0, CVI_RECORD_NOTHING },
    /* Streams of data alone. */
    { CVI_RECORD_CAPS_US, TRUE, 0, 0, CVI_RECORD_WAIT },
    { CVI_RECORD_CAPS_US + 1, TRUE, 0, 0, CVI_RECORD_NOTHING },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_test_message ("row %u", i);
    g_assert_cmpint (cvi_record_start (rows[i].age_us, rows[i].complete,
                         rows[i].n_streams, rows[i].n_known),
        ==, rows[i].start);
  }
}

/* Enough of one stream was taken, and the others are behind. */
static void
test_others_are_behind (void)
{
  CviRecordEnd end = { 0 };
  gint64 begin = 100 * S;
  gint64 finish = begin + CVI_RECORD_END_US + 1;

  g_assert_cmpint (
      cvi_record_end_step (&end, FALSE, FALSE, 50 * S), ==, CVI_RECORD_GO_ON);
  g_assert_cmpint (
      cvi_record_end_step (&end, TRUE, FALSE, begin), ==, CVI_RECORD_GO_ON);
  g_assert_cmpint (cvi_record_end_step (&end, TRUE, FALSE, finish - 1), ==,
      CVI_RECORD_GO_ON);
  g_assert_cmpint (
      cvi_record_end_step (&end, TRUE, FALSE, finish), ==, CVI_RECORD_FINISH);
  /* Once, and the muxer has all of its time from there on. */
  g_assert_cmpint (
      cvi_record_end_step (&end, TRUE, TRUE, finish + CVI_RECORD_FINISH_US), ==,
      CVI_RECORD_GO_ON);
  g_assert_cmpint (
      cvi_record_end_step (&end, TRUE, TRUE, finish + CVI_RECORD_FINISH_US + 1),
      ==, CVI_RECORD_GIVE_UP);
}

/* The server ends them all, and the muxer does not come to an end. */
static void
test_all_end (void)
{
  CviRecordEnd end = { 0 };

  g_assert_cmpint (
      cvi_record_end_step (&end, FALSE, TRUE, 7 * S), ==, CVI_RECORD_GO_ON);
  g_assert_cmpint (end.finish_us, ==, 7 * S);
  g_assert_cmpint (
      cvi_record_end_step (&end, FALSE, TRUE, 7 * S + CVI_RECORD_FINISH_US), ==,
      CVI_RECORD_GO_ON);
  g_assert_cmpint (
      cvi_record_end_step (&end, FALSE, TRUE, 7 * S + CVI_RECORD_FINISH_US + 1),
      ==, CVI_RECORD_GIVE_UP);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/record-clock/start", test_start);
  g_test_add_func ("/record-clock/others-are-behind", test_others_are_behind);
  g_test_add_func ("/record-clock/all-end", test_all_end);
  return g_test_run ();
}
