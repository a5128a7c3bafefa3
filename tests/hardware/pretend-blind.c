/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Pretended hardware that shows a picture whatever comes: black ones, in the
 * order of their times. */
#include <gst/video/gstvideodecoder.h>
#include <gst/video/video.h>

#include "tests/hardware/cvi-pretend.h"

/* Frames that are held back, since later ones may be shown before them. */
#define REORDER 16

typedef struct {
  GstVideoDecoder parent;
  GQueue held; /* of GstVideoCodecFrame, by time */
  guint n_frames;
} PretendBlind;

typedef struct {
  GstVideoDecoderClass parent_class;
  PretendAct act;
  const PretendCodec *codec;
} PretendBlindClass;

typedef struct {
  PretendAct act;
  const PretendCodec *codec;
} ClassData;

static GstElementClass *parent_class;

static int
compare_times (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const GstVideoCodecFrame *one = a, *two = b;

  return one->pts < two->pts ? -1 : one->pts > two->pts;
}

static GstFlowReturn
show_first (PretendBlind *self)
{
  GstVideoDecoder *decoder = GST_VIDEO_DECODER (self);
  GstVideoCodecFrame *frame = g_queue_pop_head (&self->held);
  GstFlowReturn flow = gst_video_decoder_allocate_output_frame (decoder, frame);

  if (flow != GST_FLOW_OK) {
    gst_video_codec_frame_unref (frame);
    return flow;
  }
  gst_buffer_memset (frame->output_buffer, 0, 0, G_MAXSIZE);
  if (((PretendBlindClass *)G_OBJECT_GET_CLASS (self))->act == PRETEND_LIES &&
      ++self->n_frames == pretend_middle ())
    GST_BUFFER_FLAG_SET (frame->output_buffer, GST_BUFFER_FLAG_CORRUPTED);
  return gst_video_decoder_finish_frame (decoder, frame);
}

static GstFlowReturn
show_all (PretendBlind *self)
{
  GstFlowReturn flow = GST_FLOW_OK;

  while (!g_queue_is_empty (&self->held) && flow == GST_FLOW_OK)
    flow = show_first (self);
  return flow;
}

static void
forget (PretendBlind *self)
{
  g_queue_clear_full (&self->held, (GDestroyNotify)gst_video_codec_frame_unref);
}

static gboolean
set_format (GstVideoDecoder *decoder, GstVideoCodecState *state)
{
  guint width = (guint)MAX (GST_VIDEO_INFO_WIDTH (&state->info), 16);
  guint height = (guint)MAX (GST_VIDEO_INFO_HEIGHT (&state->info), 16);
  GstVideoCodecState *output = gst_video_decoder_set_output_state (
      decoder, GST_VIDEO_FORMAT_I420, width, height, state);

  gst_video_codec_state_unref (output);
  return gst_video_decoder_negotiate (decoder);
}

static GstFlowReturn
handle_frame (GstVideoDecoder *decoder, GstVideoCodecFrame *frame)
{
  PretendBlind *self = (PretendBlind *)decoder;

  g_queue_insert_sorted (&self->held, frame, compare_times, NULL);
  return self->held.length > REORDER ? show_first (self) : GST_FLOW_OK;
}

static GstFlowReturn
finish (GstVideoDecoder *decoder)
{
  return show_all ((PretendBlind *)decoder);
}

static gboolean
flush (GstVideoDecoder *decoder)
{
  forget ((PretendBlind *)decoder);
  return TRUE;
}

static gboolean
stop (GstVideoDecoder *decoder)
{
  forget ((PretendBlind *)decoder);
  return TRUE;
}

static GstStateChangeReturn
change_state (GstElement *element, GstStateChange transition)
{
  pretend_log_change (transition);
  return parent_class->change_state (element, transition);
}

static void
class_init (gpointer klass, gpointer data)
{
  const ClassData *class_data = data;
  GstVideoDecoderClass *decoder_class = klass;

  parent_class = g_type_class_peek_parent (klass);
  ((PretendBlindClass *)klass)->act = class_data->act;
  ((PretendBlindClass *)klass)->codec = class_data->codec;
  pretend_describe (klass, class_data->codec);
  ((GstElementClass *)klass)->change_state = change_state;
  decoder_class->set_format = set_format;
  decoder_class->handle_frame = handle_frame;
  decoder_class->finish = finish;
  decoder_class->drain = finish;
  decoder_class->flush = flush;
  decoder_class->stop = stop;
}

static void
instance_init (GTypeInstance *instance, gpointer klass)
{
  gst_video_decoder_set_packetized (GST_VIDEO_DECODER (instance), TRUE);
}

GType
pretend_blind_register (
    PretendAct act, const char *type_name, const PretendCodec *codec)
{
  ClassData *data = g_new (ClassData, 1);
  GTypeInfo info = { .class_size = sizeof (PretendBlindClass),
    .class_init = class_init,
    .class_data = data,
    .instance_size = sizeof (PretendBlind),
    .instance_init = instance_init };

  data->act = act;
  data->codec = codec;
  return g_type_register_static (GST_TYPE_VIDEO_DECODER, type_name, &info, 0);
}
