/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Notes what the plugin registry of GST_REGISTRY was made from, so that the
 * next scan need not go through it (tools/pool/cvi-registry-stamp.h). Behind
 * gst_init(). */
void cvi_plugins_stamp_registry (void);

/* Loads the plugin of @feature, which GStreamer is about to do, in a way that
 * binds the symbols of its libraries when they are used: GStreamer has all of
 * them bound, 40,000 for libav and what it needs, a third of the time that a
 * worker takes to start. Failures are left to GStreamer. */
void cvi_plugins_load (GstPluginFeature *feature);

G_END_DECLS
