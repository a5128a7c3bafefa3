/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-dav1d.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <dav1d/dav1d.h>
#include <gst/video/gstvideodecoder.h>
#include <gst/video/video.h>

#include "tools/codec/cvi-obu.h"
#include "tools/worker/cvi-tile-ends.h"
#include "tools/worker/cvi-unseen.h"

#define CVI_TYPE_DAV1D_DEC (cvi_dav1d_dec_get_type ())
G_DECLARE_FINAL_TYPE (
    CviDav1dDec, cvi_dav1d_dec, CVI, DAV1D_DEC, GstVideoDecoder)

struct _CviDav1dDec {
  GstVideoDecoder parent;

  Dav1dContext *context;     /* (nullable): while stopped */
  GstVideoCodecState *input; /* (nullable): until there are caps */
  gboolean unseen;
  CviTileEnds *ends;
  char said[128]; /* libdav1d's last word on the unit in work */
};

G_DEFINE_TYPE (CviDav1dDec, cvi_dav1d_dec, GST_TYPE_VIDEO_DECODER)

/* As libdav1d gives them: samples of more than 8 bits in the host's order. */
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
#define DEEP(name) GST_VIDEO_FORMAT_##name##LE
#else
#define DEEP(name) GST_VIDEO_FORMAT_##name##BE
#endif

/* By layout and depth (8, 10, 12). Pictures without colour get planes of grey,
 * as libaom gives them. */
static const GstVideoFormat formats[][3] = {
  [DAV1D_PIXEL_LAYOUT_I400] = { GST_VIDEO_FORMAT_I420, DEEP (I420_10),
      DEEP (I420_12) },
  [DAV1D_PIXEL_LAYOUT_I420] = { GST_VIDEO_FORMAT_I420, DEEP (I420_10),
      DEEP (I420_12) },
  [DAV1D_PIXEL_LAYOUT_I422] = { GST_VIDEO_FORMAT_Y42B, DEEP (I422_10),
      DEEP (I422_12) },
  [DAV1D_PIXEL_LAYOUT_I444] = { GST_VIDEO_FORMAT_Y444, DEEP (Y444_10),
      DEEP (Y444_12) },
};
static const GstVideoFormat rgb_formats[] = { GST_VIDEO_FORMAT_GBR,
  DEEP (GBR_10), DEEP (GBR_12) };

/* Nothing in AV1 keeps caps from naming what the stream is not. */
static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
        GST_STATIC_CAPS ("video/x-av1, stream-format=(string)obu-stream, "
                         "alignment=(string)tu"));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_VIDEO_FORMATS_ALL)));

static void G_GNUC_PRINTF (2, 0)
    on_message (void *cookie, const char *format, va_list arguments)
{
  CviDav1dDec *self = cookie;

  vsnprintf (self->said, sizeof self->said, format, arguments);
  g_strchomp (self->said);
}

/* Where it fails, the next decoder is tried. */
static gboolean
cvi_dav1d_dec_open (GstVideoDecoder *decoder)
{
  return cvi_tile_ends_work ();
}

static gboolean
cvi_dav1d_dec_start (GstVideoDecoder *decoder)
{
  CviDav1dDec *self = CVI_DAV1D_DEC (decoder);
  Dav1dSettings settings;

  self->unseen = cvi_unseen_get ();
  dav1d_default_settings (&settings);
  settings.n_threads = 1;
  settings.max_frame_delay = 1;
  /* Pictures come with the unit that they are in, and the last one of a unit
   * is its highest layer's: else libdav1d keeps lower ones back. */
  settings.all_layers = 1;
  settings.operating_point = 0;
  /* Newer versions than 1.0 tell more then. */
  settings.strict_std_compliance = 1;
  settings.apply_grain = !self->unseen;
  if (self->unseen)
    settings.inloop_filters = DAV1D_INLOOPFILTER_NONE;
  settings.logger.cookie = self;
  settings.logger.callback = on_message;
  self->ends = cvi_tile_ends_new ();
  return dav1d_open (&self->context, &settings) == 0;
}

