/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-collector.h"

#include <string.h>

#define N_SEVERITIES (CVI_SEVERITY_CRITICAL + 1)

/* The ranges of one (rule, stream, severity), indexes into findings. */
typedef struct {
  guint n_ranges;
  guint ranges[CVI_COLLECTOR_MAX_RANGES];
} Entry;

struct _CviCollector {
  GPtrArray *findings;
  GHashTable *entries; /* key text -> Entry */
  guint64 n_occurrences;
  guint more[CVI_N_RULES][N_SEVERITIES]; /* index + 1 of "more", 0 = none */
};

static void
reset (CviCollector *collector)
{
  collector->findings =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_finding_free);
  collector->n_occurrences = 0;
  memset (collector->more, 0, sizeof collector->more);
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

  if (kept->start_ns == CVI_NONE)
    return FALSE;
  low = kept->start_ns > CVI_COLLECTOR_MERGE_NS
            ? kept->start_ns - CVI_COLLECTOR_MERGE_NS
            : 0;
  high = kept->end_ns > CVI_NONE - CVI_COLLECTOR_MERGE_NS
             ? CVI_NONE
             : kept->end_ns + CVI_COLLECTOR_MERGE_NS;
  return finding->start_ns <= high && finding->end_ns >= low;
}

static guint64
add_counts (guint64 a, guint64 b)
{
  return a + MIN (b, G_MAXUINT64 - a);
}

static void
merge (CviFinding *kept, const CviFinding *finding)
{
  kept->count = add_counts (kept->count, finding->count);
  kept->certainty = MAX (kept->certainty, finding->certainty);
}

/* As merge(), with the range. */
static void
extend (CviFinding *kept, const CviFinding *finding)
{
  merge (kept, finding);
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
  CviFinding *newest = g_ptr_array_index (
      collector->findings, entry->ranges[entry->n_ranges - 1]);

  if (finding->start_ns == CVI_NONE)
    return newest;
  for (guint i = 0; i < entry->n_ranges; i++) {
    CviFinding *kept =
        g_ptr_array_index (collector->findings, entry->ranges[i]);

    if (is_near (kept, finding))
      return kept;
  }
  if (entry->n_ranges == CVI_COLLECTOR_MAX_RANGES ||
      collector->findings->len >= CVI_COLLECTOR_MAX_FINDINGS)
    return newest;
  return NULL;
}

static const CviFinding *
keep (CviCollector *collector, CviFinding *finding)
{
  g_ptr_array_add (collector->findings, finding);
  return finding;
}

/* Full: counts @finding among others of its rule and severity. */
static const CviFinding *
count_more (CviCollector *collector, CviFinding *finding)
{
  guint *more = &collector->more[finding->rule - cvi_rule (0)]
                                [MIN (finding->severity, N_SEVERITIES - 1)];

  if (*more > 0) {
    merge (g_ptr_array_index (collector->findings, *more - 1), finding);
    cvi_finding_free (finding);
    return NULL;
  }
  /* Times of several streams make no range. */
  g_clear_pointer (&finding->stream, g_free);
  finding->start_ns = finding->end_ns = finding->offset = CVI_NONE;
  g_free (finding->message);
  finding->message = g_strdup ("more of the same in other streams");
  *more = collector->findings->len + 1;
  return keep (collector, finding);
}

const CviFinding *
cvi_collector_add (CviCollector *collector, CviFinding *finding)
{
  g_autofree char *key = entry_key (finding);
  Entry *entry = g_hash_table_lookup (collector->entries, key);
  CviFinding *kept;

  /* A start alone is a place. */
  if (finding->start_ns == CVI_NONE || finding->end_ns == CVI_NONE)
    finding->end_ns = finding->start_ns;
  collector->n_occurrences =
      add_counts (collector->n_occurrences, finding->count);
  if (!entry && collector->findings->len >= CVI_COLLECTOR_MAX_FINDINGS)
    return count_more (collector, finding);
  kept = entry ? find_range (collector, entry, finding) : NULL;
  if (kept) {
    extend (kept, finding);
    cvi_finding_free (finding);
    return NULL;
  }
  if (!entry) {
    entry = g_new0 (Entry, 1);
    g_hash_table_insert (collector->entries, g_steal_pointer (&key), entry);
  }
  entry->ranges[entry->n_ranges++] = collector->findings->len;
  return keep (collector, finding);
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
