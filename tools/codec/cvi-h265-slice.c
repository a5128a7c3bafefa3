/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* slice_segment_data() (ITU-T H.265, 7.3.8.1, 9.3.1 and 9.3.2) */
#include "tools/codec/cvi-h265-private.h"

/* Slices in a row whose entry points were right before a wrong one counts:
 * decoders in one thread do without them. */
#define TRUSTED_ENTRIES 8
/* A segment of so many bytes does not end right by chance. */
#define PROOF_BYTES 16

/* 9.3.2.2 */
static void
init_contexts (CviH265Check *self)
{
  gint qp = (gint)self->slice.qp;

  for (guint i = 0; i < N_CTX; i++) {
    guint value = cvi_h265_init_values[self->slice.init_type][i];
    gint slope = (gint)(value >> 4) * 5 - 45;
    gint offset = (gint)((value & 15) << 3) - 16;
    gint state = CLAMP (((slope * qp) >> 4) + offset, 1, 126);

    self->c.ctx[i] =
        (guint8)(state <= 63 ? (63 - state) << 1 : (state - 64) << 1 | 1);
  }
  memset (self->c.stat, 0, sizeof self->c.stat);
}

/* Is the CTB at @other (raster scan) in the slice and tile of the one at @ts?
 */
static gboolean
is_available (const CviH265Check *self, guint ts, guint other)
{
  guint other_ts = self->rs_to_ts[other];

  return other_ts < ts && self->tile[other_ts] == self->tile[ts] &&
         other_ts >= self->rs_to_ts[self->slice.address];
}

static gboolean
is_first_in_tile (const CviH265Check *self, guint ts)
{
  return ts == 0 || self->tile[ts] != self->tile[ts - 1];
}

static gboolean
is_first_in_row (const CviH265Check *self, guint ts)
{
  guint rs = self->ts_to_rs[ts];

  return rs % self->p.cols == 0 ||
         self->tile[ts] != self->tile[self->rs_to_ts[rs - 1]];
}

/* Before the first CTU of the segment, a tile, or a row of a wavefront. */
static void
start_contexts (CviH265Check *self, guint ts, gboolean goes_on)
{
  guint rs = self->ts_to_rs[ts], cols = self->p.cols;

  if (is_first_in_tile (self, ts)) {
    init_contexts (self);
  } else if (self->p.sync && is_first_in_row (self, ts)) {
    if (rs >= cols && rs % cols + 1 < cols &&
        is_available (self, ts, rs - cols + 1))
      self->c = self->saved_sync;
    else
      init_contexts (self);
  } else if (goes_on) {
    self->c = self->saved_slice;
  } else {
    init_contexts (self);
  }
}

/* Does the arithmetic decoder's end, after a terminating bin of 1, fit the
 * data? Behind it come a bit of 1 and zeros up to the byte's end. Returns: byte
 * behind it, 0 if it is not so */
static guint
byte_behind (const CviH265Check *self)
{
  guint64 bit = cvi_h265_cabac_last_bit (&self->cabac);
  guint byte;

  if (bit / 8 >= self->rbsp_size)
    return 0;
  byte = self->rbsp[bit / 8];
  return (byte << bit % 8 & 0xff) == 0x80 ? (guint)(bit / 8) + 1 : 0;
}

/* Where byte @position, unescaped, was in the NAL unit. */
static guint
escaped_position (const CviH265Check *self, guint position)
{
  guint low = 0, high = self->removed->len;

  while (low < high) {
    guint middle = (low + high) / 2;

    if (g_array_index (self->removed, guint32, middle) <= position)
      low = middle + 1;
    else
      high = middle;
  }
  return position + low;
}

static gboolean
fail (CviH265Check *self, guint ts, const char *what)
{
  g_snprintf (self->fault, sizeof self->fault,
      "%s (coding tree block %u of %u)", what, ts + 1, self->p.n_ctbs);
  return FALSE;
}

static gboolean
check_end (CviH265Check *self, guint ts)
{
  guint64 bit = cvi_h265_cabac_last_bit (&self->cabac);
  guint end = (guint)MIN (bit / 8 + 1, G_MAXUINT);
  char what[64];

  if (end < self->rbsp_size) {
    g_snprintf (what, sizeof what,
        "slice data ends %u bytes before the slice does",
        self->rbsp_size - end);
    return fail (self, ts, what);
  }
  if (!byte_behind (self))
    return fail (self, ts, "slice data does not end where the slice does");
  self->proven |= self->rbsp_size >= PROOF_BYTES;
  return TRUE;
}

/* end_of_subset_one_bit and byte_alignment(), and the next entry point.
 * @data: byte at which the data of the segment begins */
static gboolean
start_subset (CviH265Check *self, guint ts, guint data, guint index,
    const GstH265SliceHdr *header, guint64 *expected)
{
  guint next, actual;

  if (!cvi_h265_cabac_terminate (&self->cabac) || !(next = byte_behind (self)))
    return fail (self, ts, "a tile or row of the slice does not end in time");
  cvi_h265_cabac_start (&self->cabac, self->rbsp, self->rbsp_size, next);
  start_contexts (self, ts, FALSE);
  if (index >= header->num_entry_point_offsets)
    return TRUE;
  *expected += header->entry_point_offset_minus1[index] + (guint64)1;
  actual = escaped_position (self, next) - escaped_position (self, data);
  if (actual == *expected) {
    self->n_good_entries += self->n_good_entries < TRUSTED_ENTRIES;
    return TRUE;
  }
  if (self->n_good_entries >= TRUSTED_ENTRIES)
    return fail (self, ts, "an entry point is not where its data begin");
  self->n_good_entries = 0;
  return TRUE;
}

static gboolean
read_one (CviH265Check *self, guint ts)
{
  guint rs = self->ts_to_rs[ts], cols = self->p.cols;

  cvi_h265_read_ctu (self, rs, rs % cols > 0 && is_available (self, ts, rs - 1),
      rs >= cols && is_available (self, ts, rs - cols));
  if (cvi_h265_cabac_is_over (&self->cabac))
    return fail (self, ts, "slice data goes on past the end of the slice");
  if (self->bad)
    return fail (self, ts, self->bad);
  /* Behind the second CTB of a row: 9.3.2, storage for wavefronts */
  if (self->p.sync && !is_first_in_row (self, ts) &&
      is_first_in_row (self, ts - 1))
    self->saved_sync = self->c;
  return TRUE;
}

gboolean
cvi_h265_read_slice_data (CviH265Check *self, guint first_ctb, guint offset,
    const GstH265SliceHdr *header)
{
  guint ts = self->rs_to_ts[first_ctb], index = 0;
  guint64 expected = 0;

  self->bad = NULL;
  cvi_h265_cabac_start (&self->cabac, self->rbsp, self->rbsp_size, offset);
  start_contexts (self, ts, header->dependent_slice_segment_flag);
  for (;;) {
    if (!read_one (self, ts))
      return FALSE;
    if (cvi_h265_cabac_terminate (&self->cabac)) {
      self->saved_slice = self->c;
      self->next_ts = ts + 1;
      return check_end (self, ts);
    }
    if (++ts == self->p.n_ctbs)
      return fail (self, ts - 1, "slice data goes on past the picture's end");
    if ((self->p.tiles && is_first_in_tile (self, ts)) ||
        (self->p.sync && is_first_in_row (self, ts))) {
      if (!start_subset (self, ts, offset, index++, header, &expected))
        return FALSE;
    }
  }
}
