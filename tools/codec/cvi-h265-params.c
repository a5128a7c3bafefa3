/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/codec/cvi-h265-private.h"

static void
take_range_extension (CviH265Params *p, const GstH265PPS *pps)
{
  const GstH265SPS *sps = pps->sps;

  p->max_transform_skip = 2;
  if (sps->sps_range_extension_flag) {
    const GstH265SPSExtensionParams *ext = &sps->sps_extension_params;

    p->transform_skip_context = ext->transform_skip_context_enabled_flag;
    p->implicit_rdpcm = ext->implicit_rdpcm_enabled_flag;
    p->explicit_rdpcm = ext->explicit_rdpcm_enabled_flag;
    p->persistent_rice = ext->persistent_rice_adaptation_enabled_flag;
    p->bypass_alignment = ext->cabac_bypass_alignment_enabled_flag;
  }
  if (pps->pps_range_extension_flag) {
    const GstH265PPSExtensionParams *ext = &pps->pps_extension_params;

    p->max_transform_skip += ext->log2_max_transform_skip_block_size_minus2;
    p->cross_component = ext->cross_component_prediction_enabled_flag;
    p->min_chroma_qp_group = p->ctb - ext->diff_cu_chroma_qp_offset_depth;
    p->n_chroma_qp_offsets = ext->chroma_qp_offset_list_len_minus1 + 1u;
  }
}

static void
take_sequence (CviH265Params *p, const GstH265SPS *sps)
{
  p->width = sps->pic_width_in_luma_samples;
  p->height = sps->pic_height_in_luma_samples;
  p->min_cb = sps->log2_min_luma_coding_block_size_minus3 + 3u;
  p->ctb = p->min_cb + sps->log2_diff_max_min_luma_coding_block_size;
  p->min_tb = sps->log2_min_transform_block_size_minus2 + 2u;
  p->max_tb = p->min_tb + sps->log2_diff_max_min_transform_block_size;
  p->depth_inter = sps->max_transform_hierarchy_depth_inter;
  p->depth_intra = sps->max_transform_hierarchy_depth_intra;
  p->chroma = sps->chroma_array_type;
  p->bit_depth[0] = sps->bit_depth_luma_minus8 + 8u;
  p->bit_depth[1] = sps->bit_depth_chroma_minus8 + 8u;
  p->amp = sps->amp_enabled_flag;
  p->pcm = sps->pcm_enabled_flag;
  if (p->pcm) {
    p->pcm_bits[0] = sps->pcm_sample_bit_depth_luma_minus1 + 1u;
    p->pcm_bits[1] = sps->pcm_sample_bit_depth_chroma_minus1 + 1u;
    p->min_pcm = sps->log2_min_pcm_luma_coding_block_size_minus3 + 3u;
    p->max_pcm = p->min_pcm + sps->log2_diff_max_min_pcm_luma_coding_block_size;
  }
}

/* Is it of a kind that is understood, and of sizes that can be (7.4.3.2)? */
static gboolean
is_supported (const CviH265Params *p, const GstH265PPS *pps)
{
  const GstH265SPS *sps = pps->sps;

  if (sps->sps_scc_extension_flag || sps->sps_3d_extension_flag ||
      sps->sps_extension_4bits || sps->separate_colour_plane_flag ||
      pps->pps_scc_extension_flag || pps->pps_3d_extension_flag ||
      pps->pps_extension_4bits)
    return FALSE;
  if (sps->sps_range_extension_flag &&
      sps->sps_extension_params.extended_precision_processing_flag)
    return FALSE;
  if (p->width == 0 || p->height == 0 || p->width > CVI_H265_MAX_SIDE ||
      p->height > CVI_H265_MAX_SIDE ||
      p->width * p->height > CVI_H265_MAX_SAMPLES)
    return FALSE;
  if (p->ctb < 4 || p->ctb > 6 || p->min_cb > p->ctb ||
      p->min_tb >= p->min_cb || p->max_tb > MIN (p->ctb, 5) || p->chroma > 3)
    return FALSE;
  if (p->width % (1u << p->min_cb) || p->height % (1u << p->min_cb))
    return FALSE;
  if (MAX (p->depth_inter, p->depth_intra) > p->ctb - p->min_tb ||
      MAX (p->bit_depth[0], p->bit_depth[1]) > 16)
    return FALSE;
  if (p->pcm && (p->min_pcm > p->max_pcm || p->max_pcm > MIN (p->ctb, 5)))
    return FALSE;
  return p->min_qp_group >= p->min_cb && p->min_qp_group <= p->ctb &&
         (!pps->pps_range_extension_flag ||
             (p->min_chroma_qp_group >= p->min_cb &&
                 p->min_chroma_qp_group <= p->ctb &&
                 p->n_chroma_qp_offsets <= 6));
}

