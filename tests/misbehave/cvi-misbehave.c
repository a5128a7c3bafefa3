/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* A plugin for tests: two decoders for JPEG that go before all others, make a
 * black picture of each packet and do what a mark in the stream says. */
#include "tests/misbehave/cvi-misbehave.h"

#include <string.h>
#include <unistd.h>
#include <gst/video/gstvideodecoder.h>
#include <gst/video/video.h>

/* Not at once: until then all looks well. */
#define ACT_AT_FRAME 5

typedef struct {
  GstVideoDecoder parent;
  GstVideoCodecState *input;
  guint n_frames;
  gboolean done;
  char word[MISBEHAVE_MAX]; /* what is left to do, "" for nothing */
} Misbehave;

/* @name: "a" or "b" */
typedef struct {
  GstVideoDecoderClass parent_class;
  const char *name;
} MisbehaveClass;

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS ("image/jpeg"));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS ("video/x-raw,format=I420"));

static gpointer parent_class;

static const char *
name_of (Misbehave *self)
{
  return ((MisbehaveClass *)G_OBJECT_GET_CLASS (self))->name;
}

static void
hang_if (Misbehave *self, const char *word)
{
  while (strcmp (self->word, word) == 0)
    pause ();
}

static gboolean
set_format (GstVideoDecoder *decoder, GstVideoCodecState *state)
{
  Misbehave *self = (Misbehave *)decoder;
  GstVideoCodecState *output =
      gst_video_decoder_set_output_state (decoder, GST_VIDEO_FORMAT_I420,
          (guint)MAX (GST_VIDEO_INFO_WIDTH (&state->info), 16),
          (guint)MAX (GST_VIDEO_INFO_HEIGHT (&state->info), 16), state);

  gst_video_codec_state_unref (output);
  return gst_video_decoder_negotiate (GST_VIDEO_DECODER (self));
}

/* Takes the word for this decoder out of the packet. */
static void
read_mark (Misbehave *self, GstBuffer *buffer)
{
  const gsize len = strlen (MISBEHAVE_MARK);
  char head[256] = { 0 };
  gsize size = gst_buffer_extract (buffer, 0, head, sizeof head - 1);
  const char *mark = memmem (head, size, MISBEHAVE_MARK, len);
  const char *word = mark ? strchr (mark + len, ':') : NULL;

  if (!word)
    return;
  if (g_str_has_prefix (mark + len, "both:") || mark[len] == *name_of (self))
    g_strlcpy (self->word, word + 1, sizeof self->word);
}

static GstFlowReturn
handle_frame (GstVideoDecoder *decoder, GstVideoCodecFrame *frame)
{
  Misbehave *self = (Misbehave *)decoder;
  GstFlowReturn flow;

  if (self->n_frames++ == 0)
    read_mark (self, frame->input_buffer);
  if (self->n_frames == ACT_AT_FRAME && !self->done) {
    self->done = TRUE;
    misbehave (GST_ELEMENT (self), self->word);
  }
  flow = gst_video_decoder_allocate_output_frame (decoder, frame);
  if (flow != GST_FLOW_OK) {
    gst_video_codec_frame_unref (frame);
    return flow;
  }
  gst_buffer_memset (frame->output_buffer, 0, 0, G_MAXSIZE);
  return gst_video_decoder_finish_frame (decoder, frame);
}

static GstFlowReturn
finish (GstVideoDecoder *decoder)
{
  hang_if ((Misbehave *)decoder, "hang-eos");
  return GST_FLOW_OK;
}

static GstStateChangeReturn
change_state (GstElement *element, GstStateChange transition)
{
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    hang_if ((Misbehave *)element, "hang-state");
  return GST_ELEMENT_CLASS (parent_class)->change_state (element, transition);
}

static void
class_init (gpointer klass, gpointer name)
{
  GstElementClass *element_class = klass;
  GstVideoDecoderClass *decoder_class = klass;

  parent_class = g_type_class_peek_parent (klass);
  ((MisbehaveClass *)klass)->name = name;
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Misbehaving decoder",
      "Codec/Decoder/Video", "Does what decoders should not", "cvi");
  element_class->change_state = change_state;
  decoder_class->set_format = set_format;
  decoder_class->handle_frame = handle_frame;
  decoder_class->finish = finish;
}

static gboolean
register_decoder (
    GstPlugin *plugin, const char *type_name, char *name, guint rank)
{
  GTypeInfo info = { .class_size = sizeof (MisbehaveClass),
    .class_init = class_init,
    .class_data = name,
    .instance_size = sizeof (Misbehave) };
  g_autofree char *factory = g_strconcat ("misbehave", name, NULL);
  GType type =
      g_type_register_static (GST_TYPE_VIDEO_DECODER, type_name, &info, 0);

  return gst_element_register (plugin, factory, rank, type);
}

static gboolean
plugin_init (GstPlugin *plugin)
{
  static char a[] = "a", b[] = "b";

  /* Above any bonus of tools/worker/cvi-decoders.c. */
  return register_decoder (plugin, "MisbehaveA", a, 9000) &&
         register_decoder (plugin, "MisbehaveB", b, 8000);
}

#define PACKAGE "cvi"
GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, misbehave,
    "Decoders that misbehave, for tests", plugin_init, "0", "LGPL", "cvi",
    "cvi")
