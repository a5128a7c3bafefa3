/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a plugin registry was made from is kept in a file beside it, so that the
 * next scan can tell without GStreamer that nothing has changed, as GStreamer
 * tells it: by the modification times and sizes of the plugins' files. Folders
 * count as well, where new plugins would be, and the environment. */

/**
 * cvi_registry_stamp_write:
 * @registry: path of the registry file
 * @files: (element-type filename): plugins, folders of plugins, and folders
 *   that are not there but would be searched
 *
 * Failures are ignored: without it the registry is looked through.
 */
void cvi_registry_stamp_write (const char *registry, GPtrArray *files);

/* Returns: (transfer full): path of the stamp of @registry */
char *cvi_registry_stamp_path (const char *registry);

/* Returns: TRUE if @registry and its stamp are there and all is as it was */
gboolean cvi_registry_stamp_holds (const char *registry);

G_END_DECLS
