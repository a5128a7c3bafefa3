/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-vp8.h"

#include <string.h>
#define GST_USE_UNSTABLE_API
#include <gst/codecparsers/gstvp8parser.h>

#include "tools/worker/cvi-vp8-tables.h"

/* Reading more bits than there are by so much, or leaving so many. Measured on
 * the VP8 test vectors: 8 to 16 bits are left, always; coders may be flushed
 * with up to 32. */
#define MAX_OVERREAD_BITS 0
#define MAX_REST_BITS 32
/* Frames with a longer rest than that before the stream's encoder is taken for
 * one that pads its partitions. */
#define PADDED_FRAMES 3
#define MAX_MB_COLS 1024

typedef struct {
  gint16 row;
  gint16 col;
} Mv;

typedef struct {
  guint8 mode;
  guint8 ref; /* 0: intra */
  Mv mv;
  Mv mvs[16];        /* of VP8_SPLITMV */
  guint8 bmodes[16]; /* of intra modes */
} Mb;

/* Bool decoder of section 7.3 that counts the bits it has taken. */
typedef struct {
  const guint8 *data;
  gsize size;
  gsize next; /* byte to load */
  guint64 value;
  gint loaded; /* bits in value below the top 8 */
  guint range;
  guint64 taken;
} Bits;

struct _CviVp8Check {
  GstVp8Parser parser;
  GstVp8FrameHdr header;
  gboolean has_key;
  guint width;
  guint height;
  guint cols;
  guint rows;
  Mb *above; /* cols + 2: one border on each side */
  Mb *row;
  guint8 (*above_nz)[9];
  guint8 left_nz[9];
  Bits modes;
  Bits tokens[8];
  guint n_padded;
  guint n_frames;
};

CviVp8Check *
cvi_vp8_check_new (void)
{
  CviVp8Check *check = g_new0 (CviVp8Check, 1);

  gst_vp8_parser_init (&check->parser);
  return check;
}

void
cvi_vp8_check_free (CviVp8Check *check)
{
  if (!check)
    return;
  g_free (check->above);
  g_free (check->row);
  g_free (check->above_nz);
  g_free (check);
}

static void
bits_load (Bits *bits)
{
  while (bits->loaded <= 40) {
    guint8 byte = bits->next < bits->size ? bits->data[bits->next] : 0;

    bits->next++;
    bits->value = bits->value << 8 | byte;
    bits->loaded += 8;
  }
}

static void
bits_start (Bits *bits, const guint8 *data, gsize size)
{
  bits->data = data;
  bits->size = size;
  bits->next = 0;
  bits->value = 0;
  bits->loaded = -8;
  bits->range = 255;
  bits->taken = 0;
  bits_load (bits);
}

/* Goes on at bit @position of the partition, in the middle of a byte, with the
 * state that the header parser left. */
static void
bits_resume (Bits *bits, const guint8 *data, gsize size, guint64 position,
    guint8 range, guint8 value)
{
  guint64 first = position + 8;
  guint skip = (guint)(first % 8);

  bits->data = data;
  bits->size = size;
  bits->next = first / 8;
  bits->range = range;
  bits->taken = position;
  bits->value = value;
  bits->loaded = 0;
  if (skip > 0) {
    guint8 byte = bits->next < size ? data[bits->next] : 0;

    bits->next++;
    bits->value = (guint64)value << (8 - skip) | (byte & (0xffu >> skip));
    bits->loaded = (gint)(8 - skip);
  }
  bits_load (bits);
}

static inline guint
bits_get (Bits *bits, guint8 prob)
{
  guint split = 1 + (((bits->range - 1) * prob) >> 8);
  guint64 big = (guint64)split << bits->loaded;
  guint bit = bits->value >= big;
  gint shift;

  if (bit) {
    bits->range -= split;
    bits->value -= big;
  } else {
    bits->range = split;
  }
  shift = __builtin_clz (bits->range) - 24;
  bits->range <<= shift;
  bits->taken += (guint)shift;
  bits->loaded -= shift;
  if (bits->loaded < 8)
    bits_load (bits);
  return bit;
}

