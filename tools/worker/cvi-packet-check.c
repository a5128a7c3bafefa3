/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-packet-check.h"

#include "tools/worker/cvi-flac.h"
#include "tools/worker/cvi-h265.h"
#include "tools/worker/cvi-vp8.h"

/* @at_decoder: takes packets as the decoder gets them, behind the parser
 * @rule, @certainty: of a packet that does not pass. VP8's would be wrong only
 * for an encoder that breaks the codec's flushing rule, H.265's only for one
 * that pads its slices as the standard does not allow.
 * @create: @caps are those of the packets */
typedef struct {
  const char *media_type;
  gboolean at_decoder;
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
h265_create (GstCaps *caps)
{
  return cvi_h265_check_new (caps);
}

static void
h265_destroy (gpointer checker)
{
  cvi_h265_check_free (checker);
}

static gboolean
h265_check (
    gpointer checker, const guint8 *data, gsize size, const char **fault)
{
  return cvi_h265_check_packet (checker, data, size, fault);
}

static const PacketChecker checkers[] = {
  { "video/x-vp8", FALSE, CVI_RULE_DECODE_ERROR, 0.9, vp8_create, vp8_destroy,
      vp8_check },
  { "audio/x-flac", FALSE, CVI_RULE_DECODE_CHECKSUM, 0.99, flac_create,
      flac_destroy, flac_check },
  { "video/x-h265", TRUE, CVI_RULE_DECODE_ERROR, 0.95, h265_create,
      h265_destroy, h265_check },
};

struct _CviPacketCheck {
  const PacketChecker *kind;
  gpointer checker;
  GstCaps *caps; /* that @checker was made for */
  GstPad *pad;
  gulong probe;
  char *stream;
  CviPacketCheckFunc func;
  gpointer user_data;
};

/* Do @a and @b say the same of how packets are read? Frame rate and the like
 * change without harm; what in-band parameter sets have said must be kept. */
static gboolean
same_format (GstCaps *a, GstCaps *b)
{
  static const char *const fields[] = { "codec_data", "stream-format",
    "alignment" };
  const GstStructure *sa = gst_caps_get_structure (a, 0);
  const GstStructure *sb = gst_caps_get_structure (b, 0);

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++) {
    const GValue *va = gst_structure_get_value (sa, fields[i]);
    const GValue *vb = gst_structure_get_value (sb, fields[i]);

    if (!va != !vb || (va && gst_value_compare (va, vb) != GST_VALUE_EQUAL))
      return FALSE;
  }
  return TRUE;
}

/* Behind a parser the caps are known only once packets come. */
static void
follow_caps (CviPacketCheck *self)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (self->pad);

  if (!caps || caps == self->caps)
    return;
  if (!self->checker || !same_format (caps, self->caps)) {
    g_clear_pointer (&self->checker, self->kind->destroy);
    self->checker = self->kind->create (caps);
  }
  gst_caps_replace (&self->caps, caps);
}

static GstPadProbeReturn
on_packet (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  CviPacketCheck *self = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  const char *fault = NULL;
  CviFinding *finding;
  GstMapInfo map;
  gboolean good;

  if (self->kind->at_decoder)
    follow_caps (self);
  if (!self->checker || !gst_buffer_map (buffer, &map, GST_MAP_READ))
    return GST_PAD_PROBE_OK;
  good = self->kind->check (self->checker, map.data, map.size, &fault);
  gst_buffer_unmap (buffer, &map);
  if (good)
    return GST_PAD_PROBE_OK;
  finding = cvi_finding_new (self->kind->rule, self->stream, "%s", fault);
  finding->certainty = self->kind->certainty;
  finding->start_ns = finding->end_ns = GST_BUFFER_PTS_IS_VALID (buffer)
                                            ? GST_BUFFER_PTS (buffer)
                                            : GST_BUFFER_DTS (buffer);
  self->func (finding, self->user_data);
  return GST_PAD_PROBE_OK;
}

/* Are buffers of these caps whole packets? A file that is one elementary stream
 * comes in blocks of bytes: its caps, from typefinding, name nothing more. */
static gboolean
is_packetised (const GstStructure *structure)
{
  return gst_structure_n_fields (structure) > 0;
}

static const PacketChecker *
find_checker (GstCaps *caps, gboolean has_decoder)
{
  GstStructure *structure = gst_caps_get_structure (caps, 0);

  for (guint i = 0; i < G_N_ELEMENTS (checkers); i++) {
    const PacketChecker *kind = &checkers[i];

    if (gst_structure_has_name (structure, kind->media_type) &&
        (kind->at_decoder ? has_decoder : is_packetised (structure)))
      return kind;
  }
  return NULL;
}

CviPacketCheck *
cvi_packet_check_new (GstCaps *caps, GstPad *pad, GstPad *decoder_pad,
    const char *stream, CviPacketCheckFunc func, gpointer user_data)
{
  const PacketChecker *kind = find_checker (caps, decoder_pad != NULL);
  CviPacketCheck *self;

  if (!kind)
    return NULL;
  self = g_new0 (CviPacketCheck, 1);
  self->kind = kind;
  self->pad = gst_object_ref (kind->at_decoder ? decoder_pad : pad);
  if (!kind->at_decoder)
    self->checker = kind->create (caps);
  self->stream = g_strdup (stream);
  self->func = func;
  self->user_data = user_data;
  self->probe = gst_pad_add_probe (
      self->pad, GST_PAD_PROBE_TYPE_BUFFER, on_packet, self, NULL);
  return self;
}

void
cvi_packet_check_free (CviPacketCheck *check)
{
  gst_pad_remove_probe (check->pad, check->probe);
  gst_object_unref (check->pad);
  g_clear_pointer (&check->checker, check->kind->destroy);
  gst_clear_caps (&check->caps);
  g_free (check->stream);
  g_free (check);
}
