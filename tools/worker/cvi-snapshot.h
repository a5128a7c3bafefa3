/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <sys/stat.h>

#include "plugin/core/cvi-finding.h"

G_BEGIN_DECLS

/**
 * CviSnapshot: what a file was when its check began.
 * @device, @inode: which file it is
 * @size: bytes; @mtime_ns: ns since 1970
 */
typedef struct {
  guint64 device;
  guint64 inode;
  guint64 size;
  gint64 mtime_ns;
} CviSnapshot;

void cvi_snapshot_init (CviSnapshot *snapshot, const struct stat *status);

/**
 * cvi_snapshot_compare: (any thread)
 * @path: of the file
 *
 * Returns: (transfer full) (nullable): io::changed if another file is there or
 * it was written since, io::vanished or another io:: finding if it cannot be
 * looked at any more; NULL if it is as it was
 */
CviFinding *cvi_snapshot_compare (const CviSnapshot *before, const char *path);

G_END_DECLS
