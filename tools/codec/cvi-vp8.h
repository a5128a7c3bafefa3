/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CviVp8Check: reads VP8 frames as a decoder does, down to every token, and
 * compares how much of each partition that took with how much there is.
 *
 * VP8 has no resynchronisation and no checksum, and its decoders take any
 * bits for a picture. But an arithmetic decoder that was thrown off its track
 * reads another number of bits: past the partition's end, or much less than
 * it. An encoder flushes its coder with at most a few bytes (RFC 6386,
 * section 7.3), so either is proof of damage in this frame.
 *
 * Needs about a third of the time of decoding. Not thread-safe.
 */
typedef struct _CviVp8Check CviVp8Check;

CviVp8Check *cvi_vp8_check_new (void);
void cvi_vp8_check_free (CviVp8Check *check);

/**
 * cvi_vp8_check_frame:
 * @data: one whole frame, hostile
 * @fault: (out): static text, what is wrong
 *
 * Returns: FALSE if the frame is damaged. Frames before the first key frame
 * are passed.
 */
gboolean cvi_vp8_check_frame (
    CviVp8Check *check, const guint8 *data, gsize size, const char **fault);

G_END_DECLS
