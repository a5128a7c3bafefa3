/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <sys/stat.h>

#include <glib.h>

G_BEGIN_DECLS

/**
 * cvi_mtime_ns: (any thread)
 *
 * Returns: when the file of @status was modified, ns since 1970. File systems
 * keep years that do not fit: those become the lowest or the highest number
 */
gint64 cvi_mtime_ns (const struct stat *status);

G_END_DECLS
