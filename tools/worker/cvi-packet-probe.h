/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/codec/cvi-packet-check.h"

G_BEGIN_DECLS

/* CviPacketProbe: gives the packets that pass a pad to their CviPacketCheck. */
typedef struct _CviPacketProbe CviPacketProbe;

/**
 * cvi_packet_probe_new:
 * @caps: of the coded stream
 * @head: where its packets leave the demuxer
 * @parsed: (nullable): a sink pad behind the parser
 * @at_parsed: only what comes as far as there is to be checked
 * @sample, @stream, @func: as cvi_packet_check_new()
 *
 * Returns: (transfer full) (nullable): NULL if there is no check for the codec
 */
CviPacketProbe *cvi_packet_probe_new (GstCaps *caps, GstPad *head,
    GstPad *parsed, gboolean at_parsed, gboolean sample, const char *stream,
    CviPacketCheckFunc func, gpointer user_data);
/* As cvi_packet_check_set_to_end(). Before data flows. */
void cvi_packet_probe_set_to_end (CviPacketProbe *probe, gboolean to_end);
/* Returns: (transfer none): for the thread of the data */
CviPacketCheck *cvi_packet_probe_get_check (CviPacketProbe *probe);
/* Only when no data flows any more. */
void cvi_packet_probe_free (CviPacketProbe *probe);

G_END_DECLS
