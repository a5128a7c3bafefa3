/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-plugger-private.h"

#include <string.h>
#include "plugin/element/cvi-tally.h"

/* A file whose streams nest deeper than this is made to do harm. */
#define MAX_DEPTH 8

static void plug_pad (
    CviPlugger *self, GstPad *pad, GstCaps *caps, guint depth);

static GstCaps *
pad_caps (GstPad *pad)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);

  if (!caps)
    caps = gst_pad_query_caps (pad, NULL);
  if (caps && (gst_caps_is_any (caps) || gst_caps_is_empty (caps)))
    gst_clear_caps (&caps);
  return caps;
}

/* Pads of a tag demuxer get their caps only from typefinding inside it, which
 * comes as a CAPS event. */
static GstPadProbeReturn
late_caps_probe (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  gst_event_parse_caps (event, &caps);
  plug_pad (user_data, pad, caps, 1);
  return GST_PAD_PROBE_REMOVE;
}

static guint
element_depth (GstElement *element)
{
  return GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (element), "cvi-depth"));
}

static void
on_pad_added (GstElement *element, GstPad *pad, gpointer user_data)
{
  g_autoptr (GstCaps) caps = NULL;

  if (GST_PAD_DIRECTION (pad) != GST_PAD_SRC || gst_pad_is_linked (pad))
    return;
  caps = pad_caps (pad);
  if (caps)
    plug_pad (user_data, pad, caps, element_depth (element) + 1);
  else
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
        late_caps_probe, user_data, NULL);
}

/* A demuxer that takes a pad away (chained Ogg, new PMT) does not always end
 * it; without EOS its sink would keep the pipeline from ending. */
static void
on_pad_removed (GstElement *element, GstPad *pad, gpointer user_data)
{
  CviPlugger *self = user_data;
  g_autoptr (GstPad) head = NULL;

  if (GST_PAD_DIRECTION (pad) != GST_PAD_SRC)
    return;
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->chains->len && !head; i++) {
    CviChain *chain = g_ptr_array_index (self->chains, i);

    /* unlinked by now: the chain whose head has no peer and no EOS */
    if (!gst_pad_is_linked (chain->head) && !GST_PAD_IS_EOS (chain->head))
      head = gst_object_ref (chain->head);
  }
  g_mutex_unlock (&self->lock);
  if (head)
    gst_pad_send_event (head, gst_event_new_eos ());
}

static void
add_driver (CviPlugger *self, GstPad *pad)
{
  if (!pad)
    return;
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->drivers, gst_object_ref (pad));
  g_mutex_unlock (&self->lock);
}

/* matroskademux covers holes of more than 2 s by GAP events, for players; here
 * they are what is looked for. */
static void
configure_demuxer (GstElement *demuxer)
{
  if (g_object_class_find_property (
          G_OBJECT_GET_CLASS (demuxer), "max-gap-time"))
    g_object_set (demuxer, "max-gap-time", G_GUINT64_CONSTANT (0), NULL);
}

GstElement *
cvi_plugger_make (CviPlugger *self, GstElementFactory *factory)
{
  const char *name = GST_OBJECT_NAME (factory);
  g_autofree char *numbered = NULL;
  guint n;

  g_mutex_lock (&self->lock);
  n = GPOINTER_TO_UINT (g_hash_table_lookup (self->n_by_factory, name)) + 1;
  g_hash_table_insert (
      self->n_by_factory, g_strdup (name), GUINT_TO_POINTER (n));
  g_mutex_unlock (&self->lock);
  if (n > 1)
    numbered = g_strdup_printf ("%s-%u", name, n);
  return gst_element_factory_create (factory, numbered ? numbered : name);
}

