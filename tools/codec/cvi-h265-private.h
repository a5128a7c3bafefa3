/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#define GST_USE_UNSTABLE_API
#include <gst/codecparsers/gsth265parser.h>

#include "tools/codec/cvi-h265.h"
#include "tools/codec/cvi-h265-cabac.h"
#include "tools/codec/cvi-h265-tables.h"

G_BEGIN_DECLS

/* Shared by the files of the H.265 check; nobody else includes this. */

/* Levels up to 6.2 (tables A.8 and A.9) */
#define CVI_H265_MAX_SIDE 16888
#define CVI_H265_MAX_SAMPLES 35651584

#define CVI_H265_N_STAT 4

/* What the syntax depends on, of the sequence and the picture. Sizes are log2
 * of luma samples. */
typedef struct {
  guint width, height;
  guint ctb, min_cb, min_tb, max_tb;
  guint depth_inter, depth_intra;
  guint chroma; /* ChromaArrayType */
  guint bit_depth[2];
  guint cols, rows, n_ctbs;
  gboolean amp;
  gboolean pcm;
  guint min_pcm, max_pcm, pcm_bits[2];
  gboolean transform_skip_context, implicit_rdpcm, explicit_rdpcm;
  gboolean persistent_rice, bypass_alignment;

  gboolean transquant_bypass, sign_hiding, transform_skip;
  guint max_transform_skip;
  gboolean cu_qp_delta, cross_component, tiles, sync, dependent_slices;
  guint min_qp_group, min_chroma_qp_group, n_chroma_qp_offsets;
} CviH265Params;

/* Of the slice; a dependent segment goes on with it. */
typedef struct {
  guint type; /* GstH265SliceType */
  gboolean sao[2];
  guint qp;
  guint n_ref[2];
  gboolean mvd_l1_zero;
  guint init_type;
  guint max_merge;
  gboolean chroma_qp_offset;
  guint address; /* SliceAddrRs */
} CviH265Slice;

typedef struct {
  guint8 ctx[N_CTX];
  guint8 stat[CVI_H265_N_STAT];
} CviH265Contexts;

/* A coding unit. */
typedef struct {
  guint x, y, log2;
  gboolean transquant_bypass;
  gboolean intra;
  gboolean split; /* intra: PART_NxN; inter: not PART_2Nx2N */
  guint8 luma_mode[4];
  guint8 chroma_mode[4];
  guint8 chroma_pred[4]; /* intra_chroma_pred_mode */
  guint max_depth;
} CviH265Cu;

#define CVI_H265_SPARE_LAST 16

/* What tells whether the packet's picture has to be decoded. */
typedef struct {
  guint n_slices;
  gboolean needed;
  /* slice_pic_order_cnt_lsb of pictures to which no other refers */
  guint32 last[CVI_H265_SPARE_LAST];
  guint n_last;
  guint n_unnamed; /* such pictures so far */
  gboolean named;  /* one was, all the same */
} CviH265Spare;

struct _CviH265Check {
  GstH265Parser *parser;
  GstH265SPS sps;    /* that was read last: too large for the stack */
  guint length_size; /* 0: start codes */
  gboolean whole_aus;
  gboolean has_hashes;

  const GstH265PPS *pps;
  CviH265Params p;
  gboolean supported;
  /* CTB addresses, and the tile of each by its address in tile scan */
  guint32 *rs_to_ts, *ts_to_rs, *tile;
  guint n_allocated;
  /* Above the current CTB, by 8 samples: CtDepth, and 0x80 for skipped */
  guint8 *above;
  guint8 left[8];
  /* IntraPredModeY by 4 samples, in the current CTB above, and left */
  guint8 above_mode[16], left_mode[16];

  /* payload of the slice's NAL unit */
  guint8 *rbsp;
  gsize rbsp_allocated;
  guint rbsp_size;
  GArray *removed; /* guint32: unescaped position behind each removed byte */

  CviH265Slice slice;
  gboolean have_slice; /* a dependent segment can follow */
  gboolean in_picture;
  guint next_ts; /* the CTB that the next segment of the picture begins with */
  guint n_good_entries;

  CviH265Cabac cabac;
  CviH265Contexts c;
  CviH265Contexts saved_sync, saved_slice;
  guint ctb_x, ctb_y;
  CviH265Cu cu;
  gboolean qp_delta_coded, chroma_qp_coded;

  const char *bad; /* static text: what the slice's data has that it may not */
  char fault[160];
  /* Until a segment has ended where it should, the reading itself is in doubt,
   * and a fault is held back. */
  gboolean proven;
  gboolean unread; /* something was passed by that a decoder might tell of */
  char held[160];
  CviH265Spare spare;
};

/* Parameters of the picture that @pps is for. Returns: FALSE if it is of a kind
 * that is not understood */
gboolean cvi_h265_params_set (CviH265Check *self, const GstH265PPS *pps);

/* Reads the NAL unit of a slice segment at @data, which has no start code.
 * Returns: FALSE, with self->fault, if it is damaged */
gboolean cvi_h265_read_slice (
    CviH265Check *self, const guint8 *data, gsize size);
/* Returns: FALSE if the picture that was begun is not complete */
gboolean cvi_h265_end_picture (CviH265Check *self);

/* Reads the slice segment data at byte @offset of self->rbsp up to its end.
 * Returns: FALSE, with self->fault, if it is damaged */
gboolean cvi_h265_read_slice_data (CviH265Check *self, guint first_ctb,
    guint offset, const GstH265SliceHdr *header);

/* Reads CTB @rs; the neighbours are there or not. What is wrong: self->bad */
void cvi_h265_read_ctu (
    CviH265Check *self, guint rs, gboolean has_left, gboolean has_above);
void cvi_h265_read_sao (
    CviH265Check *self, gboolean has_left, gboolean has_above);
void cvi_h265_read_intra_modes (CviH265Check *self);
void cvi_h265_read_prediction_unit (CviH265Check *self, guint width,
    guint height, guint depth, gboolean skipped, gboolean *merged);
void cvi_h265_read_transform_tree (CviH265Check *self);

/* @log2: of the transform block; @scan: scanIdx; @mode: intra, of the block */
void cvi_h265_read_residual (
    CviH265Check *self, guint log2, guint c_idx, guint mode);

/* A packet begins. */
void cvi_h265_spare_begin (CviH265Check *self);
/* @good: the slice segment has been read without a fault */
void cvi_h265_spare_take (CviH265Check *self, const GstH265NalUnit *nal,
    const GstH265SliceHdr *header, gboolean good);
void cvi_h265_spare_take_other (CviH265Check *self, guint type);

static inline guint
cvi_h265_bin (CviH265Check *self, guint ctx)
{
  return cvi_h265_cabac_bin (&self->cabac, &self->c.ctx[ctx]);
}

static inline guint
cvi_h265_bypass (CviH265Check *self)
{
  return cvi_h265_cabac_bypass (&self->cabac);
}

G_END_DECLS
