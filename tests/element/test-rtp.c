/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* RTP over a network that loses, delays and reorders. The network is a probe
 * with a random number generator of its own. The receiver's clock stands still
 * until all is sent, and then goes to where somebody waits: nothing depends on
 * the machine's speed. */
#include <gst/check/gsttestclock.h>
#include "plugin/element/cvi-message.h"
#include "tests/element/helper.h"

#define NONE GST_CLOCK_TIME_NONE
#define FRAME (40 * GST_MSECOND)
/* As long as summary-interval is set to below, the same is told again. */
#define INTERVAL GST_SECOND

#define SOUND                                                                  \
  "audiotestsrc num-buffers=500 samplesperbuffer=1920 ! "                      \
  "audio/x-raw,format=S16BE,rate=48000,channels=1 ! rtpL16pay mtu=8000 ! "     \
  "identity name=network"
#define SOUND_CAPS                                                             \
  "application/x-rtp,media=audio,clock-rate=48000,encoding-name=L16,"          \
  "channels=1,payload=96"
/* A picture is one packet, or with small packets many. */
#define VIDEO(mtu)                                                             \
  "videotestsrc num-buffers=300 pattern=ball ! video/x-raw,width=64,"          \
  "height=64,framerate=25/1 ! x264enc tune=zerolatency key-int-max=25 "        \
  "threads=1 aud=false ! rtph264pay config-interval=-1 mtu=" mtu               \
  " ! identity name=network"
#define JITTER_BUFFER "rtpjitterbuffer name=buffer do-lost=true latency=200"
#define CHECK                                                                  \
  "cvicheck name=check watch-log=true summary-interval=1000000000 ! "          \
  "fakesink sync=false async=false"
#define DECODER "rtph264depay ! h264parse ! avdec_h264 max-threads=1"

static const char *const needed[] = { "rtpjitterbuffer", "rtpL16pay",
  "rtph264pay", "x264enc", "h264parse", "avdec_h264", NULL };

typedef struct {
  double loss;    /* 0-1 */
  guint64 jitter; /* greatest delay, ns */
  guint32 seed;

  GRand *rand;
  GstPad *target; /* where packets are put; NULL: they go on by themselves */
  GstSegment segment;
  GList *waiting; /* packets on their way, by arrival (their DTS) */
  guint n_delivered;
  gint *received; /* how many of these have arrived, NULL: no matter */
  GArray *lost;   /* running times */
  guint last;     /* sequence number */
  gint open;
  gint all_sent;
  gint through;
} Network;

static void
network_clear (Network *network)
{
  g_rand_free (network->rand);
  g_array_unref (network->lost);
  gst_clear_object (&network->target);
}

static gint
compare_arrivals (gconstpointer a, gconstpointer b)
{
  guint64 x = GST_BUFFER_DTS ((GstBuffer *)a);
  guint64 y = GST_BUFFER_DTS ((GstBuffer *)b);

  return (x > y) - (x < y);
}

static void
deliver (Network *network, guint64 now)
{
  while (network->waiting &&
         GST_BUFFER_DTS ((GstBuffer *)network->waiting->data) <= now) {
    gst_pad_chain (network->target, network->waiting->data);
    network->waiting = g_list_delete_link (network->waiting, network->waiting);
  }
}

/* The receiver knows nothing of the sender's segment. */
static void
on_sent_event (Network *network, GstPad *pad, GstEvent *event)
{
  GstSegment plain;

  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT) {
    gst_event_copy_segment (event, &network->segment);
    gst_segment_init (&plain, GST_FORMAT_TIME);
    gst_pad_send_event (network->target, gst_event_new_segment (&plain));
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_EOS) {
    deliver (network, NONE);
    g_atomic_int_set (&network->all_sent, TRUE);
  } else {
    gst_pad_send_event (network->target, gst_event_ref (event));
  }
}

static guint
get_sequence (GstBuffer *packet)
{
  guint16 sequence = 0;

  gst_buffer_extract (packet, 2, &sequence, sizeof sequence);
  return GUINT16_FROM_BE (sequence);
}

