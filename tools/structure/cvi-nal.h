/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/structure/cvi-walk.h"

G_BEGIN_DECLS

typedef enum { CVI_NAL_NONE, CVI_NAL_AVC, CVI_NAL_HEVC } CviNalCodec;

/* H.264 7.4.1 and H.265 7.4.2 forbid three zero bytes in a row inside a NAL
 * unit. Far above that, so that no encoder's slip counts. */
#define CVI_NAL_ZERO_RUN 64

/**
 * cvi_nal_header_fault:
 * @header: first byte of a NAL unit, and the second if @len > 1
 *
 * Returns: (nullable): what is impossible about it; static
 */
const char *cvi_nal_header_fault (
    CviNalCodec codec, const guint8 *header, gsize len);

/**
 * cvi_nal_check_sample:
 * @nal_length: bytes of a length field, 1 to 4
 * @payload: the sample; inside the file
 *
 * Follows the chain of length fields, which must fill the sample exactly,
 * reports the first fault as container::structure and looks for zero runs.
 * Returns: FALSE if the walk should end
 */
gboolean cvi_nal_check_sample (CviWalk *walk, CviNalCodec codec,
    guint nal_length, const CviPayload *payload);

G_END_DECLS
