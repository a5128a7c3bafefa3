/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* What passes a pad, as those who watch it take it. */

/* Returns: PTS of @buffer, DTS where it has none, GST_CLOCK_TIME_NONE */
static inline guint64
cvi_buffer_time (GstBuffer *buffer)
{
  return GST_BUFFER_PTS_IS_VALID (buffer) ? GST_BUFFER_PTS (buffer)
                                          : GST_BUFFER_DTS (buffer);
}

/* Do packets of @segment not follow each other: backwards, trick modes? */
static inline gboolean
cvi_segment_is_idle (const GstSegment *segment)
{
  return segment->rate <= 0. || (segment->flags & GST_SEGMENT_FLAG_TRICKMODE);
}

typedef void (*CviBufferFunc) (
    GstPad *pad, GstBuffer *buffer, gpointer user_data);

/* Calls @func with each buffer of a probe's @info. Returns: whether it is of
 * buffers */
gboolean cvi_probe_each_buffer (
    GstPad *pad, GstPadProbeInfo *info, CviBufferFunc func, gpointer user_data);

/* Returns: (transfer none) (nullable): the event of a probe's @info, if it
 * comes in line with the data. What does not (FLUSH_START) may come on any
 * thread, while data flow. */
GstEvent *cvi_probe_serialized_event (GstPadProbeInfo *info);

/**
 * CviStreamChange: what a STREAM_START means to who has seen one before.
 * @CVI_STREAM_SAME: the stream goes on, or is the first
 * @CVI_STREAM_SWITCHED: another stream of what is being played, which may be
 *   under way
 * @CVI_STREAM_NEXT: something else is played
 */
typedef enum {
  CVI_STREAM_SAME,
  CVI_STREAM_SWITCHED,
  CVI_STREAM_NEXT
} CviStreamChange;

/* CviStreamStart: the stream that passes. Begins as zeros. */
typedef struct {
  char *id; /* (nullable): none yet */
  guint group;
} CviStreamStart;

/* The stream of what passes @pad now: its STREAM_START, if it had one. */
void cvi_stream_start_read (CviStreamStart *self, GstPad *pad);
/* @event: STREAM_START */
CviStreamChange cvi_stream_start_take (CviStreamStart *self, GstEvent *event);
void cvi_stream_start_clear (CviStreamStart *self);

G_END_DECLS
