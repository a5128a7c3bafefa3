/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#define GST_USE_UNSTABLE_API
#include <gst/codecparsers/gstvp8parser.h>

#include "tools/codec/cvi-vp8.h"

G_BEGIN_DECLS

/* Shared by the files of the VP8 check; nobody else includes this. */

typedef struct {
  gint16 row;
  gint16 col;
} CviVp8Mv;

typedef struct {
  guint8 mode;
  guint8 ref; /* 0: intra */
  CviVp8Mv mv;
  CviVp8Mv mvs[16];  /* of VP8_SPLITMV */
  guint8 bmodes[16]; /* of intra modes */
} CviVp8Mb;

/* Bool decoder of section 7.3 that counts the bits it has taken. */
typedef struct {
  const guint8 *data;
  gsize size;
  gsize next; /* byte to load */
  guint64 value;
  gint loaded; /* bits in value below the top 8 */
  guint range;
  guint64 taken;
} CviVp8Bits;

struct _CviVp8Check {
  GstVp8Parser parser;
  GstVp8FrameHdr header;
  gboolean has_key;
  guint width;
  guint height;
  guint cols;
  guint rows;
  CviVp8Mb *above; /* cols + 2: one border on each side */
  CviVp8Mb *row;
  guint8 (*above_nz)[9];
  guint8 left_nz[9];
  CviVp8Bits modes;
  CviVp8Bits tokens[8];
  guint n_padded;
};

/* Fills the window; bytes behind the end are zero, as decoders have it. */
void cvi_vp8_bits_load (CviVp8Bits *bits);
void cvi_vp8_bits_start (CviVp8Bits *bits, const guint8 *data, gsize size);

/* Goes on at bit @position of the partition, in the middle of a byte, with the
 * state that the header parser left. */
void cvi_vp8_bits_resume (CviVp8Bits *bits, const guint8 *data, gsize size,
    guint64 position, guint8 range, guint8 value);

static inline guint
cvi_vp8_bits_get (CviVp8Bits *bits, guint8 prob)
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
    cvi_vp8_bits_load (bits);
  return bit;
}

static inline gint
cvi_vp8_bits_tree (CviVp8Bits *bits, const gint8 *tree, const guint8 *probs)
{
  gint i = 0;

  do
    i = tree[i + (gint)cvi_vp8_bits_get (bits, probs[i >> 1])];
  while (i > 0);
  return -i;
}

/* Reads the modes of the macroblock @mb at @col and @row.
 * @neighbours: above, left, above left */
void cvi_vp8_read_modes (CviVp8Check *self, CviVp8Mb *mb,
    const CviVp8Mb *const *neighbours, guint col, guint row);

G_END_DECLS
