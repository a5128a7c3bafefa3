/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* walk-speed FILE ROUNDS: CPU time (s) of the structure walk, without hashing
 * and with it, as JSON. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tools/fixity/cvi-hasher.h"
#include "tools/structure/cvi-structure.h"

static void
on_finding (CviFinding *finding, gpointer user_data)
{
  cvi_finding_free (finding);
}

static void
on_data (guint64 offset, const guint8 *data, gsize len, gpointer user_data)
{
  cvi_hasher_feed (user_data, offset, data, len);
}

static double
cpu_s (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double
walk (int fd, const char *name, guint64 size, gboolean hash)
{
  CviStructureCallbacks callbacks = { .finding = on_finding };
  g_autoptr (CviHasher) hasher = NULL;
  g_autoptr (CviStructureInfo) info = NULL;
  double began = cpu_s ();

  if (hash) {
    hasher = cvi_hasher_new (fd, size, CVI_FIXITY_BLOCK, TRUE);
    callbacks.data = on_data;
  }
  info = cvi_structure_check (fd, name, &callbacks, hasher);
  if (hasher && cvi_hasher_read_rest (hasher, NULL, NULL))
    cvi_fixity_free (cvi_hasher_finish (hasher));
  return cpu_s () - began;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const double *one = a, *two = b;

  return *one < *two ? -1 : *one > *two;
}

int
main (int argc, char **argv)
{
  guint n = argc == 3 ? (guint)g_ascii_strtoull (argv[2], NULL, 10) : 0;
  g_autofree double *plain = g_new0 (double, MAX (n, 1));
  g_autofree double *hashed = g_new0 (double, MAX (n, 1));
  struct stat st;
  int fd;

  if (n == 0 || (fd = open (argv[1], O_RDONLY | O_CLOEXEC)) < 0 ||
      fstat (fd, &st) < 0) {
    g_printerr ("usage: walk-speed FILE ROUNDS\n");
    return 2;
  }
  for (guint i = 0; i < n; i++) {
    plain[i] = walk (fd, argv[1], (guint64)st.st_size, FALSE);
    hashed[i] = walk (fd, argv[1], (guint64)st.st_size, TRUE);
  }
  qsort (plain, n, sizeof *plain, compare);
  qsort (hashed, n, sizeof *hashed, compare);
  printf ("{\"plain\": %.9f, \"hashed\": %.9f}\n", plain[n / 2], hashed[n / 2]);
  close (fd);
  return 0;
}