static inline gint
bits_tree (Bits *bits, const gint8 *tree, const guint8 *probs)
{
  gint i = 0;

  do
    i = tree[i + (gint)bits_get (bits, probs[i >> 1])];
  while (i > 0);
  return -i;
}

static void
fill_bmodes (Mb *mb)
{
  if (mb->mode < VP8_B_PRED)
    memset (mb->bmodes, vp8_bmode_of_ymode[mb->mode], 16);
  else if (mb->mode > VP8_B_PRED)
    memset (mb->bmodes, 0, 16);
}

static void
read_key_modes (CviVp8Check *self, Mb *mb, const Mb *above, const Mb *left)
{
  Bits *bits = &self->modes;

  mb->mode = (guint8)bits_tree (bits, vp8_kf_ymode_tree, vp8_kf_ymode_probs);
  mb->ref = 0;
  mb->mv = (Mv){ 0, 0 };
  fill_bmodes (mb);
  if (mb->mode == VP8_B_PRED) {
    for (guint b = 0; b < 16; b++) {
      guint a = b < 4 ? above->bmodes[b + 12] : mb->bmodes[b - 4];
      guint l = b % 4 == 0 ? left->bmodes[b + 3] : mb->bmodes[b - 1];

      mb->bmodes[b] =
          (guint8)bits_tree (bits, vp8_bmode_tree, vp8_kf_bmode_probs[a][l]);
    }
  }
  bits_tree (bits, vp8_uvmode_tree, vp8_kf_uvmode_probs);
}

static void
read_intra_modes (CviVp8Check *self, Mb *mb)
{
  Bits *bits = &self->modes;

  mb->mode =
      (guint8)bits_tree (bits, vp8_ymode_tree, self->header.mode_probs.y_prob);
  mb->ref = 0;
  mb->mv = (Mv){ 0, 0 };
  fill_bmodes (mb);
  if (mb->mode == VP8_B_PRED) {
    for (guint b = 0; b < 16; b++)
      mb->bmodes[b] = (guint8)bits_tree (bits, vp8_bmode_tree, vp8_bmode_probs);
  }
  bits_tree (bits, vp8_uvmode_tree, self->header.mode_probs.uv_prob);
}

/* Section 17.2 */
static gint
read_mv_component (Bits *bits, const guint8 *probs)
{
  gint x = 0;

  if (bits_get (bits, probs[0])) {
    for (guint i = 0; i < 3; i++)
      x += (gint)bits_get (bits, probs[9 + i]) << i;
    for (guint i = 9; i > 3; i--)
      x += (gint)bits_get (bits, probs[9 + i]) << i;
    if (!(x & 0xfff0) || bits_get (bits, probs[9 + 3]))
      x += 8;
  } else {
    x = bits_tree (bits, vp8_small_mv_tree, probs + 2);
  }
  if (x != 0 && bits_get (bits, probs[1]))
    x = -x;
  return 2 * x;
}

static Mv
read_mv (CviVp8Check *self, Mv best)
{
  Mv mv;

  mv.row = (gint16)(best.row + read_mv_component (&self->modes,
                                   self->header.mv_probs.prob[0]));
  mv.col = (gint16)(best.col + read_mv_component (&self->modes,
                                   self->header.mv_probs.prob[1]));
  return mv;
}

static inline gboolean
mv_equal (Mv a, Mv b)
{
  return a.row == b.row && a.col == b.col;
}

static inline gboolean
mv_zero (Mv mv)
{
  return mv.row == 0 && mv.col == 0;
}

static gboolean
sign_bias (const GstVp8FrameHdr *header, guint ref)
{
  return ref == 2   ? header->sign_bias_golden
         : ref == 3 ? header->sign_bias_alternate
                    : 0;
}

typedef struct {
  Mv near[4]; /* best, nearest, near, spare */
  guint count[4];
} Near;

