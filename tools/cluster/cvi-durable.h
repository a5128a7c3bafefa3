/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdio.h>

G_BEGIN_DECLS

/* Files that are there after a power cut, on network file systems too: data
 * before names, and the folder after them. */

/* Writes out and closes @file. Returns: FALSE with @error (which may be NULL
 * where something has failed already) */
gboolean cvi_durable_close (FILE *file, const char *path, GError **error);

/* Renames within one folder, whose entries are written out then. */
gboolean cvi_durable_rename (const char *from, const char *to, GError **error);

/* Writes out the entries of the folder of @path. */
gboolean cvi_durable_sync_folder (const char *path, GError **error);

/* Makes @folder/@name with @text, whole or not at all. An error
 * (G_FILE_ERROR_EXIST) if it exists, whoever made it. */
gboolean cvi_durable_create (
    const char *folder, const char *name, const char *text, GError **error);

G_END_DECLS
