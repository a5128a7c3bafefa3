/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* As CviCheckCallbacks' progress. */
typedef void (*CviPicturesProgress) (
    guint64 buffers, guint64 bytes, guint64 position_ns, gpointer user_data);

/**
 * cvi_pictures_take: (thread: any, blocking)
 * @path: file, bytes
 * @places: a(st): streams ("video/0") and stream times (ns); more than 16 are
 *   left out
 * @progress: on the caller's thread
 *
 * Decodes around each place, from the sync point before it on, and makes small
 * JPEG pictures: of the last frame before it that the decoder does not flag as
 * damaged, and of the first frame at or behind it. Where seeking
 * does not get to a place, the file is decoded from its start. After 15 s it is
 * left at what there is.
 * Returns: (transfer floating): a(ubtay): number of the place, is it the one
 * before, stream time (ns), JPEG; what could not be made is not there
 */
GVariant *cvi_pictures_take (const char *path, GVariant *places,
    CviPicturesProgress progress, gpointer user_data);

G_END_DECLS
