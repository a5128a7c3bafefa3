/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* residual_coding() (ITU-T H.265, 7.3.8.11). Values are read for what they mean
 * for the reading of others only. */
#include "tools/codec/cvi-h265-private.h"

#define MAX_LEVEL 32768

/* The transform block being read. */
typedef struct {
  CviH265Cabac c; /* a copy, to be kept in registers */
  guint8 *ctx;
  guint8 *stat; /* StatCoeff of its kind, NULL without rice adaptation */
  guint log2;
  gboolean chroma;
  guint scan;
  gboolean sign_hidden; /* where a sub-block is long enough */
  gboolean align;
  gboolean flat_context; /* transform_skip_context_enabled_flag applies */
  guint greater1;        /* greater1Ctx of the last sub-block */
  gboolean too_large;
} Block;

static guint
read_last_prefix (Block *b, guint8 *ctx)
{
  guint offset = b->chroma ? 15 : 3 * (b->log2 - 2) + ((b->log2 - 1) >> 2);
  guint shift = b->chroma ? b->log2 - 2 : (b->log2 + 1) >> 2;
  guint max = (b->log2 << 1) - 1, n = 0;

  while (n < max && cvi_h265_cabac_bin (&b->c, &ctx[offset + (n >> shift)]))
    n++;
  return n;
}

static guint
read_last_suffix (Block *b, guint prefix)
{
  guint n = (prefix >> 1) - 1;

  if (prefix < 4)
    return prefix;
  return (1u << n) * (2 + (prefix & 1)) + cvi_h265_cabac_bypass_bits (&b->c, n);
}

/* 9.3.3.11, with the Rice parameter *@rice */
static inline guint
read_remaining (Block *b, guint rice)
{
  guint prefix = 0, length;

  while (prefix < 32 && cvi_h265_cabac_bypass (&b->c))
    prefix++;
  if (prefix <= 3) {
    return (prefix << rice) +
           (rice > 0 ? cvi_h265_cabac_bypass_bits (&b->c, MIN (rice, 16)) : 0);
  }
  length = prefix - 3 + rice;
  if (length > 16) {
    b->too_large = TRUE;
    return 0;
  }
  return (((1u << (prefix - 3)) + 2) << rice) +
         cvi_h265_cabac_bypass_bits (&b->c, length);
}

static inline void
adapt_stat (guint8 *stat, guint value)
{
  if (value >= (3u << (*stat / 4)))
    (*stat)++;
  else if (2 * value < (1u << (*stat / 4)) && *stat > 0)
    (*stat)--;
}

/* coeff_abs_level_remaining of the @n levels of a sub-block.
 * @base: what the flags have told, @full: the least value that has more */
static inline void
read_levels (Block *b, guint n, const guint8 *base, const guint8 *full)
{
  guint rice = b->stat ? *b->stat / 4u : 0;
  gboolean first = TRUE;

  for (guint i = 0; i < n; i++) {
    guint rest, level;

    if (base[i] < full[i])
      continue;
    rest = read_remaining (b, rice);
    level = base[i] + rest;
    b->too_large |= level > MAX_LEVEL;
    if (b->too_large)
      return;
    if (level > (3u << rice))
      rice = b->stat ? rice + 1 : MIN (rice + 1, 4);
    if (first && b->stat)
      adapt_stat (b->stat, rest);
    first = FALSE;
  }
}

/* What follows the significance of @n coefficients of a sub-block.
 * @span: distance of the first and the last of them in the scan */
static inline void
read_sub_block_levels (
    Block *b, guint n, guint span, gboolean is_dc, gboolean is_first)
{
  guint set = is_dc || b->chroma ? 0 : 2;
  guint n_flags = MIN (n, 8), n_signs = n, first = 16;
  gboolean escape = n > 8;
  guint8 base[16], full[16], *ctx;

  if (!is_first && b->greater1 == 0)
    set++;
  b->greater1 = 1;
  ctx = b->ctx + CTX_GREATER1 + (b->chroma ? 16 : 0) + 4 * set;
  for (guint i = 0; i < n_flags; i++) {
    guint flag = cvi_h265_cabac_bin (&b->c, &ctx[b->greater1]);

    base[i] = (guint8)(1 + flag);
    full[i] = 2;
    if (flag) {
      b->greater1 = 0;
      escape |= first < 16;
      if (first == 16)
        first = i;
    } else if (b->greater1 > 0 && b->greater1 < 3) {
      b->greater1++;
    }
  }
  for (guint i = n_flags; i < n; i++)
    base[i] = full[i] = 1;
  if (first < 16) {
    guint flag = cvi_h265_cabac_bin (
        &b->c, &b->ctx[CTX_GREATER2 + (b->chroma ? 4 : 0) + set]);

    base[first] = (guint8)(base[first] + flag);
    full[first] = 3;
    escape |= flag;
  }
  if (b->sign_hidden && span > 3)
    n_signs--;
  if (b->align && escape)
    cvi_h265_cabac_set_range (&b->c, 256);
  if (n_signs > 0)
    cvi_h265_cabac_bypass_bits (&b->c, n_signs);
  if (escape)
    read_levels (b, n, base, full);
}

/* Contexts and their part that depends on the position, for a sub-block. */
static inline const guint8 *
sig_contexts (Block *b, guint sub_block, guint coded, guint8 **ctx)
{
  static const guint8 flat[16];
  guint offset;

  *ctx = b->ctx + CTX_SIG + (b->chroma ? 27 : 0);
  if (b->flat_context) {
    *ctx = b->ctx + CTX_SIG + (b->chroma ? 43 : 42);
    return flat;
  }
  if (b->log2 == 2)
    return cvi_h265_sig_4x4[b->scan];
  if (b->chroma)
    offset = b->log2 == 3 ? 9 : 12;
  else
    offset = (sub_block > 0 ? 3 : 0) + (b->log2 > 3       ? 21
                                           : b->scan == 0 ? 9
                                                          : 15);
  *ctx += offset;
  return cvi_h265_sig_pattern[b->scan][coded];
}

