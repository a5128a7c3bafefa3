/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_CVI_CHECK (gst_cvi_check_get_type ())
G_DECLARE_FINAL_TYPE (GstCviCheck, gst_cvi_check, GST, CVI_CHECK, GstElement)

/**
 * GstCviCheckFailOn:
 * @GST_CVI_CHECK_FAIL_ON_NONE: findings never stop the pipeline
 * @GST_CVI_CHECK_FAIL_ON_SUSPICIOUS: a verdict of suspicious or corrupt does
 * @GST_CVI_CHECK_FAIL_ON_CORRUPT: only a verdict of corrupt does
 */
typedef enum {
  GST_CVI_CHECK_FAIL_ON_NONE,
  GST_CVI_CHECK_FAIL_ON_SUSPICIOUS,
  GST_CVI_CHECK_FAIL_ON_CORRUPT
} GstCviCheckFailOn;

#define GST_TYPE_CVI_CHECK_FAIL_ON (gst_cvi_check_fail_on_get_type ())
GType gst_cvi_check_fail_on_get_type (void);

GST_ELEMENT_REGISTER_DECLARE (cvicheck);

G_END_DECLS