/* Section 16.3: votes of the three neighbours. */
static void
find_near (CviVp8Check *self, const Mb *const *neighbours, guint ref, Near *out)
{
  static const guint weights[] = { 2, 2, 1 };
  guint n = 0;
  const Mb *const *mb = neighbours;

  memset (out, 0, sizeof *out);
  for (guint i = 0; i < 3; i++) {
    Mv mv = mb[i]->mv;

    if (mb[i]->ref == 0)
      continue;
    if (mv_zero (mv)) {
      out->count[0] += weights[i];
      continue;
    }
    if (sign_bias (&self->header, mb[i]->ref) !=
        sign_bias (&self->header, ref)) {
      mv.row = (gint16)-mv.row;
      mv.col = (gint16)-mv.col;
    }
    if (n == 0 || !mv_equal (mv, out->near[n]))
      out->near[++n] = mv;
    out->count[n] += weights[i];
  }
  if (out->count[3] > 0 && mv_equal (out->near[3], out->near[1]))
    out->count[1]++;
  out->count[3] = 2u * (mb[0]->mode == VP8_SPLITMV) +
                  2u * (mb[1]->mode == VP8_SPLITMV) +
                  (mb[2]->mode == VP8_SPLITMV);
  if (out->count[2] > out->count[1]) {
    guint count = out->count[1];
    Mv mv = out->near[1];

    out->count[1] = out->count[2];
    out->near[1] = out->near[2];
    out->count[2] = count;
    out->near[2] = mv;
  }
  if (out->count[1] >= out->count[0])
    out->near[0] = out->near[1];
}

/* Vectors may point at most so far beyond the frame (section 5). */
static Mv
clamp_mv (const CviVp8Check *self, Mv mv, guint col, guint row)
{
  gint left = -(gint)(col * 128) - 128, top = -(gint)(row * 128) - 128;
  gint right = (gint)((self->cols - 1 - col) * 128) + 128;
  gint bottom = (gint)((self->rows - 1 - row) * 128) + 128;

  mv.col = (gint16)CLAMP (mv.col, left, right);
  mv.row = (gint16)CLAMP (mv.row, top, bottom);
  return mv;
}

static Mv
sub_mv (const Mb *mb, guint b)
{
  return mb->mode == VP8_SPLITMV ? mb->mvs[b] : mb->mv;
}

static void
read_split (CviVp8Check *self, Mb *mb, const Mb *above, const Mb *left, Mv best)
{
  Bits *bits = &self->modes;
  gint kind = bits_tree (bits, vp8_split_tree, vp8_split_probs);

  for (guint part = 0; part < vp8_split_parts[kind]; part++) {
    guint b = 0, context;
    Mv l, a, mv = { 0, 0 };

    while (vp8_split_map[kind][b] != part)
      b++;
    l = b % 4 == 0 ? sub_mv (left, b + 3) : mb->mvs[b - 1];
    a = b < 4 ? sub_mv (above, b + 12) : mb->mvs[b - 4];
    if (mv_equal (l, a))
      context = mv_zero (l) ? 4 : 3;
    else
      context = mv_zero (a) ? 2 : mv_zero (l) ? 1 : 0;
    switch (
        bits_tree (bits, vp8_sub_mv_ref_tree, vp8_sub_mv_ref_probs[context])) {
      case VP8_LEFT4X4:
        mv = l;
        break;
      case VP8_ABOVE4X4:
        mv = a;
        break;
      case VP8_NEW4X4:
        mv = read_mv (self, best);
        break;
      default:
        break;
    }
    for (; b < 16; b++) {
      if (vp8_split_map[kind][b] == part)
        mb->mvs[b] = mv;
    }
  }
  mb->mv = mb->mvs[15];
}

static void
read_inter_modes (CviVp8Check *self, Mb *mb, const Mb *const *neighbours,
    guint col, guint row)
{
  Bits *bits = &self->modes;
  guint8 probs[4];
  Near near;
  Mv best;

  mb->ref = 1;
  if (bits_get (bits, self->header.prob_last))
    mb->ref = (guint8)(2 + bits_get (bits, self->header.prob_gf));
  find_near (self, neighbours, mb->ref, &near);
  for (guint i = 0; i < 4; i++)
    probs[i] = vp8_mode_contexts[near.count[i]][i];
  best = clamp_mv (self, near.near[0], col, row);
  mb->mode = (guint8)bits_tree (bits, vp8_mv_ref_tree, probs);
  fill_bmodes (mb);
  switch (mb->mode) {
    case VP8_NEARESTMV:
      mb->mv = clamp_mv (self, near.near[1], col, row);
      break;
    case VP8_NEARMV:
      mb->mv = clamp_mv (self, near.near[2], col, row);
      break;
    case VP8_NEWMV:
      mb->mv = read_mv (self, best);
      break;
    case VP8_SPLITMV:
      read_split (self, mb, neighbours[0], neighbours[1], best);
      break;
    default:
      mb->mv = (Mv){ 0, 0 };
      break;
  }
}

