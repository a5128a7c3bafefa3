/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Will nobody look at the pictures of the decoders that are made from now on?
 * Then gst-libav's are spared work that changes no error message; what is in
 * the frames that they push is undefined. Until told so, they are not. Not to
 * be called while a pass runs. */
void cvi_unseen_set (gboolean unseen);

/* What was set last. Any thread. */
gboolean cvi_unseen_get (void);

/* To be called on the thread that is about to give an H.265 packet to a
 * decoder, ahead of each one. @exact: does the stream carry checksums of its
 * pictures? libav compares them, so that nothing may be left out. */
void cvi_unseen_next_h265 (gboolean exact);

G_END_DECLS
