/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Prints, as one JSON object on stdout: GStreamer's version, the decoders by
 * codec, common plugins that are missing with the Debian package that has
 * them, and which parts of a sandbox the kernel offers. Needs gst_init().
 * @missing: (nullable): of cvi_sandbox_probe()
 * Returns: exit status */
int cvi_doctor_print (const char *missing);

G_END_DECLS