static GstPadProbeReturn
on_sent (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Network *network = user_data;
  GstBuffer *packet;
  guint64 time, delay;

  if (info->type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
    if (!network->target)
      return GST_PAD_PROBE_OK;
    on_sent_event (network, pad, info->data);
    return GST_PAD_PROBE_DROP;
  }
  while (!g_atomic_int_get (&network->open))
    g_thread_yield ();
  packet = GST_PAD_PROBE_INFO_BUFFER (info);
  time = gst_segment_to_running_time (
      &network->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (packet));
  delay = (guint64)(g_rand_double (network->rand) * (double)network->jitter);
  if (g_rand_double (network->rand) < network->loss) {
    g_array_append_val (network->lost, time);
    return GST_PAD_PROBE_DROP;
  }
  network->n_delivered++;
  network->last = get_sequence (packet);
  if (!network->target) {
    /* More than a socket keeps would be lost without being meant to. */
    while (network->received && (gint)network->n_delivered >
                                    g_atomic_int_get (network->received) + 32)
      g_thread_yield ();
    return GST_PAD_PROBE_OK;
  }
  deliver (network, time);
  packet = gst_buffer_copy (packet);
  GST_BUFFER_PTS (packet) = time;
  GST_BUFFER_DTS (packet) = time + delay;
  network->waiting =
      g_list_insert_sorted (network->waiting, packet, compare_arrivals);
  return GST_PAD_PROBE_DROP;
}

/* Puts it behind the element "network" of @pipeline. */
static void
network_start (Network *network, GstElement *pipeline, gboolean simulated)
{
  GstElement *element = gst_bin_get_by_name (GST_BIN (pipeline), "network");
  GstPad *pad = gst_element_get_static_pad (element, "src");

  network->rand = g_rand_new_with_seed (network->seed);
  network->lost = g_array_new (FALSE, FALSE, sizeof (guint64));
  gst_segment_init (&network->segment, GST_FORMAT_TIME);
  if (simulated)
    network->target = gst_pad_get_peer (pad);
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_sent,
      network, NULL);
  gst_object_unref (pad);
  gst_object_unref (element);
}

/* What a receiver found. */
typedef struct {
  GArray *places; /* CviFinding's start and end, in turn */
  guint64 n_buffers;
  guint64 n_gaps;
  char *verdict;
  char *first; /* message */
} Found;

static void
found_clear (Found *found)
{
  g_array_unref (found->places);
  g_free (found->verdict);
  g_free (found->first);
}

static void
note_finding (Found *found, GstMessage *message)
{
  g_autoptr (CviFinding) finding =
      cvi_finding_from_structure (gst_message_get_structure (message));

  fail_unless (finding->start_ns != CVI_NONE, "%s", finding->message);
  if (!found->first)
    found->first = g_strdup_printf ("%s at %" GST_TIME_FORMAT ": %s",
        finding->rule->id, GST_TIME_ARGS (finding->start_ns), finding->message);
  g_array_append_val (found->places, finding->start_ns);
  g_array_append_val (found->places, finding->end_ns);
}

/* The last packet is through: all others are, or too late. */
static GstPadProbeReturn
on_through (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Network *network = user_data;

  if (get_sequence (GST_PAD_PROBE_INFO_BUFFER (info)) == network->last)
    g_atomic_int_set (&network->through, TRUE);
  return GST_PAD_PROBE_OK;
}

/* Moves the clock on until all packets are through, and ends the stream then:
 * at its end a jitter buffer does not tell of all that is lost. */
static void
drive (GstElement *pipeline, GstClock *clock, Network *network)
{
  GstElement *buffer = gst_bin_get_by_name (GST_BIN (pipeline), "buffer");
  GstPad *sink = gst_element_get_static_pad (buffer, "sink");
  GstPad *src = gst_element_get_static_pad (buffer, "src");

  while (!g_atomic_int_get (&network->all_sent))
    g_thread_yield ();
  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER, on_through, network, NULL);
  while (!g_atomic_int_get (&network->through)) {
    if (gst_test_clock_peek_id_count (GST_TEST_CLOCK (clock)) > 0)
      gst_test_clock_crank (GST_TEST_CLOCK (clock));
    else
      g_thread_yield ();
  }
  fail_unless (gst_pad_send_event (sink, gst_event_new_eos ()));
  gst_object_unref (src);
  gst_object_unref (sink);
  gst_object_unref (buffer);
}

