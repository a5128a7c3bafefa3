/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * cvi_set_errno:
 * @errnum: an errno
 * @path: bytes of the file system
 * @doing: "cannot be renamed", "cannot be read" ...
 *
 * Sets @error (G_FILE_ERROR): the file, what cannot be done with it, and the
 * system's words. Returns: FALSE
 */
gboolean cvi_set_errno (
    GError **error, int errnum, const char *path, const char *doing);

G_END_DECLS
