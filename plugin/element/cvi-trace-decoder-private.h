/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdatomic.h>
#include "plugin/element/cvi-pad-data.h"
#include "plugin/element/cvi-trace-decoder.h"
#include "plugin/element/cvi-trace-packets.h"

G_BEGIN_DECLS

/* Shared by the files of CviTraceDecoder; nobody else includes this. */

/* What other threads have to say to the streaming thread. */
typedef enum {
  CVI_TRACE_RENEWED = 1 << 0, /* what it has learnt is void */
  CVI_TRACE_CUT = 1 << 1      /* what comes does not follow on */
} CviTracePending;

struct _CviTraceDecoder {
  atomic_uint pending;    /* CviTracePending, for the streaming thread */
  gboolean decodes;       /* no parser */
  _Atomic guint64 parsed; /* buffers that left it, of a parser */

  /* streaming thread of the sink pad */
  CviTracePackets packets;
  CviStreamStart start;
  gboolean is_new;       /* the stream, and not looked for yet */
  gboolean has_new_caps; /* not looked at yet */
  gboolean bare;         /* what comes is the file as it lies there */
  guint64 next;          /* offset of what was not checked yet, if so */

  GMutex lock;
  /* under lock */
  CviTraceStream *stream; /* (nullable) */
  guint n_started;        /* streams that followed on another */
  guint n_counted;        /* of them: the one that is counted here */
  gboolean switched;      /* the last of them may have been under way */
  gboolean marks_sync;    /* its parser flags what is no sync point */
  guint64 n_packets;
  guint64 bytes;
  guint64 entry;   /* stream time of the first sync point, or CVI_NONE */
  gboolean inside; /* packets came before it */
  gboolean sought;
  gboolean trick; /* backwards, or with frames left out on purpose */
  guint64 since;  /* packets since the start or a seek */
  guint64 stop;   /* stream time that a seek ends at, or CVI_NONE */
  gboolean late;
  gboolean failed;
  gboolean per_packet; /* each packet gives a frame */
};

/* Returns: (transfer full) (nullable): the stream that it works on */
CviTraceStream *cvi_trace_decoder_ref_stream (CviTraceDecoder *self);

G_END_DECLS
