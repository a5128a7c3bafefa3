/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Writes all of @data, however the system cuts it up, and goes on after a
 * signal. Returns: FALSE with errno */
gboolean cvi_write_all (int fd, const void *data, gsize size);

G_END_DECLS
