/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* A day of a live stream with a fault every minute, as fast as it can be made;
 * weeks, large numbers, and times at the end of what 64 bits hold. */
#include <stdio.h>
#include <unistd.h>
#include "plugin/element/cvi-message.h"
#include "tests/element/helper.h"

#define AUDIO                                                                  \
  "audio/x-raw,format=S16LE,rate=48000,channels=2,layout=interleaved"
#define FRAME (100 * GST_MSECOND)
#define PER_MINUTE 600
#define MINUTES (24 * 60)
#define HOUR 60
/* How far the faults move the stream's time. */
#define JUMP (10 * FRAME)
/* What may be kept after the first hour: about one byte a buffer. */
#define FLAT (1024 * 1024)

/* A sanitizer keeps what was freed. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEASURED FALSE
#else
#define MEASURED TRUE
#endif

typedef enum {
  FAULT_CORRUPTED,
  FAULT_GAP,
  FAULT_WARNING,
  FAULT_OVERLAP,
  FAULT_MISSING,
  FAULT_BACKWARDS,
  FAULT_LOG,
  N_FAULTS
} Fault;

static const struct {
  const char *rule;
  /* how the next buffer's timestamp differs from what it would be */
  gint64 moved;
} faults[N_FAULTS] = {
  [FAULT_CORRUPTED] = { "decode::corrupt-frame", 0 },
  [FAULT_GAP] = { "time::gap", (gint64)JUMP },
  [FAULT_WARNING] = { "decode::error", 0 },
  [FAULT_OVERLAP] = { "time::overlap", 0 },
  [FAULT_MISSING] = { "time::gap", (gint64)JUMP },
  [FAULT_BACKWARDS] = { "time::backwards", -(gint64)(2 * JUMP) },
  [FAULT_LOG] = { "decode::error", 0 },
};

/* One that cvicheck knows as a decoder's. */
static GstDebugCategory *decoder_log;

typedef struct {
  GstElement *decoder;
  guint64 n;
  gint64 moved;
  /* where the faults are, for the thread that reads the bus */
  guint64 places[MINUTES];
} Feed;

static void
push_missing (GstPad *pad, guint64 start)
{
  GstEvent *gap = gst_event_new_gap (start, JUMP);

  gst_event_set_gap_flags (gap, GST_GAP_FLAG_MISSING_DATA);
  gst_pad_push_event (pad, gap);
}

/* Stamps each buffer of fakesrc; in the middle of a minute with a fault. */
static void
on_handoff (GstElement *source, GstBuffer *buffer, GstPad *pad, Feed *feed)
{
  guint64 minute = feed->n / PER_MINUTE;
  Fault fault = minute % N_FAULTS;
  gboolean now = feed->n % PER_MINUTE == PER_MINUTE / 2;
  guint64 pts = (guint64)((gint64)(feed->n * FRAME) + feed->moved);

  GST_BUFFER_DURATION (buffer) = FRAME;
  if (now) {
    feed->places[minute] = pts;
    feed->moved += faults[fault].moved;
    if (fault == FAULT_CORRUPTED)
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_CORRUPTED);
    else if (fault == FAULT_OVERLAP)
      GST_BUFFER_DURATION (buffer) = JUMP;
    else if (fault == FAULT_WARNING)
      GST_ELEMENT_WARNING (feed->decoder, STREAM, DECODE, (NULL), ("odd"));
    else if (fault == FAULT_MISSING)
      push_missing (pad, pts);
    else if (fault == FAULT_LOG)
      GST_CAT_ERROR_OBJECT (decoder_log, feed->decoder, "damaged frame");
    pts = (guint64)((gint64)pts + faults[fault].moved);
  }
  GST_BUFFER_PTS (buffer) = pts;
  feed->n++;
}

static gsize
resident (void)
{
  FILE *file = fopen ("/proc/self/statm", "re");
  unsigned long pages = 0;

  fail_unless (file && fscanf (file, "%*u %lu", &pages) == 1);
  fclose (file);
  return pages * (gsize)sysconf (_SC_PAGESIZE);
}

/* The finding of minute @n, where it should be. */
static void
check_finding (const Feed *feed, guint n, GstMessage *message)
{
  const guint64 near = 2 * JUMP;
  g_autoptr (CviFinding) finding =
      cvi_finding_from_structure (gst_message_get_structure (message));

  fail_unless (finding != NULL && n < MINUTES);
  fail_unless_equals_string (finding->rule->id, faults[n % N_FAULTS].rule);
  fail_unless (finding->severity >= CVI_SEVERITY_WARNING);
  fail_unless (finding->start_ns <= feed->places[n] + near &&
                   finding->end_ns + near >= feed->places[n],
      "minute %u", n);
}