static gboolean
plug_demuxer (
    CviPlugger *self, GstPad *pad, GstElementFactory *factory, guint depth)
{
  GstPad *last = gst_object_ref (pad);
  GstElement *demuxer = cvi_plugger_make (self, factory);
  g_autoptr (GstPad) sink = NULL;

  if (!demuxer || !cvi_plugger_append (self, &last, demuxer)) {
    gst_object_unref (last);
    return FALSE;
  }
  configure_demuxer (demuxer);
  sink = gst_element_get_static_pad (demuxer, "sink");
  add_driver (self, sink);
  g_object_set_data (G_OBJECT (demuxer), "cvi-depth", GUINT_TO_POINTER (depth));
  g_signal_connect (demuxer, "pad-added", G_CALLBACK (on_pad_added), self);
  g_signal_connect (demuxer, "pad-removed", G_CALLBACK (on_pad_removed), self);
  /* Demuxers with an always pad (dvdemux's friends, tag demuxers). */
  if (last) {
    g_autoptr (GstPad) src = g_steal_pointer (&last);

    on_pad_added (demuxer, src, self);
  }
  gst_element_set_state (demuxer, GST_STATE_PLAYING);
  return TRUE;
}

static void
plug_pad (CviPlugger *self, GstPad *pad, GstCaps *caps, guint depth)
{
  g_autoptr (GstElementFactory) demuxer = NULL;

  if (depth > MAX_DEPTH)
    return;
  if (!cvi_caps_are_raw (caps) && !cvi_caps_are_encrypted (caps))
    demuxer = cvi_find_demuxer (caps);
  if (!demuxer || !plug_demuxer (self, pad, demuxer, depth))
    cvi_plugger_add_chain (self, pad, caps);
}

static void
on_have_type (
    GstElement *typefind, guint probability, GstCaps *caps, gpointer user_data)
{
  CviPlugger *self = user_data;
  g_autoptr (GstPad) src = gst_element_get_static_pad (typefind, "src");
  g_autoptr (GstElementFactory) demuxer = cvi_find_demuxer (caps);
  const char *kind = cvi_caps_kind (caps);

  g_mutex_lock (&self->lock);
  g_free (self->media_type);
  self->media_type =
      g_strdup (gst_structure_get_name (gst_caps_get_structure (caps, 0)));
  self->no_demuxer =
      !demuxer && strcmp (kind, "video") != 0 && strcmp (kind, "audio") != 0;
  g_mutex_unlock (&self->lock);
  plug_pad (self, src, caps, 0);
}

CviPlugger *
cvi_plugger_new (const CviPluggerConfig *config)
{
  CviPlugger *self = g_new0 (CviPlugger, 1);
  GstElement *typefind = gst_element_factory_make ("typefind", "typefind");
  g_autoptr (GstPad) source_pad = NULL;
  g_autoptr (GstPad) typefind_pad = NULL;

  g_mutex_init (&self->lock);
  self->config = *config;
  self->path = g_strdup (config->path);
  self->chains = g_ptr_array_new_with_free_func (cvi_chain_free);
  self->drivers = g_ptr_array_new_with_free_func (gst_object_unref);
  self->n_by_kind = g_hash_table_new (g_str_hash, g_str_equal);
  self->n_by_factory =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  self->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  self->source = gst_element_factory_make ("filesrc", "filesrc");
  g_object_set (self->source, "location", self->path, NULL);
  gst_bin_add_many (GST_BIN (self->pipeline), self->source, typefind, NULL);
  gst_element_link (self->source, typefind);
  g_signal_connect (typefind, "have-type", G_CALLBACK (on_have_type), self);

  source_pad = gst_element_get_static_pad (self->source, "src");
  typefind_pad = gst_element_get_static_pad (typefind, "sink");
  add_driver (self, source_pad);
  add_driver (self, typefind_pad);
  return self;
}

static void
unlock_state (const GValue *item, gpointer user_data)
{
  gst_element_set_locked_state (g_value_get_object (item), FALSE);
}

void
cvi_plugger_stop (CviPlugger *plugger)
{
  GstIterator *iter = gst_bin_iterate_elements (GST_BIN (plugger->pipeline));

  while (gst_iterator_foreach (iter, unlock_state, NULL) == GST_ITERATOR_RESYNC)
    gst_iterator_resync (iter);
  gst_iterator_free (iter);
  gst_element_set_state (plugger->pipeline, GST_STATE_NULL);
}

