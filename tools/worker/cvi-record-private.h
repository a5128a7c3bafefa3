/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

#include "tools/worker/cvi-record-clock.h"
#include "tools/worker/cvi-record-take.h"

G_BEGIN_DECLS

/* A recording, for the files of cvi-record. */
typedef struct {
  CviFetchJob *job;
  GMainLoop *loop;
  GstElement *pipeline;
  GstElement *source;
  GstElement *sink;
  GMutex lock;
  GPtrArray *takes;   /* of CviTake, with @lock */
  GPtrArray *unknown; /* of char *, with @lock: what streams hold that nothing
                       * here takes apart */
  GMutex bye_lock;
  GHashTable *byes; /* set of sessions' numbers, with @bye_lock: those of which
                     * the server has said that they are over */
  guint n_video, n_audio, n_other;
  gboolean flowing;  /* all streams are there, and let through */
  gboolean complete; /* the server says that there are no more, with @lock */
  gint64 first_us;   /* when the first stream came, with @lock */
  CviRecordEnd end;
  gboolean closed; /* the connection, by the server */
  guint64 n_packets;
  gint64 packet_us; /* when one came last */
} CviRecorder;

/* Adds an @element (transfer floating) to the pipeline; returns it. */
GstElement *cvi_recorder_add (CviRecorder *recorder, GstElement *element);

/* Builds what leads from each of the source's pads to one that waits for the
 * muxer, as they come. */
void cvi_recorder_watch_pads (CviRecorder *recorder);

G_END_DECLS
