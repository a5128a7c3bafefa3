/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define CVI_TYPE_GUARD (cvi_guard_get_type ())
G_DECLARE_FINAL_TYPE (CviGuard, cvi_guard, CVI, GUARD, GstElement)

/**
 * CviGuard: stands before a stream's parser and decoder and keeps their
 * failure from ending the other streams and the rest of this one.
 *
 * A flow error from downstream is counted and answered with OK; the chain is
 * flushed so that it starts anew with the next packet. After
 * CVI_GUARD_MAX_ERRORS failures in a row, or one negotiation failure, the
 * stream is given up: its packets are counted and dropped.
 *
 * Used inside the worker only; never registered.
 */
#define CVI_GUARD_MAX_ERRORS 200

/**
 * CviGuardStats: of one stream, any thread.
 * @buffers, @bytes: that came in
 * @outside, @outside_bytes: of them, not wholly inside the segment
 * @errors: flow errors that were swallowed
 * @first_error_ns: timestamp of the packet at the first, CVI_NONE if none
 * @given_up: the stream was given up; @given_up_ns where
 * @not_negotiated: because decoder or parser refused its caps
 * @eos: EOS came in
 * @last_ns: highest timestamp (+ duration) that came in, or CVI_NONE
 * @first_ns: lowest timestamp that came in, or CVI_NONE
 */
typedef struct {
  guint64 buffers;
  guint64 bytes;
  guint64 outside;
  guint64 outside_bytes;
  guint errors;
  guint64 first_error_ns;
  gboolean given_up;
  guint64 given_up_ns;
  gboolean not_negotiated;
  gboolean eos;
  guint64 first_ns;
  guint64 last_ns;
} CviGuardStats;

GstElement *cvi_guard_new (void);
void cvi_guard_get_stats (CviGuard *guard, CviGuardStats *stats);

/* Number of buffers that have passed any guard of this process; a cheap sign
 * of progress. */
guint64 cvi_guard_total_buffers (void);

G_END_DECLS