/* Section 13: one block of coefficients. Returns: whether any was coded. */
static gboolean
read_block (
    Bits *bits, const guint8 (*probs)[3][11], guint context, guint first)
{
  guint i = first;
  const guint8 *p = probs[vp8_bands[i]][context];

  if (!bits_get (bits, p[0]))
    return FALSE;
  while (i < 16) {
    if (!bits_get (bits, p[1])) {
      p = probs[vp8_bands[++i]][0];
      continue;
    }
    context = 1;
    if (bits_get (bits, p[2])) {
      gint category = -1;

      context = 2;
      if (!bits_get (bits, p[3])) {
        if (bits_get (bits, p[4]))
          bits_get (bits, p[5]);
      } else if (!bits_get (bits, p[6])) {
        category = (gint)bits_get (bits, p[7]);
      } else {
        category = 2 + 2 * (gint)bits_get (bits, p[8]);
        category += (gint)bits_get (bits, p[9 + (category > 2)]);
      }
      for (guint e = 0; category >= 0 && vp8_extra_bits[category][e]; e++)
        bits_get (bits, vp8_extra_bits[category][e]);
    }
    bits_get (bits, 128);
    p = probs[vp8_bands[++i]][context];
    if (i < 16 && !bits_get (bits, p[0]))
      break;
  }
  return TRUE;
}

/* Contexts: 0-3 luma, 4-5 U, 6-7 V, 8 Y2 */
static void
read_tokens (CviVp8Check *self, Bits *bits, gboolean has_y2, guint8 *above)
{
  const guint8 (*probs)[8][3][11] = self->header.token_probs.prob;
  guint8 *left = self->left_nz;
  guint type = has_y2 ? 0 : 3;

  if (has_y2)
    above[8] = left[8] =
        (guint8)read_block (bits, probs[1], above[8] + left[8], 0);
  for (guint b = 0; b < 16; b++) {
    guint8 *a = &above[b % 4], *l = &left[b / 4];

    *a = *l = (guint8)read_block (bits, probs[type], *a + *l, has_y2);
  }
  for (guint b = 0; b < 8; b++) {
    guint base = b < 4 ? 4 : 6;
    guint8 *a = &above[base + b % 2], *l = &left[base + b / 2 % 2];

    *a = *l = (guint8)read_block (bits, probs[2], *a + *l, 0);
  }
}

static void
read_macroblock (CviVp8Check *self, guint col, guint row, Bits *tokens)
{
  const GstVp8FrameHdr *header = &self->header;
  const GstVp8Segmentation *segmentation = &self->parser.segmentation;
  Bits *bits = &self->modes;
  Mb *mb = &self->row[col + 1];
  const Mb *neighbours[] = { &self->above[col + 1], &self->row[col],
    &self->above[col] };
  guint8 *above_nz = self->above_nz[col];
  gboolean skip = FALSE, has_y2;

  if (segmentation->segmentation_enabled &&
      segmentation->update_mb_segmentation_map)
    bits_get (bits,
        segmentation
            ->segment_prob[bits_get (bits, segmentation->segment_prob[0]) + 1]);
  if (header->mb_no_skip_coeff)
    skip = bits_get (bits, header->prob_skip_false);
  if (header->key_frame)
    read_key_modes (self, mb, neighbours[0], neighbours[1]);
  else if (bits_get (bits, header->prob_intra))
    read_inter_modes (self, mb, neighbours, col, row);
  else
    read_intra_modes (self, mb);

  has_y2 = mb->mode != VP8_B_PRED && mb->mode != VP8_SPLITMV;
  if (!skip) {
    read_tokens (self, tokens, has_y2, above_nz);
  } else {
    memset (above_nz, 0, 8);
    memset (self->left_nz, 0, 8);
    if (has_y2)
      above_nz[8] = self->left_nz[8] = 0;
  }
}

