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

G_END_DECLS