/* Takes over @pipeline. */
static void
receive (GstElement *pipeline, GstClock *clock, Network *network, Found *found)
{
  GstElement *check = gst_bin_get_by_name (GST_BIN (pipeline), "check");
  gboolean ended = FALSE;
  GstMessage *message;

  found->places = g_array_new (FALSE, FALSE, sizeof (guint64));
  drive (pipeline, clock, network);
  while (!ended) {
    message = gst_bus_timed_pop (GST_ELEMENT_BUS (pipeline), NONE);
    fail_if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR);
    ended = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
    if (gst_message_has_name (message, CVI_MESSAGE_FINDING))
      note_finding (found, message);
    gst_message_unref (message);
  }
  found->n_buffers = cvi_test_stat (check, "buffers");
  found->n_gaps = cvi_test_stat (check, "gaps");
  g_object_get (check, "verdict", &found->verdict, NULL);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (check);
  gst_object_unref (pipeline);
}

/* Sends by the simulated network. */
static void
run (const char *description, Network *network, Found *found)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (description, &error);
  GstClock *clock = gst_test_clock_new ();

  g_assert_no_error (error);
  gst_pipeline_use_clock (GST_PIPELINE (pipeline), clock);
  network_start (network, pipeline, TRUE);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_element_get_state (pipeline, NULL, NULL, NONE);
  /* A jitter buffer that has no clock yet waits for nothing. */
  g_atomic_int_set (&network->open, TRUE);
  receive (pipeline, clock, network, found);
  gst_object_unref (clock);
}

/* Is there a finding for each lost packet, and for nothing else? What is near
 * another one of the same interval is not told again. */
static void
check_places (const Network *network, const Found *found)
{
  const guint64 near = INTERVAL + 2 * FRAME;

  for (guint i = 0; i < network->lost->len; i++) {
    guint64 time = g_array_index (network->lost, guint64, i);
    gboolean told = FALSE;

    for (guint j = 0; j < found->places->len && !told; j += 2)
      told = g_array_index (found->places, guint64, j) <= time + 2 * FRAME &&
             g_array_index (found->places, guint64, j + 1) + near >= time;
    fail_unless (
        told, "nothing told of %" GST_TIME_FORMAT, GST_TIME_ARGS (time));
  }
  for (guint j = 0; j < found->places->len; j += 2) {
    guint64 start = g_array_index (found->places, guint64, j);
    gboolean caused = FALSE;

    /* A decoder speaks of a lost picture until the next key frame. */
    for (guint i = 0; i < network->lost->len && !caused; i++) {
      guint64 time = g_array_index (network->lost, guint64, i);

      caused = start + 2 * FRAME >= time && start <= time + near;
    }
    fail_unless (caused, "no loss at %" GST_TIME_FORMAT, GST_TIME_ARGS (start));
  }
}

/* Runs @description with each seed, with 1 % of the packets lost. */
static void
run_lossy (const char *description, gboolean every_one)
{
  for (guint32 seed = 1; seed <= 2; seed++) {
    Network network = { .loss = 0.01, .seed = seed };
    Found found = { 0 };

    run (description, &network, &found);
    fail_unless (network.lost->len > 0);
    check_places (&network, &found);
    fail_unless_equals_string (
        found.verdict, every_one ? "suspicious" : found.verdict);
    if (every_one)
      fail_unless_equals_uint64 (found.n_gaps, network.lost->len);
    found_clear (&found);
    network_clear (&network);
  }
}

/* Runs @description with each seed, with packets that overtake each other. */
static void
run_complete (const char *description, guint n_buffers)
{
  static const guint jitters[] = { 0, 20, 60 };

  for (guint i = 0; i < G_N_ELEMENTS (jitters); i++) {
    Network network = { .jitter = jitters[i] * GST_MSECOND, .seed = 10 + i };
    Found found = { 0 };

    run (description, &network, &found);
    fail_unless (found.first == NULL, "%s", found.first);
    fail_unless_equals_string (found.verdict, "healthy");
    fail_unless_equals_uint64 (found.n_buffers, n_buffers);
    found_clear (&found);
    network_clear (&network);
  }
}

#define RECEIVE_SOUND " ! " JITTER_BUFFER " ! rtpL16depay ! " CHECK
#define RECEIVE_VIDEO " ! " JITTER_BUFFER " ! " DECODER " ! " CHECK

GST_START_TEST (test_complete)
{
  if (!cvi_test_have (needed))
    return;
  run_complete (SOUND RECEIVE_SOUND, 500);
  run_complete (VIDEO ("60000") RECEIVE_VIDEO, 300);
  run_complete (VIDEO ("200") RECEIVE_VIDEO, 300);
}
GST_END_TEST

