/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * CviSpan: from when to when a stream is shown. Timestamps of buffers do not
 * tell: an edit list or a late start may be in the segment alone.
 */
typedef struct _CviSpan CviSpan;

/* Watches what passes @pad until it is freed, which must be after the last
 * buffer. */
CviSpan *cvi_span_new (GstPad *pad);
void cvi_span_free (CviSpan *span);

/**
 * cvi_span_get:
 * @start_ns, @end_ns: (out): running time of the earliest start and the latest
 *   end (ns), CVI_NONE if nothing with a time has passed
 *
 * Any thread.
 */
void cvi_span_get (CviSpan *span, guint64 *start_ns, guint64 *end_ns);

G_END_DECLS
