/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Makes the tracer "cvi" known. */
gboolean gst_cvi_tracer_register (GstPlugin *plugin);

G_END_DECLS
