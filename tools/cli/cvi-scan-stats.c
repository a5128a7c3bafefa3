/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-scan-stats.h"

#include <stdio.h>
#include <sys/resource.h>

static double
seconds (const struct timeval *time)
{
  return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static void
print_usage (const char *who, int what)
{
  struct rusage usage;

  if (getrusage (what, &usage) < 0)
    return;
  fprintf (stderr, "%s CPU: %.2f s (%.2f user, %.2f system)\n", who,
      seconds (&usage.ru_utime) + seconds (&usage.ru_stime),
      seconds (&usage.ru_utime), seconds (&usage.ru_stime));
  /* The kernel counts in KiB; of several children it keeps the largest. */
  fprintf (stderr, "%s peak memory: %.1f MB\n", who,
      (double)usage.ru_maxrss * 1024 / 1e6);
}

void
cvi_scan_stats_print (
    const CviReportSummary *totals, double elapsed_s, guint n_started)
{
  double per_s = elapsed_s > 0 ? 1 / elapsed_s : 0;
  guint64 n_files = 0;

  g_return_if_fail (totals);

  for (guint i = 0; i < CVI_N_VERDICTS; i++)
    n_files += totals->counts[i];
  fprintf (stderr,
      "files: %" G_GUINT64_FORMAT "\nchecked now: %" G_GUINT64_FORMAT
      "\nbytes checked: %" G_GUINT64_FORMAT "\nwall time: %.3f s\n",
      n_files, totals->n_checked, totals->bytes, elapsed_s);
  fprintf (stderr, "speed: %.1f files/s, %.1f MB/s\nworkers started: %u\n",
      (double)n_files * per_s, (double)totals->bytes / 1e6 * per_s, n_started);
  print_usage ("supervisor", RUSAGE_SELF);
  print_usage ("worker", RUSAGE_CHILDREN);
}
