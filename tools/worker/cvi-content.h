/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include "plugin/core/cvi-finding.h"

G_BEGIN_DECLS

/**
 * CviContent: looks at decoded frames for long black, frozen and silent
 * stretches (mode full). These are findings of severity info: often intended,
 * worth a look.
 *
 * A stretch counts from CVI_CONTENT_MIN_NS. Video is sampled on a grid of
 * every eighth pixel of the first plane; a frame is black if 98 % of its
 * samples are at or under limited range's black plus 16 (of 255), frozen if no
 * sample differs from the frame before by more than 2 (of 255). Audio is
 * silent if no sample rises above -60 dB of full scale.
 */
#define CVI_CONTENT_MIN_NS (2 * GST_SECOND)

typedef struct _CviContent CviContent;

/* Takes (transfer full) findings, on the streaming thread. */
typedef void (*CviContentFunc) (CviFinding *finding, gpointer user_data);

/**
 * cvi_content_new:
 * @pad: where decoded buffers pass
 * @stream: label for the findings
 */
CviContent *cvi_content_new (
    GstPad *pad, const char *stream, CviContentFunc func, gpointer user_data);
/* Stretches that are still open are reported. Only when @pad is idle. */
void cvi_content_free (CviContent *content);

G_END_DECLS
