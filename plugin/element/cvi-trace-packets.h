/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include "tools/codec/cvi-packet-check.h"

G_BEGIN_DECLS

/**
 * CviTracePackets: the check of the packets that pass a pad, which begins anew
 * wherever they do not follow each other. All on the pad's streaming thread.
 * @segment, @idle: of the packets; to be read
 */
typedef struct {
  CviPacketCheckFunc func; /* (nullable): nothing is checked */
  gpointer user_data;
  CviPacketCheck *check; /* (nullable) */
  GstSegment segment;
  gboolean idle; /* packets do not follow each other */
} CviTracePackets;

/* @func: takes what is found, in stream time. @self must not move. */
void cvi_trace_packets_init (
    CviTracePackets *self, CviPacketCheckFunc func, gpointer user_data);
void cvi_trace_packets_clear (CviTracePackets *self);

/* @here: are packets of @caps to be checked at this pad?
 * @id: (nullable): the stream, of findings */
void cvi_trace_packets_set_caps (
    CviTracePackets *self, GstCaps *caps, gboolean here, const char *id);
/* Checks no more until the next caps. */
void cvi_trace_packets_stop (CviTracePackets *self);
void cvi_trace_packets_buffer (CviTracePackets *self, GstBuffer *buffer);
/* @event: SEGMENT */
void cvi_trace_packets_segment (CviTracePackets *self, GstEvent *event);
/* What comes does not follow on. */
void cvi_trace_packets_restart (CviTracePackets *self);
/* @whole: it is the end of the stream, and nothing was sought */
void cvi_trace_packets_end (CviTracePackets *self, gboolean whole);

G_END_DECLS
