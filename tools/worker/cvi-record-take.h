/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

#include "tools/pool/cvi-fetch-job.h"

G_BEGIN_DECLS

/**
 * CviTake: one stream of a recording, from the packets of its server to the
 * muxer.
 * @id: as in the record's streams ("video/0")
 * @session: of RTP that it is in, -1: unknown
 * @out: (nullable): the last pad before the muxer, blocked until all streams
 *   are there
 * Changed by the stream's thread, with @lock:
 * @first_ns, @last_ns: running time of its packets, GST_CLOCK_TIME_NONE before
 *   the first
 * @sequence: the last packet's number
 * @gaps: (element-type CviFinding)
 * @ended: as much as is wanted was taken
 * @over: nothing comes any more, for that reason or for another
 * @left_out: nothing came of its packets, so that no file can hold it
 */
typedef struct {
  char *id;
  int session;
  GstPad *out;
  gulong block;
  GMutex lock;
  GstClockTime first_ns;
  GstClockTime last_ns;
  gint64 live_ns;
  int sequence;
  guint64 n_packets;
  GPtrArray *gaps;
  gboolean ended;
  gboolean over;
  gboolean synced;
  gboolean left_out;
} CviTake;

/* @id: copied; @live_ns: how much is wanted */
CviTake *cvi_take_new (const char *id, int session, gint64 live_ns);
void cvi_take_free (CviTake *take);

/* Counts the packets that come out of @pad: must live until that is gone. */
void cvi_take_watch_packets (CviTake *take, GstPad *pad);

/* Lets nothing pass at @pad, where frames come out, before the first of them
 * that can be decoded alone, nor after as much as is wanted. */
void cvi_take_watch_frames (CviTake *take, GstPad *pad);

/* Adds what was lost to the job's findings. */
void cvi_take_tell (CviTake *take, CviFetchJob *job);

G_END_DECLS
