/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* relink ENCODER ELEMENTS N: a pipeline that plays pictures of ENCODER through
 * ELEMENTS (as for gst-launch-1.0), which N times are in turn exchanged for new
 * ones, or unlinked and linked again after some pictures went another way.
 * Prints findings and the number of changes; exits 1 if there was a finding or
 * an error. It knows nothing of the project. */
#include <gst/gst.h>
#include <string.h>

/* Pictures between changes: enough to know what the stream is like. */
#define BETWEEN 60

typedef struct {
  GstElement *pipeline;
  GstElement *before;
  GstElement *after;
  const char *description;
  GstElement *element; /* NULL: out */
  guint n_wanted;
  guint n;
  GMutex lock;
  GCond cond;
  guint n_done;  /* under lock */
  guint passing; /* pictures that go past until the element is linked again */
  guint quiet;   /* pictures until the next change */
} Player;

static void
put_in (Player *self)
{
  g_autoptr (GError) error = NULL;

  /* One element alone, or a bin of several. */
  if (strchr (self->description, '!'))
    self->element =
        gst_parse_bin_from_description (self->description, TRUE, &error);
  else
    self->element = gst_parse_launch (self->description, &error);
  g_assert_no_error (error);
  gst_bin_add (GST_BIN (self->pipeline), self->element);
  g_assert_true (
      gst_element_link_many (self->before, self->element, self->after, NULL));
  g_assert_true (gst_element_sync_state_with_parent (self->element));
}

static void
take_out (Player *self)
{
  gst_element_unlink_many (self->before, self->element, self->after, NULL);
  gst_element_set_state (self->element, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (self->pipeline), self->element);
  self->element = NULL;
}

/* On the streaming thread, while nothing flows behind it. */
static void
change (Player *self)
{
  if (self->n % 2 == 0) {
    take_out (self);
    put_in (self);
  } else {
    gst_element_unlink (self->before, self->element);
    self->passing = 10;
  }
  self->n++;
  self->quiet = BETWEEN;
}

static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Player *self = user_data;

  if (self->passing > 0) {
    if (--self->passing > 0)
      return GST_PAD_PROBE_DROP;
    g_assert_true (gst_element_link (self->before, self->element));
  } else if (self->quiet > 0) {
    self->quiet--;
  } else if (self->n < self->n_wanted) {
    change (self);
  } else {
    g_mutex_lock (&self->lock);
    self->n_done = self->n;
    g_cond_signal (&self->cond);
    g_mutex_unlock (&self->lock);
  }
  return self->passing > 0 ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

/* Returns: how many findings and errors there were */
static guint
read_bus (GstElement *pipeline)
{
  gboolean ended = FALSE;
  guint n = 0;

  while (!ended) {
    GstMessage *message =
        gst_bus_timed_pop (GST_ELEMENT_BUS (pipeline), GST_CLOCK_TIME_NONE);
    const GstStructure *structure = gst_message_get_structure (message);

    ended = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS ||
            GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR;
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR ||
        gst_message_has_name (message, "cvicheck-finding")) {
      g_autofree char *text = gst_structure_to_string (structure);

      g_print ("%s\n", text);
      n++;
    }
    gst_message_unref (message);
  }
  return n;
}

static guint
play (Player *self, const char *encoder, guint n)
{
  g_autofree char *text = g_strdup_printf (
      "videotestsrc ! video/x-raw,width=16,height=16,framerate=25/1 ! %s ! "
      "identity name=before ! fakesink name=after async=false",
      encoder);
  GstPad *pad;
  guint n_bad;

  self->pipeline = gst_parse_launch (text, NULL);
  self->before = gst_bin_get_by_name (GST_BIN (self->pipeline), "before");
  self->after = gst_bin_get_by_name (GST_BIN (self->pipeline), "after");
  gst_element_unlink (self->before, self->after);
  put_in (self);
  pad = gst_element_get_static_pad (self->before, "src");
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  gst_element_get_state (self->pipeline, NULL, NULL, GST_CLOCK_TIME_NONE);
  self->n_wanted = n;
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, self, NULL);
  g_mutex_lock (&self->lock);
  while (self->n_done < n)
    g_cond_wait (&self->cond, &self->lock);
  g_mutex_unlock (&self->lock);
  gst_element_send_event (self->pipeline, gst_event_new_eos ());
  n_bad = read_bus (self->pipeline);
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_object_unref (pad);
  gst_object_unref (self->before);
  gst_object_unref (self->after);
  gst_object_unref (self->pipeline);
  return n_bad;
}

int
main (int argc, char **argv)
{
  Player player = { 0 };
  guint n_bad;

  gst_init (&argc, &argv);
  if (argc != 4) {
    g_printerr ("usage: relink ENCODER ELEMENTS N\n");
    return 2;
  }
  g_mutex_init (&player.lock);
  g_cond_init (&player.cond);
  player.description = argv[2];
  n_bad = play (&player, argv[1], (guint)g_ascii_strtoull (argv[3], NULL, 10));
  g_print ("changed %u times\n", player.n);
  g_mutex_clear (&player.lock);
  g_cond_clear (&player.cond);
  gst_deinit ();
  return n_bad > 0 ? 1 : 0;
}
