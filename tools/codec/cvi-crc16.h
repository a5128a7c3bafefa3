/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* cvi_crc16: goes on with the CRC-16 of x^16 + x^15 + x^2 + 1, bits not
 * reflected, that FLAC (RFC 9639, 9.3) and AC-3 (ETSI TS 102 366, 6.1.7) use.
 * @crc: 0 to begin */
guint16 cvi_crc16 (guint16 crc, const guint8 *data, gsize size);

G_END_DECLS
