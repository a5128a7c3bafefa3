/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include "plugin/element/cvi-pad-data.h"
#include "plugin/element/cvi-trace-file.h"
#include "tools/codec/cvi-packet-check.h"

G_BEGIN_DECLS

/**
 * CviTraceStream: what the tracer knows of one stream that leaves a demuxer:
 * its packets are checked and counted, and what a decoder made of them is noted
 * here for the file's end. Reference-counted.
 */
typedef struct _CviTraceStream CviTraceStream;

/**
 * cvi_trace_stream_new:
 * @demuxer: not kept
 * @pad: its source pad; cvi_trace_stream_find() finds the stream by it
 * @func: (nullable): takes what is found in packets, on the streaming thread;
 *   NULL: packets are not checked
 */
CviTraceStream *cvi_trace_stream_new (GstElement *demuxer, GstPad *pad,
    CviPacketCheckFunc func, gpointer user_data);
CviTraceStream *cvi_trace_stream_ref (CviTraceStream *self);
void cvi_trace_stream_unref (CviTraceStream *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviTraceStream, cvi_trace_stream_unref)

/* What leaves the demuxer's @pad, on its streaming thread. */
void cvi_trace_stream_buffer (
    CviTraceStream *self, GstPad *pad, GstBuffer *buffer);
void cvi_trace_stream_event (
    CviTraceStream *self, GstPad *pad, GstEvent *event);

/* Nobody wants more of what leaves @pad, which may be any pad: the end that
 * follows is not the stream's. */
void cvi_trace_stream_stop (GstPad *pad);

/* End of the packets that came (stream time, ns), CVI_NONE if there is none;
 * @sought: they did not come from the beginning. On the streaming thread. */
guint64 cvi_trace_stream_get_end (CviTraceStream *self, gboolean *sought);

/* @start: with an ID
 * Returns: (transfer full) (nullable): that stream, of the nearest demuxer
 * upstream of @element that has it. Two demuxers of one file have the same IDs:
 * of those the one whose group is @start's. */
CviTraceStream *cvi_trace_stream_find (
    GstElement *element, const CviStreamStart *start);

/* Returns: (nullable): as the structure walk names the stream, "video/0"; NULL
 * without a local file */
const char *cvi_trace_stream_get_label (CviTraceStream *self);
/* Is the container one that recordings are cut from anywhere? */
gboolean cvi_trace_stream_is_broadcast (CviTraceStream *self);
/* As cvi_trace_file_filter(), of the stream's file. */
CviFinding *cvi_trace_stream_filter (CviTraceStream *self, CviFinding *finding,
    const char *element, const char *factory);

/**
 * cvi_trace_stream_decoded:
 * @tally: packets, packet_bytes, frames, gaps, first_ns, last_ns of the decoder
 * @element, @factory: it
 *
 * The decoder has given what it had, and nothing was sought.
 */
void cvi_trace_stream_decoded (CviTraceStream *self, const CviTally *tally,
    const char *element, const char *factory);

/* Its parser got packets, came to the end, and gave none. */
void cvi_trace_stream_set_stuck (CviTraceStream *self);

/* Part of it, now that it is under way, is not decoded. */
void cvi_trace_stream_leave (CviTraceStream *self);

/* Has it left the demuxer from the beginning to the end? */
gboolean cvi_trace_stream_is_over (CviTraceStream *self);

/* A decoder works on the stream. */
void cvi_trace_stream_set_decoder (CviTraceStream *self);

G_END_DECLS
