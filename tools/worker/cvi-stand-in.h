/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/codec/cvi-packet-check.h"

G_BEGIN_DECLS

/**
 * CviStandIn: keeps packets from a decoder that the packet check has read to
 * the last bit and that nothing else needs, and puts an empty buffer with their
 * time where their pictures would have come out, so that what follows sees the
 * same frames.
 *
 * To decode such a picture is to predict and to add up samples: nothing more
 * can go wrong in it that anybody would be told of. It begins once the decoder
 * has given enough pictures to have learnt how far the stream is reordered, and
 * ends for good where that turns out to be wrong.
 */
typedef struct _CviStandIn CviStandIn;

/* @check must live longer. Watches @decoder, which has one sink and one source
 * pad, until it is freed, which must be after the last buffer. */
CviStandIn *cvi_stand_in_new (CviPacketCheck *check, GstElement *decoder);
void cvi_stand_in_free (CviStandIn *self);

/* Packets that came to the decoder's pad, and how many of them it was spared.
 * Any thread. */
guint64 cvi_stand_in_get_n_packets (CviStandIn *self);
guint64 cvi_stand_in_get_n_spared (CviStandIn *self);

G_END_DECLS
