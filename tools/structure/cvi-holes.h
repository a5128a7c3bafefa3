/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-finding.h"

G_BEGIN_DECLS

/* What of a file was never written: holes of a sparse file, and space that was
 * reserved for more than came. It reads as zeros. */

/**
 * cvi_holes_next:
 * @fd: an open file; its position moves
 * @from: where to begin
 * @size: of the file; what is behind it is no hole
 * @start, @end: (out): the next part that was never written, or some of it
 *
 * SEEK_HOLE alone knows no reserved space that has been read before: the zeros
 * in the page cache are data to it (ext4, Linux 6.1). So the file system's map
 * is asked as well, where it shows one.
 * Returns: FALSE if there is none, or the file system does not tell
 */
gboolean cvi_holes_next (
    int fd, guint64 from, guint64 size, guint64 *start, guint64 *end);

/* Returns: (transfer full) (nullable): how much of the file was never written;
 * NULL for none of it */
CviFinding *cvi_holes_finding (int fd, guint64 size);

G_END_DECLS
