/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-cpus.h"

#include <stdio.h>
#include <string.h>

#include "tools/pool/cvi-pool.h"

/* One way in which the kernel tells the CPU quota. */
typedef enum { CGROUP_V1, CGROUP_V2 } Version;

/* Returns: (nullable): the file's text, stripped */
static char *
read_text (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return NULL;
  return g_strstrip (text);
}

/* Quota of one cgroup: CPUs, 0 if it has none. */
static double
quota_of (const char *folder, Version version)
{
  g_autofree char *text = NULL;
  g_autofree char *period_text = NULL;
  gint64 quota = 0, period = 0;

  if (version == CGROUP_V2) {
    text = read_text (folder, "cpu.max"); /* "max 100000", "50000 100000" */
    if (!text || sscanf (text, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT, &quota,
                     &period) != 2)
      return 0;
  } else {
    text = read_text (folder, "cpu.cfs_quota_us"); /* -1: none */
    period_text = read_text (folder, "cpu.cfs_period_us");
    if (!text || !period_text)
      return 0;
    quota = g_ascii_strtoll (text, NULL, 10);
    period = g_ascii_strtoll (period_text, NULL, 10);
  }
  return quota > 0 && period > 0 ? (double)quota / (double)period : 0;
}

/* The tightest quota of the cgroup @below the mount point and of those above
 * it. In a container the mount point often is the cgroup itself, and what the
 * kernel names is not there: then only the existing ones count. */
static double
tightest_quota (const char *mount_point, const char *below, Version version)
{
  g_autofree char *path = g_strdup (below);
  double tightest = 0;

  while (TRUE) {
    g_autofree char *folder = g_build_filename (mount_point, path, NULL);
    double quota = quota_of (folder, version);
    char *slash;

    if (quota > 0 && (tightest <= 0 || quota < tightest))
      tightest = quota;
    slash = strrchr (path, '/');
    if (!slash)
      return tightest;
    *slash = '\0';
  }
}

static gboolean
list_has (const char *comma_separated, const char *item)
{
  g_auto (GStrv) items = g_strsplit (comma_separated, ",", -1);

  return g_strv_contains ((const char *const *)items, item);
}

/* The cgroup of this process in the hierarchy of the CPU controller. */
static char *
own_cgroup (const char *proc, Version version)
{
  g_autofree char *text = read_text (proc, "self/cgroup");
  g_auto (GStrv) lines = g_strsplit (text ? text : "", "\n", -1);

  for (guint i = 0; lines[i]; i++) {
    /* hierarchy number, controllers, path */
    g_auto (GStrv) fields = g_strsplit (lines[i], ":", 3);

    if (g_strv_length (fields) != 3)
      continue;
    if (version == CGROUP_V2 ? fields[1][0] == '\0'
                             : list_has (fields[1], "cpu"))
      return g_strdup (fields[2]);
  }
  return NULL;
}

/* Is this the mount of the hierarchy? @rest: what follows " - " in a line of
 * mountinfo: type, source, options. */
static gboolean
is_cpu_mount (const char *rest, Version version)
{
  g_auto (GStrv) fields = g_strsplit (rest, " ", 3);

  if (g_strv_length (fields) != 3)
    return FALSE;
  if (version == CGROUP_V2)
    return strcmp (fields[0], "cgroup2") == 0;
  return strcmp (fields[0], "cgroup") == 0 && list_has (fields[2], "cpu");
}

static char *
find_mount (const char *proc, Version version)
{
  g_autofree char *text = read_text (proc, "self/mountinfo");
  g_auto (GStrv) lines = g_strsplit (text ? text : "", "\n", -1);

  for (guint i = 0; lines[i]; i++) {
    const char *rest = strstr (lines[i], " - ");
    /* id, parent, device, root, mount point ... */
    g_auto (GStrv) fields = g_strsplit (lines[i], " ", 6);

    if (rest && g_strv_length (fields) == 6 &&
        is_cpu_mount (rest + strlen (" - "), version))
      return g_strcompress (fields[4]);
  }
  return NULL;
}

guint
cvi_cpus_quota (const char *root)
{
  g_autofree char *proc = NULL;
  double tightest = 0;

  g_return_val_if_fail (root != NULL, 0);

  proc = g_strconcat (root, "/proc", NULL);
  for (Version version = CGROUP_V1; version <= CGROUP_V2; version++) {
    g_autofree char *cgroup = own_cgroup (proc, version);
    g_autofree char *mount = find_mount (proc, version);
    g_autofree char *mount_point = NULL;
    double quota;

    if (!cgroup || !mount)
      continue;
    mount_point = g_strconcat (root, mount, NULL);
    quota = tightest_quota (mount_point, cgroup, version);
    if (quota > 0 && (tightest <= 0 || quota < tightest))
      tightest = quota;
  }
  if (tightest <= 0 || tightest > G_MAXUINT16)
    return 0;
  return (guint)tightest + (tightest > (guint)tightest ? 1 : 0);
}

guint
cvi_pool_default_workers (void)
{
  /* Knows the affinity mask. */
  guint cpus = g_get_num_processors ();
  guint quota = cvi_cpus_quota ("");

  return quota > 0 ? MIN (cpus, quota) : cpus;
}
