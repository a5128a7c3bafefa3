/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * cvi_absolute_path:
 * @path: bytes of the file system
 *
 * The name under which results of @path are stored: absolute, and without "."
 * and ".." unless a symbolic link before a ".." makes that another file. Links
 * are not resolved: a file is called what the user calls it.
 * Returns: (transfer full)
 */
char *cvi_absolute_path (const char *path);

/* Returns: (transfer full): names of results: all of @paths (nullable) made
 * absolute, URIs as they are stored; NULL-terminated */
char **cvi_absolute_paths (char **paths);

/* Is @path @root, or below it? */
gboolean cvi_path_is_within (const char *path, const char *root);

/* Would all of @paths[@i] come with another of @paths? */
gboolean cvi_path_is_covered (char **paths, guint i);

/* Where cvi-gst-worker is: $CVI_WORKER, else beside this program (a build
 * folder), else where it is from an installed one (which may have been moved),
 * else where it was to be installed. Returns: (transfer full) */
char *cvi_worker_path (void);

/* Where cvi-gst-fetch is, found the same way, but not by the environment.
 * Returns: (transfer full) */
char *cvi_fetcher_path (void);

G_END_DECLS
