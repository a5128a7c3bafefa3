/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CviFileFacts: what stat tells of a regular file.
 * @mode: permission bits
 * @device, @inode: which file it is
 */
typedef struct {
  guint64 size;
  gint64 mtime_ns;
  gint64 atime_ns;
  guint mode;
  guint uid;
  guint gid;
  guint64 device;
  guint64 inode;
} CviFileFacts;

/**
 * cvi_file_facts_read:
 *
 * Does not follow a symbolic link. Returns: 0; an errno (ELOOP for a link,
 * EINVAL for anything else that is no regular file)
 */
int cvi_file_facts_read (const char *path, CviFileFacts *facts);

/* Writes what @path's folder remembers to the disk. Some file systems cannot,
 * and need not be asked. */
gboolean cvi_sync_folder_of (const char *path, GError **error);

/* Sets owner (as far as allowed), permissions and times of @path.
 * Returns: FALSE with @error if permissions or times cannot be set */
gboolean cvi_file_facts_apply (
    const char *path, const CviFileFacts *facts, GError **error);

/**
 * cvi_copy_file:
 * @to: must not exist
 * @facts: @from must be that file, of that size, and not change while it is
 *   read; @to gets the permissions, owner (as far as allowed) and times
 * @sha256: (out) (transfer full): of the content, in hexadecimal
 *
 * Copies content and extended attributes, writes it all to the disk, reads @to
 * back and compares. A user's own attribute that cannot be kept is an error;
 * those of the system are kept where @to's file system takes them.
 * Returns: FALSE with @error, and no @to; @from is never changed
 */
gboolean cvi_copy_file (const char *from, const char *to,
    const CviFileFacts *facts, char **sha256, GError **error);

/* Returns: (transfer full) (nullable): SHA-256 of @path's content as it is on
 * the disk, NULL with @error */
char *cvi_hash_file (const char *path, GError **error);

G_END_DECLS
