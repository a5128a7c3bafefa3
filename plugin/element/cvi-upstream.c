/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/element/cvi-upstream.h"

#include <string.h>

struct _CviUpstream {
  GstElement *start;
  GPtrArray *elements;
};

static const struct {
  const char *klass;
  CviElementClass element_class;
} classes[] = {
  { "Decoder", CVI_ELEMENT_DECODER },
  { "Demux", CVI_ELEMENT_DEMUXER },
  { "Parser", CVI_ELEMENT_PARSER },
  { "Source", CVI_ELEMENT_SOURCE },
};

/* A bin's parts speak for themselves, but some sources and demuxers are bins
 * that catch what their parts say (rtspsrc, hlsdemux, dashdemux). */
static gboolean
is_only_bin (GstElement *element, const char *klass)
{
  return GST_IS_BIN (element) &&
         (strstr (klass, "Bin") || strstr (klass, "Decoder"));
}

CviElementClass
cvi_element_classify (GstElement *element)
{
  const char *klass = gst_element_class_get_metadata (
      GST_ELEMENT_GET_CLASS (element), GST_ELEMENT_METADATA_KLASS);

  if (!klass || is_only_bin (element, klass))
    return CVI_ELEMENT_OTHER;
  for (guint i = 0; i < G_N_ELEMENTS (classes); i++) {
    if (strstr (klass, classes[i].klass))
      return classes[i].element_class;
  }
  return CVI_ELEMENT_OTHER;
}

char *
cvi_element_dup_factory (GstElement *element)
{
  GstElementFactory *factory = gst_element_get_factory (element);

  return g_strdup (factory ? GST_OBJECT_NAME (factory) : "(no factory)");
}

/* Pads still to be followed; each is put in once. */
typedef struct {
  GPtrArray *pads;
  GHashTable *seen;
} Frontier;

/* Takes over @pad. */
static void
frontier_add (Frontier *frontier, GstPad *pad)
{
  if (frontier->pads->len >= CVI_UPSTREAM_MAX_PADS ||
      !g_hash_table_add (frontier->seen, pad)) {
    gst_object_unref (pad);
    return;
  }
  g_ptr_array_add (frontier->pads, pad);
}

static void
add_pad (const GValue *item, gpointer user_data)
{
  GstPad *pad = g_value_get_object (item);

  if (GST_PAD_IS_SINK (pad))
    frontier_add (user_data, gst_object_ref (pad));
}

static void
add_all (Frontier *frontier, GstIterator *iterator)
{
  if (!iterator)
    return;
  /* What was added before a resync is not added twice. */
  while (
      gst_iterator_foreach (iterator, add_pad, frontier) == GST_ITERATOR_RESYNC)
    gst_iterator_resync (iterator);
  gst_iterator_free (iterator);
}

static void
follow (CviUpstream *self, Frontier *frontier, GstPad *sink)
{
  g_autoptr (GstPad) peer = gst_pad_get_peer (sink);
  GstElement *owner;

  if (!peer)
    return;
  owner = gst_pad_get_parent_element (peer);
  if (owner && !g_ptr_array_find (self->elements, owner, NULL))
    g_ptr_array_add (self->elements, owner);
  else if (owner)
    gst_object_unref (owner);
  add_all (frontier, gst_pad_iterate_internal_links (peer));
}

CviUpstream *
cvi_upstream_new (GstElement *element)
{
  CviUpstream *self = g_new0 (CviUpstream, 1);
  Frontier frontier;

  self->start = gst_object_ref (element);
  self->elements = g_ptr_array_new_with_free_func (gst_object_unref);
  frontier.pads = g_ptr_array_new_with_free_func (gst_object_unref);
  frontier.seen = g_hash_table_new (NULL, NULL);
  add_all (&frontier, gst_element_iterate_sink_pads (element));
  for (guint i = 0; i < frontier.pads->len; i++)
    follow (self, &frontier, g_ptr_array_index (frontier.pads, i));
  g_hash_table_unref (frontier.seen);
  g_ptr_array_unref (frontier.pads);
  return self;
}

void
cvi_upstream_free (CviUpstream *upstream)
{
  if (!upstream)
    return;
  gst_object_unref (upstream->start);
  g_ptr_array_unref (upstream->elements);
  g_free (upstream);
}

GPtrArray *
cvi_upstream_get_elements (CviUpstream *upstream)
{
  return upstream->elements;
}

static gboolean
is_inside (GstElement *element, GstObject *bin)
{
  return gst_object_has_as_ancestor (GST_OBJECT (element), bin);
}

gboolean
cvi_upstream_contains (CviUpstream *upstream, GstObject *object)
{
  g_autoptr (GstElement) owner = NULL;

  if (GST_IS_PAD (object)) {
    owner = gst_pad_get_parent_element (GST_PAD (object));
    object = GST_OBJECT_CAST (owner);
  }
  if (!object || !GST_IS_ELEMENT (object))
    return FALSE;
  if (is_inside (upstream->start, object))
    return FALSE;
  if (g_ptr_array_find (upstream->elements, object, NULL))
    return TRUE;
  for (guint i = 0; GST_IS_BIN (object) && i < upstream->elements->len; i++) {
    if (is_inside (g_ptr_array_index (upstream->elements, i), object))
      return TRUE;
  }
  return FALSE;
}

GstElement *
cvi_upstream_get_decoder (CviUpstream *upstream)
{
  for (guint i = 0; i < upstream->elements->len; i++) {
    GstElement *element = g_ptr_array_index (upstream->elements, i);

    if (cvi_element_classify (element) == CVI_ELEMENT_DECODER)
      return element;
  }
  return NULL;
}
