/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* 7.3.4: slice_data(), and the neighbours of 6.4.9 to 6.4.12 */
#include "tools/codec/cvi-h264-private.h"

#include <string.h>

static CviH264Mb *
mb_at (const CviH264Slice *s, guint x, guint y)
{
  return &s->mbs[(y & 3) * s->width + x];
}

/* Pictures of frame or field macroblocks alone. */
static void
find_neighbours (CviH264Slice *s)
{
  static const guint8 rows[4] = { 0, 1, 2, 3 };
  guint x = s->address % s->width, y = s->address / s->width;
  const CviH264Mb *left = NULL;

  s->mb = mb_at (s, x, y);
  if (x > 0 && s->address - 1 >= s->first)
    left = s->mb - 1;
  for (guint i = 0; i < 4; i++)
    s->left[i] = left;
  s->left_row = rows;
  s->top = NULL;
  if (y > 0 && s->address - s->width >= s->first)
    s->top = mb_at (s, x, y - 1);
}

/* Upper macroblocks of the pairs at the left and above. */
static void
find_pairs (
    const CviH264Slice *s, const CviH264Mb **left, const CviH264Mb **top)
{
  guint pair = s->address / 2, first = s->first / 2;
  guint x = pair % s->width, y = pair / s->width * 2;

  *left = x > 0 && pair - 1 >= first ? mb_at (s, x - 1, y) : NULL;
  *top = y > 0 && pair - s->width >= first ? mb_at (s, x, y - 2) : NULL;
}

/* Table 6-4. @left: upper macroblock of the pair */
static void
find_mbaff_left (CviH264Slice *s, const CviH264Mb *left)
{
  static const guint8 same[4] = { 0, 1, 2, 3 };
  static const guint8 upper_half[4] = { 0, 0, 1, 1 };
  static const guint8 lower_half[4] = { 2, 2, 3, 3 };
  static const guint8 two_frames[4] = { 0, 2, 0, 2 };
  gboolean bottom = s->address & 1;

  s->left_row = same;
  for (guint i = 0; i < 4; i++) {
    if (!left)
      s->left[i] = NULL;
    else if (left->field == s->mb->field)
      s->left[i] = left + (bottom ? s->width : 0);
    else if (left->field)
      s->left[i] = left;
    else
      s->left[i] = left + (i < 2 ? 0 : s->width);
  }
  if (left && left->field != s->mb->field)
    s->left_row = !left->field ? two_frames : bottom ? lower_half : upper_half;
}

static void
find_mbaff_neighbours (CviH264Slice *s)
{
  gboolean bottom = s->address & 1;
  guint pair = s->address / 2;
  const CviH264Mb *left, *top;

  find_pairs (s, &left, &top);
  find_mbaff_left (s, left);
  if (!s->mb->field && bottom)
    s->top = mb_at (s, pair % s->width, pair / s->width * 2);
  else if (top && s->mb->field && !bottom && top->field)
    s->top = top;
  else
    s->top = top ? top + s->width : NULL;
}

/* Takes up the macroblock at s->address, as yet without content. In MBAFF, a
 * pair's mb_field_decoding_flag is inferred until it comes (7.4.4). */
static void
begin_macroblock (CviH264Slice *s)
{
  const CviH264Mb *left, *top;
  guint pair = s->address / 2;
  guint8 field;

  if (!s->mbaff) {
    find_neighbours (s);
    memset (s->mb, 0, sizeof *s->mb);
    return;
  }
  s->mb = mb_at (s, pair % s->width, pair / s->width * 2 + (s->address & 1));
  find_pairs (s, &left, &top);
  if (s->address & 1)
    field = (s->mb - s->width)->field;
  else
    field = left ? left->field : top ? top->field : 0;
  /* mb_at() points into rows that every slice has.
   * NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
  memset (s->mb, 0, sizeof *s->mb);
  s->mb->field = field;
  find_mbaff_neighbours (s);
}

static void
read_field_flag (CviH264Slice *s)
{
  const CviH264Mb *left, *top;
  guint8 field;

  find_pairs (s, &left, &top);
  if (s->cabac)
    field = (guint8)cvi_h264_cabac_field (
        s, left && left->field, top && top->field);
  else
    field = (guint8)cvi_h264_bits_get (&s->bits, 1);
  s->mb->field = field;
  /* That above was skipped, and is of the same kind. */
  if (s->address & 1)
    (s->mb - s->width)->field = field;
  find_mbaff_neighbours (s);
}

