/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#include "tools/pool/cvi-fetch-job.h"

G_BEGIN_DECLS

/* What a server may take to send all of its streams' first packets. */
#define CVI_RECORD_GATHER_US (5 * G_TIME_SPAN_SECOND)
/* And the first of its pictures that can be decoded alone. */
#define CVI_RECORD_CAPS_US (CVI_FETCH_QUIET_S * G_TIME_SPAN_SECOND)
/* For others than the stream of which enough was taken first: a server that is
 * busy may be behind with them. */
#define CVI_RECORD_END_US (15 * G_TIME_SPAN_SECOND)
/* What the muxer may take to write the file's end. */
#define CVI_RECORD_FINISH_US (CVI_FETCH_QUIET_S * G_TIME_SPAN_SECOND)

/**
 * CviRecordStart: what is to be done about streams that wait for each other
 * @CVI_RECORD_WAIT: nothing yet
 * @CVI_RECORD_FLOW: let them flow into the file, those of which it is known
 * what they are
 * @CVI_RECORD_NOTHING: give up, it is known of none
 */
typedef enum {
  CVI_RECORD_WAIT,
  CVI_RECORD_FLOW,
  CVI_RECORD_NOTHING
} CviRecordStart;

/**
 * cvi_record_start:
 * @age_us: since the first stream was there; less than 0: none is
 * @complete: the server says that there are no more
 * @n_streams: that could be recorded; @n_known: of which caps are known
 */
CviRecordStart cvi_record_start (
    gint64 age_us, gboolean complete, guint n_streams, guint n_known);

/**
 * CviRecordStep: what is to be done about a recording's end
 * @CVI_RECORD_GO_ON: nothing
 * @CVI_RECORD_FINISH: end the streams that have not ended
 * @CVI_RECORD_GIVE_UP: the file does not come to its end
 */
typedef enum {
  CVI_RECORD_GO_ON,
  CVI_RECORD_FINISH,
  CVI_RECORD_GIVE_UP
} CviRecordStep;

/**
 * CviRecordEnd: monotonic times, 0: not yet
 * @enough_us: enough of one stream was taken
 * @finish_us: all streams have ended; only the muxer is still at work
 */
typedef struct {
  gint64 enough_us;
  gint64 finish_us;
} CviRecordEnd;

/**
 * cvi_record_end_step:
 * @enough: as much of a stream was taken as is wanted
 * @all: no stream goes on, whatever has ended it
 * @now_us: monotonic time
 *
 * To be asked from time to time while streams flow into the file.
 */
CviRecordStep cvi_record_end_step (
    CviRecordEnd *end, gboolean enough, gboolean all, gint64 now_us);

G_END_DECLS
