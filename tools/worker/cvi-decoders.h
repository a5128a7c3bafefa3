/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

#include "tools/worker/cvi-hardware.h"

G_BEGIN_DECLS

/* Which elements take a stream: the decoder policy. All functions may be
 * called from any thread once gst_init() is done. */

/**
 * cvi_find_demuxer: / cvi_find_parser:
 * @caps: of the pad to go on from
 *
 * Returns: (transfer full) (nullable): the factory of highest rank
 */
GstElementFactory *cvi_find_demuxer (GstCaps *caps);
GstElementFactory *cvi_find_parser (GstCaps *caps);

/**
 * cvi_find_decoders:
 * @caps: of a coded stream, before or after a parser: fields that a parser can
 *   convert (stream-format, alignment …) are not held against a decoder
 * @policy: whether hardware may, and whether it goes first
 * @without: (nullable): factories that come last, NULL-terminated: the stream
 *   may have to be decoded by one of them for want of others
 *
 * Returns: (transfer full) (element-type GstElementFactory): best first. The
 * order is by rank, with the decoders that tell most about damage moved up
 * (table in cvi-decoders.c, measured) and those that hide it left out. Where
 * hardware is required, none but it for a video codec that it does not know.
 */
GList *cvi_find_decoders (
    GstCaps *caps, const CviHwPolicy *policy, const char *const *without);

/* Returns: (transfer full): @caps without the fields that say how a stream is
 * packed, which parsers convert */
GstCaps *cvi_caps_without_packing (GstCaps *caps);

/* Sets one thread, on the properties that decoders have for it: errors are
 * then reported on the streaming thread, in order, and repeatably. */
void cvi_configure_decoder (GstElement *decoder);

/* Returns: (transfer full): "H.264", "AAC" … for a person */
char *cvi_codec_name (GstCaps *caps);

G_END_DECLS
