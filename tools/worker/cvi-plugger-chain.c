/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-plugger-private.h"

#include <string.h>
#include "plugin/element/cvi-tally.h"
#include "tools/worker/cvi-guard.h"

#define MAX_CHAINS 256

void
cvi_chain_free (gpointer data)
{
  CviChain *chain = data;

  g_free (chain->label);
  g_free (chain->codec);
  g_clear_pointer (&chain->caps, gst_caps_unref);
  g_free (chain->stream_id);
  g_clear_object (&chain->head);
  g_free (chain->reason);
  g_free (chain->note);
  g_free (chain);
}

gboolean
cvi_caps_are_raw (GstCaps *caps)
{
  GstStructure *structure = gst_caps_get_structure (caps, 0);

  return gst_structure_has_name (structure, "video/x-raw") ||
         gst_structure_has_name (structure, "audio/x-raw");
}

/* Adds @element behind @last. On failure it is taken out again. Its state is
 * ours alone: the pipeline, on its way to PLAYING on the main thread, would
 * hold the element's state lock and wait for the very thread that we are on. */
gboolean
cvi_plugger_append (CviPlugger *self, GstPad **last, GstElement *element)
{
  g_autoptr (GstPad) sink = NULL;

  gst_element_set_locked_state (element, TRUE);
  gst_bin_add (GST_BIN (self->pipeline), element);
  sink = gst_element_get_static_pad (element, "sink");
  if (sink && gst_pad_link (*last, sink) == GST_PAD_LINK_OK) {
    GstPad *src = gst_element_get_static_pad (element, "src");

    gst_object_unref (*last);
    *last = src;
    return TRUE;
  }
  gst_element_set_state (element, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (self->pipeline), element);
  return FALSE;
}

GstElement *
cvi_plugger_append_factory (CviPlugger *self, GstPad **last,
    GstElementFactory *factory, gboolean *opened)
{
  GstElement *element = cvi_plugger_make (self, factory);

  if (opened)
    *opened = FALSE;
  if (!element)
    return NULL;
  /* Try READY first: a decoder whose device or library fails says so here. */
  if (gst_element_set_state (element, GST_STATE_READY) ==
      GST_STATE_CHANGE_FAILURE) {
    gst_element_set_state (element, GST_STATE_NULL);
    gst_object_unref (gst_object_ref_sink (element));
    return NULL;
  }
  if (opened)
    *opened = TRUE;
  return cvi_plugger_append (self, last, element) ? element : NULL;
}

static void
append_parser (CviPlugger *self, GstPad **last, CviChain *chain)
{
  g_autoptr (GstElementFactory) factory = cvi_find_parser (chain->caps);

  if (factory)
    cvi_plugger_append_factory (self, last, factory, NULL);
}

static GstElement *
make_sink (void)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);

  /* Never waits for the clock, never prerolls, keeps no frame. */
  g_object_set (sink, "sync", FALSE, "async", FALSE, "enable-last-sample",
      FALSE, "qos", FALSE, NULL);
  return sink;
}

static GstElement *
make_check (void)
{
  GstElement *check = gst_element_factory_make ("cvicheck", NULL);

  g_object_set (check, "watch-log", TRUE, NULL);
  return check;
}

/* Returns: how many of the kind came before */
static guint
label_chain (CviPlugger *self, CviChain *chain)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = GPOINTER_TO_UINT (g_hash_table_lookup (self->n_by_kind, chain->kind));
  g_hash_table_insert (
      self->n_by_kind, (gpointer)chain->kind, GUINT_TO_POINTER (n + 1));
  g_mutex_unlock (&self->lock);
  chain->label = g_strdup_printf ("%s/%u", chain->kind, n);
  return n;
}

static void
register_chain (CviPlugger *self, CviChain *chain)
{
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->chains, chain);
  g_mutex_unlock (&self->lock);
}

/* From the sink up, so that data meets elements that are ready for it. */
static void
start_chain (CviPlugger *self, GPtrArray *elements)
{
  for (guint i = elements->len; i > 0; i--)
    gst_element_set_state (
        g_ptr_array_index (elements, i - 1), GST_STATE_PLAYING);
}

/* Elements from @guard down to the sink, following the src pads. */
GPtrArray *
cvi_chain_elements (GstElement *guard)
{
  GPtrArray *elements = g_ptr_array_new ();
  GstElement *element = guard;

  while (element) {
    g_autoptr (GstPad) src = gst_element_get_static_pad (element, "src");
    g_autoptr (GstPad) peer = src ? gst_pad_get_peer (src) : NULL;

    g_ptr_array_add (elements, element);
    element = peer ? GST_PAD_PARENT (peer) : NULL;
  }
  return elements;
}

static CviChain *
make_chain (GstPad *pad, GstCaps *caps)
{
  CviChain *chain = g_new0 (CviChain, 1);

  chain->kind = cvi_caps_kind (caps);
  chain->caps = gst_caps_ref (caps);
  chain->stream_id = gst_pad_get_stream_id (pad);
  chain->encrypted = cvi_caps_are_encrypted (caps);
  chain->raw = cvi_caps_are_raw (caps);
  chain->codec = cvi_codec_name (caps);
  return chain;
}

void
cvi_plugger_add_chain (CviPlugger *self, GstPad *pad, GstCaps *caps)
{
  CviChain *chain;
  GstPad *last;
  gboolean sound, media;
  guint n;

  if (cvi_plugger_get_n_chains (self) >= MAX_CHAINS)
    return;
  chain = make_chain (pad, caps);
  sound = strcmp (chain->kind, "audio") == 0;
  media = sound || strcmp (chain->kind, "video") == 0;
  n = label_chain (self, chain);
  if ((!media && self->config.media_only) ||
      (sound && n < self->config.n_sounds_left_out)) {
    cvi_chain_free (chain);
    return;
  }

  last = gst_object_ref (pad);
  chain->guard = cvi_guard_new ();
  chain->head = gst_element_get_static_pad (chain->guard, "sink");
  if (!cvi_plugger_append (self, &last, chain->guard)) {
    gst_object_unref (last);
    chain->guard = NULL;
    cvi_chain_free (chain);
    return;
  }
  if (chain->encrypted)
    chain->reason = g_strdup ("encrypted");
  else if (media && !chain->raw) {
    append_parser (self, &last, chain);
    if (sound ? n < self->config.n_sounds : self->config.decode)
      cvi_plugger_append_decoder (self, &last, chain);
  }
  if (media && !chain->reason) {
    chain->check = make_check ();
    cvi_plugger_append (self, &last, chain->check);
  }
  cvi_plugger_append (self, &last, make_sink ());
  g_clear_object (&last);
  register_chain (self, chain);
  if (self->config.chain_made)
    self->config.chain_made (chain, self->config.user_data);
  {
    g_autoptr (GPtrArray) elements = cvi_chain_elements (chain->guard);

    start_chain (self, elements);
  }
}
