/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-scan-stats.h"

#include <stdio.h>
#include <sys/resource.h>

#include "tools/report/cvi-display.h"

/* A worker names the codecs; what is more counts as "others". */
#define MAX_CODECS 64
/* Of getrusage(). */
#define BLOCK_BYTES 512

/* What was decoded of one codec. */
typedef struct {
  guint64 n_files;
  guint64 frames;
  double media_s;
  double cpu_s;
} Decoded;

struct _CviScanStats {
  GHashTable *codecs; /* name -> Decoded */
};

CviScanStats *
cvi_scan_stats_new (void)
{
  CviScanStats *stats = g_new0 (CviScanStats, 1);

  stats->codecs =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return stats;
}

void
cvi_scan_stats_free (CviScanStats *stats)
{
  if (!stats)
    return;
  g_hash_table_unref (stats->codecs);
  g_free (stats);
}

static Decoded *
get_decoded (CviScanStats *stats, const char *codec)
{
  Decoded *decoded = g_hash_table_lookup (stats->codecs, codec);

  if (!decoded && g_hash_table_size (stats->codecs) >= MAX_CODECS) {
    codec = "others";
    decoded = g_hash_table_lookup (stats->codecs, codec);
  }
  if (!decoded) {
    decoded = g_new0 (Decoded, 1);
    g_hash_table_insert (stats->codecs, g_strdup (codec), decoded);
  }
  return decoded;
}

void
cvi_scan_stats_add (CviScanStats *stats, const CviResult *result)
{
  g_return_if_fail (stats && result);

  for (guint i = 0; i < result->streams->len; i++) {
    const CviStream *stream = g_ptr_array_index (result->streams, i);
    Decoded *decoded;

    if (!g_str_equal (stream->kind, "video") || !stream->codec)
      continue;
    decoded = get_decoded (stats, stream->codec);
    decoded->n_files++;
    if (stream->frames != CVI_NONE)
      decoded->frames += stream->frames;
    if (stream->duration_ns != CVI_NONE)
      decoded->media_s += (double)stream->duration_ns / 1e9;
    decoded->cpu_s += result->cpu_s;
    break;
  }
}

/* Most CPU time first; by name where that is the same. */
static gint
compare_codecs (gconstpointer a, gconstpointer b, gpointer user_data)
{
  CviScanStats *stats = user_data;
  const char *one = *(const char *const *)a, *two = *(const char *const *)b;
  const Decoded *x = g_hash_table_lookup (stats->codecs, one);
  const Decoded *y = g_hash_table_lookup (stats->codecs, two);

  if (x->cpu_s != y->cpu_s)
    return x->cpu_s > y->cpu_s ? -1 : 1;
  return g_strcmp0 (one, two);
}

static void
print_codecs (CviScanStats *stats)
{
  guint n;
  g_autofree gpointer *names =
      g_hash_table_get_keys_as_array (stats->codecs, &n);

  g_qsort_with_data (names, (gint)n, sizeof *names, compare_codecs, stats);
  for (guint i = 0; i < n; i++) {
    const Decoded *decoded = g_hash_table_lookup (stats->codecs, names[i]);
    g_autofree char *name = cvi_display_name (names[i]);
    double per_s = decoded->cpu_s > 0 ? 1 / decoded->cpu_s : 0;

    fprintf (stderr,
        "video %s: %" G_GUINT64_FORMAT " file%s, %" G_GUINT64_FORMAT
        " frames, %.1f s in %.2f s of CPU: %.1f times real time, "
        "%.0f frames/s\n",
        name, decoded->n_files, decoded->n_files == 1 ? "" : "s",
        decoded->frames, decoded->media_s, decoded->cpu_s,
        decoded->media_s * per_s, (double)decoded->frames * per_s);
  }
}

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
  /* What was in memory already does not count. */
  fprintf (stderr, "%s read from storage: %.1f MB\n", who,
      (double)usage.ru_inblock * BLOCK_BYTES / 1e6);
}

void
cvi_scan_stats_print (CviScanStats *stats, const CviReportSummary *totals,
    double elapsed_s, guint n_started)
{
  double per_s = elapsed_s > 0 ? 1 / elapsed_s : 0;
  guint64 n_files = 0;

  g_return_if_fail (stats && totals);

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
  print_codecs (stats);
}
