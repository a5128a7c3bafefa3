/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* cvi_prores_check_frame: does a ProRes frame (SMPTE RDD 36) keep its syntax?
 * Its headers and tables have to add up to its size, and the codes of each
 * component of each slice have to end where that component does, but for the
 * padding of its last byte. Decoders stop wherever their bits end. Damage of a
 * code that leaves the next ones in step cannot be seen.
 * @fault: (out) a static text if FALSE */
gboolean cvi_prores_check_frame (
    const guint8 *data, gsize size, const char **fault);

/* Is there nothing in a frame that has passed which the check does not read? It
 * does not read alpha. */
gboolean cvi_prores_is_read_whole (const guint8 *data, gsize size);

G_END_DECLS
