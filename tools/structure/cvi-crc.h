/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* CRC-32 in the two bit orders that containers use. Any thread. */

/**
 * cvi_crc32_le:
 * @crc: 0 at first, then what the call before returned
 *
 * Polynomial 0x04C11DB7, least significant bit first, inverted at both ends:
 * that of zlib and of Matroska's CRC-32 element.
 */
guint32 cvi_crc32_le (guint32 crc, const guint8 *data, gsize len);

/**
 * cvi_crc32_be:
 * @crc: start value (0 for Ogg, 0xffffffff for MPEG-TS sections), then what
 *   the call before returned
 *
 * Polynomial 0x04C11DB7, most significant bit first, nothing inverted.
 */
guint32 cvi_crc32_be (guint32 crc, const guint8 *data, gsize len);

G_END_DECLS
