/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-finding.h"

G_BEGIN_DECLS

/* Bytes of an XXH3-128 in its canonical (big endian) form, as xxh128sum
 * prints it. */
#define CVI_FIXITY_DIGEST 16
#define CVI_FIXITY_SHA256 32
/* A file is never cut into more blocks, so that what is kept of a huge one
 * stays at 1 MiB: 256 GiB in blocks of 4 MiB, larger blocks beyond. */
#define CVI_FIXITY_MAX_BLOCKS 65536
#define CVI_FIXITY_BLOCK (4u * 1024 * 1024)
#define CVI_FIXITY_MIN_BLOCK (64u * 1024)
#define CVI_FIXITY_MAX_BLOCK (1024u * 1024 * 1024)
/* Ranges that are told of one file; what comes after makes the last longer. */
#define CVI_FIXITY_MAX_RANGES 128

/**
 * CviFixity: what the content of a file was at one time.
 * @size, @mtime_ns: of the file that was read
 * @block_size: of all blocks but the last, bytes
 * @whole: XXH3-128 of all bytes
 * @blocks: XXH3-128 of each block, one after the other
 * @sha256: (nullable): SHA-256 of all bytes
 */
typedef struct {
  guint64 size;
  gint64 mtime_ns;
  guint64 block_size;
  guint8 whole[CVI_FIXITY_DIGEST];
  GBytes *blocks;
  GBytes *sha256;
} CviFixity;

/* size, mtime_ns, block_size, whole, blocks, sha256 (empty: none) */
#define CVI_FIXITY_VARIANT "(txtayayay)"

/* Bytes @start up to @end, which is not one of them. */
typedef struct {
  guint64 start;
  guint64 end;
} CviByteRange;

CviFixity *cvi_fixity_copy (const CviFixity *fixity);
void cvi_fixity_free (CviFixity *fixity);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviFixity, cvi_fixity_free)

/* Returns: @wanted (bytes), doubled until a file of @size bytes has at most
 * CVI_FIXITY_MAX_BLOCKS of them */
guint64 cvi_fixity_block_size (guint64 wanted, guint64 size);

/* Returns: number of blocks; @block_size is not 0 */
guint64 cvi_fixity_count_blocks (guint64 size, guint64 block_size);

GVariant *cvi_fixity_to_variant (const CviFixity *fixity);

/* @variant: of type CVI_FIXITY_VARIANT, content untrusted
 * Returns: (transfer full) (nullable): NULL with @error if lengths do not fit
 * each other */
CviFixity *cvi_fixity_from_variant (GVariant *variant, GError **error);

/**
 * cvi_fixity_compare: (any thread)
 * @size, @block_size: of the file whose block hashes are compared
 * @was, @now: CVI_FIXITY_DIGEST bytes for each block
 *
 * Returns: (transfer full) (element-type CviByteRange): blocks that differ, in
 * order, adjacent ones merged, at most CVI_FIXITY_MAX_RANGES
 */
GArray *cvi_fixity_compare (
    guint64 size, guint64 block_size, GBytes *was, GBytes *now);

/* Do both say that the content is the same? */
gboolean cvi_fixity_equal (const CviFixity *a, const CviFixity *b);

/**
 * cvi_fixity_finding:
 *
 * Returns: (transfer full): fixity::changed for one of @n_ranges differing
 * ranges of a file; its offset is where the range begins
 */
CviFinding *cvi_fixity_finding (const CviByteRange *range, guint n_ranges);

G_END_DECLS
