/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * CviH265Check: reads H.265 slices as a decoder does, down to every bin, and
 * compares where the arithmetic decoder ends with where the slice does.
 *
 * A decoder takes any bits for residuals. But an arithmetic decoder that was
 * thrown off its track meets its end at another bit than the one before the
 * trailing bits (ITU-T H.265, 7.3.2.9 and 9.3.2.5), and on the way there values
 * that the standard does not allow.
 *
 * Nothing is said about what is not understood: other layers than the base,
 * screen content coding, extended precision, slices whose parameter sets or
 * headers cannot be read (the decoder tells of those). Not thread-safe.
 */
typedef struct _CviH265Check CviH265Check;

/**
 * cvi_h265_check_new:
 * @caps: video/x-h265, of the packets: codec_data, stream-format, alignment
 */
CviH265Check *cvi_h265_check_new (GstCaps *caps);
void cvi_h265_check_free (CviH265Check *check);

/**
 * cvi_h265_check_packet:
 * @data: an access unit, or a part of one, hostile
 * @fault: (out): text, what is wrong; valid until the next call
 *
 * Returns: FALSE if the packet is damaged
 */
gboolean cvi_h265_check_packet (
    CviH265Check *check, const guint8 *data, gsize size, const char **fault);

/* Has everything been read that was given so far, down to the last bin? Not in
 * streams of which this says nothing (above), and not where a parameter set or
 * a slice's header makes no sense. */
gboolean cvi_h265_check_is_complete (const CviH265Check *check);

/* Has a packet had a suffix SEI NAL unit, which is where checksums of pictures
 * are (7.3.2.4, D.3.19)? */
gboolean cvi_h265_check_has_hashes (const CviH265Check *check);
/**
 * cvi_h265_check_pass_by:
 * @data: an access unit, hostile
 *
 * Learns the parameter sets of a packet that is not to be checked.
 */
void cvi_h265_check_pass_by (
    CviH265Check *check, const guint8 *data, gsize size);

/**
 * cvi_h265_check_is_spare:
 *
 * Was the last packet a picture to which no other refers, by its type and
 * sub-layer (7.4.2.2) and by what the stream has done so far, all of which was
 * read without a fault? Then a decoder that never sees it decodes all others as
 * before. Never of a stream with checksums of pictures.
 */
gboolean cvi_h265_check_is_spare (const CviH265Check *check);

G_END_DECLS
