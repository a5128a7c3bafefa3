/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-fixity-judge.h"

#include "plugin/core/cvi-verdict.h"

gboolean
cvi_fixity_is_told (const CviResult *result, const CviByteRange *range)
{
  for (guint i = 0; i < result->findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (result->findings, i);

    if (finding->rule == cvi_rule (CVI_RULE_FIXITY_CHANGED) &&
        finding->offset == range->start)
      return TRUE;
  }
  return FALSE;
}

void
cvi_fixity_add_findings (CviResult *result, const GArray *ranges)
{
  g_return_if_fail (result != NULL && ranges != NULL);

  for (guint i = 0; i < ranges->len; i++) {
    const CviByteRange *range = &g_array_index (ranges, CviByteRange, i);

    if (result->findings->len < CVI_RESULT_MAX_FINDINGS &&
        !cvi_fixity_is_told (result, range))
      cvi_result_add (result, cvi_fixity_finding (range, ranges->len));
  }
  cvi_result_judge (result);
}

/* Returns: (transfer full): where contents differ */
static GArray *
find_ranges (const CviFixity *was, const CviFixity *now)
{
  GArray *ranges;
  CviByteRange all = { 0, was->size };

  if (was->block_size == now->block_size)
    return cvi_fixity_compare (
        was->size, was->block_size, was->blocks, now->blocks);
  ranges = g_array_new (FALSE, FALSE, sizeof (CviByteRange));
  g_array_append_val (ranges, all);
  return ranges;
}

static GArray *
known_ranges (GHashTable *rotten, const char *path)
{
  GVariant *variant = rotten ? g_hash_table_lookup (rotten, path) : NULL;
  const CviByteRange *ranges;
  GArray *copy;
  gsize n;

  if (!variant)
    return NULL;
  ranges = g_variant_get_fixed_array (variant, &n, sizeof (CviByteRange));
  copy = g_array_new (FALSE, FALSE, sizeof (CviByteRange));
  g_array_append_vals (copy, ranges, (guint)n);
  return copy;
}

gboolean
cvi_fixity_judge (
    CviStore *store, GHashTable *rotten, CviResult *result, GError **error)
{
  g_autoptr (GArray) ranges = known_ranges (rotten, result->path);
  g_autoptr (CviStoredFixity) stored = NULL;
  g_autoptr (GError) local = NULL;

  if (!result->fixity && !ranges)
    return TRUE;
  stored = cvi_store_find_fixity (store, result->path, &local);
  if (local) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  if (result->fixity && stored && stored->fixity &&
      stored->fixity->size == result->fixity->size &&
      stored->fixity->mtime_ns == result->fixity->mtime_ns) {
    g_clear_pointer (&ranges, g_array_unref);
    if (!cvi_fixity_equal (stored->fixity, result->fixity))
      ranges = find_ranges (stored->fixity, result->fixity);
  } else if (result->fixity && stored && stored->fixity) {
    /* Written since it was found to be rotten. */
    g_clear_pointer (&ranges, g_array_unref);
  }
  if (!ranges)
    return TRUE;
  g_clear_pointer (&result->fixity, cvi_fixity_free);
  cvi_fixity_add_findings (result, ranges);
  return !stored || cvi_store_mark_fixity (
                        store, stored->id, CVI_STORE_ROTTEN, NULL, error);
}
