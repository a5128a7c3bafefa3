/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* The log tap: which lines it takes, whose they are, how they are collapsed.
 * Lines are written under the names of real categories. */
#include "plugin/element/cvi-log-table.h"
#include "plugin/element/cvi-log-tap.h"
#include "tests/element/helper.h"

static GstDebugCategory *libav;
static GstDebugCategory *qtdemux;

static void
make_categories (void)
{
  GST_DEBUG_CATEGORY_INIT (libav, "libav", 0, "test");
  GST_DEBUG_CATEGORY_INIT (qtdemux, "qtdemux", 0, "test");
}

/* As gst-libav does: no file, no function, no object. */
static void
say_libav (GstDebugLevel level, const char *text)
{
  gst_debug_log (libav, level, "", "", 0, NULL, "%s", text);
}

static void
keep_entry (const CviLogEntry *entry, gpointer user_data)
{
  CviLogEntry *copy = g_memdup2 (entry, sizeof *entry);

  copy->text = g_strdup (entry->text);
  g_ptr_array_add (user_data, copy);
}

static void
entry_free (gpointer data)
{
  CviLogEntry *entry = data;

  g_free (entry->text);
  g_free (entry);
}

static GPtrArray *
drain (CviLogTap *tap)
{
  GPtrArray *entries = g_ptr_array_new_with_free_func (entry_free);

  cvi_log_tap_drain (tap, keep_entry, entries);
  fail_if (cvi_log_tap_pending (tap));
  return entries;
}

static guint
drain_count (CviLogTap *tap)
{
  g_autoptr (GPtrArray) entries = drain (tap);

  return entries->len;
}

GST_START_TEST (test_entered_thread)
{
  CviLogTap *tap = cvi_log_tap_new ();
  g_autoptr (GPtrArray) entries = NULL;
  CviLogEntry *entry;

  fail_if (cvi_log_tap_pending (tap));
  cvi_log_tap_enter (tap, 7 * GST_SECOND);
  say_libav (GST_LEVEL_ERROR, "error while decoding MB 1 2");
  cvi_log_tap_enter (tap, 8 * GST_SECOND);
  say_libav (GST_LEVEL_ERROR, "error while decoding MB 13 24");
  fail_unless (cvi_log_tap_pending (tap));
  entries = drain (tap);
  /* alike but for the numbers: one entry */
  fail_unless_equals_int (entries->len, 1);
  entry = g_ptr_array_index (entries, 0);
  fail_unless_equals_int (entry->rule, CVI_RULE_DECODE_ERROR);
  fail_unless_equals_int (entry->severity, CVI_SEVERITY_ERROR);
  fail_unless_equals_string (entry->text, "error while decoding MB 1 2");
  fail_unless_equals_uint64 (entry->time_ns, 7 * GST_SECOND);
  fail_unless_equals_uint64 (entry->last_ns, 8 * GST_SECOND);
  fail_unless_equals_uint64 (entry->count, 2);

  cvi_log_tap_leave ();
  cvi_log_tap_free (tap);
}
GST_END_TEST

static gpointer
say_from_elsewhere (gpointer data)
{
  say_libav (GST_LEVEL_ERROR, "from another thread");
  return NULL;
}

/* A thread that entered nothing is nobody's, unless a tap's decoder is known to
 * have threads of its own. */
GST_START_TEST (test_threads)
{
  CviLogTap *tap = cvi_log_tap_new ();
  CviLogTap *owner = cvi_log_tap_new ();
  g_autoptr (GPtrArray) entries = NULL;

  cvi_log_tap_enter (tap, 0);
  g_thread_join (g_thread_new (NULL, say_from_elsewhere, NULL));
  fail_if (cvi_log_tap_pending (tap));

  cvi_log_tap_set_threaded (owner, TRUE);
  cvi_log_tap_enter (owner, GST_SECOND);
  fail_unless_equals_int (drain_count (owner), 1); /* had waited */
  cvi_log_tap_enter (tap, 0);
  g_thread_join (g_thread_new (NULL, say_from_elsewhere, NULL));
  fail_if (cvi_log_tap_pending (tap));
  entries = drain (owner);
  fail_unless_equals_int (entries->len, 1);
  fail_unless_equals_uint64 (
      ((CviLogEntry *)g_ptr_array_index (entries, 0))->time_ns, GST_SECOND);
  cvi_log_tap_free (owner);
  cvi_log_tap_free (tap);
}
GST_END_TEST

