/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/element/cvi-trace-packets.h"

#include "plugin/element/cvi-pad-data.h"
#include "plugin/element/cvi-tally.h"

void
cvi_trace_packets_init (
    CviTracePackets *self, CviPacketCheckFunc func, gpointer user_data)
{
  self->func = func;
  self->user_data = user_data;
  gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
}

void
cvi_trace_packets_clear (CviTracePackets *self)
{
  g_clear_pointer (&self->check, cvi_packet_check_free);
}

void
cvi_trace_packets_stop (CviTracePackets *self)
{
  cvi_trace_packets_clear (self);
}

/* CviPacketCheckFunc */
static void
on_packet (CviFinding *finding, gpointer user_data)
{
  CviTracePackets *self = user_data;

  cvi_finding_to_stream_time (finding, &self->segment);
  self->func (finding, self->user_data);
}

void
cvi_trace_packets_set_caps (
    CviTracePackets *self, GstCaps *caps, gboolean here, const char *id)
{
  if (self->check && (!here || !cvi_packet_check_is_for (self->check, caps)))
    cvi_trace_packets_stop (self);
  if (!self->check && here && self->func)
    self->check = cvi_packet_check_new (caps, FALSE, id, on_packet, self);
  if (self->check)
    cvi_packet_check_set_caps (self->check, caps);
}

void
cvi_trace_packets_buffer (CviTracePackets *self, GstBuffer *buffer)
{
  if (self->check && !self->idle)
    cvi_packet_check_buffer (self->check, buffer);
}

void
cvi_trace_packets_segment (CviTracePackets *self, GstEvent *event)
{
  gboolean was_idle = self->idle;

  gst_event_copy_segment (event, &self->segment);
  self->idle = cvi_segment_is_idle (&self->segment);
  if (was_idle && !self->idle)
    cvi_trace_packets_restart (self);
}

void
cvi_trace_packets_restart (CviTracePackets *self)
{
  if (self->check)
    cvi_packet_check_restart (self->check);
}

void
cvi_trace_packets_end (CviTracePackets *self, gboolean whole)
{
  if (!self->check || self->idle)
    return;
  cvi_packet_check_set_to_end (self->check, whole);
  cvi_packet_check_end (self->check);
}
