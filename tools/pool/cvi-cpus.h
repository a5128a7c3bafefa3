/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * cvi_cpus_quota:
 * @root: "" for this system; another folder in tests, in which "proc" and the
 *   cgroup mount points are looked up
 *
 * Returns: the CPUs that the cgroups (v1, v2) of this process allow, rounded
 * up, at least 1; 0 where there is no limit
 */
guint cvi_cpus_quota (const char *root);

G_END_DECLS