void
cvi_plugger_free (CviPlugger *plugger)
{
  cvi_plugger_stop (plugger);
  gst_object_unref (plugger->pipeline);
  g_ptr_array_unref (plugger->chains);
  g_ptr_array_unref (plugger->drivers);
  g_hash_table_unref (plugger->n_by_kind);
  g_hash_table_unref (plugger->n_by_factory);
  g_free (plugger->media_type);
  g_free (plugger->path);
  g_mutex_clear (&plugger->lock);
  g_free (plugger);
}

GstElement *
cvi_plugger_get_pipeline (CviPlugger *plugger)
{
  return plugger->pipeline;
}

GstElement *
cvi_plugger_get_source (CviPlugger *plugger)
{
  return plugger->source;
}

guint
cvi_plugger_get_n_chains (CviPlugger *plugger)
{
  guint n;

  g_mutex_lock (&plugger->lock);
  n = plugger->chains->len;
  g_mutex_unlock (&plugger->lock);
  return n;
}

const CviChain *
cvi_plugger_get_chain (CviPlugger *plugger, guint index)
{
  const CviChain *chain;

  g_mutex_lock (&plugger->lock);
  chain = g_ptr_array_index (plugger->chains, index);
  g_mutex_unlock (&plugger->lock);
  return chain;
}

/* Decoders may be bins. */
static gboolean
holds_part_of (GPtrArray *elements, GstElement *element)
{
  for (GstObject *o = GST_OBJECT (element); o; o = GST_OBJECT_PARENT (o)) {
    if (g_ptr_array_find (elements, o, NULL))
      return TRUE;
  }
  return FALSE;
}

/* Every element of a chain is found by walking upstream to its guard: chains
 * are short, and messages rare. */
const CviChain *
cvi_plugger_find_chain (CviPlugger *plugger, GstObject *object)
{
  const CviChain *found = NULL;
  GstElement *element = GST_IS_PAD (object)       ? GST_PAD_PARENT (object)
                        : GST_IS_ELEMENT (object) ? GST_ELEMENT (object)
                                                  : NULL;

  g_mutex_lock (&plugger->lock);
  for (guint i = 0; element && i < plugger->chains->len && !found; i++) {
    CviChain *chain = g_ptr_array_index (plugger->chains, i);
    g_autoptr (GPtrArray) elements = cvi_chain_elements (chain->guard);

    if (holds_part_of (elements, element))
      found = chain;
  }
  g_mutex_unlock (&plugger->lock);
  return found;
}

char *
cvi_plugger_get_media_type (CviPlugger *plugger)
{
  char *type;

  g_mutex_lock (&plugger->lock);
  type = g_strdup (plugger->media_type);
  g_mutex_unlock (&plugger->lock);
  return type;
}

gboolean
cvi_plugger_no_demuxer (CviPlugger *plugger)
{
  gboolean no_demuxer;

  g_mutex_lock (&plugger->lock);
  no_demuxer = plugger->no_demuxer;
  g_mutex_unlock (&plugger->lock);
  return no_demuxer;
}

/* A task holds its pad's stream lock while it runs. A demuxer pauses its task
 * first and then sends EOS, at which decoders decode what they still hold: on a
 * busy machine that takes any time. */
static gboolean
is_at_rest (GstPad *pad)
{
  if (gst_pad_get_task_state (pad) == GST_TASK_STARTED ||
      !GST_PAD_STREAM_TRYLOCK (pad))
    return FALSE;
  GST_PAD_STREAM_UNLOCK (pad);
  return TRUE;
}

gboolean
cvi_plugger_is_idle (CviPlugger *plugger)
{
  gboolean idle = TRUE;

  g_mutex_lock (&plugger->lock);
  for (guint i = 0; i < plugger->drivers->len && idle; i++) {
    idle = is_at_rest (g_ptr_array_index (plugger->drivers, i));
  }
  g_mutex_unlock (&plugger->lock);
  return idle;
}
