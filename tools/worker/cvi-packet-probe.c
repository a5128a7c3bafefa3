/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-packet-probe.h"

#include "tools/worker/cvi-unseen.h"

struct _CviPacketProbe {
  CviPacketCheck *check;
  GstPad *pad;
  gulong id;
};

static GstPadProbeReturn
on_data (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  CviPacketProbe *self = user_data;
  gboolean exact;

  if (!(info->type & GST_PAD_PROBE_TYPE_BUFFER))
    cvi_packet_check_event (self->check, GST_PAD_PROBE_INFO_EVENT (info));
  else if (cvi_packet_check_buffer (
               self->check, GST_PAD_PROBE_INFO_BUFFER (info)) &&
           cvi_packet_check_has_hashes (self->check, &exact))
    cvi_unseen_next_h265 (exact);
  return GST_PAD_PROBE_OK;
}

CviPacketProbe *
cvi_packet_probe_new (GstCaps *caps, GstPad *head, GstPad *parsed,
    gboolean at_parsed, gboolean sample, const char *stream,
    CviPacketCheckFunc func, gpointer user_data)
{
  CviPacketPlace place = cvi_packet_check_place (caps, sample);
  gboolean behind = place == CVI_PACKETS_PARSED || at_parsed;
  GstPad *pad = behind ? parsed : head;
  g_autoptr (GstCaps) known = NULL;
  CviPacketProbe *self;

  if (place == CVI_PACKETS_NONE || !pad)
    return NULL;
  self = g_new0 (CviPacketProbe, 1);
  self->check = cvi_packet_check_new (caps, sample, stream, func, user_data);
  self->pad = gst_object_ref (pad);
  /* Behind a parser they are known only once packets come. */
  known = behind ? gst_pad_get_current_caps (pad) : gst_caps_ref (caps);
  if (known)
    cvi_packet_check_set_caps (self->check, known);
  self->id = gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_FLUSH |
          GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      on_data, self, NULL);
  return self;
}

void
cvi_packet_probe_set_to_end (CviPacketProbe *probe, gboolean to_end)
{
  cvi_packet_check_set_to_end (probe->check, to_end);
}

CviPacketCheck *
cvi_packet_probe_get_check (CviPacketProbe *probe)
{
  return probe->check;
}

void
cvi_packet_probe_free (CviPacketProbe *probe)
{
  gst_pad_remove_probe (probe->pad, probe->id);
  gst_object_unref (probe->pad);
  cvi_packet_check_free (probe->check);
  g_free (probe);
}
