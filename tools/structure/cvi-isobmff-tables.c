/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-isobmff-cursor.h"

static guint32
cell (const CviIsoTable *table, guint32 row, guint columns, guint column)
{
  return cvi_be32 (table->data + 4 * ((gsize)row * columns + column));
}

static guint64
sum_of_counts (const CviIsoTable *table)
{
  guint64 sum = 0;

  for (guint32 i = 0; i < table->count; i++)
    sum += cell (table, i, 2, 0);
  return sum;
}

static void report (CviIso *iso, const CviIsoTrack *track, CviSeverity severity,
    const char *format, ...) G_GNUC_PRINTF (4, 5);

static void
report (CviIso *iso, const CviIsoTrack *track, CviSeverity severity,
    const char *format, ...)
{
  g_autofree char *text = NULL;
  CviFinding *finding;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  finding = cvi_finding_new (
      CVI_RULE_CONTAINER_INDEX, cvi_iso_stream_id (track), "%s", text);
  finding->severity = severity;
  finding->offset = track->offset;
  cvi_walk_report_full (iso->walk, finding);
}

static void
check_times (CviIso *iso, CviIsoTrack *track)
{
  guint64 sum = sum_of_counts (&track->stts);

  if (sum != track->n_samples)
    report (iso, track, CVI_SEVERITY_ERROR,
        "%u samples, but decode times for %" G_GUINT64_FORMAT, track->n_samples,
        sum);
  if (!track->ctts.seen)
    return;
  sum = sum_of_counts (&track->ctts);
  if (sum != track->n_samples)
    report (iso, track, CVI_SEVERITY_WARNING,
        "%u samples, but composition times for %" G_GUINT64_FORMAT,
        track->n_samples, sum);
}

static void
check_sync (CviIso *iso, CviIsoTrack *track)
{
  guint32 last = 0;

  for (guint32 i = 0; i < track->stss.count; i++) {
    guint32 sample = cell (&track->stss, i, 1, 0);

    if (sample <= last || sample > track->n_samples) {
      report (iso, track, CVI_SEVERITY_ERROR, "sync sample %u after %u, of %u",
          sample, last, track->n_samples);
      return;
    }
    last = sample;
  }
}

/* Do the runs of stsc and the number of chunks give the number of samples? */
static void
check_chunks (CviIso *iso, CviIsoTrack *track)
{
  const CviIsoTable *stsc = &track->stsc;
  guint64 chunks = track->chunks.count;
  guint64 samples = 0;
  guint32 last = 0;
  CviSeverity severity;

  for (guint32 i = 0; i < stsc->count; i++) {
    guint64 first = cell (stsc, i, 3, 0);
    guint64 next = i + 1 < stsc->count ? cell (stsc, i + 1, 3, 0) : chunks + 1;

    if (first == 0 || next < first || (i == 0 && first != 1)) {
      report (iso, track, CVI_SEVERITY_ERROR,
          "chunk numbers of sample-to-chunk runs are not in "
          "order");
      return;
    }
    last = cell (stsc, i, 3, 1);
    samples += (next - first) * last;
  }
  /* some writers do not tell that the last chunk is only partly filled */
  severity = samples > track->n_samples && samples - track->n_samples < last
                 ? CVI_SEVERITY_INFO
                 : CVI_SEVERITY_ERROR;
  if (samples != track->n_samples)
    report (iso, track, severity,
        "%u samples, but chunks for %" G_GUINT64_FORMAT, track->n_samples,
        samples);
}

void
cvi_iso_check_tables (CviIso *iso, CviIsoTrack *track)
{
  if (track->n_samples == 0 && track->chunks.count == 0)
    return;
  check_times (iso, track);
  check_sync (iso, track);
  check_chunks (iso, track);
}
