/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-packet-check.h"

#include <string.h>

#include "tools/worker/cvi-ac3.h"
#include "tools/worker/cvi-flac.h"
#include "tools/worker/cvi-mpa.h"
#include "tools/worker/cvi-obu.h"
#include "tools/worker/cvi-pcm.h"
#include "tools/worker/cvi-prores.h"
#include "tools/worker/cvi-vp8.h"

/* @rule, @certainty: of a packet that does not pass. VP8's would be wrong only
 * for an encoder that breaks the codec's flushing rule.
 * @at_decoder: packets are looked at behind the parser, that cuts them
 * @mpeg_version: the caps' "mpegversion", 0: any */
typedef struct {
  const char *media_type;
  CviRuleId rule;
  double certainty;
  gpointer (*create) (GstCaps *caps);
  void (*destroy) (gpointer checker);
  gboolean (*check) (
      gpointer checker, const guint8 *data, gsize size, const char **fault);
  gboolean at_decoder;
  gint mpeg_version;
} PacketChecker;

static gpointer
vp8_create (GstCaps *caps)
{
  (void)caps;
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
  (void)caps;
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
pcm_create (GstCaps *caps)
{
  return cvi_pcm_check_new (caps);
}

static void
pcm_destroy (gpointer checker)
{
  cvi_pcm_check_free (checker);
}

static gboolean
pcm_check (gpointer checker, const guint8 *data, gsize size, const char **fault)
{
  return cvi_pcm_check_packet (checker, data, size, fault);
}

static gpointer
mpa_create (GstCaps *caps)
{
  (void)caps;
  return cvi_mpa_check_new ();
}

static void
mpa_destroy (gpointer checker)
{
  cvi_mpa_check_free (checker);
}

static gboolean
mpa_check (gpointer checker, const guint8 *data, gsize size, const char **fault)
{
  return cvi_mpa_check_frame (checker, data, size, fault);
}

static gpointer
ac3_create (GstCaps *caps)
{
  (void)caps;
  return cvi_ac3_check_new ();
}

static void
ac3_destroy (gpointer checker)
{
  cvi_ac3_check_free (checker);
}

static gboolean
ac3_check (gpointer checker, const guint8 *data, gsize size, const char **fault)
{
  return cvi_ac3_check_packet (checker, data, size, fault);
}

/* What has no state needs no checker, only the knowledge that it applies. */
static gpointer
obu_create (GstCaps *caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  const char *format = gst_structure_get_string (structure, "stream-format");
  gboolean *known = g_new0 (gboolean, 1);

  *known = !format || strcmp (format, "obu-stream") == 0;
  return known;
}

static gboolean
obu_check (gpointer checker, const guint8 *data, gsize size, const char **fault)
{
  gboolean *known = checker;

  return !*known || cvi_obu_check_unit (data, size, fault);
}

static gpointer
no_create (GstCaps *caps)
{
  (void)caps;
  return NULL;
}

static gboolean
prores_check (
    gpointer checker, const guint8 *data, gsize size, const char **fault)
{
  (void)checker;
  return cvi_prores_check_frame (data, size, fault);
}

static const PacketChecker checkers[] = {
  { "video/x-vp8", CVI_RULE_DECODE_ERROR, 0.9, vp8_create, vp8_destroy,
      vp8_check },
  { "audio/x-flac", CVI_RULE_DECODE_CHECKSUM, 0.99, flac_create, flac_destroy,
      flac_check },
  { "audio/x-raw", CVI_RULE_CONTENT_NOISE, 0.7, pcm_create, pcm_destroy,
      pcm_check },
  { "audio/mpeg", CVI_RULE_DECODE_ERROR, 0.9, mpa_create, mpa_destroy,
      mpa_check, .at_decoder = TRUE, .mpeg_version = 1 },
  { "audio/x-ac3", CVI_RULE_DECODE_CHECKSUM, 0.95, ac3_create, ac3_destroy,
      ac3_check, .at_decoder = TRUE },
  { "audio/x-eac3", CVI_RULE_DECODE_CHECKSUM, 0.95, ac3_create, ac3_destroy,
      ac3_check, .at_decoder = TRUE },
  { "video/x-av1", CVI_RULE_DECODE_ERROR, 0.95, obu_create, g_free, obu_check },
  { "video/x-prores", CVI_RULE_DECODE_ERROR, 0.9, no_create, g_free,
      prores_check },
};

struct _CviPacketCheck {
  const PacketChecker *kind;
  gpointer checker;
  GstPad *pad;
  gulong probe;
  char *stream;
  CviPacketCheckFunc func;
  gpointer user_data;
};

static GstPadProbeReturn
on_packet (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  CviPacketCheck *self = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  const char *fault = NULL;
  CviFinding *finding;
  GstMapInfo map;
  gboolean good;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
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

static gboolean
is_for (const PacketChecker *kind, const GstStructure *structure)
{
  gint version = 0;

  gst_structure_get_int (structure, "mpegversion", &version);
  return gst_structure_has_name (structure, kind->media_type) &&
         (kind->at_decoder || is_packetised (structure)) &&
         (kind->mpeg_version == 0 || kind->mpeg_version == version);
}

CviPacketCheck *
cvi_packet_check_new (GstCaps *caps, GstPad *head, GstPad *decoder,
    const char *stream, CviPacketCheckFunc func, gpointer user_data)
{
  GstStructure *structure = gst_caps_get_structure (caps, 0);

  for (guint i = 0; i < G_N_ELEMENTS (checkers); i++) {
    CviPacketCheck *self;

    GstPad *pad = checkers[i].at_decoder ? decoder : head;

    if (!pad || !is_for (&checkers[i], structure))
      continue;
    self = g_new0 (CviPacketCheck, 1);
    self->kind = &checkers[i];
    self->checker = self->kind->create (caps);
    self->pad = gst_object_ref (pad);
    self->stream = g_strdup (stream);
    self->func = func;
    self->user_data = user_data;
    self->probe = gst_pad_add_probe (
        pad, GST_PAD_PROBE_TYPE_BUFFER, on_packet, self, NULL);
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
  g_free (check->stream);
  g_free (check);
}
