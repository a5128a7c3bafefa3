/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * CviH264Check: reads H.264 slices down to every coefficient, as a decoder
 * does, without making a picture of them, and compares where that ends with
 * where the slice does (ITU-T H.264, 7.3.4, 7.3.5, 9.2 and 9.3).
 *
 * A flipped bit in a slice mostly still decodes, to a wrong picture, and no
 * decoder says a word. But an entropy decoder that was thrown off its track
 * meets values that cannot be, or ends at another bit than the encoder did.
 *
 * Takes slices of all pictures and profiles but flexible macroblock order, data
 * partitions, SP and SI slices, and the layers of SVC and MVC, of which it says
 * nothing. Not thread-safe.
 */
typedef struct _CviH264Check CviH264Check;

/* @caps: video/x-h264: length-prefixed (with codec_data) or byte-stream; a byte
 * stream may be cut into packets anywhere */
CviH264Check *cvi_h264_check_new (GstCaps *caps);
void cvi_h264_check_free (CviH264Check *check);

/**
 * cvi_h264_check_packet:
 * @data: the next packet, hostile
 * @fault: (out): what is wrong; valid until the next call
 *
 * Of a byte stream, each NAL unit is looked at once the next begins: a fault
 * may be that of the packet before.
 *
 * Returns: FALSE if a slice is damaged. Slices whose parameter sets have not
 * come are passed.
 */
gboolean cvi_h264_check_packet (
    CviH264Check *check, const guint8 *data, gsize size, const char **fault);

/* Has everything been read that was given so far, down to the last bit? Not in
 * streams of which this says nothing (above), and not where a parameter set, a
 * slice's header or a NAL unit's length makes no sense. */
gboolean cvi_h264_check_is_complete (const CviH264Check *check);

/**
 * cvi_h264_check_end: no more packets come: of a byte stream, looks at the last
 * NAL unit
 * @fault: (out): as above
 * @cut: (out): the data ends before the last picture does
 *
 * Returns: FALSE if there is a fault
 */
gboolean cvi_h264_check_end (
    CviH264Check *check, const char **fault, gboolean *cut);

/**
 * cvi_h264_check_whole:
 *
 * The last packet held whole NAL units: looks at the one that nothing has
 * followed yet. @fault and the return value are those of
 * cvi_h264_check_packet().
 */
gboolean cvi_h264_check_whole (CviH264Check *check, const char **fault);

/**
 * cvi_h264_check_pass_by:
 * @data: the next packet, hostile, of whole NAL units
 *
 * Learns the parameter sets of a packet that is not to be checked. In a byte
 * stream cvi_h264_check_whole() must have come before.
 */
void cvi_h264_check_pass_by (
    CviH264Check *check, const guint8 *data, gsize size);

/**
 * cvi_h264_check_is_spare:
 * @data: an access unit: of the format of the packets that were checked, or
 *   what a parser has made of their byte stream
 *
 * Is it a frame to which no other refers (nal_ref_idc is 0: 7.4.1), all of
 * whose slices have been read before, among the last, without a fault? Then a
 * decoder that never sees it decodes all others as before (8.2.1, 8.2.5: only
 * reference pictures take part in what is kept for later ones).
 */
gboolean cvi_h264_check_is_spare (
    CviH264Check *check, const guint8 *data, gsize size);

G_END_DECLS
