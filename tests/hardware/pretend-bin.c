/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Pretended hardware that has a software decoder inside. */
#include <signal.h>
#include <unistd.h>

#include "tests/hardware/cvi-pretend.h"

typedef struct {
  GstBin parent;
  guint n_packets;
  guint n_frames;
} PretendBin;

typedef struct {
  GstBinClass parent_class;
  PretendAct act;
  const PretendCodec *codec;
} PretendBinClass;

typedef struct {
  PretendAct act;
  const PretendCodec *codec;
} ClassData;

#define CLASS_OF(self) ((PretendBinClass *)G_OBJECT_GET_CLASS (self))

static GstElementClass *parent_class;

static void
sleep_for_ever (void)
{
  while (TRUE)
    pause ();
}

static void
crash (void)
{
  volatile int *volatile nowhere = NULL;

  signal (SIGSEGV, SIG_DFL);
  *nowhere = 1;
}

static void
say_damaged (PretendBin *self)
{
  GST_ELEMENT_WARNING (
      self, STREAM, DECODE, ("Pretended damage"), ("there is none"));
}

static void
fail (PretendBin *self)
{
  GST_ELEMENT_ERROR (
      self, STREAM, DECODE, ("Pretended failure"), ("of the device"));
}

static GstPadProbeReturn
on_packet (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  PretendBin *self = user_data;
  PretendAct act = CLASS_OF (self)->act;

  if (++self->n_packets != pretend_middle ())
    return GST_PAD_PROBE_OK;
  if (act == PRETEND_HANGS)
    sleep_for_ever ();
  if (act == PRETEND_CRASHES)
    crash ();
  if (act == PRETEND_CRIES)
    say_damaged (self);
  if (act != PRETEND_MIDDLE && act != PRETEND_MUTE)
    return GST_PAD_PROBE_OK;
  if (act == PRETEND_MIDDLE)
    fail (self);
  gst_buffer_unref (GST_PAD_PROBE_INFO_BUFFER (info));
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_ERROR;
  return GST_PAD_PROBE_HANDLED;
}

static GstPadProbeReturn
on_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  PretendBin *self = user_data;
  PretendAct act = CLASS_OF (self)->act;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) != GST_EVENT_EOS)
    return GST_PAD_PROBE_OK;
  if (act == PRETEND_HANGEND)
    sleep_for_ever ();
  if (act == PRETEND_END)
    fail (self);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_frame (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  PretendBin *self = user_data;
  PretendAct act = CLASS_OF (self)->act;
  GstBuffer *frame;

  self->n_frames++;
  if (act == PRETEND_SILENT && self->n_frames >= pretend_middle ())
    return GST_PAD_PROBE_DROP;
  if (act != PRETEND_LIES || self->n_frames != pretend_middle ())
    return GST_PAD_PROBE_OK;
  frame = gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (info));
  GST_BUFFER_FLAG_SET (frame, GST_BUFFER_FLAG_CORRUPTED);
  GST_PAD_PROBE_INFO_DATA (info) = frame;
  return GST_PAD_PROBE_OK;
}

/* Some devices tell what they cannot do only when they are asked. */
static gboolean
on_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  PretendAct act = CLASS_OF (parent)->act;

  if (GST_QUERY_TYPE (query) == GST_QUERY_ACCEPT_CAPS) {
    gst_query_set_accept_caps_result (query, FALSE);
    return TRUE;
  }
  if (act == PRETEND_REFUSES && GST_QUERY_TYPE (query) == GST_QUERY_CAPS) {
    g_autoptr (GstCaps) none = gst_caps_new_empty ();

    gst_query_set_caps_result (query, none);
    return TRUE;
  }
  return gst_pad_query_default (pad, parent, query);
}

static void
add_pads (PretendBin *self, GstElement *inner)
{
  GstElementClass *klass = GST_ELEMENT_GET_CLASS (self);
  PretendAct act = CLASS_OF (self)->act;
  g_autoptr (GstPad) sink = gst_element_get_static_pad (inner, "sink");
  g_autoptr (GstPad) src = gst_element_get_static_pad (inner, "src");
  GstPad *ghost = gst_ghost_pad_new_from_template (
      "sink", sink, gst_element_class_get_pad_template (klass, "sink"));

  if (act == PRETEND_REFUSES || act == PRETEND_LATE)
    gst_pad_set_query_function (ghost, on_query);
  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_BUFFER, on_packet, self, NULL);
  gst_pad_add_probe (
      sink, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, self, NULL);
  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER, on_frame, self, NULL);
  gst_element_add_pad (GST_ELEMENT (self), ghost);
  ghost = gst_ghost_pad_new_from_template (
      "src", src, gst_element_class_get_pad_template (klass, "src"));
  gst_element_add_pad (GST_ELEMENT (self), ghost);
}

static GstStateChangeReturn
change_state (GstElement *element, GstStateChange transition)
{
  PretendAct act = CLASS_OF (element)->act;

  if ((act == PRETEND_START && transition == GST_STATE_CHANGE_NULL_TO_READY) ||
      (act == PRETEND_PAUSED &&
          transition == GST_STATE_CHANGE_READY_TO_PAUSED)) {
    GST_ELEMENT_ERROR (element, RESOURCE, OPEN_READ_WRITE,
        ("Pretended device does not open"), (NULL));
    return GST_STATE_CHANGE_FAILURE;
  }
  pretend_log_change (transition);
  return parent_class->change_state (element, transition);
}

static void
instance_init (GTypeInstance *instance, gpointer klass)
{
  PretendBin *self = (PretendBin *)instance;
  GstElement *inner = gst_element_factory_make (
      ((PretendBinClass *)klass)->codec->decoder, NULL);

  if (!inner)
    return;
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (inner), "max-threads"))
    g_object_set (inner, "max-threads", 1, NULL);
  gst_bin_add (GST_BIN (self), inner);
  add_pads (self, inner);
}

static void
class_init (gpointer klass, gpointer data)
{
  const ClassData *class_data = data;

  parent_class = g_type_class_peek_parent (klass);
  ((PretendBinClass *)klass)->act = class_data->act;
  ((PretendBinClass *)klass)->codec = class_data->codec;
  pretend_describe (klass, class_data->codec);
  ((GstElementClass *)klass)->change_state = change_state;
}

GType
pretend_bin_register (
    PretendAct act, const char *type_name, const PretendCodec *codec)
{
  ClassData *data = g_new (ClassData, 1);
  GTypeInfo info = { .class_size = sizeof (PretendBinClass),
    .class_init = class_init,
    .class_data = data,
    .instance_size = sizeof (PretendBin),
    .instance_init = instance_init };

  data->act = act;
  data->codec = codec;
  return g_type_register_static (GST_TYPE_BIN, type_name, &info, 0);
}