static gboolean
cvi_dav1d_dec_stop (GstVideoDecoder *decoder)
{
  CviDav1dDec *self = CVI_DAV1D_DEC (decoder);

  if (self->context)
    dav1d_close (&self->context);
  g_clear_pointer (&self->ends, cvi_tile_ends_free);
  g_clear_pointer (&self->input, gst_video_codec_state_unref);
  return TRUE;
}

static gboolean
cvi_dav1d_dec_flush (GstVideoDecoder *decoder)
{
  dav1d_flush (CVI_DAV1D_DEC (decoder)->context);
  return TRUE;
}

static gboolean
cvi_dav1d_dec_set_format (GstVideoDecoder *decoder, GstVideoCodecState *state)
{
  CviDav1dDec *self = CVI_DAV1D_DEC (decoder);

  g_clear_pointer (&self->input, gst_video_codec_state_unref);
  self->input = gst_video_codec_state_ref (state);
  return TRUE;
}

/* A buffer that libdav1d reads from, a piece at a time. */
typedef struct {
  GstBuffer *buffer;
  GstMapInfo map;
} Unit;

static void
clear_unit (gpointer data)
{
  Unit *unit = data;

  gst_buffer_unmap (unit->buffer, &unit->map);
  gst_buffer_unref (unit->buffer);
}

static void
release_unit (const guint8 *data, void *cookie)
{
  g_rc_box_release_full (cookie, clear_unit);
}

/* Returns: (nullable): to be released */
static Unit *
map_unit (GstBuffer *buffer)
{
  Unit *unit = g_rc_box_new0 (Unit);

  if (!gst_buffer_map (buffer, &unit->map, GST_MAP_READ)) {
    g_rc_box_release (unit);
    return NULL;
  }
  unit->buffer = gst_buffer_ref (buffer);
  return unit;
}

/* Takes the pictures that are ready. @picture: the last one, in place of the
 * one that was there. Returns: 0 or what libdav1d calls the failure */
static int
take_pictures (CviDav1dDec *self, Dav1dPicture *picture)
{
  Dav1dPicture next = { 0 };
  int result;

  while ((result = dav1d_get_picture (self->context, &next)) == 0) {
    dav1d_picture_unref (picture);
    *picture = next;
    memset (&next, 0, sizeof next);
  }
  return result == DAV1D_ERR (EAGAIN) ? 0 : result;
}

/* @data, @size: of @unit. Returns: 0 or what libdav1d calls the first failure
 */
static int
decode_piece (CviDav1dDec *self, Unit *unit, const guint8 *data, gsize size,
    Dav1dPicture *picture)
{
  Dav1dData piece = { 0 };
  int taken, result = dav1d_data_wrap (
                 &piece, data, size, release_unit, g_rc_box_acquire (unit));

  if (result < 0) {
    g_rc_box_release_full (unit, clear_unit);
    return result;
  }
  cvi_tile_ends_enter (self->ends);
  do {
    result = dav1d_send_data (self->context, &piece);
    if (result == DAV1D_ERR (EAGAIN))
      result = 0;
    taken = take_pictures (self, picture);
    if (result == 0)
      result = taken;
  } while (result == 0 && piece.sz > 0);
  cvi_tile_ends_leave ();
  if (piece.sz > 0)
    dav1d_data_unref (&piece);
  return result;
}

/* One temporal unit, an OBU at a time: the ends of a frame's tiles are known
 * only until the next frame is decoded. @picture: (out): to be unreferenced,
 * without data if there is none; @fault: (out) (nullable): of a tile. Returns:
 * 0 or what libdav1d calls the first failure, after which the rest of the unit
 * is left out */
