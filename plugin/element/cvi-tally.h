/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include "plugin/core/cvi-finding.h"
#include "tools/structure/cvi-structure.h"

G_BEGIN_DECLS

/* What one stream that was decoded from beginning to end amounts to: what went
 * in against what came out, what the container declares against what was seen.
 * The worker and the tracer count in their own ways. Any thread. */

/* What kind of stream @caps describe. Returns: static: "video", "audio",
 * "subtitle", "data" */
const char *cvi_caps_kind (const GstCaps *caps);
gboolean cvi_caps_are_encrypted (const GstCaps *caps);

/* Times of @finding, which are timestamps of @segment, become stream time. */
void cvi_finding_to_stream_time (
    CviFinding *finding, const GstSegment *segment);

/**
 * CviTally:
 * @label: of the findings
 * @caps: of the packets, as they leave the demuxer
 * @declared: (nullable): what the container says of the stream
 * @container: (nullable): the container, as CviStructureInfo's
 * @ended: its end was reached, and that of all others of its file
 * @in, @in_bytes: packets that left the demuxer
 * @outside, @outside_bytes: those of them that the segment does not show
 * @decoded: there is a decoder
 * @packets, @packet_bytes: what the decoder got
 * @frames, @gaps, @first_ns, @last_ns: what left it; CVI_NONE if unknown
 */
typedef struct {
  const char *label;
  const GstCaps *caps;
  const CviStructureStream *declared;
  const char *container;
  gboolean ended;
  guint64 in;
  guint64 in_bytes;
  guint64 outside;
  guint64 outside_bytes;
  gboolean decoded;
  guint64 packets;
  guint64 packet_bytes;
  guint64 frames;
  guint64 gaps;
  guint64 first_ns;
  guint64 last_ns;
} CviTally;

/* Takes (transfer full) findings. */
typedef void (*CviTallyFunc) (CviFinding *finding, gpointer user_data);

/* Does each packet of @caps give one frame, no more and no less? */
gboolean cvi_tally_gives_frame_per_packet (const GstCaps *caps);

/* Is a stream of @length less than @declared by more than rounding explains? */
gboolean cvi_tally_is_short (guint64 length, guint64 declared);

/* Streams without frames. */
void cvi_tally_frames (
    const CviTally *tally, CviTallyFunc func, gpointer user_data);
/* Streams that end early. */
void cvi_tally_length (
    const CviTally *tally, CviTallyFunc func, gpointer user_data);
/* Packets and bytes that gave nothing. */
void cvi_tally_losses (
    const CviTally *tally, CviTallyFunc func, gpointer user_data);

/* Returns: (transfer full): finding of a stream of audio or video that the
 * container declares and the demuxer does not show */
CviFinding *cvi_tally_hidden (
    const CviStructureInfo *info, const CviStructureStream *declared);

/**
 * CviPastEnd: a request that began inside the file and ended past it.
 * @offset: of the first such request (bytes)
 * @missing: how much of it the file does not have (bytes); 0: there is none
 */
typedef struct {
  guint64 offset;
  guint64 missing;
} CviPastEnd;

/* Takes a request of @size bytes at @offset of a file of @file_size into
 * account. A demuxer that follows sizes written in the file asks for just what
 * should be there; requests of a size that is a demuxer's way of reading on do
 * not count. */
void cvi_past_end_add (
    CviPastEnd *past, guint64 offset, guint64 size, guint64 file_size);

/* Returns: (transfer full) (nullable): what @past means in a file of @container
 * (nullable) in which the walk has found no damage: a size that it took for
 * right leads behind the end */
CviFinding *cvi_past_end_judge (const CviPastEnd *past, const char *container);

G_END_DECLS
