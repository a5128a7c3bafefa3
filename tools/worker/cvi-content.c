/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-content.h"

#include <string.h>
#include <gst/audio/audio.h>
#include <gst/video/video.h>

#define GRID 8
#define MAX_SAMPLES 65536
#define BLACK_LEVEL 32
#define BLACK_SHARE 0.98
#define FROZEN_DIFFERENCE 2
/* -60 dB of 16 bit full scale */
#define SILENCE_PEAK 32

typedef enum { STRETCH_BLACK, STRETCH_FROZEN, STRETCH_SILENT } StretchKind;

static const struct {
  CviRuleId rule;
  const char *text;
} stretch_table[] = {
  [STRETCH_BLACK] = { CVI_RULE_CONTENT_BLACK, "picture is black" },
  [STRETCH_FROZEN] = { CVI_RULE_CONTENT_FROZEN, "picture does not change" },
  [STRETCH_SILENT] = { CVI_RULE_CONTENT_SILENT, "sound is silent" },
};

struct _CviContent {
  GstPad *pad;
  gulong probe;
  char *stream;
  CviContentFunc func;
  gpointer user_data;

  /* streaming thread */
  GstVideoInfo video;
  GstAudioInfo audio;
  gboolean is_video;
  gboolean is_audio;
  guint64 since[G_N_ELEMENTS (stretch_table)]; /* CVI_NONE: not running */
  guint64 until[G_N_ELEMENTS (stretch_table)];
  guint8 *last; /* samples of the frame before */
  guint n_last;
  guint8 *now;
};

static void
close_stretch (CviContent *self, StretchKind kind)
{
  guint64 since = self->since[kind], until = self->until[kind];
  CviFinding *finding;

  self->since[kind] = CVI_NONE;
  if (since == CVI_NONE || until < since || until - since < CVI_CONTENT_MIN_NS)
    return;
  finding =
      cvi_finding_new (stretch_table[kind].rule, self->stream, "%s for %.1f s",
          stretch_table[kind].text, (double)(until - since) / GST_SECOND);
  finding->start_ns = since;
  finding->end_ns = until;
  self->func (finding, self->user_data);
}

static void
follow (
    CviContent *self, StretchKind kind, gboolean on, guint64 start, guint64 end)
{
  if (!on) {
    close_stretch (self, kind);
    return;
  }
  if (self->since[kind] == CVI_NONE)
    self->since[kind] = start;
  self->until[kind] = end;
}

/* 8 bit samples of the first component on a grid; deeper formats by their
 * upper byte. */
static guint
sample_frame (const GstVideoFrame *frame, guint8 *samples)
{
  const guint8 *plane = GST_VIDEO_FRAME_COMP_DATA (frame, 0);
  gint stride = GST_VIDEO_FRAME_COMP_STRIDE (frame, 0);
  gint step = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, 0);
  gint width = GST_VIDEO_FRAME_COMP_WIDTH (frame, 0);
  gint height = GST_VIDEO_FRAME_COMP_HEIGHT (frame, 0);
  guint depth = GST_VIDEO_FRAME_COMP_DEPTH (frame, 0);
  guint shift = GST_VIDEO_FORMAT_INFO_SHIFT (frame->info.finfo, 0);
  guint n = 0;

  for (gint y = 0; y < height; y += GRID) {
    const guint8 *row = plane + (gssize)y * stride;

    for (gint x = 0; x < width && n < MAX_SAMPLES; x += GRID) {
      const guint8 *pixel = row + (gssize)x * step;

      if (depth <= 8)
        samples[n++] = *pixel;
      else
        samples[n++] =
            (guint8)((GST_READ_UINT16_LE (pixel) >> shift) >> (depth - 8));
    }
  }
  return n;
}

static void
look_at_video (CviContent *self, GstBuffer *buffer, guint64 start, guint64 end)
{
  GstVideoFrame frame;
  guint n, dark = 0;
  gboolean frozen;

  if (!gst_video_frame_map (&frame, &self->video, buffer, GST_MAP_READ))
    return;
  n = sample_frame (&frame, self->now);
  gst_video_frame_unmap (&frame);
  frozen = n > 0 && n == self->n_last;
  for (guint i = 0; i < n; i++) {
    dark += self->now[i] <= BLACK_LEVEL;
    if (frozen &&
        ABS ((int)self->now[i] - (int)self->last[i]) > FROZEN_DIFFERENCE)
      frozen = FALSE;
  }
  memcpy (self->last, self->now, n);
  self->n_last = n;
  follow (self, STRETCH_BLACK, n > 0 && dark >= BLACK_SHARE * n, start, end);
  follow (self, STRETCH_FROZEN, frozen, start, end);
}