static int
decode_unit (CviDav1dDec *self, GstBuffer *buffer, Dav1dPicture *picture,
    const char **fault)
{
  Unit *unit = map_unit (buffer);
  const guint8 *data, *frame;
  gsize left, size;
  int result = 0;

  self->said[0] = '\0';
  *fault = NULL;
  if (!unit)
    return DAV1D_ERR (EINVAL);
  data = frame = unit->map.data;
  for (left = unit->map.size; result == 0 && left > 0; left -= size) {
    size = cvi_obu_get_length (data, left);
    if (cvi_obu_begins_frame (data[0]))
      frame = data;
    result = decode_piece (self, unit, data, size, picture);
    data += size;
    if (result == 0 && !*fault)
      *fault = cvi_tile_ends_check (self->ends, frame, (gsize)(data - frame));
  }
  g_rc_box_release_full (unit, clear_unit);
  return result;
}

static GstVideoFormat
find_format (const Dav1dPicture *picture)
{
  guint depth = ((guint)picture->p.bpc - 8) / 2;
  guint layout = picture->p.layout;

  if (depth >= G_N_ELEMENTS (rgb_formats) || layout >= G_N_ELEMENTS (formats))
    return GST_VIDEO_FORMAT_UNKNOWN;
  if (layout == DAV1D_PIXEL_LAYOUT_I444 &&
      picture->seq_hdr->mtrx == DAV1D_MC_IDENTITY)
    return rgb_formats[depth];
  return formats[layout][depth];
}

/* Returns: (transfer full) (nullable): the output's state, made to fit
 * @picture */
static GstVideoCodecState *
negotiate (CviDav1dDec *self, const Dav1dPicture *picture)
{
  GstVideoDecoder *decoder = GST_VIDEO_DECODER (self);
  GstVideoCodecState *state = gst_video_decoder_get_output_state (decoder);
  GstVideoFormat format = find_format (picture);

  if (state && GST_VIDEO_INFO_FORMAT (&state->info) == format &&
      GST_VIDEO_INFO_WIDTH (&state->info) == picture->p.w &&
      GST_VIDEO_INFO_HEIGHT (&state->info) == picture->p.h)
    return state;
  g_clear_pointer (&state, gst_video_codec_state_unref);
  if (format == GST_VIDEO_FORMAT_UNKNOWN)
    return NULL;
  state = gst_video_decoder_set_output_state (
      decoder, format, (guint)picture->p.w, (guint)picture->p.h, self->input);
  if (state && !gst_video_decoder_negotiate (decoder))
    g_clear_pointer (&state, gst_video_codec_state_unref);
  return state;
}

static void
fill_grey (GstVideoFrame *frame, guint plane, guint bpc)
{
  guint8 *row = GST_VIDEO_FRAME_PLANE_DATA (frame, plane);
  gint width = GST_VIDEO_FRAME_COMP_WIDTH (frame, plane);
  guint16 grey = (guint16)(1 << (bpc - 1));

  for (gint y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (frame, plane); y++) {
    if (bpc == 8) {
      memset (row, grey, width);
    } else {
      for (gint x = 0; x < width; x++)
        memcpy (row + 2 * x, &grey, 2);
    }
    row += GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane);
  }
}

static void
copy_plane (GstVideoFrame *frame, guint plane, const Dav1dPicture *picture)
{
  guint8 *to = GST_VIDEO_FRAME_PLANE_DATA (frame, plane);
  const guint8 *from = picture->data[plane];
  gsize bytes = (gsize)GST_VIDEO_FRAME_COMP_WIDTH (frame, plane) *
                (picture->p.bpc > 8 ? 2 : 1);

  for (gint y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (frame, plane); y++) {
    memcpy (to, from, bytes);
    to += GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane);
    from += picture->stride[plane > 0];
  }
}

static gboolean
copy_picture (
    const Dav1dPicture *picture, GstVideoInfo *info, GstBuffer *buffer)
{
  GstVideoFrame frame;

  if (!gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE))
    return FALSE;
  for (guint plane = 0; plane < 3; plane++) {
    if (plane > 0 && picture->p.layout == DAV1D_PIXEL_LAYOUT_I400)
      fill_grey (&frame, plane, (guint)picture->p.bpc);
    else
      copy_plane (&frame, plane, picture);
  }
  gst_video_frame_unmap (&frame);
  return TRUE;
}

