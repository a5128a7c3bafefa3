/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-finding.h"

G_BEGIN_DECLS

/**
 * CviContinuity: follows the timestamps of one stream and tells where time is
 * missing, doubled or runs backwards.
 *
 * Fed with buffers in stream order. Timestamps are judged in presentation
 * order: with CVI_ORDER_DECODE they pass a reorder window of 4 to 16 buffers
 * and leave it once no later buffer can precede them (pts <= current dts, if no
 * dts was ever after its pts) or it is full; with CVI_ORDER_PRESENTATION
 * (decoded data) there is none.
 *
 * Tolerance: a stream's own cadence. The typical frame duration is that of the
 * last 33 distances between neighbours; jitter is their spread. A stream of
 * constant cadence (now, and not variable shortly before), or one whose
 * durations always met the next timestamp (audio packets of varying size),
 * gets half a frame beside the expected place; one of variable cadence three
 * times the longest distance of late; never under 2 ms + 1 ms (Matroska's
 * TimestampScale is 1 ms in practice, so both ends of a distance may be 1 ms
 * off). What cvi_continuity_set_thresholds() asks for replaces all that.
 *
 * A gap or overlap is told when the next buffer has confirmed it: two like ones
 * in a row are a new frame rate. A gap under 0.5 s in a stream that only seems
 * constant (neither exact durations nor a nominal frame duration say so) needs
 * 16 undisturbed buffers behind it: several are a variable rate. Where a
 * nominal frame duration agrees with the cadence, a hole that the frame before
 * it fills with a stretched duration is a gap too (a muxer's account of lost
 * footage), but is told by drain only, and only if the stream has no more than
 * 3 of them (else its rate is variable).
 *
 * A gap of four frames and 0.1 s at least in the first moments, when the
 * cadence is not known yet, is judged by what follows: it is one if five
 * distances before it and all behind it are alike, 64 of them or to the end of
 * the stream, and then 15 with those before (12 if durations are exact). One
 * of ten frames and 0.5 s at least is told without that proof, too, as one in
 * a stream that is not regular.
 *
 * Not thread-safe: one stream, one thread.
 */
typedef struct _CviContinuity CviContinuity;

typedef enum {
  CVI_ORDER_PRESENTATION, /* decoded frames, audio */
  CVI_ORDER_DECODE        /* coded video that may be reordered */
} CviOrder;

typedef enum {
  CVI_CONTINUITY_GAP,       /* time is missing between two buffers */
  CVI_CONTINUITY_OVERLAP,   /* a buffer begins before its predecessor's end */
  CVI_CONTINUITY_BACKWARDS, /* a buffer begins before its predecessor began */
  CVI_CONTINUITY_NO_TIMESTAMPS /* said once a stream, after 10 in a row */
} CviContinuityKind;

/**
 * CviContinuityEvent:
 * @kind: what happened
 * @start_ns: where the expected continuation was (ns, stream time)
 * @end_ns: where the buffer was; for OVERLAP and BACKWARDS the lower of the
 *   two comes first, so that end >= start always
 * @frame_ns: typical frame duration at that moment, CVI_NONE if unknown
 * @n_frames: about how many frames are missing or doubled (0 if unknown)
 * @missing: a gap that cvi_continuity_gap() was told of
 * @at_end: no more than one buffer came behind the gap
 * @regular: the stream had kept a constant cadence or exact durations until
 *   here, so the event is hardly explained by a variable frame rate
 */
typedef struct {
  CviContinuityKind kind;
  guint64 start_ns;
  guint64 end_ns;
  guint64 frame_ns;
  guint64 n_frames;
  gboolean missing;
  gboolean at_end;
  gboolean regular;
} CviContinuityEvent;

typedef void (*CviContinuityFunc) (
    const CviContinuityEvent *event, gpointer user_data);

/**
 * cvi_continuity_new:
 * @func: called from within push, gap, segment and drain, on the caller's
 *   thread
 */
CviContinuity *cvi_continuity_new (CviContinuityFunc func, gpointer user_data);
void cvi_continuity_free (CviContinuity *continuity);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviContinuity, cvi_continuity_free)

void cvi_continuity_set_order (CviContinuity *continuity, CviOrder order);

/* A sparse stream (subtitles, data, still pictures) has no cadence: only
 * steps back are reported. */
void cvi_continuity_set_sparse (CviContinuity *continuity, gboolean sparse);

/**
 * cvi_continuity_set_thresholds:
 * @gap_ns, @overlap_ns: every gap and overlap longer than this is reported, at
 *   once; 0 derives the limit from the stream's cadence as described above.
 *   @overlap_ns is the limit of steps back too.
 */
void cvi_continuity_set_thresholds (
    CviContinuity *continuity, guint64 gap_ns, guint64 overlap_ns);

/* The nominal frame duration where the caps declare one (ns, 0 = unknown; not
 * for audio): used until enough distances have been seen; from then on, if it
 * agrees with them, it vouches for a constant rate. */
void cvi_continuity_set_nominal (CviContinuity *continuity, guint64 frame_ns);

/**
 * cvi_continuity_segment:
 * @start, @stop: of the new segment in ns of the buffers' timestamps, CVI_NONE
 *   for an open stop
 * @base: running time at which the segment begins (ns)
 * @contiguous: the segment follows the one before without a flush or seek
 *
 * Edit lists and chained streams arrive as contiguous segments: the position
 * then carries over in running time, so that an edit that jumps in stream time
 * is no gap. The first buffer of a segment may begin late (anywhere in it)
 * without an event; parts of a buffer outside the segment do not count. What
 * waits is judged first. A segment of the same mapping is only an update. One
 * that is not contiguous acts as a flush.
 */
void cvi_continuity_segment (CviContinuity *continuity, guint64 start,
    guint64 stop, guint64 base, gboolean contiguous);

/**
 * cvi_continuity_push:
 * @pts, @dts, @duration: ns, each may be CVI_NONE; a buffer without @pts is
 *   taken to follow on
 * @discont: buffer carries DISCONT; the distance to its predecessor is still
 *   judged but not learned from
 */
void cvi_continuity_push (CviContinuity *continuity, guint64 pts, guint64 dts,
    guint64 duration, gboolean discont);

/* A GAP event: the span has no data and that is so on purpose; with
 * @missing_data (GST_GAP_FLAG_MISSING_DATA) it is reported as a gap. Without
 * @duration it is ignored. May come before buffers that belong before it. */
void cvi_continuity_gap (CviContinuity *continuity, guint64 start,
    guint64 duration, gboolean missing_data);

/* EOS: judges and tells what still waits. */
void cvi_continuity_drain (CviContinuity *continuity);

/* Flush or seek: forgets the position and all that waits, keeps the cadence. */
void cvi_continuity_flush (CviContinuity *continuity);

/* New stream: forgets everything (order and nominal too) but thresholds. */
void cvi_continuity_reset (CviContinuity *continuity);

/* Earliest timestamp and latest end seen (ns, of buffers), typical frame
 * duration; CVI_NONE while unknown. */
guint64 cvi_continuity_get_first (CviContinuity *continuity);
guint64 cvi_continuity_get_end (CviContinuity *continuity);
guint64 cvi_continuity_get_frame_duration (CviContinuity *continuity);

G_END_DECLS
