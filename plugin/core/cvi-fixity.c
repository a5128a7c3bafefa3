/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-fixity.h"

#include <string.h>

CviFixity *
cvi_fixity_copy (const CviFixity *fixity)
{
  CviFixity *copy;

  g_return_val_if_fail (fixity != NULL, NULL);

  copy = g_memdup2 (fixity, sizeof *fixity);
  g_bytes_ref (copy->blocks);
  if (copy->sha256)
    g_bytes_ref (copy->sha256);
  return copy;
}

void
cvi_fixity_free (CviFixity *fixity)
{
  if (!fixity)
    return;
  g_clear_pointer (&fixity->blocks, g_bytes_unref);
  g_clear_pointer (&fixity->sha256, g_bytes_unref);
  g_free (fixity);
}

guint64
cvi_fixity_block_size (guint64 wanted, guint64 size)
{
  guint64 block = CLAMP (wanted, CVI_FIXITY_MIN_BLOCK, CVI_FIXITY_MAX_BLOCK);

  while (cvi_fixity_count_blocks (size, block) > CVI_FIXITY_MAX_BLOCKS)
    block *= 2;
  return block;
}

guint64
cvi_fixity_count_blocks (guint64 size, guint64 block_size)
{
  g_return_val_if_fail (block_size > 0, 0);

  return size / block_size + (size % block_size ? 1 : 0);
}

static GVariant *
bytes_to_variant (gconstpointer data, gsize size)
{
  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data, size, 1);
}

GVariant *
cvi_fixity_to_variant (const CviFixity *fixity)
{
  gsize n_blocks, n_sha256 = 0;
  gconstpointer blocks, sha256 = NULL;

  g_return_val_if_fail (fixity != NULL, NULL);

  blocks = g_bytes_get_data (fixity->blocks, &n_blocks);
  if (fixity->sha256)
    sha256 = g_bytes_get_data (fixity->sha256, &n_sha256);
  return g_variant_new ("(txt@ay@ay@ay)", fixity->size, fixity->mtime_ns,
      fixity->block_size,
      bytes_to_variant (fixity->whole, sizeof fixity->whole),
      bytes_to_variant (blocks, n_blocks), bytes_to_variant (sha256, n_sha256));
}

CviFixity *
cvi_fixity_from_variant (GVariant *variant, GError **error)
{
  g_autoptr (CviFixity) fixity = g_new0 (CviFixity, 1);
  g_autoptr (GVariant) whole = NULL;
  g_autoptr (GVariant) blocks = NULL;
  g_autoptr (GVariant) sha256 = NULL;
  gsize n_sha256;

  g_return_val_if_fail (
      g_variant_is_of_type (variant, G_VARIANT_TYPE (CVI_FIXITY_VARIANT)),
      NULL);

  g_variant_get (variant, "(txt@ay@ay@ay)", &fixity->size, &fixity->mtime_ns,
      &fixity->block_size, &whole, &blocks, &sha256);
  fixity->blocks = g_variant_get_data_as_bytes (blocks);
  n_sha256 = g_variant_get_size (sha256);
  if (fixity->block_size < CVI_FIXITY_MIN_BLOCK || fixity->size > G_MAXINT64 ||
      fixity->block_size > G_MAXINT64 ||
      g_variant_get_size (whole) != CVI_FIXITY_DIGEST ||
      (n_sha256 != 0 && n_sha256 != CVI_FIXITY_SHA256) ||
      cvi_fixity_count_blocks (fixity->size, fixity->block_size) >
          CVI_FIXITY_MAX_BLOCKS ||
      g_bytes_get_size (fixity->blocks) !=
          CVI_FIXITY_DIGEST *
              cvi_fixity_count_blocks (fixity->size, fixity->block_size)) {
    g_set_error_literal (error, CVI_CORE_ERROR, CVI_CORE_ERROR_INVALID,
        "hashes that do not fit their file");
    return NULL;
  }
  memcpy (fixity->whole, g_variant_get_data (whole), CVI_FIXITY_DIGEST);
  if (n_sha256 > 0)
    fixity->sha256 = g_variant_get_data_as_bytes (sha256);
  return g_steal_pointer (&fixity);
}

GArray *
cvi_fixity_compare (guint64 size, guint64 block_size, GBytes *was, GBytes *now)
{
  GArray *ranges = g_array_new (FALSE, FALSE, sizeof (CviByteRange));
  gsize n_was, n_now;
  const guint8 *a = g_bytes_get_data (was, &n_was);
  const guint8 *b = g_bytes_get_data (now, &n_now);
  guint64 n = MIN (n_was, n_now) / CVI_FIXITY_DIGEST;

  for (guint64 i = 0; i < n; i++) {
    CviByteRange range = { i * block_size, MIN ((i + 1) * block_size, size) };
    CviByteRange *last = NULL;

    if (memcmp (a + i * CVI_FIXITY_DIGEST, b + i * CVI_FIXITY_DIGEST,
            CVI_FIXITY_DIGEST) == 0)
      continue;
    if (ranges->len > 0)
      last = &g_array_index (ranges, CviByteRange, ranges->len - 1);
    if (last &&
        (last->end == range.start || ranges->len == CVI_FIXITY_MAX_RANGES))
      last->end = range.end;
    else
      g_array_append_val (ranges, range);
  }
  return ranges;
}

gboolean
cvi_fixity_equal (const CviFixity *a, const CviFixity *b)
{
  g_return_val_if_fail (a != NULL && b != NULL, FALSE);

  return a->size == b->size &&
         memcmp (a->whole, b->whole, CVI_FIXITY_DIGEST) == 0;
}

CviFinding *
cvi_fixity_finding (const CviByteRange *range, guint n_ranges)
{
  CviFinding *finding;

  g_return_val_if_fail (range != NULL, NULL);

  finding = cvi_finding_new (CVI_RULE_FIXITY_CHANGED, NULL,
      "bytes %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
      " are not what they were, though size and time are (%u %s)",
      range->start, range->end - 1, n_ranges,
      n_ranges == 1 ? "place" : "places");
  finding->offset = range->start;
  return finding;
}
