/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdatomic.h>
#include "plugin/core/cvi-collector.h"
#include "plugin/core/cvi-continuity.h"
#include "plugin/core/cvi-result.h"
#include "plugin/element/cvi-bus-watch.h"
#include "plugin/element/cvi-decoder-watch.h"
#include "plugin/element/gstcvicheck.h"

G_BEGIN_DECLS

GST_DEBUG_CATEGORY_EXTERN (gst_cvi_check_debug);
#define GST_CAT_DEFAULT gst_cvi_check_debug

/* Why the streaming thread should stop and look before the next buffer. */
enum {
  CVI_ATTENTION_SETTINGS = 1 << 0, /* a property was set */
  CVI_ATTENTION_QUEUE = 1 << 1,    /* findings wait to be posted */
  CVI_ATTENTION_VERDICT = 1 << 2,  /* the verdict got worse */
  CVI_ATTENTION_SUMMARY = 1 << 3   /* summary-interval is over */
};

/* Written by the streaming thread alone, read by any. */
typedef struct {
  _Atomic guint64 buffers;
  _Atomic guint64 bytes;
  _Atomic guint64 corrupted;
  _Atomic guint64 gaps;
  _Atomic guint64 overlaps;
  _Atomic guint64 backwards;
  _Atomic guint64 log_lines;
  _Atomic guint64 first_pts;
  _Atomic guint64 last_end;
  _Atomic guint64 frame_duration;
} CviStats;

/* Stream time that upstream left out on purpose, in ns. */
typedef struct {
  guint64 start;
  guint64 end;
} CviDropped;

/* Most spans of dropped buffers that are remembered: what waits in queues. */
#define CVI_MAX_DROPPED 8

struct _GstCviCheck {
  GstElement parent;
  /* (nullable): sees each finding first and gives back what is to be reported
   * of it, if anything: for the tracer and the worker, which also want what no
   * message tells of. Set before data flows. */
  CviFinding *(*filter) (CviFinding *finding, gpointer user_data);
  gpointer filter_data;

  GstPad *sinkpad;
  GstPad *srcpad;

  /* settings */
  _Atomic guint64 gap_threshold;
  _Atomic guint64 overlap_threshold;
  _Atomic guint64 summary_interval;
  atomic_bool watch_messages;
  atomic_bool watch_log;
  atomic_int fail_on;

  CviBusWatch *bus_watch;
  /* made for PAUSED if watch-log; the pointer changes under lock and only while
   * no data flows */
  CviDecoderWatch *decoder_watch;

  /* protected by the stream lock */
  CviContinuity *continuity;
  GstSegment segment;
  gboolean timed;   /* the segment's timestamps can be judged */
  gboolean flushed; /* a seek: the stream is not seen as a whole */
  gboolean has_caps;
  gboolean audio;    /* upstream knows what the stream holds */
  gboolean has_data; /* a buffer or GAP since the stream began */
  gboolean joined;   /* the stream was on its way before */
  gboolean sparse;
  gboolean cadenced; /* gaps in its timestamps are judged */
  /* what upstream said is missing, of events that followed on each other: an
   * RTP jitter buffer sends one for each packet; start is CVI_NONE if none
   * waits */
  guint64 missing_start;
  guint64 missing_end;
  /* what was told of last; CVI_NONE: nothing in this segment */
  guint64 told_start;
  guint64 told_end;
  guint64 summary_due;     /* timestamp; CVI_NONE: not known yet */
  guint64 earlier_packets; /* of decoder_watch, before the stream began */

  atomic_bool unlinked; /* what comes next does not follow on */
  atomic_uint attention;

  CviStats stats;

  GMutex lock;
  /* under lock */
  char *stream_id;
  CviCollector *collector;
  CviVerdict verdict;
  /* of the periods of summary-interval before this one */
  CviVerdict earlier_verdict;
  guint64 earlier_findings;
  guint64 earlier_occurrences;
  GQueue queue;         /* CviFinding that wait for the streaming thread */
  gboolean error_known; /* an upstream error has been reported */
  gconstpointer last_message; /* never dereferenced */
  guint32 last_seqnum;
  gboolean failed; /* fail-on's error was posted */
  CviDropped dropped[CVI_MAX_DROPPED];
  guint n_dropped; /* spans ever, the ring's next place */
};

static inline guint64
cvi_stat_get (_Atomic guint64 *stat)
{
  return atomic_load_explicit (stat, memory_order_relaxed);
}

static inline void
cvi_stat_set (_Atomic guint64 *stat, guint64 value)
{
  atomic_store_explicit (stat, value, memory_order_relaxed);
}