GST_START_TEST (test_claimed_objects)
{
  CviLogTap *older = cvi_log_tap_new ();
  CviLogTap *newer = cvi_log_tap_new ();
  GstElement *mine = gst_element_factory_make ("identity", NULL);
  GstElement *other = gst_element_factory_make ("identity", NULL);
  GstPad *pad = gst_element_get_static_pad (mine, "sink");

  cvi_log_tap_claim (newer, mine);
  /* a demuxer's line does not belong to who decodes on the thread */
  cvi_log_tap_enter (older, 0);
  GST_CAT_ERROR_OBJECT (qtdemux, mine, "broken");
  fail_unless_equals_int (drain_count (newer), 1);
  GST_CAT_ERROR_OBJECT (qtdemux, pad, "broken");
  fail_unless_equals_int (drain_count (newer), 1);
  fail_unless_equals_int (drain_count (older), 0);

  cvi_log_tap_claim (older, mine);
  GST_CAT_ERROR_OBJECT (qtdemux, mine, "broken");
  fail_unless_equals_int (drain_count (older), 1);
  fail_unless_equals_int (drain_count (newer), 0);

  cvi_log_tap_unclaim_all (older);
  cvi_log_tap_unclaim_all (newer);
  GST_CAT_ERROR_OBJECT (qtdemux, mine, "broken");
  fail_unless_equals_int (drain_count (older), 0);
  fail_unless_equals_int (drain_count (newer), 0);

  cvi_log_tap_leave ();
  gst_object_unref (pad);
  gst_object_unref (mine);
  gst_object_unref (other);
  cvi_log_tap_free (older);
  cvi_log_tap_free (newer);
}
GST_END_TEST

/* What was said before anybody was there to claim it is not lost. */
GST_START_TEST (test_lines_wait)
{
  CviLogTap *tap = cvi_log_tap_new ();
  GstElement *demuxer = gst_element_factory_make ("identity", NULL);
  GstElement *other = gst_element_factory_make ("identity", NULL);
  g_autoptr (GPtrArray) entries = NULL;

  GST_CAT_ERROR_OBJECT (qtdemux, demuxer, "header");
  GST_CAT_ERROR_OBJECT (qtdemux, other, "of another file");
  say_libav (GST_LEVEL_ERROR, "first packet");
  fail_if (cvi_log_tap_pending (tap));
  cvi_log_tap_claim (tap, demuxer);
  fail_unless_equals_int (drain_count (tap), 1);
  cvi_log_tap_enter (tap, GST_SECOND);
  entries = drain (tap);
  fail_unless_equals_int (entries->len, 1);
  fail_unless_equals_string (
      ((CviLogEntry *)g_ptr_array_index (entries, 0))->text, "first packet");
  cvi_log_tap_leave ();
  cvi_log_tap_free (tap);

  /* nothing is kept once nobody listens */
  tap = cvi_log_tap_new ();
  cvi_log_tap_claim (tap, other);
  fail_if (cvi_log_tap_pending (tap));
  gst_object_unref (demuxer);
  gst_object_unref (other);
  cvi_log_tap_free (tap);
}
GST_END_TEST

GST_START_TEST (test_fallback)
{
  CviLogTap *tap = cvi_log_tap_new ();
  CviLogTap *fallback = cvi_log_tap_new ();

  cvi_log_tap_set_fallback (fallback);
  say_libav (GST_LEVEL_ERROR, "whose?");
  fail_unless_equals_int (drain_count (fallback), 1);
  cvi_log_tap_enter (tap, 0);
  say_libav (GST_LEVEL_ERROR, "mine");
  fail_unless_equals_int (drain_count (fallback), 0);
  fail_unless_equals_int (drain_count (tap), 1);
  cvi_log_tap_leave ();
  cvi_log_tap_free (fallback);
  say_libav (GST_LEVEL_ERROR, "whose now?");
  fail_unless_equals_int (drain_count (tap), 0);
  cvi_log_tap_free (tap);
}
GST_END_TEST

