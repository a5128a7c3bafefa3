/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include "plugin/core/cvi-finding.h"

G_BEGIN_DECLS

/**
 * CviPacketCheck: own checks of coded packets, for codecs whose decoders take
 * damaged bits without a word. One row a codec in cvi-packet-checkers.c. Not
 * thread-safe: for the thread that the stream's data come on.
 */
typedef struct _CviPacketCheck CviPacketCheck;

/* Takes (transfer full) findings, on the streaming thread. */
typedef void (*CviPacketCheckFunc) (CviFinding *finding, gpointer user_data);

/**
 * CviPacketPlace: where the packets of a stream are to be looked at.
 * @CVI_PACKETS_NONE: nowhere: there is no check for the codec
 * @CVI_PACKETS_DEMUXED: where they leave the demuxer
 * @CVI_PACKETS_PARSED: behind the parser, which cuts them
 */
typedef enum {
  CVI_PACKETS_NONE,
  CVI_PACKETS_DEMUXED,
  CVI_PACKETS_PARSED
} CviPacketPlace;

/* @caps, @sample: as in cvi_packet_check_new() */
CviPacketPlace cvi_packet_check_place (const GstCaps *caps, gboolean sample);

/**
 * cvi_packet_check_new:
 * @caps: of the coded stream
 * @sample: where a check costs as much as a decoder does, only some packets
 *   are checked, and the last one: spread evenly, about 1/100 of the time that
 *   a check with decoding takes
 * @stream: (nullable): label for the findings
 *
 * Nothing is checked before cvi_packet_check_set_caps().
 * Returns: (transfer full) (nullable): NULL if there is no check for the codec
 */
CviPacketCheck *cvi_packet_check_new (const GstCaps *caps, gboolean sample,
    const char *stream, CviPacketCheckFunc func, gpointer user_data);
/* Is @check the one for packets of @caps? */
gboolean cvi_packet_check_is_for (
    const CviPacketCheck *check, const GstCaps *caps);
/* Is the check of a stream of @caps one of which samples are taken? */
gboolean cvi_packet_check_samples (const GstCaps *caps);

/* Does the check of a stream of @caps read every bit of every packet that it is
 * given, so that damage shows whatever the decoder says? */
gboolean cvi_packet_check_is_whole (const GstCaps *caps);

/* Is @check one of that kind, and of @stream, and has it really read
 * everything? Once no data flows. */
gboolean cvi_packet_check_is_complete (
    const CviPacketCheck *check, const char *stream);

/* @bytes: of the file: of a small one the sample is larger. Before data flows.
 */
void cvi_packet_check_set_total (CviPacketCheck *check, guint64 bytes);

/* The stream's EOS is its end, not that of a window: what is kept back for the
 * next packet is looked at then. Before the EOS. */
void cvi_packet_check_set_to_end (CviPacketCheck *check, gboolean to_end);

/* @caps: those of the packets that follow */
void cvi_packet_check_set_caps (CviPacketCheck *check, GstCaps *caps);

/* Returns: whether the packet was checked, not passed by */
gboolean cvi_packet_check_buffer (CviPacketCheck *check, GstBuffer *buffer);

/* What follows does not continue what was: after a seek. */
void cvi_packet_check_restart (CviPacketCheck *check);
/* No packet follows. */
void cvi_packet_check_end (CviPacketCheck *check);

/* Takes CAPS, FLUSH_STOP and EOS as the functions above. */
void cvi_packet_check_event (CviPacketCheck *check, GstEvent *event);

/* Can streams of this codec carry checksums of their pictures? Then @exact:
 * does this one? Returns: FALSE if they cannot */
gboolean cvi_packet_check_has_hashes (
    const CviPacketCheck *check, gboolean *exact);

/**
 * cvi_packet_check_is_spare:
 * @buffer: a packet on its way into the decoder
 *
 * Returns: TRUE if all of @buffer has been read without a fault, and all other
 *   packets decode alike without it
 */
gboolean cvi_packet_check_is_spare (CviPacketCheck *check, GstBuffer *buffer);

void cvi_packet_check_free (CviPacketCheck *check);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviPacketCheck, cvi_packet_check_free)

G_END_DECLS