/* @start: scan position to begin behind, 16 unless the sub-block is the last;
 * @infer: the sub-block is told to have a coefficient */
static inline void
read_sub_block (Block *b, guint sub_block, guint coded, guint start,
    gboolean infer, gboolean is_first)
{
  guint8 positions[17], *ctx;
  const guint8 *pattern = sig_contexts (b, sub_block, coded, &ctx);
  guint n = 0;

  if (start < 16)
    positions[n++] = (guint8)start;
  for (guint i = start - 1; i > 0 && start > 0; i--) {
    positions[n] = (guint8)i;
    n += cvi_h265_cabac_bin (&b->c, &ctx[pattern[i]]);
  }
  if (start > 0) {
    positions[n] = 0;
    if (infer && n == 0) {
      n++;
    } else {
      guint8 *dc = &ctx[pattern[0]];

      if (sub_block == 0 && !b->flat_context)
        dc = b->ctx + CTX_SIG + (b->chroma ? 27 : 0);
      n += cvi_h265_cabac_bin (&b->c, dc);
    }
  }
  if (n > 0)
    read_sub_block_levels (b, n, (guint)(positions[0] - positions[n - 1]),
        sub_block == 0, is_first);
}

static void
read_sub_blocks (Block *b, guint last_x, guint last_y)
{
  const guint8 *order = cvi_h265_scan[b->scan][b->log2 - 2];
  guint place = (last_y >> 2) << 3 | last_x >> 2;
  guint last = cvi_h265_scan_index[b->scan][b->log2 - 2][place];
  guint start =
      cvi_h265_scan_index[b->scan][2][(last_y & 3) << 3 | (last_x & 3)];
  guint16 coded[9] = { 0 }; /* by row, a bit a column */
  gboolean is_first = TRUE;

  for (guint i = last + 1; i-- > 0;) {
    guint x = order[i] & 7, y = order[i] >> 3;
    guint around = (coded[y] >> (x + 1) & 1u) | (coded[y + 1] >> x & 1u) << 1;
    gboolean infer = i < last && i > 0;

    if (infer &&
        !cvi_h265_cabac_bin (&b->c,
            &b->ctx[CTX_SUB_BLOCK + (b->chroma ? 2 : 0) + (around != 0)]))
      continue;
    coded[y] = (guint16)(coded[y] | 1u << x);
    read_sub_block (b, i, around, i == last ? start : 16, infer, is_first);
    is_first = FALSE;
  }
}

/* 7.4.9.11 */
static guint
scan_of (const CviH265Check *self, guint log2, guint c_idx, guint mode)
{
  if (!self->cu.intra)
    return 0;
  if (log2 != 2 && (log2 != 3 || (c_idx > 0 && self->p.chroma != 3)))
    return 0;
  return mode >= 6 && mode <= 14 ? 2 : mode >= 22 && mode <= 30 ? 1 : 0;
}

/* transform_skip_flag to explicit_rdpcm_dir_flag, and what they mean for the
 * rest. */
static void
read_block_flags (CviH265Check *self, Block *b, guint mode)
{
  const CviH265Params *p = &self->p;
  guint c = b->chroma ? 1 : 0;
  gboolean bypass = self->cu.transquant_bypass, skip = FALSE, rdpcm = FALSE;

  if (p->transform_skip && !bypass && b->log2 <= p->max_transform_skip)
    skip =
        (gboolean)cvi_h265_cabac_bin (&b->c, &b->ctx[CTX_TRANSFORM_SKIP + c]);
  if (!self->cu.intra && p->explicit_rdpcm && (skip || bypass)) {
    rdpcm = (gboolean)cvi_h265_cabac_bin (&b->c, &b->ctx[CTX_RDPCM + c]);
    if (rdpcm)
      cvi_h265_cabac_bin (&b->c, &b->ctx[CTX_RDPCM_DIR + c]);
  }
  b->sign_hidden = p->sign_hiding && !bypass && !rdpcm &&
                   !(self->cu.intra && p->implicit_rdpcm && skip &&
                       (mode == 10 || mode == 26));
  b->flat_context = p->transform_skip_context && (skip || bypass);
  if (p->persistent_rice)
    b->stat = &self->c.stat[2 * c + (skip || bypass)];
}

void
cvi_h265_read_residual (CviH265Check *self, guint log2, guint c_idx, guint mode)
{
  Block b = { .c = self->cabac,
    .ctx = self->c.ctx,
    .log2 = log2,
    .chroma = c_idx > 0,
    .scan = scan_of (self, log2, c_idx, mode),
    .align = self->p.bypass_alignment,
    .greater1 = 1 };
  guint x, y;

  /* Rice parameters stay small only as long as levels are legal. */
  if (self->bad)
    return;
  read_block_flags (self, &b, mode);
  x = read_last_prefix (&b, b.ctx + CTX_LAST_X);
  y = read_last_prefix (&b, b.ctx + CTX_LAST_Y);
  x = read_last_suffix (&b, x);
  y = read_last_suffix (&b, y);
  if (b.scan == 2)
    read_sub_blocks (&b, y, x);
  else
    read_sub_blocks (&b, x, y);
  if (b.too_large)
    self->bad = "a coefficient out of range";
  self->cabac = b.c;
}
