/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-snapshot.h"

#include <errno.h>

#include "plugin/core/cvi-mtime.h"

void
cvi_snapshot_init (CviSnapshot *snapshot, const struct stat *status)
{
  g_return_if_fail (snapshot != NULL && status != NULL);

  snapshot->device = status->st_dev;
  snapshot->inode = status->st_ino;
  snapshot->size = (guint64)MAX (status->st_size, 0);
  snapshot->mtime_ns = cvi_mtime_ns (status);
}

CviFinding *
cvi_snapshot_compare (const CviSnapshot *before, const char *path)
{
  CviSnapshot now;
  struct stat status;

  g_return_val_if_fail (before != NULL && path != NULL, NULL);

  if (stat (path, &status) < 0)
    return cvi_finding_from_errno (errno);
  cvi_snapshot_init (&now, &status);
  if (now.size != before->size)
    return cvi_finding_new (CVI_RULE_IO_CHANGED, NULL,
        "it is being written: %" G_GUINT64_FORMAT
        " bytes before the check, %" G_GUINT64_FORMAT " after it",
        before->size, now.size);
  if (now.device != before->device || now.inode != before->inode)
    return cvi_finding_new (CVI_RULE_IO_CHANGED, NULL,
        "another file has taken its place during the check");
  if (now.mtime_ns != before->mtime_ns)
    return cvi_finding_new (CVI_RULE_IO_CHANGED, NULL,
        "it is being written: it was modified during the check");
  return NULL;
}
