/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Prints, as one JSON object on stdout: GStreamer's version, the decoders by
 * codec, common plugins that are missing with the Debian package that has
 * them, hardware decoders and what they lack, and which parts of a sandbox the
 * kernel offers. Needs gst_init().
 * @missing: (nullable): of cvi_sandbox_probe()
 * @devices: (nullable): only hardware decoders of one of these, see
 *   cvi_hw_matches()
 * Returns: exit status */
int cvi_doctor_print (const char *missing, char **devices);

/* Adds the member "hardware" to the object that @json is at. */
void cvi_doctor_add_hardware (JsonBuilder *json, char **devices);

G_END_DECLS