/* Takes @frame. */
static GstFlowReturn
push_picture (
    CviDav1dDec *self, GstVideoCodecFrame *frame, const Dav1dPicture *picture)
{
  GstVideoDecoder *decoder = GST_VIDEO_DECODER (self);
  GstVideoCodecState *state = negotiate (self, picture);
  GstFlowReturn flow = GST_FLOW_NOT_NEGOTIATED;

  if (state) {
    flow = gst_video_decoder_allocate_output_frame (decoder, frame);
    /* The buffer comes from a pool: no memory is touched where nobody looks. */
    if (flow == GST_FLOW_OK && !self->unseen &&
        !copy_picture (picture, &state->info, frame->output_buffer))
      flow = GST_FLOW_ERROR;
    gst_video_codec_state_unref (state);
  }
  if (flow == GST_FLOW_OK)
    return gst_video_decoder_finish_frame (decoder, frame);
  gst_video_decoder_drop_frame (decoder, frame);
  return flow;
}

/* @result: of libdav1d; @fault: (nullable): of a tile that it says nothing of
 */
static GstFlowReturn
report (CviDav1dDec *self, int result, const char *fault)
{
  GstFlowReturn flow = GST_FLOW_OK;

  if (result == DAV1D_ERR (ENOMEM)) {
    GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT,
        ("There is not enough memory for the pictures"), (NULL));
    return GST_FLOW_ERROR;
  }
  if (result == 0)
    GST_VIDEO_DECODER_ERROR (
        self, 1, STREAM, DECODE, ("%s", fault), (NULL), flow);
  else
    GST_VIDEO_DECODER_ERROR (self, 1, STREAM, DECODE,
        ("AV1 data does not decode%s%s", self->said[0] ? ": " : "", self->said),
        (NULL), flow);
  return flow;
}

static GstFlowReturn
cvi_dav1d_dec_handle_frame (GstVideoDecoder *decoder, GstVideoCodecFrame *frame)
{
  CviDav1dDec *self = CVI_DAV1D_DEC (decoder);
  Dav1dPicture picture = { 0 };
  const char *fault;
  int result = decode_unit (self, frame->input_buffer, &picture, &fault);
  GstFlowReturn flow = GST_FLOW_OK;

  if (result < 0 || fault)
    flow = report (self, result, fault);
  if (flow == GST_FLOW_OK && picture.data[0]) {
    flow = push_picture (self, frame, &picture);
  } else if (flow == GST_FLOW_OK && result == 0) {
    GST_VIDEO_CODEC_FRAME_SET_DECODE_ONLY (frame);
    flow = gst_video_decoder_finish_frame (decoder, frame);
  } else {
    gst_video_decoder_drop_frame (decoder, frame);
  }
  dav1d_picture_unref (&picture);
  return flow;
}

static void
cvi_dav1d_dec_class_init (CviDav1dDecClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstVideoDecoderClass *decoder_class = GST_VIDEO_DECODER_CLASS (klass);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "dav1d AV1 decoder",
      "Codec/Decoder/Video", "Decodes AV1 with libdav1d, strictly",
      "The cvi developers");
  decoder_class->open = cvi_dav1d_dec_open;
  decoder_class->start = cvi_dav1d_dec_start;
  decoder_class->stop = cvi_dav1d_dec_stop;
  decoder_class->flush = cvi_dav1d_dec_flush;
  decoder_class->set_format = cvi_dav1d_dec_set_format;
  decoder_class->handle_frame = cvi_dav1d_dec_handle_frame;
}

static void
cvi_dav1d_dec_init (CviDav1dDec *self)
{
  gst_video_decoder_set_packetized (GST_VIDEO_DECODER (self), TRUE);
  gst_video_decoder_set_needs_format (GST_VIDEO_DECODER (self), TRUE);
}

gboolean
cvi_dav1d_register (void)
{
  return gst_element_register (
      NULL, "cvidav1ddec", GST_RANK_PRIMARY + 1, CVI_TYPE_DAV1D_DEC);
}
