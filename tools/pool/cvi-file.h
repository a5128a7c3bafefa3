/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <sys/stat.h>

#include "tools/pool/cvi-enumerator.h"

G_BEGIN_DECLS

/* Returns: (transfer full): @path is copied */
CviRoot *cvi_root_new (const char *path, const struct stat *status);
CviRoot *cvi_root_ref (CviRoot *root);
void cvi_root_unref (CviRoot *root);

/**
 * cvi_file_new:
 * @path: (transfer full)
 * @status: (nullable): of the file; NULL only with a @problem
 * @problem: 0 or an errno; becomes ENAMETOOLONG for a path that no program
 *   could open
 *
 * Returns: (transfer full)
 */
CviFile *cvi_file_new (char *path, const struct stat *status, int problem);

G_END_DECLS
