/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Makes "cvidav1ddec" known to this process: a decoder of AV1 with libdav1d,
 * of which GStreamer 1.22 in C has none. It costs half of what av1dec (libaom)
 * does. On one thread, the streaming thread: errors come with the unit that
 * they are in. Where nobody looks at pictures (cvi-unseen.h, asked when the
 * decoder starts), it leaves out the loop filters, grain and copies, and what
 * is in its buffers is undefined.
 *
 * Call it once, after gst_init(), in builds that HAVE_DAV1D. Returns: FALSE if
 * it cannot be registered */
gboolean cvi_dav1d_register (void);

G_END_DECLS