/* Sizes of tile columns or rows in CTBs (6.5.1), up to 22.
 * Returns: FALSE if they do not fit */
static gboolean
tile_sizes (
    gboolean uniform, guint n, const guint32 *minus1, guint total, guint *sizes)
{
  guint rest = total;

  if (n > 22 || n > total)
    return FALSE;
  for (guint i = 0; i < n; i++) {
    if (uniform)
      sizes[i] = (i + 1) * total / n - i * total / n;
    else if (i + 1 < n)
      sizes[i] = minus1[i] < rest ? minus1[i] + 1 : rest;
    else
      sizes[i] = rest;
    if (sizes[i] == 0 || sizes[i] > rest)
      return FALSE;
    rest -= sizes[i];
  }
  return TRUE;
}

static void
add_tile (CviH265Check *self, guint first, guint width, guint height,
    guint tile, guint *ts)
{
  for (guint y = 0; y < height; y++) {
    for (guint x = 0; x < width; x++, (*ts)++) {
      guint rs = first + y * self->p.cols + x;

      self->rs_to_ts[rs] = *ts;
      self->ts_to_rs[*ts] = rs;
      self->tile[*ts] = tile;
    }
  }
}

static gboolean
set_tiles (CviH265Check *self, const GstH265PPS *pps)
{
  guint columns[22] = { self->p.cols }, rows[22] = { self->p.rows };
  guint n_columns = 1, n_rows = 1, ts = 0, y = 0;

  if (self->p.tiles) {
    n_columns = pps->num_tile_columns_minus1 + 1u;
    n_rows = pps->num_tile_rows_minus1 + 1u;
    if (!tile_sizes (pps->uniform_spacing_flag, n_columns,
            pps->column_width_minus1, self->p.cols, columns) ||
        !tile_sizes (pps->uniform_spacing_flag, n_rows, pps->row_height_minus1,
            self->p.rows, rows))
      return FALSE;
  }
  for (guint r = 0; r < n_rows; r++) {
    guint x = 0;

    for (guint c = 0; c < n_columns; c++) {
      add_tile (self, y * self->p.cols + x, columns[c], rows[r],
          r * n_columns + c, &ts);
      x += columns[c];
    }
    y += rows[r];
  }
  return TRUE;
}

static void
allocate (CviH265Check *self)
{
  guint n = self->p.n_ctbs;

  /* The width in CTBs of 16 may be up to n; a CTB is up to 8 units wide. */
  self->above =
      g_realloc (self->above, (gsize)self->p.cols << (self->p.ctb - 3));
  if (n <= self->n_allocated)
    return;
  self->rs_to_ts = g_renew (guint32, self->rs_to_ts, n);
  self->ts_to_rs = g_renew (guint32, self->ts_to_rs, n);
  self->tile = g_renew (guint32, self->tile, n);
  self->n_allocated = n;
}

gboolean
cvi_h265_params_set (CviH265Check *self, const GstH265PPS *pps)
{
  const GstH265SPS *sps = pps->sps;
  CviH265Params *p = &self->p;
  CviH265Params before = *p;
  gboolean known = self->supported && self->pps == pps;

  memset (p, 0, sizeof *p);
  take_sequence (p, sps);
  p->transquant_bypass = pps->transquant_bypass_enabled_flag;
  p->sign_hiding = pps->sign_data_hiding_enabled_flag;
  p->transform_skip = pps->transform_skip_enabled_flag;
  p->cu_qp_delta = pps->cu_qp_delta_enabled_flag;
  p->min_qp_group = p->ctb - pps->diff_cu_qp_delta_depth;
  p->tiles = pps->tiles_enabled_flag;
  p->sync = pps->entropy_coding_sync_enabled_flag;
  p->dependent_slices = pps->dependent_slice_segments_enabled_flag;
  take_range_extension (p, pps);
  self->pps = pps;
  self->supported = is_supported (p, pps);
  if (!self->supported)
    return FALSE;
  p->cols = (p->width + (1u << p->ctb) - 1) >> p->ctb;
  p->rows = (p->height + (1u << p->ctb) - 1) >> p->ctb;
  p->n_ctbs = p->cols * p->rows;
  if (known && !p->tiles && memcmp (&before, p, sizeof before) == 0)
    return TRUE;
  allocate (self);
  self->supported = set_tiles (self, pps);
  return self->supported;
}
