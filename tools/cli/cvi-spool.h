/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CviSpool: a folder for temporary files below TMPDIR that only this user can
 * read. It is locked (flock(2)) as long as this process lives, so that others
 * can tell it from one that a killed process has left.
 */
typedef struct _CviSpool CviSpool;

/**
 * cvi_spool_new: makes a folder, and removes those of this user and this
 * machine's name that nobody locks any more, with the files in them.
 *
 * Returns: (transfer full) (nullable): NULL with @error
 */
CviSpool *cvi_spool_new (GError **error);
/* (nullable); removes the folder and the files that are left in it. */
void cvi_spool_free (CviSpool *spool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviSpool, cvi_spool_free)

/**
 * cvi_spool_add:
 * @extension: ".mp4", or "" for none; letters and digits
 * @fd: (out): of the file, to write; to be closed
 *
 * Makes an empty file.
 * Returns: (transfer full) (nullable): its path; NULL with @error
 */
char *cvi_spool_add (
    CviSpool *spool, const char *extension, int *fd, GError **error);

G_END_DECLS
