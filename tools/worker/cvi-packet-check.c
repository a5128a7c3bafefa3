/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-packet-check.h"

#include "tools/worker/cvi-vp8.h"

/* How sure a check is of what it says: wrong only for an encoder that breaks
 * the codec's flushing rule. */
#define CERTAINTY 0.9

typedef struct {
  const char *media_type;
  gpointer (*create) (void);
  void (*destroy) (gpointer checker);
  gboolean (*check) (
      gpointer checker, const guint8 *data, gsize size, const char **fault);
} PacketChecker;

static gpointer
vp8_create (void)
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

static const PacketChecker checkers[] = {
  { "video/x-vp8", vp8_create, vp8_destroy, vp8_check },
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
  finding = cvi_finding_new (CVI_RULE_DECODE_ERROR, self->stream, "%s", fault);
  finding->certainty = CERTAINTY;
  finding->start_ns = finding->end_ns = GST_BUFFER_PTS_IS_VALID (buffer)
                                            ? GST_BUFFER_PTS (buffer)
                                            : GST_BUFFER_DTS (buffer);
  self->func (finding, self->user_data);
  return GST_PAD_PROBE_OK;
}

CviPacketCheck *
cvi_packet_check_new (GstCaps *caps, GstPad *pad, const char *stream,
    CviPacketCheckFunc func, gpointer user_data)
{
  GstStructure *structure = gst_caps_get_structure (caps, 0);

  for (guint i = 0; i < G_N_ELEMENTS (checkers); i++) {
    CviPacketCheck *self;

    if (!gst_structure_has_name (structure, checkers[i].media_type))
      continue;
    self = g_new0 (CviPacketCheck, 1);
    self->kind = &checkers[i];
    self->checker = self->kind->create ();
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
