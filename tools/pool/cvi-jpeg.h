/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * cvi_jpeg_is_picture:
 * @data: of unknown origin
 * @max_side: largest width and height (pixels)
 *
 * Is this one baseline JPEG picture (ITU-T T.81, Annex B) and nothing else: SOI
 * first, segments that follow on each other, one frame header of 8 bits and 1
 * or 3 components that is not larger than @max_side, then a scan, EOI last?
 * What the scan holds is the browser's to decode; what it costs is bounded by
 * the size.
 */
gboolean cvi_jpeg_is_picture (const guint8 *data, gsize len, guint max_side);

G_END_DECLS