/* Returns: FALSE at the end of the slice, or at a fault */
static gboolean
read_one_cabac (CviH264Slice *s, gboolean *skipped_before)
{
  gboolean bottom = s->address & 1, skipped = FALSE;

  begin_macroblock (s);
  if (s->type != H264_SLICE_I)
    skipped = cvi_h264_cabac_skip (s);
  if (skipped) {
    s->mb->kind = H264_SKIP;
    s->last_dqp = FALSE;
  } else {
    if (s->mbaff && (!bottom || *skipped_before))
      read_field_flag (s);
    cvi_h264_read_macroblock (s);
  }
  *skipped_before = skipped;
  if (cvi_cabac_position (&s->engine) > s->stop + 1)
    cvi_h264_fail (s, "coded data goes on past the slice's end");
  if (s->fault)
    return FALSE;
  if (s->mbaff && !bottom)
    return TRUE;
  return !cvi_cabac_terminate (&s->engine);
}

/* x264 sets the last bit of some slices' last byte, behind rbsp_stop_one_bit.
 */
static gboolean
is_marked_end (const CviH264Slice *s)
{
  gsize end = s->bits.position;
  guint byte = s->bits.data[s->stop / 8];

  return end / 8 == s->stop / 8 && s->stop % 8 == 7 &&
         (byte & (0xffu >> (end % 8))) == (0x80u >> (end % 8) | 1);
}

static void
read_cabac (CviH264Slice *s)
{
  gboolean skipped_before = FALSE;

  s->bits.position = (s->bits.position + 7) / 8 * 8;
  if (s->bits.position > s->stop) {
    cvi_h264_fail (s, "slice without data");
    return;
  }
  cvi_cabac_start (
      &s->engine, s->bits.data, s->bits.size, s->bits.position / 8);
  cvi_h264_cabac_begin (s);
  while (read_one_cabac (s, &skipped_before)) {
    if (++s->address >= s->n_mbs) {
      cvi_h264_fail (s, "slice data goes on after the last macroblock");
      return;
    }
  }
  if (s->fault)
    return;
  s->address++;
  s->bits.position = cvi_cabac_position (&s->engine) - 1;
  if (is_marked_end (s))
    s->bits.position = s->stop;
}

static void
skip_macroblocks (CviH264Slice *s, guint n)
{
  if (n > s->n_mbs - s->address) {
    cvi_h264_fail (s, "mb_skip_run goes on after the last macroblock");
    return;
  }
  for (; n > 0; n--) {
    begin_macroblock (s);
    s->mb->kind = H264_SKIP;
    s->address++;
  }
}

static void
read_cavlc (CviH264Slice *s)
{
  gboolean skipped_before = FALSE;

  while (!s->fault) {
    if (s->type != H264_SLICE_I) {
      guint run = cvi_h264_bits_ue (&s->bits);

      skipped_before = run > 0;
      skip_macroblocks (s, run);
      if (s->fault || (run > 0 && s->bits.position >= s->stop))
        return;
    }
    if (s->address >= s->n_mbs) {
      cvi_h264_fail (s, "slice data goes on after the last macroblock");
      return;
    }
    begin_macroblock (s);
    if (s->mbaff && (!(s->address & 1) || skipped_before))
      read_field_flag (s);
    cvi_h264_read_macroblock (s);
    if (s->bits.position > s->stop)
      cvi_h264_fail (s, "coded data goes on past the slice's end");
    if (s->fault)
      return;
    s->address++;
    if (s->bits.position == s->stop)
      return;
  }
}

gboolean
cvi_h264_read_slice (CviH264Slice *s)
{
  s->address = s->first;
  s->fault = NULL;
  if (s->cabac)
    read_cabac (s);
  else
    read_cavlc (s);
  if (s->fault)
    return FALSE;
  if (s->mbaff && s->address & 1)
    cvi_h264_fail (s, "slice ends within a pair of macroblocks");
  else if (s->bits.position > s->stop)
    cvi_h264_fail (s, "coded data goes on past the slice's end");
  else if (s->bits.position < s->stop)
    cvi_h264_fail (s, "slice data ends before the slice does");
  return s->fault == NULL;
}
