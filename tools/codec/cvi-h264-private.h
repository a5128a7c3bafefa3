/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#define GST_USE_UNSTABLE_API
#include <gst/codecparsers/gsth264parser.h>

#include "tools/codec/cvi-h264-cabac.h"
#include "tools/codec/cvi-h264.h"

G_BEGIN_DECLS

/* Shared by the files of the H.264 check; nobody else includes this. */

#define CVI_H264_N_CONTEXTS 1024
/* Table A-1: MaxFS of level 6.2; widths are up to sqrt (8 * MaxFS). */
#define CVI_H264_MAX_MBS 139264
#define CVI_H264_MAX_WIDTH 1055

extern const gint8 cvi_h264_contexts_i[2 * CVI_H264_N_CONTEXTS];
extern const gint8 cvi_h264_contexts_0[2 * CVI_H264_N_CONTEXTS];
extern const gint8 cvi_h264_contexts_1[2 * CVI_H264_N_CONTEXTS];
extern const gint8 cvi_h264_contexts_2[2 * CVI_H264_N_CONTEXTS];

typedef enum {
  H264_I_NXN,
  H264_I_16X16,
  H264_I_PCM,
  H264_INTER,
  H264_DIRECT, /* B_Direct_16x16 */
  H264_SKIP,
} CviH264Kind;

/* What macroblocks leave for the contexts of later ones. Blocks of 4x4 samples
 * are numbered by rows, not as in 6.4.3. */
typedef struct {
  guint8 kind;
  guint8 cbp; /* luma in 4 bits, chroma in 2 */
  guint8 chroma_mode;
  guint8 dc; /* coded_block_flag of DC blocks: a bit a plane */
  guint8 field;
  guint8 transform_8x8;
  gint8 ref[2][4];      /* ref_idx; 0 also where there is none */
  guint8 nz[3][16];     /* total_coeff (CAVLC), coded_block_flag (CABAC) */
  guint8 mvd[2][16][2]; /* absolute, up to 127 */
} CviH264Mb;

/* Reads u(n), ue(v) and the like; behind the end are zeros. */
typedef struct {
  const guint8 *data;
  gsize size;
  gsize position; /* in bits */
} CviH264Bits;

typedef enum { H264_SLICE_P, H264_SLICE_B, H264_SLICE_I } CviH264SliceType;

/* A slice while it is read. */
typedef struct {
  /* set by the caller of cvi_h264_read_slice() */
  CviH264SliceType type;
  gboolean cabac;
  gboolean mbaff;
  gboolean field_pic;
  gboolean transform_8x8_mode;
  gboolean direct_8x8_inference;
  guint chroma; /* ChromaArrayType */
  guint depth_luma;
  guint depth_chroma;
  guint n_ref[2];
  guint first; /* macroblock address */
  guint n_mbs; /* of the picture */
  guint width; /* in macroblocks */
  gint qp;
  const gint8 *contexts;
  /* An old encoder's idea of which blocks of 4:4:4 are available. */
  gboolean old_444;
  CviH264Mb *mbs; /* 4 rows of width */

  CviH264Bits bits;
  gsize stop; /* position of rbsp_stop_one_bit */

  guint address;
  const char *fault; /* the first one found */
  CviCabac engine;
  guint8 states[CVI_H264_N_CONTEXTS];
  gboolean last_dqp; /* mb_qp_delta of the macroblock before was not 0 */

  CviH264Mb *mb;
  /* Neighbours in the same slice; left: for each row of blocks */
  const CviH264Mb *left[4];
  const guint8 *left_row;
  const CviH264Mb *top;
  guint8 edge_left[4];
  guint8 edge_top[4];
} CviH264Slice;

/* Marks blocks that are not available for CAVLC. */
#define H264_NO_BLOCK 0xff

static inline void
cvi_h264_fail (CviH264Slice *s, const char *fault)
{
  if (!s->fault)
    s->fault = fault;
}

static inline gboolean
cvi_h264_is_intra (const CviH264Mb *mb)
{
  return mb->kind <= H264_I_PCM;
}

/* The next 32 bits. */
static inline guint32
cvi_h264_bits_peek (const CviH264Bits *bits)
{
  gsize byte = MIN (bits->position / 8, bits->size);
  guint shift = bits->position % 8;
  guint64 word =
      (guint64)cvi_h264_load (bits->data + byte) << 8 | bits->data[byte + 4];

  return (guint32)(word >> (8 - shift));
}

/* @n: 1 to 32 */
static inline guint32
cvi_h264_bits_get (CviH264Bits *bits, guint n)
{
  guint32 value = cvi_h264_bits_peek (bits) >> (32 - n);

  bits->position += n;
  return value;
}

/* Returns: G_MAXUINT32 of a code that is longer than any */
guint32 cvi_h264_bits_ue (CviH264Bits *bits);
gint32 cvi_h264_bits_se (CviH264Bits *bits);

/* Takes emulation prevention out of a NAL unit: @out has room for @size bytes
 * and CVI_H264_PADDING more, which are zeroed. Returns: size of the RBSP */
gsize cvi_h264_unescape (const guint8 *data, gsize size, guint8 *out);
/* Returns: position of rbsp_stop_one_bit, 0 if there is none */
gsize cvi_h264_find_stop (const guint8 *rbsp, gsize size);

/* Reads all macroblocks and checks the end. Returns: FALSE with s->fault set,
 * s->address being the macroblock that it was met at; else s->address is the
 * one after the last. */
gboolean cvi_h264_read_slice (CviH264Slice *s);

/* Reads macroblock_layer() of s->mb, whose neighbours are set. */
void cvi_h264_read_macroblock (CviH264Slice *s);
/* residual() */
void cvi_h264_read_residual (CviH264Slice *s);

/* Elements in CABAC. Types are numbered as in tables 7-11, 7-13 and 7-14, with
 * those of I macroblocks in P and B slices behind the others. */
void cvi_h264_cabac_begin (CviH264Slice *s);
gboolean cvi_h264_cabac_skip (CviH264Slice *s);
gboolean cvi_h264_cabac_field (CviH264Slice *s, gboolean left, gboolean top);
guint cvi_h264_cabac_mb_type (CviH264Slice *s);
guint cvi_h264_cabac_sub_type (CviH264Slice *s);
gboolean cvi_h264_cabac_transform_8x8 (CviH264Slice *s);
void cvi_h264_cabac_intra_mode (CviH264Slice *s);
guint cvi_h264_cabac_chroma_mode (CviH264Slice *s);
guint cvi_h264_cabac_cbp (CviH264Slice *s);
gint cvi_h264_cabac_qp_delta (CviH264Slice *s);
guint cvi_h264_cabac_ref (CviH264Slice *s, guint list, guint block);
/* @block: of 4x4 samples. Returns: the absolute value */
guint cvi_h264_cabac_mvd (
    CviH264Slice *s, guint list, guint block, guint component);
/* One block of category @cat (table 9-42) with its coded_block_flag if it has
 * one; @context: condTermFlagA + 2 * condTermFlagB. Returns: coded_block_flag
 */
gboolean cvi_h264_cabac_block (
    CviH264Slice *s, guint cat, guint n, guint context, gboolean flag);

/* 9.2: residual_block_cavlc(). @nc: -1 and -2 for chroma DC. Returns:
 * TotalCoeff */
guint cvi_h264_cavlc_block (CviH264Slice *s, gint nc, guint n);
void cvi_h264_cavlc_init (void);

G_END_DECLS
