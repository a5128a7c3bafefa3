/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-packet-check.h"

#include "tools/worker/cvi-flac.h"
#include "tools/worker/cvi-h264.h"
#include "tools/worker/cvi-vp8.h"

/* @rule, @certainty: of a packet that does not pass. VP8's would be wrong only
 * for an encoder that breaks the codec's flushing rule. */
typedef struct {
  const char *media_type;
  CviRuleId rule;
  double certainty;
  gpointer (*create) (GstCaps *caps);
  void (*destroy) (gpointer checker);
  gboolean (*check) (
      gpointer checker, const guint8 *data, gsize size, const char **fault);
} PacketChecker;

static gpointer
vp8_create (GstCaps *caps)
{
  return cvi_vp8_check_new ();
}

static void
vp8_destroy (gpointer checker)
{
  cvi_vp8_check_free (checker);
}

static gboolean
vp8_check (gpointer checker, const guint8 *data, gsize size, const char **fault)
{
  return cvi_vp8_check_frame (checker, data, size, fault);
}

static gpointer
flac_create (GstCaps *caps)
{
  return cvi_flac_check_new ();
}

static void
flac_destroy (gpointer checker)
{
  cvi_flac_check_free (checker);
}

static gboolean
flac_check (
    gpointer checker, const guint8 *data, gsize size, const char **fault)
{
  return cvi_flac_check_frame (checker, data, size, fault);
}

static gpointer
h264_create (GstCaps *caps)
{
  return cvi_h264_check_new (caps);
}

static void
h264_destroy (gpointer checker)
{
  cvi_h264_check_free (checker);
}

static gboolean
h264_check (
    gpointer checker, const guint8 *data, gsize size, const char **fault)
{
  return cvi_h264_check_packet (checker, data, size, fault);
}

static const PacketChecker checkers[] = {
  { "video/x-vp8", CVI_RULE_DECODE_ERROR, 0.9, vp8_create, vp8_destroy,
      vp8_check },
  { "audio/x-flac", CVI_RULE_DECODE_CHECKSUM, 0.99, flac_create, flac_destroy,
      flac_check },
  { "video/x-h264", CVI_RULE_DECODE_ERROR, 0.95, h264_create, h264_destroy,
      h264_check },
};

struct _CviPacketCheck {
  const PacketChecker *kind;
  gpointer checker;
  GstCaps *caps;
  GstPad *pad;
  gulong probe;
  char *stream;
  CviPacketCheckFunc func;
  gpointer user_data;
};

/* What was learnt of a stream does not outlive a seek or a change of caps. */
static void
start_over (CviPacketCheck *self, GstCaps *caps)
{
  gst_caps_replace (&self->caps, caps);
  self->kind->destroy (self->checker);
  self->checker = self->kind->create (caps);
}

static void
take_event (CviPacketCheck *self, GstEvent *event)
{
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP) {
    start_over (self, self->caps);
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    gst_event_parse_caps (event, &caps);
    if (!gst_caps_is_equal (caps, self->caps))
      start_over (self, caps);
  }
}

static void
take_packet (CviPacketCheck *self, GstBuffer *buffer)
{
  const char *fault = NULL;
  CviFinding *finding;
  GstMapInfo map;
  gboolean good;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  good = self->kind->check (self->checker, map.data, map.size, &fault);
  gst_buffer_unmap (buffer, &map);
  if (good)
    return;
  finding = cvi_finding_new (self->kind->rule, self->stream, "%s", fault);
  finding->certainty = self->kind->certainty;
  finding->start_ns = finding->end_ns = GST_BUFFER_PTS_IS_VALID (buffer)
                                            ? GST_BUFFER_PTS (buffer)
                                            : GST_BUFFER_DTS (buffer);
  self->func (finding, self->user_data);
}

static GstPadProbeReturn
on_data (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
    take_packet (user_data, GST_PAD_PROBE_INFO_BUFFER (info));
  else
    take_event (user_data, GST_PAD_PROBE_INFO_EVENT (info));
  return GST_PAD_PROBE_OK;
}

/* Are buffers of these caps whole packets? A file that is one elementary stream
 * comes in blocks of bytes: its caps, from typefinding, name nothing more. */
static gboolean
is_packetised (const GstStructure *structure)
{
  return gst_structure_n_fields (structure) > 0;
}

CviPacketCheck *
cvi_packet_check_new (GstCaps *caps, GstPad *pad, const char *stream,
    CviPacketCheckFunc func, gpointer user_data)
{
  GstStructure *structure = gst_caps_get_structure (caps, 0);

  for (guint i = 0; i < G_N_ELEMENTS (checkers); i++) {
    CviPacketCheck *self;

    if (!gst_structure_has_name (structure, checkers[i].media_type) ||
        !is_packetised (structure))
      continue;
    self = g_new0 (CviPacketCheck, 1);
    self->kind = &checkers[i];
    self->caps = gst_caps_ref (caps);
    self->checker = self->kind->create (caps);
    self->pad = gst_object_ref (pad);
    self->stream = g_strdup (stream);
    self->func = func;
    self->user_data = user_data;
    self->probe = gst_pad_add_probe (pad,
        GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_FLUSH |
            GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
        on_data, self, NULL);
    return self;
  }
  return NULL;
}

void
cvi_packet_check_free (CviPacketCheck *check)
{
  gst_pad_remove_probe (check->pad, check->probe);
  gst_object_unref (check->pad);
  check->kind->destroy (check->checker);
  gst_caps_unref (check->caps);
  g_free (check->stream);
  g_free (check);
}