GST_START_TEST (test_lossy_sound)
{
  if (cvi_test_have (needed))
    run_lossy (SOUND RECEIVE_SOUND, TRUE);
}
GST_END_TEST

GST_START_TEST (test_lossy_video)
{
  if (!cvi_test_have (needed))
    return;
  run_lossy (VIDEO ("60000") RECEIVE_VIDEO, FALSE);
  run_lossy (VIDEO ("200") RECEIVE_VIDEO, FALSE);
}
GST_END_TEST

/* Where no depayloader has made GAP events of it. */
GST_START_TEST (test_lost_packets)
{
  if (!cvi_test_have (needed))
    return;
  run_lossy (SOUND " ! " JITTER_BUFFER " ! " CHECK, TRUE);
  run_lossy (VIDEO ("60000") " ! " JITTER_BUFFER " ! " CHECK, TRUE);
}
GST_END_TEST

static GstPadProbeReturn
count (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  g_atomic_int_inc ((gint *)user_data);
  return GST_PAD_PROBE_OK;
}

/* Returns: a pipeline with a udpsrc "source", which is at *@port */
static GstElement *
start_receiver (GstClock *clock, gint *n_received, gint *port)
{
  /* By the arrival's time nothing can be said: all arrives at once. */
  GstElement *pipeline = gst_parse_launch (
      "udpsrc name=source address=127.0.0.1 port=0 buffer-size=4000000 "
      "caps=\"" SOUND_CAPS "\" ! " JITTER_BUFFER
      " mode=none ! rtpL16depay ! " CHECK,
      NULL);
  GstElement *source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  GstPad *pad = gst_element_get_static_pad (source, "src");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count, n_received, NULL);
  gst_pipeline_use_clock (GST_PIPELINE (pipeline), clock);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_element_get_state (pipeline, NULL, NULL, NONE);
  g_object_get (source, "port", port, NULL);
  gst_object_unref (pad);
  gst_object_unref (source);
  return pipeline;
}

/* Sends everything to @port. */
static void
send_all (Network *network, gint port)
{
  g_autofree char *description = g_strdup_printf (
      SOUND " ! udpsink host=127.0.0.1 port=%d sync=false async=false", port);
  GstElement *pipeline = gst_parse_launch (description, NULL);

  network_start (network, pipeline, FALSE);
  network->open = TRUE;
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_message_unref (gst_bus_timed_pop_filtered (
      GST_ELEMENT_BUS (pipeline), NONE, GST_MESSAGE_EOS));
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

static void
run_udp (Network *network, Found *found)
{
  GstClock *clock = gst_test_clock_new ();
  gint n_received = 0, port = 0;
  GstElement *receiver = start_receiver (clock, &n_received, &port);

  fail_unless (port > 0);
  network->received = &n_received;
  send_all (network, port);
  while (g_atomic_int_get (&n_received) < (gint)network->n_delivered)
    g_thread_yield ();
  network->all_sent = TRUE;
  receive (receiver, clock, network, found);
  gst_object_unref (clock);
}

/* Through the machine's own network. */
GST_START_TEST (test_udp)
{
  static const char *const udp[] = { "udpsrc", "udpsink", NULL };

  if (!cvi_test_have (needed) || !cvi_test_have (udp))
    return;
  for (guint32 seed = 0; seed <= 2; seed++) {
    Network network = { .loss = seed > 0 ? 0.01 : 0, .seed = seed };
    Found found = { 0 };

    run_udp (&network, &found);
    check_places (&network, &found);
    fail_unless_equals_string (
        found.verdict, seed > 0 ? "suspicious" : "healthy");
    fail_unless_equals_uint64 (found.n_buffers, 500 - network.lost->len);
    found_clear (&found);
    network_clear (&network);
  }
}
GST_END_TEST

static Suite *
rtp_suite (void)
{
  Suite *suite = suite_create ("rtp");
  TCase *tcase = tcase_create ("general");

  cvi_test_register ();
  tcase_add_test (tcase, test_complete);
  tcase_add_test (tcase, test_lossy_sound);
  tcase_add_test (tcase, test_lossy_video);
  tcase_add_test (tcase, test_lost_packets);
  tcase_add_test (tcase, test_udp);
  suite_add_tcase (suite, tcase);
  return suite;
}

GST_CHECK_MAIN (rtp)