/* The thread still names the tap, but nothing is left of it. */
GST_START_TEST (test_freed_tap)
{
  CviLogTap *tap = cvi_log_tap_new ();
  CviLogTap *other = cvi_log_tap_new ();

  cvi_log_tap_enter (tap, 0);
  cvi_log_tap_free (tap);
  say_libav (GST_LEVEL_ERROR, "nobody is here");
  fail_if (cvi_log_tap_pending (other));
  cvi_log_tap_free (other);
}
GST_END_TEST

GST_START_TEST (test_bounded)
{
  CviLogTap *tap = cvi_log_tap_new ();
  g_autoptr (GPtrArray) entries = NULL;
  g_autofree char *huge = g_strnfill (100000, 'x');
  guint64 count = 0;

  cvi_log_tap_enter (tap, 0);
  for (guint i = 0; i < 500; i++) {
    g_autofree char *text =
        g_strdup_printf ("different %c%c", 'a' + i % 26, 'a' + i / 26);

    say_libav (GST_LEVEL_ERROR, text);
  }
  say_libav (GST_LEVEL_ERROR, huge);
  entries = drain (tap);
  fail_unless_equals_int (entries->len, CVI_LOG_TAP_MAX_ENTRIES);
  for (guint i = 0; i < entries->len; i++) {
    CviLogEntry *entry = g_ptr_array_index (entries, i);

    count += entry->count;
    fail_unless (strlen (entry->text) <= CVI_FINDING_MAX_MESSAGE);
  }
  fail_unless_equals_uint64 (count, 501);

  say_libav (GST_LEVEL_ERROR, huge);
  say_libav (GST_LEVEL_ERROR, "\xff\x01 bytes");
  fail_unless_equals_int (drain_count (tap), 2);
  cvi_log_tap_leave ();
  cvi_log_tap_free (tap);
}
GST_END_TEST

GST_START_TEST (test_thresholds)
{
  CviLogTap *one, *two;

  gst_debug_category_set_threshold (libav, GST_LEVEL_NONE);
  gst_debug_category_set_threshold (qtdemux, GST_LEVEL_TRACE);
  one = cvi_log_tap_new ();
  fail_unless_equals_int (
      gst_debug_category_get_threshold (libav), GST_LEVEL_INFO);
  /* what the user wants to see stays */
  fail_unless_equals_int (
      gst_debug_category_get_threshold (qtdemux), GST_LEVEL_TRACE);
  two = cvi_log_tap_new ();
  cvi_log_tap_free (one);
  fail_unless_equals_int (
      gst_debug_category_get_threshold (libav), GST_LEVEL_INFO);
  cvi_log_tap_free (two);
  fail_unless_equals_int (
      gst_debug_category_get_threshold (libav), GST_LEVEL_NONE);
  fail_unless_equals_int (
      gst_debug_category_get_threshold (qtdemux), GST_LEVEL_TRACE);
}
GST_END_TEST

