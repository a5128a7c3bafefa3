/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include "plugin/core/cvi-finding.h"

G_BEGIN_DECLS

/**
 * CviTraceLength: how long what a demuxer reads should be, and was. For what is
 * no file that the tracer walks, by which it would know each stream's length.
 * Begins as zeros. Not thread-safe.
 */
typedef struct {
  guint64 declared_ns; /* 0: unknown */
  guint64 end_ns;      /* of the longest stream */
  guint streams;
  guint ended;
  gboolean sought;
} CviTraceLength;

/* Is @demuxer one that says what its container declares, and gets the container
 * as it lies at its source? */
gboolean cvi_trace_length_is_known (GstElement *demuxer);

/* EOS leaves @pad of the demuxer, on its streaming thread.
 * @end_ns: of the last packet (stream time), CVI_NONE if unknown
 * @sought: it did not come from the beginning to the end */
void cvi_trace_length_add (
    CviTraceLength *self, GstPad *pad, guint64 end_ns, gboolean sought);

/* Returns: (transfer full) (nullable): what is missing at the end */
CviFinding *cvi_trace_length_judge (const CviTraceLength *self);

G_END_DECLS