/* Reads the bus to the end. Returns: how many findings were told */
static guint
read_bus (GstElement *pipeline, const Feed *feed, guint *n_others)
{
  guint n = 0;
  gsize before = 0;
  gboolean ended = FALSE;

  while (!ended) {
    GstMessage *message =
        gst_bus_timed_pop (GST_ELEMENT_BUS (pipeline), GST_CLOCK_TIME_NONE);

    ended = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
    fail_if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR);
    if (gst_message_has_name (message, CVI_MESSAGE_FINDING))
      check_finding (feed, n++, message);
    else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT)
      ++*n_others;
    if (n == HOUR && before == 0)
      before = resident ();
    gst_message_unref (message);
  }
  fail_unless (before > 0);
  if (MEASURED)
    fail_unless (resident () < before + FLAT, "%" G_GSIZE_FORMAT " more",
        resident () - before);
  return n;
}

/* Each fault is told once and where it is, with one summary a minute; memory
 * stays what it is. */
GST_START_TEST (test_day_with_faults)
{
  GstElement *pipeline = gst_parse_launch (
      "fakesrc name=source format=time sizetype=fixed sizemax=4 "
      "filltype=nothing signal-handoffs=true ! " AUDIO
      " ! identity name=decoder ! cvicheck name=check watch-log=true ! "
      "fakesink sync=false",
      NULL);
  GstElement *source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  GstElement *check = gst_bin_get_by_name (GST_BIN (pipeline), "check");
  Feed feed = { gst_bin_get_by_name (GST_BIN (pipeline), "decoder") };
  guint n_summaries = 0, n_gaps = 0;

  GST_DEBUG_CATEGORY_INIT (decoder_log, "vp8dec", 0, "as if of a decoder");
  gst_debug_remove_log_function (gst_debug_log_default);
  /* So that a line of the log is of the packet that went in last. */
  gst_element_class_set_static_metadata (GST_ELEMENT_GET_CLASS (feed.decoder),
      "identity", "Codec/Decoder/Audio", "as if", "the test");
  for (guint i = 0; i < MINUTES; i++)
    n_gaps += i % N_FAULTS == FAULT_GAP || i % N_FAULTS == FAULT_MISSING;
  g_object_set (source, "num-buffers", MINUTES * PER_MINUTE, NULL);
  g_object_set (check, "summary-interval", (guint64)(60 * GST_SECOND), NULL);
  g_signal_connect (source, "handoff", G_CALLBACK (on_handoff), &feed);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  fail_unless_equals_int (read_bus (pipeline, &feed, &n_summaries), MINUTES);
  fail_unless (n_summaries >= MINUTES - 1 && n_summaries <= MINUTES + 1, "%u",
      n_summaries);
  fail_unless_equals_uint64 (cvi_test_stat (check, "findings"), MINUTES);
  fail_unless_equals_uint64 (cvi_test_stat (check, "occurrences"), MINUTES);
  fail_unless_equals_uint64 (
      cvi_test_stat (check, "buffers"), MINUTES * PER_MINUTE);
  fail_unless_equals_uint64 (cvi_test_stat (check, "gaps"), n_gaps);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (feed.decoder);
  gst_object_unref (source);
  gst_object_unref (check);
  gst_object_unref (pipeline);
}
GST_END_TEST

static void
expect_at (GstHarness *h, const char *rule, guint64 start, guint64 end)
{
  g_autoptr (CviFinding) finding =
      cvi_test_expect (GST_ELEMENT_BUS (h->element), rule,
          g_str_has_prefix (rule, "decode") ? CVI_SEVERITY_ERROR
                                            : CVI_SEVERITY_WARNING);

  fail_unless_equals_uint64 (finding->start_ns, start);
  fail_unless_equals_uint64 (finding->end_ns, end);
}

/* One fault of each kind from @first on, in a stream of 10 frames a second. */
static void
push_faults (GstHarness *h, guint64 first)
{
  guint64 next = first + 50 * FRAME;

  cvi_test_push_run (h, first, FRAME, 50);
  cvi_test_push (h, next, FRAME, GST_BUFFER_FLAG_CORRUPTED);
  expect_at (h, "decode::corrupt-frame", next, next + FRAME);
  next += FRAME;
  cvi_test_push_run (h, next + JUMP, FRAME, 50);
  expect_at (h, "time::gap", next, next + JUMP);
  next += JUMP + 50 * FRAME;
  cvi_test_push (h, next, JUMP, 0);
  cvi_test_push_run (h, next + FRAME, FRAME, 50);
  expect_at (h, "time::overlap", next + FRAME, next + JUMP);
  cvi_test_push_run (h, next, FRAME, 10);
  expect_at (h, "time::backwards", next, next + 50 * FRAME);
  cvi_test_expect_none (GST_ELEMENT_BUS (h->element));
}

