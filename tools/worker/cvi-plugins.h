/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Notes what the plugin registry of GST_REGISTRY was made from, so that the
 * next scan need not go through it (tools/pool/cvi-registry-stamp.h). Behind
 * gst_init(). */
void cvi_plugins_stamp_registry (void);

G_END_DECLS
