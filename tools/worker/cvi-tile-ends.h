/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <dav1d/dav1d.h>
#include <glib.h>

G_BEGIN_DECLS

/**
 * CviTileEnds: do the tiles of AV1 frames end where their symbols do?
 *
 * Behind the last symbol of a tile are one bit that is set and zeros (AV1
 * specification, 8.2.4, exit process for symbol decoder): whatever damage makes
 * of the symbols, they hardly end there by chance. libaom looks, libdav1d 1.0
 * does not, and has no call that says where a tile's symbols ended. It is in
 * the memory that it asks for its tiles, and that call comes to this program
 * first, as those of gst-libav do (cvi-unseen.c). Where in it is learnt from a
 * frame whose end is known: what is not as expected fails there, once, and AV1
 * is left to another decoder.
 *
 * One object for each decoder, which must use one thread.
 */
typedef struct _CviTileEnds CviTileEnds;

/* Is the end of tiles looked at, by libdav1d itself or with the help of this?
 * Tried on the first call, with a sound and a damaged frame. Any thread. */
gboolean cvi_tile_ends_work (void);

CviTileEnds *cvi_tile_ends_new (void);
void cvi_tile_ends_free (CviTileEnds *ends);

/* To be called around each call of libdav1d that may decode. */
void cvi_tile_ends_enter (CviTileEnds *ends);
void cvi_tile_ends_leave (void);

/**
 * cvi_tile_ends_check: looks at the tiles that were decoded since the last call
 * @data, @size: what libdav1d was given for the frame, still in place
 *
 * Returns: (nullable): a static text: how the end of one of them is wrong */
const char *cvi_tile_ends_check (
    CviTileEnds *ends, const guint8 *data, gsize size);

G_END_DECLS
