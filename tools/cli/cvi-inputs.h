/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#include "tools/cli/cvi-spool.h"

G_BEGIN_DECLS

/* Is @name a URI ("scheme://...") and no path? A file of such a name can be
 * given as "./scheme://...". */
gboolean cvi_input_is_uri (const char *name);

/* Is it one of a scheme that a fetcher knows? */
gboolean cvi_input_is_remote (const char *name);

/* Returns: (transfer full): @uri as it may be shown and stored: without user
 * and password, either of which may be a secret */
char *cvi_input_display_uri (const char *uri);

/**
 * cvi_input_path_from_uri:
 *
 * Returns: (transfer full) (nullable): the local path that @uri means; NULL
 * with @error for anything but a file: URI of this machine
 */
char *cvi_input_path_from_uri (const char *uri, GError **error);

/**
 * cvi_input_spool:
 * @fd: what is to be read to its end, such as a pipe
 * @limit: bytes; 0: any number
 *
 * Copies @fd into a file of the spool. Blocks; a stop that is asked for ends it
 * early, without error.
 * Returns: (transfer full) (nullable): the file's path; NULL with @error
 */
char *cvi_input_spool (CviSpool *spool, int fd, guint64 limit, GError **error);

G_END_DECLS
