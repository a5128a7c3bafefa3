/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* cvi_obu_check_unit: do the OBUs of an AV1 temporal unit (AV1 specification,
 * section 5.3) follow on each other up to its end? Decoders leave out layers
 * and OBUs that they do not know, so that a broken chain may show nowhere else.
 * @fault: (out) a static text if FALSE */
gboolean cvi_obu_check_unit (
    const guint8 *data, gsize size, const char **fault);

/* cvi_obu_get_length: @size: at least 1. Returns: bytes of the OBU that @data
 * begins with, at most @size: that many where it does not say */
gsize cvi_obu_get_length (const guint8 *data, gsize size);

/* @header: an OBU's first byte. Do others of the same frame come behind it? */
gboolean cvi_obu_begins_frame (guint8 header);

G_END_DECLS