/* Peak in 16 bit units. */
static gint
audio_peak (CviContent *self, const guint8 *data, gsize size)
{
  const GstAudioFormatInfo *format = self->audio.finfo;
  gsize bytes = GST_AUDIO_FORMAT_INFO_WIDTH (format) / 8;
  gsize n = bytes ? size / bytes : 0;
  gint peak = 0;

  /* The format's own unpacker knows every layout; its output is S32 or F64. */
  while (n > 0) {
    gint32 samples[1024];
    gdouble doubles[1024];
    gsize part = MIN (n, G_N_ELEMENTS (samples));
    gboolean is_float = format->unpack_format == GST_AUDIO_FORMAT_F64;

    format->unpack_func (format, 0,
        is_float ? (gpointer)doubles : (gpointer)samples, (gpointer)data,
        (gint)part);
    for (gsize i = 0; i < part; i++) {
      gint value = is_float ? (gint)(CLAMP (doubles[i], -1., 1.) * 32767.)
                            : samples[i] / 65536;

      peak = MAX (peak, ABS (value));
    }
    data += part * bytes;
    n -= part;
  }
  return peak;
}

static void
look_at_audio (CviContent *self, GstBuffer *buffer, guint64 start, guint64 end)
{
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  follow (self, STRETCH_SILENT,
      audio_peak (self, map.data, map.size) < SILENCE_PEAK, start, end);
  gst_buffer_unmap (buffer, &map);
}

static void
take_caps (CviContent *self, GstEvent *event)
{
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);
  self->is_video =
      gst_video_info_from_caps (&self->video, caps) &&
      GST_VIDEO_INFO_FORMAT (&self->video) != GST_VIDEO_FORMAT_ENCODED &&
      GST_VIDEO_FORMAT_INFO_DEPTH (self->video.finfo, 0) >= 8;
  self->is_audio = !self->is_video &&
                   gst_audio_info_from_caps (&self->audio, caps) &&
                   self->audio.finfo->unpack_func != NULL;
  self->n_last = 0;
}

static GstPadProbeReturn
on_data (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  CviContent *self = user_data;
  GstBuffer *buffer;
  guint64 start, end;

  if (info->type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
    GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);

    if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS)
      take_caps (self, event);
    return GST_PAD_PROBE_OK;
  }
  buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  start = GST_BUFFER_PTS (buffer);
  if (start == CVI_NONE)
    return GST_PAD_PROBE_OK;
  end = start;
  if (GST_BUFFER_DURATION_IS_VALID (buffer))
    end += GST_BUFFER_DURATION (buffer);
  if (self->is_video)
    look_at_video (self, buffer, start, end);
  else if (self->is_audio)
    look_at_audio (self, buffer, start, end);
  return GST_PAD_PROBE_OK;
}

CviContent *
cvi_content_new (
    GstPad *pad, const char *stream, CviContentFunc func, gpointer user_data)
{
  CviContent *self = g_new0 (CviContent, 1);

  self->pad = gst_object_ref (pad);
  self->stream = g_strdup (stream);
  self->func = func;
  self->user_data = user_data;
  self->last = g_malloc (MAX_SAMPLES);
  self->now = g_malloc (MAX_SAMPLES);
  for (guint i = 0; i < G_N_ELEMENTS (stretch_table); i++)
    self->since[i] = CVI_NONE;
  self->probe = gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_data,
      self, NULL);
  return self;
}

void
cvi_content_free (CviContent *content)
{
  gst_pad_remove_probe (content->pad, content->probe);
  for (guint i = 0; i < G_N_ELEMENTS (stretch_table); i++)
    close_stretch (content, (StretchKind)i);
  gst_object_unref (content->pad);
  g_free (content->stream);
  g_free (content->last);
  g_free (content->now);
  g_free (content);
}
