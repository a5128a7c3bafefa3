/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-cpus.h"

#include <stdio.h>
#include <glib/gstdio.h>

#include "tools/pool/cvi-pool.h"

typedef struct {
  const char *path;
  const char *text;
} File;

typedef struct {
  const char *what;
  guint cpus;
  File files[6];
} Case;

#define V2_MOUNT                                                               \
  "25 1 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n"
#define V1_MOUNT                                                               \
  "20 1 0:19 / / rw - ext4 /dev/vda rw\n"                                      \
  "33 25 0:29 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"          \
  "34 25 0:30 / /cg\\040roup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
#define V1_CGROUP "5:cpuset:/\n4:cpu,cpuacct:/box/inner\n0::/\n"

static const Case cases[] = {
  { "nothing there", 0, { { NULL, NULL } } },
  { "v2, no limit", 0,
      { { "proc/self/cgroup", "0::/job\n" },
          { "proc/self/mountinfo", V2_MOUNT },
          { "sys/fs/cgroup/job/cpu.max", "max 100000\n" } } },
  { "v2, 2.5 CPUs", 3,
      { { "proc/self/cgroup", "0::/job\n" },
          { "proc/self/mountinfo", V2_MOUNT },
          { "sys/fs/cgroup/job/cpu.max", "250000 100000\n" } } },
  { "v2, exactly 2 CPUs", 2,
      { { "proc/self/cgroup", "0::/job\n" },
          { "proc/self/mountinfo", V2_MOUNT },
          { "sys/fs/cgroup/job/cpu.max", "200000 100000\n" } } },
  { "v2, a tenth", 1,
      { { "proc/self/cgroup", "0::/job\n" },
          { "proc/self/mountinfo", V2_MOUNT },
          { "sys/fs/cgroup/job/cpu.max", "10000 100000\n" } } },
  { "v2, the parent is tighter", 2,
      { { "proc/self/cgroup", "0::/slice/job\n" },
          { "proc/self/mountinfo", V2_MOUNT },
          { "sys/fs/cgroup/slice/job/cpu.max", "800000 100000\n" },
          { "sys/fs/cgroup/slice/cpu.max", "150000 100000\n" } } },
  { "v2, in a container", 4,
      { { "proc/self/cgroup", "0::/docker/0123\n" },
          { "proc/self/mountinfo", V2_MOUNT },
          { "sys/fs/cgroup/cpu.max", "400000 100000\n" } } },
  { "v2, nonsense", 0,
      { { "proc/self/cgroup", "0::/job\n::\n" },
          { "proc/self/mountinfo", " - \n" V2_MOUNT },
          { "sys/fs/cgroup/job/cpu.max", "-5 0\n" } } },
  { "v1, 3 CPUs", 3,
      { { "proc/self/cgroup", V1_CGROUP }, { "proc/self/mountinfo", V1_MOUNT },
          { "cg roup/cpu,cpuacct/box/inner/cpu.cfs_quota_us", "150000\n" },
          { "cg roup/cpu,cpuacct/box/inner/cpu.cfs_period_us", "50000\n" } } },
  { "v1, no limit", 0,
      { { "proc/self/cgroup", V1_CGROUP }, { "proc/self/mountinfo", V1_MOUNT },
          { "cg roup/cpu,cpuacct/box/inner/cpu.cfs_quota_us", "-1\n" },
          { "cg roup/cpu,cpuacct/box/inner/cpu.cfs_period_us", "50000\n" } } },
};

static void
write_file (const char *root, const File *file)
{
  g_autofree char *path = g_build_filename (root, file->path, NULL);
  g_autofree char *folder = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, file->text, -1, NULL));
}

static void
test_quota (gconstpointer data)
{
  const Case *row = data;
  g_autofree char *root = g_dir_make_tmp ("cvi-cpus-XXXXXX", NULL);
  const char *argv[] = { "rm", "-rf", root, NULL };

  g_test_message ("%s", row->what);
  for (guint i = 0; row->files[i].path; i++)
    write_file (root, &row->files[i]);
  g_assert_cmpuint (cvi_cpus_quota (root), ==, row->cpus);
  g_assert_true (g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH,
      NULL, NULL, NULL, NULL, NULL, NULL));
}

static void
test_here (void)
{
  g_assert_cmpuint (cvi_pool_default_workers (), >=, 1);
  g_assert_cmpuint (cvi_pool_default_workers (), <=, g_get_num_processors ());
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strdup_printf ("/cpus/quota/%zu", i);

    g_test_add_data_func (path, &cases[i], test_quota);
  }
  g_test_add_func ("/cpus/here", test_here);
  return g_test_run ();
}