/* One writer, so no read-modify-write is needed. */
static inline void
cvi_stat_add (_Atomic guint64 *stat, guint64 value)
{
  cvi_stat_set (stat, cvi_stat_get (stat) + value);
}

/* gstcvicheck-pads.c */
void gst_cvi_check_add_pads (GstCviCheck *self);
void gst_cvi_check_add_pad_templates (GstElementClass *klass);

/* gstcvicheck-stream.c: called with the stream lock */
void gst_cvi_check_stream_init (GstCviCheck *self);
void gst_cvi_check_stream_clear (GstCviCheck *self);
/* Back to the state before the first buffer. */
void gst_cvi_check_stream_reset (GstCviCheck *self);
void gst_cvi_check_stream_apply_settings (GstCviCheck *self);
void gst_cvi_check_stream_buffer (GstCviCheck *self, GstBuffer *buffer);
void gst_cvi_check_stream_event (GstCviCheck *self, GstEvent *event);
/* Is the element being added to a pipeline that plays? Then that nothing comes
 * until EOS says nothing about the stream. */
void gst_cvi_check_stream_join (GstCviCheck *self);
/* Stream time of a buffer timestamp; CVI_NONE stays CVI_NONE. */
guint64 gst_cvi_check_stream_time (GstCviCheck *self, guint64 timestamp);

/* gstcvicheck-missing.c: called with the stream lock */
void gst_cvi_check_missing_reset (GstCviCheck *self);
/* Notes what @event says is missing. Returns: whether it says so */
gboolean gst_cvi_check_missing_event (GstCviCheck *self, GstEvent *event);
/* Reports what was noted, now that something else comes. */
void gst_cvi_check_missing_end (GstCviCheck *self);
/* Is @event, a gap in the timestamps, what was told of already? */
gboolean gst_cvi_check_missing_covers (
    GstCviCheck *self, const CviContinuityEvent *event);

/* @message: QOS message of an element upstream that dropped a buffer because it
 * was late: a gap there is no damage. Any thread. */
void gst_cvi_check_note_drop (GstCviCheck *self, GstMessage *message);
/* Was @event, a gap in the timestamps, dropped so? Players' decoders leave
 * frames out that would come too late. */
gboolean gst_cvi_check_missing_is_dropped (
    GstCviCheck *self, const CviContinuityEvent *event);

/* gstcvicheck-report.c */
void gst_cvi_check_report_install (GstElementClass *klass);
void gst_cvi_check_report_init (GstCviCheck *self);
void gst_cvi_check_report_clear (GstCviCheck *self);
void gst_cvi_check_report_reset (GstCviCheck *self);
/* Collects @finding (transfer full) and, if it is new, posts it and emits the
 * signal. Any thread, no lock held. */
void gst_cvi_check_report (GstCviCheck *self, CviFinding *finding);
/* The same, later, on the streaming thread. */
void gst_cvi_check_queue_report (GstCviCheck *self, CviFinding *finding);
void gst_cvi_check_flush_reports (GstCviCheck *self);
void gst_cvi_check_set_stream_id (GstCviCheck *self, const char *stream_id);
/* Returns: (transfer full) (nullable) */
char *gst_cvi_check_dup_stream_id (GstCviCheck *self);
void gst_cvi_check_post_summary (GstCviCheck *self);
/* From here on what is found counts as new, so that a stream without an end
 * goes on telling; sums and verdict stay. */
void gst_cvi_check_begin_period (GstCviCheck *self);
/* Findings and occurrences of all periods. Called with the lock. */
guint64 gst_cvi_check_count_findings (GstCviCheck *self);
guint64 gst_cvi_check_count_occurrences (GstCviCheck *self);
/* Posts the error that fail-on asks for, once. Returns: whether the verdict is
 * as bad as fail-on does not allow */
gboolean gst_cvi_check_fail (GstCviCheck *self);
/* Adds what is known about the stream to @structure. */
void gst_cvi_check_add_stats (GstCviCheck *self, GstStructure *structure);

/* gstcvicheck-watch.c */
/* CviBusWatchFunc */
void gst_cvi_check_on_message (GstElement *element, GstMessage *message);
/* Reports the log lines that have come in. Streaming thread, or none. */
void gst_cvi_check_drain_log (GstCviCheck *self);
/* CviLogEntryFunc; @self: the element, whose stream lock is held */
void gst_cvi_check_report_log_entry (const CviLogEntry *entry, gpointer self);

G_END_DECLS
