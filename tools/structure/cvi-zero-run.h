/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/structure/cvi-walk.h"

G_BEGIN_DECLS

/**
 * CviZeroRun: looks for long runs of zero bytes in payloads handed to it block
 * by block. Plain data, zero-initialised; not thread-safe.
 * @end: file offset behind the last byte seen
 * @limit: what a run that touches a border must reach
 * @length, @start: the run that reaches to @end (length 0: none)
 * @start_ns, @last_ns: times of the first and last payload that it touches
 * @stream: of its first payload
 */
typedef struct {
  guint64 end;
  guint64 limit;
  guint64 length;
  guint64 start;
  guint64 start_ns;
  guint64 last_ns;
  char stream[32];
} CviZeroRun;

/* Begins @payload: closes the open run if it is not adjacent. */
void cvi_zero_run_begin (
    CviZeroRun *run, CviWalk *walk, const CviPayload *payload);

/* Looks at the next @len bytes of the payload that was begun. */
void cvi_zero_run_feed (CviZeroRun *run, CviWalk *walk,
    const CviPayload *payload, const guint8 *data, gsize len);

/* Closes the open run: reports it if it is long enough. */
void cvi_zero_run_close (CviZeroRun *run, CviWalk *walk);

G_END_DECLS
