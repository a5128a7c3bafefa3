/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-collector.h"

#include <string.h>

/* The ranges of one (rule, stream, severity), indexes into findings. */
typedef struct {
  guint n_ranges;
  guint ranges[CVI_COLLECTOR_MAX_RANGES];
} Entry;

struct _CviCollector {
  GPtrArray *findings;
  GHashTable *entries; /* key text -> Entry */
  guint64 n_occurrences;
};

static void
reset (CviCollector *collector)
{
  collector->findings =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_finding_free);
  collector->n_occurrences = 0;
  g_hash_table_remove_all (collector->entries);
}

CviCollector *
cvi_collector_new (void)
{
  CviCollector *collector = g_new0 (CviCollector, 1);

  collector->entries =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  reset (collector);
  return collector;
}

void
cvi_collector_free (CviCollector *collector)
{
  if (!collector)
    return;
  g_ptr_array_unref (collector->findings);
  g_hash_table_unref (collector->entries);
  g_free (collector);
}

static char *
entry_key (const CviFinding *finding)
{
  return g_strdup_printf ("%s %d %s", finding->rule->id, finding->severity,
      finding->stream ? finding->stream : "");
}

/* Is @time within the merging distance of the range of @kept? */
static gboolean
is_near (const CviFinding *kept, const CviFinding *finding)
{
  guint64 low, high;

  if (finding->start_ns == CVI_NONE || kept->start_ns == CVI_NONE)
    return finding->start_ns == kept->start_ns;
  low = kept->start_ns > CVI_COLLECTOR_MERGE_NS
            ? kept->start_ns - CVI_COLLECTOR_MERGE_NS
            : 0;
  high = kept->end_ns > CVI_NONE - CVI_COLLECTOR_MERGE_NS
             ? CVI_NONE
             : kept->end_ns + CVI_COLLECTOR_MERGE_NS;
  return finding->start_ns <= high && finding->end_ns >= low;
}

static void
merge (CviFinding *kept, const CviFinding *finding)
{
  kept->count += MIN (finding->count, G_MAXUINT64 - kept->count);
  kept->certainty = MAX (kept->certainty, finding->certainty);
  if (finding->start_ns == CVI_NONE)
    return;
  if (kept->start_ns == CVI_NONE) {
    kept->start_ns = finding->start_ns;
    kept->end_ns = finding->end_ns;
    return;
  }
  kept->start_ns = MIN (kept->start_ns, finding->start_ns);
  kept->end_ns = MAX (kept->end_ns, finding->end_ns);
}

/* Returns: (nullable): the kept finding that @finding belongs to; NULL if it
 * opens a range of its own. */
static CviFinding *
find_range (CviCollector *collector, Entry *entry, const CviFinding *finding)
{
  CviFinding *newest;

  for (guint i = 0; i < entry->n_ranges; i++) {
    CviFinding *kept =
        g_ptr_array_index (collector->findings, entry->ranges[i]);

    if (is_near (kept, finding))
      return kept;
  }
  if (entry->n_ranges == 0)
    return NULL;
  newest = g_ptr_array_index (
      collector->findings, entry->ranges[entry->n_ranges - 1]);
  if (finding->start_ns == CVI_NONE ||
      entry->n_ranges == CVI_COLLECTOR_MAX_RANGES)
    return newest;
  return NULL;
}

const CviFinding *
cvi_collector_add (CviCollector *collector, CviFinding *finding)
{
  g_autofree char *key = entry_key (finding);
  Entry *entry = g_hash_table_lookup (collector->entries, key);
  CviFinding *kept = entry ? find_range (collector, entry, finding) : NULL;
  guint n = collector->findings->len;

  collector->n_occurrences +=
      MIN (finding->count, G_MAXUINT64 - collector->n_occurrences);
  /* Full: the last one counts for all that come after. */
  if (!kept && n >= CVI_COLLECTOR_MAX_FINDINGS) {
    kept = g_ptr_array_index (collector->findings, n - 1);
    kept->count += MIN (finding->count, G_MAXUINT64 - kept->count);
    cvi_finding_free (finding);
    return NULL;
  }
  if (kept) {
    merge (kept, finding);
    cvi_finding_free (finding);
    return NULL;
  }
  if (!entry) {
    entry = g_new0 (Entry, 1);
    g_hash_table_insert (collector->entries, g_steal_pointer (&key), entry);
  }
  entry->ranges[entry->n_ranges++] = n;
  g_ptr_array_add (collector->findings, finding);
  return finding;
}

guint
cvi_collector_get_n_findings (CviCollector *collector)
{
  return collector->findings->len;
}

guint64
cvi_collector_get_n_occurrences (CviCollector *collector)
{
  return collector->n_occurrences;
}

GPtrArray *
cvi_collector_get_findings (CviCollector *collector)
{
  return collector->findings;
}

GPtrArray *
cvi_collector_steal_findings (CviCollector *collector)
{
  GPtrArray *findings = g_steal_pointer (&collector->findings);

  reset (collector);
  return findings;
}

void
cvi_collector_clear (CviCollector *collector)
{
  g_ptr_array_unref (collector->findings);
  reset (collector);
}