/* After weeks, years, and at the end of what timestamps can say. */
GST_START_TEST (test_late_times)
{
  static const guint64 firsts[] = { 3 * 7 * 86400 * GST_SECOND,
    20 * 365 * 86400 * GST_SECOND, (guint64)G_MAXINT64 - 10 * GST_SECOND,
    G_MAXUINT64 - 20 * GST_SECOND };

  for (guint i = 0; i < G_N_ELEMENTS (firsts); i++) {
    GstHarness *h = cvi_test_harness (AUDIO);

    g_object_set (h->element, "summary-interval", GST_SECOND, NULL);
    push_faults (h, firsts[i]);
    fail_unless_equals_uint64 (
        cvi_test_stat (h->element, "first-pts"), firsts[i]);
    cvi_test_harness_free (h);
  }
}
GST_END_TEST

/* Times that do not fit into 64 bits end there. */
GST_START_TEST (test_times_beyond)
{
  const guint64 last = G_MAXUINT64 - 1;
  GstHarness *h = cvi_test_harness (AUDIO);
  GstEvent *gap = gst_event_new_gap (last - FRAME, JUMP);
  GstSegment segment;
  CviFinding *finding;

  gst_event_set_gap_flags (gap, GST_GAP_FLAG_MISSING_DATA);
  cvi_test_push_run (h, last - 100 * FRAME, FRAME, 50);
  cvi_test_push (h, last - 20 * FRAME, 40 * FRAME, 0);
  cvi_test_push (h, last - 10 * FRAME, last, GST_BUFFER_FLAG_CORRUPTED);
  gst_harness_push_event (h, gap);
  cvi_test_push (h, last, last, GST_BUFFER_FLAG_CORRUPTED);
  fail_unless_equals_uint64 (cvi_test_stat (h->element, "last-end"), last);
  /* A segment's stream time may pass the end, too. */
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.time = last - 55 * FRAME;
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  cvi_test_push_run (h, 0, FRAME, 50);
  cvi_test_push_run (h, 90 * FRAME, FRAME, 20);
  cvi_test_push (h, 110 * FRAME, FRAME, GST_BUFFER_FLAG_CORRUPTED);
  gst_harness_push_event (h, gst_event_new_eos ());
  /* cvi_test_pop_finding() refuses one that ends before it begins. */
  while ((finding = cvi_test_pop_finding (GST_ELEMENT_BUS (h->element))))
    cvi_finding_free (finding);
  fail_unless (cvi_test_stat (h->element, "gaps") >= 2);
  cvi_test_harness_free (h);
}
GST_END_TEST

/* More bytes than 32 bits count. */
GST_START_TEST (test_large_counters)
{
  const gsize size = 64 * 1024 * 1024;
  const guint n = 100;
  GstHarness *h = cvi_test_harness (AUDIO);
  gpointer data = g_malloc (size);

  for (guint i = 0; i < n; i++) {
    GstBuffer *buffer =
        gst_buffer_new_wrapped_full (0, data, size, 0, size, NULL, NULL);

    GST_BUFFER_PTS (buffer) = i * FRAME;
    GST_BUFFER_DURATION (buffer) = FRAME;
    gst_harness_push (h, buffer);
    gst_buffer_unref (gst_harness_pull (h));
  }
  fail_unless_equals_uint64 (
      cvi_test_stat (h->element, "bytes"), (guint64)n * size);
  cvi_test_expect_none (GST_ELEMENT_BUS (h->element));
  cvi_test_harness_free (h);
  g_free (data);
}
GST_END_TEST

static Suite *
soak_suite (void)
{
  Suite *suite = suite_create ("soak");
  TCase *tcase = tcase_create ("general");

  cvi_test_register ();
  tcase_add_test (tcase, test_day_with_faults);
  tcase_add_test (tcase, test_late_times);
  tcase_add_test (tcase, test_times_beyond);
  tcase_add_test (tcase, test_large_counters);
  suite_add_tcase (suite, tcase);
  return suite;
}

GST_CHECK_MAIN (soak)
