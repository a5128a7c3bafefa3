/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-record-private.h"

#include <stdio.h>

/* Streams of a server that are taken; MAX_BYTES of each wait for the others. */
#define MAX_TAKES 16
#define MAX_BYTES (32u * 1024 * 1024)

/* Returns: (transfer floating) (nullable): the best element of @type that takes
 * @caps */
static GstElement *
make_for (GstElementFactoryListType type, GstCaps *caps)
{
  GList *all = gst_element_factory_list_get_elements (type, GST_RANK_MARGINAL);
  GList *fit = gst_element_factory_list_filter (all, caps, GST_PAD_SINK, FALSE);
  GstElement *element = NULL;

  fit = g_list_sort (fit, gst_plugin_feature_rank_compare_func);
  if (fit)
    element = gst_element_factory_create (fit->data, NULL);
  gst_plugin_feature_list_free (all);
  gst_plugin_feature_list_free (fit);
  return element;
}

/* Number among its kind, in the order in which the muxer will have them. */
static char *
make_id (CviRecorder *recorder, const GstStructure *rtp)
{
  const char *media = gst_structure_get_string (rtp, "media");

  if (g_strcmp0 (media, "video") == 0)
    return g_strdup_printf ("video/%u", recorder->n_video++);
  if (g_strcmp0 (media, "audio") == 0)
    return g_strdup_printf ("audio/%u", recorder->n_audio++);
  return g_strdup_printf ("data/%u", recorder->n_other++);
}

static GstPadProbeReturn
on_blocked (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  return GST_PAD_PROBE_OK;
}

/* What a depayloader of some codecs gives lacks what a file must say; a parser
 * adds that. Returns: (transfer none): the last of the chain */
static GstElement *
add_parser (CviRecorder *recorder, GstElement *depay)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (depay, "src");
  g_autoptr (GstCaps) caps = gst_pad_get_pad_template_caps (pad);
  GstElement *parser = make_for (GST_ELEMENT_FACTORY_TYPE_PARSER, caps);

  if (!parser)
    return depay;
  cvi_recorder_add (recorder, parser);
  if (!gst_element_link (depay, parser)) {
    gst_bin_remove (GST_BIN (recorder->pipeline), parser);
    return depay;
  }
  gst_element_sync_state_with_parent (parser);
  return parser;
}

/* rtpbin's name of the pad tells which of its sessions it is of. Returns: -1:
 * unknown */
static int
session_of (GstPad *pad)
{
  g_autofree char *name = gst_pad_get_name (pad);
  guint session;

  return sscanf (name, "recv_rtp_src_%u_", &session) == 1 && session <= G_MAXINT
             ? (int)session
             : -1;
}

/* Builds what leads from a server's stream to a pad that waits. */
static gboolean
add_take (CviRecorder *recorder, GstPad *pad, GstCaps *caps)
{
  g_autofree char *id = make_id (recorder, gst_caps_get_structure (caps, 0));
  GstElement *depay = make_for (GST_ELEMENT_FACTORY_TYPE_DEPAYLOADER, caps);
  GstElement *queue = gst_element_factory_make ("queue", NULL);
  g_autoptr (GstPad) in = NULL;
  g_autoptr (GstPad) frames = NULL;
  GstElement *last;
  CviTake *take;

  if (!depay || !queue) {
    g_clear_pointer (&depay, gst_object_unref);
    g_clear_pointer (&queue, gst_object_unref);
    return FALSE;
  }
  take = cvi_take_new (id, session_of (pad),
      (gint64)(MIN (recorder->job->live_s, 1e9) * GST_SECOND));
  g_object_set (queue, "max-size-bytes", MAX_BYTES, "max-size-buffers", 0u,
      "max-size-time", (guint64)0, NULL);
  cvi_recorder_add (recorder, depay);
  cvi_recorder_add (recorder, queue);
  last = add_parser (recorder, depay);
  gst_element_link (last, queue);
  take->out = gst_element_get_static_pad (queue, "src");
  take->block = gst_pad_add_probe (
      take->out, GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM, on_blocked, NULL, NULL);
  in = gst_element_get_static_pad (depay, "sink");
  frames = gst_element_get_static_pad (last, "src");
  cvi_take_watch_packets (take, in);
  cvi_take_watch_frames (take, frames);
  g_ptr_array_add (recorder->takes, take);
  gst_element_sync_state_with_parent (queue);
  gst_element_sync_state_with_parent (depay);
  return gst_pad_link (pad, in) == GST_PAD_LINK_OK;
}

/* Cameras describe what they see in streams of data, which are no media. */
static void
note_unknown (CviRecorder *recorder, GstCaps *caps)
{
  const GstStructure *rtp = gst_caps_is_any (caps) || gst_caps_is_empty (caps)
                                ? NULL
                                : gst_caps_get_structure (caps, 0);
  const char *media = rtp ? gst_structure_get_string (rtp, "media") : NULL;
  const char *name =
      rtp ? gst_structure_get_string (rtp, "encoding-name") : NULL;

  if (recorder->unknown->len < MAX_TAKES && g_strcmp0 (media, "application"))
    g_ptr_array_add (recorder->unknown,
        g_strdup_printf ("a stream of %s (%s) was not recorded",
            media ? media : "something", name ? name : "unknown"));
}

/* Its data would end the source's thread if they led nowhere. Nothing sends it
 * the end that the others get: the pipeline, whose own end waits for all its
 * sinks, must not take it for one. */
static void
drop (CviRecorder *recorder, GstPad *pad)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) in = gst_element_get_static_pad (sink, "sink");

  g_object_set (sink, "async", FALSE, "sync", FALSE, NULL);
  GST_OBJECT_FLAG_UNSET (sink, GST_ELEMENT_FLAG_SINK);
  cvi_recorder_add (recorder, sink);
  gst_element_sync_state_with_parent (sink);
  gst_pad_link (pad, in);
}

static void
on_pad_added (GstElement *source, GstPad *pad, gpointer user_data)
{
  CviRecorder *recorder = user_data;
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  gboolean taken = FALSE;

  if (!caps)
    caps = gst_pad_query_caps (pad, NULL);
  g_mutex_lock (&recorder->lock);
  if (recorder->first_us == 0)
    recorder->first_us = g_get_monotonic_time ();
  if (!recorder->flowing && recorder->takes->len < MAX_TAKES &&
      !gst_caps_is_any (caps) && !gst_caps_is_empty (caps))
    taken = add_take (recorder, pad, caps);
  if (!taken)
    note_unknown (recorder, caps);
  g_mutex_unlock (&recorder->lock);
  if (!taken && !gst_pad_is_linked (pad))
    drop (recorder, pad);
}

static void
on_no_more_pads (GstElement *source, gpointer user_data)
{
  CviRecorder *recorder = user_data;

  g_mutex_lock (&recorder->lock);
  recorder->complete = TRUE;
  g_mutex_unlock (&recorder->lock);
}

void
cvi_recorder_watch_pads (CviRecorder *recorder)
{
  g_signal_connect (
      recorder->source, "pad-added", G_CALLBACK (on_pad_added), recorder);
  g_signal_connect (
      recorder->source, "no-more-pads", G_CALLBACK (on_no_more_pads), recorder);
}