static void
read_macroblocks (CviVp8Check *self)
{
  guint n_partitions = 1u << self->header.log2_nbr_of_dct_partitions;

  memset (self->above, 0, (self->cols + 2) * sizeof *self->above);
  memset (self->above_nz, 0, self->cols * sizeof *self->above_nz);
  for (guint row = 0; row < self->rows; row++) {
    Mb *swap = self->above;

    memset (self->left_nz, 0, sizeof self->left_nz);
    memset (&self->row[0], 0, sizeof *self->row);
    memset (&self->row[self->cols + 1], 0, sizeof *self->row);
    for (guint col = 0; col < self->cols; col++)
      read_macroblock (self, col, row, &self->tokens[row % n_partitions]);
    self->above = self->row;
    self->row = swap;
  }
}

static gboolean
take_size (CviVp8Check *self)
{
  guint cols = (self->header.width + 15u) / 16;

  if (cols == 0 || cols > MAX_MB_COLS || self->header.height == 0)
    return FALSE;
  self->rows = (self->header.height + 15u) / 16;
  self->cols = cols;
  self->above = g_renew (Mb, self->above, cols + 2);
  self->row = g_renew (Mb, self->row, cols + 2);
  self->above_nz = g_realloc (self->above_nz, cols * sizeof *self->above_nz);
  self->has_key = TRUE;
  return TRUE;
}

/* Sets up the decoders of all partitions. */
static gboolean
start_partitions (CviVp8Check *self, const guint8 *data, gsize size)
{
  const GstVp8FrameHdr *header = &self->header;
  guint n = 1u << header->log2_nbr_of_dct_partitions;
  gsize first = header->data_chunk_size;
  gsize offset = first + header->first_part_size;

  if (offset > size)
    return FALSE;
  bits_resume (&self->modes, data + first, header->first_part_size,
      header->header_size, header->rd_range, header->rd_value);
  offset += 3 * (n - 1);
  for (guint i = 0; i < n; i++) {
    gsize length = header->partition_size[i];

    if (offset > size || length > size - offset)
      return FALSE;
    bits_start (&self->tokens[i], data + offset, length);
    offset += length;
  }
  return TRUE;
}

/* Returns: FALSE if @bits took more than there is; sets *rest if it left much.
 */
static gboolean
fits (const Bits *bits, gboolean *rest)
{
  guint64 have = (guint64)bits->size * 8;

  if (bits->taken > have + MAX_OVERREAD_BITS)
    return FALSE;
  if (have > bits->taken && have - bits->taken > MAX_REST_BITS)
    *rest = TRUE;
  return TRUE;
}

gboolean
cvi_vp8_check_frame (
    CviVp8Check *check, const guint8 *data, gsize size, const char **fault)
{
  gboolean rest = FALSE, over = FALSE;
  guint n;

  *fault = NULL;
  /* An empty frame repeats the one before. */
  if (size == 0)
    return TRUE;
  if (gst_vp8_parser_parse_frame_header (
          &check->parser, &check->header, data, size) != GST_VP8_PARSER_OK) {
    *fault = "frame header cannot be parsed";
    return FALSE;
  }
  if (check->header.key_frame && !take_size (check)) {
    *fault = "frame size is not possible";
    return FALSE;
  }
  if (!check->has_key)
    return TRUE;
  if (!start_partitions (check, data, size)) {
    *fault = "partitions do not fit in the frame";
    return FALSE;
  }
  read_macroblocks (check);
  n = 1u << check->header.log2_nbr_of_dct_partitions;
  over = !fits (&check->modes, &rest);
  for (guint i = 0; i < n; i++)
    over |= !fits (&check->tokens[i], &rest);
  check->n_frames++;
  if (over) {
    *fault = "coded data goes on past the end of its partition";
    return FALSE;
  }
  if (rest && check->n_padded < PADDED_FRAMES) {
    check->n_padded++;
    *fault = "coded data ends before its partition does";
    return FALSE;
  }
  return TRUE;
}
