/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include "plugin/core/cvi-finding.h"

G_BEGIN_DECLS

/**
 * CviPacketCheck: own checks of coded packets, for codecs whose decoders take
 * damaged bits without a word. One row a codec in cvi-packet-check.c.
 */
typedef struct _CviPacketCheck CviPacketCheck;

/* Takes (transfer full) findings, on the streaming thread. */
typedef void (*CviPacketCheckFunc) (CviFinding *finding, gpointer user_data);

/**
 * cvi_packet_check_new:
 * @caps: of the coded stream
 * @head: where its packets leave the demuxer
 * @parsed: (nullable): a sink pad behind the parser
 * @sample: where a check costs as much as a decoder does, only some packets
 *   are checked, and the last one: spread evenly, about 1/40 of the time that
 *   a check with decoding takes
 * @stream: label for the findings
 *
 * Returns: (transfer full) (nullable): NULL if there is no check for the codec
 */
CviPacketCheck *cvi_packet_check_new (GstCaps *caps, GstPad *head,
    GstPad *parsed, gboolean sample, const char *stream,
    CviPacketCheckFunc func, gpointer user_data);
/* Is the check of a stream of @caps one of which samples are taken? */
gboolean cvi_packet_check_samples (const GstCaps *caps);

/* Does the check of a stream of @caps read every bit of every packet that it is
 * given, so that damage shows whatever the decoder says? */
gboolean cvi_packet_check_is_whole (const GstCaps *caps);

/* Is @check one of that kind, and of @stream, and has it really read
 * everything? Once no data flows. */
gboolean cvi_packet_check_is_complete (
    const CviPacketCheck *check, const char *stream);

/* The stream's EOS is its end, not that of a window: what is kept back for the
 * next packet is looked at then. Before data flows. */
void cvi_packet_check_set_to_end (CviPacketCheck *check, gboolean to_end);
/* Only when no data flows any more. */
void cvi_packet_check_free (CviPacketCheck *check);

G_END_DECLS
