/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/codec/cvi-vp8-private.h"

#include <string.h>
#include "tools/codec/cvi-vp8-tables.h"

/* Reading more bits than there are by so much, or leaving so many. Measured on
 * the VP8 test vectors: 8 to 16 bits are left, always; coders may be flushed
 * with up to 32. */
#define MAX_OVERREAD_BITS 0
#define MAX_REST_BITS 32
/* Frames with a longer rest than that before the stream's encoder is taken for
 * one that pads its partitions. */
#define PADDED_FRAMES 3
#define MAX_MB_COLS 1024

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

/* Section 13: one block of coefficients. Returns: whether any was coded. */
static gboolean
read_block (
    CviVp8Bits *bits, const guint8 (*probs)[3][11], guint context, guint first)
{
  guint i = first;
  const guint8 *p = probs[vp8_bands[i]][context];

  if (!cvi_vp8_bits_get (bits, p[0]))
    return FALSE;
  while (i < 16) {
    if (!cvi_vp8_bits_get (bits, p[1])) {
      p = probs[vp8_bands[++i]][0];
      continue;
    }
    context = 1;
    if (cvi_vp8_bits_get (bits, p[2])) {
      gint category = -1;

      context = 2;
      if (!cvi_vp8_bits_get (bits, p[3])) {
        if (cvi_vp8_bits_get (bits, p[4]))
          cvi_vp8_bits_get (bits, p[5]);
      } else if (!cvi_vp8_bits_get (bits, p[6])) {
        category = (gint)cvi_vp8_bits_get (bits, p[7]);
      } else {
        category = 2 + 2 * (gint)cvi_vp8_bits_get (bits, p[8]);
        category += (gint)cvi_vp8_bits_get (bits, p[9 + (category > 2)]);
      }
      for (guint e = 0; category >= 0 && vp8_extra_bits[category][e]; e++)
        cvi_vp8_bits_get (bits, vp8_extra_bits[category][e]);
    }
    cvi_vp8_bits_get (bits, 128);
    p = probs[vp8_bands[++i]][context];
    if (i < 16 && !cvi_vp8_bits_get (bits, p[0]))
      break;
  }
  return TRUE;
}

/* Contexts: 0-3 luma, 4-5 U, 6-7 V, 8 Y2 */
static void
read_tokens (
    CviVp8Check *self, CviVp8Bits *bits, gboolean has_y2, guint8 *above)
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
read_macroblock (CviVp8Check *self, guint col, guint row, CviVp8Bits *tokens)
{
  const GstVp8FrameHdr *header = &self->header;
  const GstVp8Segmentation *segmentation = &self->parser.segmentation;
  CviVp8Bits *bits = &self->modes;
  CviVp8Mb *mb = &self->row[col + 1];
  const CviVp8Mb *neighbours[] = { &self->above[col + 1], &self->row[col],
    &self->above[col] };
  guint8 *above_nz = self->above_nz[col];
  gboolean skip = FALSE, has_y2;

  if (segmentation->segmentation_enabled &&
      segmentation->update_mb_segmentation_map)
    cvi_vp8_bits_get (
        bits, segmentation->segment_prob[cvi_vp8_bits_get (bits,
                                             segmentation->segment_prob[0]) +
                                         1]);
  if (header->mb_no_skip_coeff)
    skip = cvi_vp8_bits_get (bits, header->prob_skip_false);
  cvi_vp8_read_modes (self, mb, neighbours, col, row);

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
    CviVp8Mb *swap = self->above;

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
  self->above = g_renew (CviVp8Mb, self->above, cols + 2);
  self->row = g_renew (CviVp8Mb, self->row, cols + 2);
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
  cvi_vp8_bits_resume (&self->modes, data + first, header->first_part_size,
      header->header_size, header->rd_range, header->rd_value);
  offset += 3 * (n - 1);
  for (guint i = 0; i < n; i++) {
    gsize length = header->partition_size[i];

    if (offset > size || length > size - offset)
      return FALSE;
    cvi_vp8_bits_start (&self->tokens[i], data + offset, length);
    offset += length;
  }
  return TRUE;
}

/* Returns: FALSE if @bits took more than there is; sets *rest if it left much.
 */
static gboolean
fits (const CviVp8Bits *bits, gboolean *rest)
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
