/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include "plugin/element/cvi-trace-stream.h"
#include "plugin/element/gstcvicheck-private.h"

G_BEGIN_DECLS

/**
 * CviTraceDecoder: what goes into one decoder or parser of the application, and
 * which stream it is of. Sees the sink pad's data on its streaming thread; the
 * rest from any thread.
 */
typedef struct _CviTraceDecoder CviTraceDecoder;

/* @decodes: it is no parser
 * @func: (nullable): takes what is found in packets, on the sink pad's
 * streaming thread; NULL: packets are not checked */
CviTraceDecoder *cvi_trace_decoder_new (
    gboolean decodes, CviPacketCheckFunc func, gpointer user_data);
void cvi_trace_decoder_free (CviTraceDecoder *self);

/* What comes in at @pad. */
void cvi_trace_decoder_buffer (
    CviTraceDecoder *self, GstPad *pad, GstBuffer *buffer);
void cvi_trace_decoder_event (CviTraceDecoder *self, GstEvent *event);

/* The application lets the decoder know that it is late, so that it may leave
 * frames out. */
void cvi_trace_decoder_set_late (CviTraceDecoder *self);
/* It was unlinked: what passes until it is linked again is not missing, and it
 * may miss what it needs for the first that comes then. */
void cvi_trace_decoder_set_cut (CviTraceDecoder *self);
/* It has posted an error. */
void cvi_trace_decoder_set_failed (CviTraceDecoder *self);

/* As cvi_trace_file_filter(); also, what a decoder says of a recording before
 * its first sync point, or behind a seek, is no damage. */
CviFinding *cvi_trace_decoder_filter (CviTraceDecoder *self,
    CviFinding *finding, const char *element, const char *factory);

/* The stream has left it: EOS or, if not @at_eos, what else is played next.
 * @n: how many streams have left it before, of this run; @judge: its source
 * pad's */
void cvi_trace_decoder_ended (CviTraceDecoder *self, guint n, gboolean at_eos,
    GstCviCheck *judge, const char *element, const char *factory);
/* The stream after @n others begins to leave it. */
void cvi_trace_decoder_follow (CviTraceDecoder *self, guint n);

/* Data leave a parser. */
void cvi_trace_decoder_count_parsed (CviTraceDecoder *self);
/* EOS leaves it, on its streaming thread. */
void cvi_trace_decoder_note_parsed (CviTraceDecoder *self);

/* Returns: (transfer full) (nullable): what an error that ended the data flow
 * means for the stream, @judge being its source pad's */
CviFinding *cvi_trace_decoder_judge_failure (
    CviTraceDecoder *self, GstCviCheck *judge);

/* Returns: (transfer full) (nullable): the stream, as the structure walk names
 * it */
char *cvi_trace_decoder_dup_label (CviTraceDecoder *self);

guint64 cvi_trace_decoder_get_packets (CviTraceDecoder *self);

/* Forgets the stream. Data may still flow. */
void cvi_trace_decoder_reset (CviTraceDecoder *self);

G_END_DECLS
