/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Where the contexts of each syntax element begin. */
typedef enum {
  CTX_SAO_MERGE = 0,
  CTX_SAO_TYPE = 1,
  CTX_SPLIT_CU = 2,
  CTX_TRANSQUANT_BYPASS = 5,
  CTX_SKIP = 6,
  CTX_CU_QP_DELTA = 9,
  CTX_PRED_MODE = 11,
  CTX_PART_MODE = 12,
  CTX_PREV_INTRA = 16,
  CTX_INTRA_CHROMA = 17,
  CTX_MERGE_FLAG = 18,
  CTX_MERGE_IDX = 19,
  CTX_INTER_PRED = 20,
  CTX_REF_IDX = 25,
  CTX_MVD_GREATER0 = 27,
  CTX_MVD_GREATER1 = 28,
  CTX_MVP = 29,
  CTX_ROOT_CBF = 30,
  CTX_SPLIT_TRANSFORM = 31,
  CTX_CBF_LUMA = 34,
  CTX_CBF_CHROMA = 36,
  CTX_TRANSFORM_SKIP = 41,
  CTX_RDPCM = 43,
  CTX_RDPCM_DIR = 45,
  CTX_LAST_X = 47,
  CTX_LAST_Y = 65,
  CTX_SUB_BLOCK = 83,
  CTX_SIG = 87,
  CTX_GREATER1 = 131,
  CTX_GREATER2 = 155,
  CTX_RES_SCALE_ABS = 161,
  CTX_RES_SCALE_SIGN = 169,
  CTX_CHROMA_QP_FLAG = 171,
  CTX_CHROMA_QP_IDX = 172,
  N_CTX = 173,
} CviH265Ctx;

/* initValue by initType (tables 9-5 to 9-37). */
extern const guint8 cvi_h265_init_values[3][N_CTX];

/* Scans (6.5.3 to 6.5.5): diagonal, horizontal, vertical; of blocks of
 * 1 << size squared, as y << 3 | x. */
extern guint8 cvi_h265_scan[3][4][64];
/* Index in the scan, by y << 3 | x. */
extern guint8 cvi_h265_scan_index[3][4][64];

/* sigCtx (9.3.4.2.5) of transform blocks of 4x4 by scan and scan position; and
 * of larger ones the part that depends on the place in the sub-block, by scan,
 * coded neighbours and scan position. */
extern guint8 cvi_h265_sig_4x4[3][16];
extern guint8 cvi_h265_sig_pattern[3][4][16];

/* Fills the tables that are derived; any thread, any number of times. */
void cvi_h265_tables_init (void);

G_END_DECLS