static const struct {
  const char *category;
  GstDebugLevel level;
  const char *text;
  gint rule; /* -1: not taken */
} lines[] = {
  { "libav", GST_LEVEL_ERROR, "error while decoding MB 3 4, bytestream -5",
      CVI_RULE_DECODE_ERROR },
  { "libav", GST_LEVEL_INFO, "concealing 99 DC, 99 AC, 99 MV errors in P frame",
      CVI_RULE_DECODE_CONCEALED },
  { "libav", GST_LEVEL_ERROR, "mismatching checksum of plane 0 - ",
      CVI_RULE_DECODE_CHECKSUM },
  { "libav", GST_LEVEL_ERROR, "1f", -1 },
  { "libav", GST_LEVEL_ERROR, " != ", -1 },
  { "libav", GST_LEVEL_ERROR, "", -1 },
  { "libav", GST_LEVEL_INFO, "Reinit context to 320x240, pix_fmt: yuv420p",
      -1 },
  { "videodecoder", GST_LEVEL_WARNING, "error: cannot decode",
      CVI_RULE_DECODE_ERROR },
  { "videodecoder", GST_LEVEL_WARNING, "decreasing timestamp", -1 },
  { "openh264dec", GST_LEVEL_WARNING,
      "[OpenH264] this = 0x1, Warning:DecodeCurrentAccessUnit() failed (16) in "
      "frame: 3 uiDId: 0 uiQId: 0",
      CVI_RULE_DECODE_ERROR },
  { "h264parse", GST_LEVEL_ERROR,
      "video/x-h264 caps without codec_data or stream-format", -1 },
  { "h264parse", GST_LEVEL_WARNING,
      "broken/invalid nal Type: 1 Slice, Size: 9 will be dropped",
      CVI_RULE_DECODE_ERROR },
  { "matroskademux", GST_LEVEL_WARNING,
      "Unknown ebml id 0x1c53bb6b (possibly garbage), bailing out", -1 },
  { "matroskareadcommon", GST_LEVEL_WARNING,
      "Dropping short buffer at offset 9: wanted 8 bytes, got 7 bytes",
      CVI_RULE_CONTAINER_TRUNCATED },
  { "avidemux", GST_LEVEL_ERROR, "anything", CVI_RULE_CONTAINER_STRUCTURE },
  { "qtdemux", GST_LEVEL_WARNING, "unknown QuickTime node type tsel", -1 },
};

GST_START_TEST (test_table)
{
  const CviLogCategory *category;
  const CviLogRow *row;
  gint rule;

  cvi_log_table_init ();
  category = cvi_log_table_get (lines[__i__].category);
  fail_unless (category != NULL);
  row =
      cvi_log_category_match (category, lines[__i__].level, lines[__i__].text);
  rule = row && row->action == CVI_LOG_REPORT ? (gint)row->rule : -1;
  fail_unless_equals_int (rule, lines[__i__].rule);
  fail_unless (lines[__i__].level <= category->level);
}
GST_END_TEST

/* Of all rows: a reachable level, sane values. */
static void
check_category (gpointer data, gpointer user_data)
{
  const CviLogCategory *category = data;

  for (guint i = 0; i < category->rows->len; i++) {
    const CviLogRow *row = g_ptr_array_index (category->rows, i);

    fail_unless (row->level >= GST_LEVEL_ERROR && row->level <= GST_LEVEL_INFO);
    if (row->action != CVI_LOG_REPORT)
      continue;
    fail_unless (row->certainty > 0. && row->certainty <= 1.);
    /* a row that takes all ends what its level can match */
    for (guint j = i + 1; !row->text && j < category->rows->len; j++) {
      const CviLogRow *later = g_ptr_array_index (category->rows, j);

      fail_if (later->level == row->level, "%s: row %u is never reached",
          category->name, j);
    }
  }
}

GST_START_TEST (test_table_rows)
{
  cvi_log_table_init ();
  cvi_log_table_foreach (check_category, NULL);
  fail_unless (cvi_log_table_get ("libav")->decoder);
  fail_if (cvi_log_table_get ("qtdemux")->decoder);
  fail_if (cvi_log_table_get ("h264parse")->decoder);
  fail_unless (cvi_log_table_get ("default") == NULL);
}
GST_END_TEST

static Suite *
log_suite (void)
{
  Suite *suite = suite_create ("log");
  TCase *tcase = tcase_create ("general");

  make_categories ();
  tcase_add_test (tcase, test_entered_thread);
  tcase_add_test (tcase, test_threads);
  tcase_add_test (tcase, test_claimed_objects);
  tcase_add_test (tcase, test_lines_wait);
  tcase_add_test (tcase, test_fallback);
  tcase_add_test (tcase, test_freed_tap);
  tcase_add_test (tcase, test_bounded);
  tcase_add_test (tcase, test_thresholds);
  tcase_add_loop_test (tcase, test_table, 0, G_N_ELEMENTS (lines));
  tcase_add_test (tcase, test_table_rows);
  suite_add_tcase (suite, tcase);
  return suite;
}

GST_CHECK_MAIN (log)
