/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include "plugin/core/cvi-finding.h"

G_BEGIN_DECLS

/* Names of the element messages that cvicheck posts. */
#define CVI_MESSAGE_FINDING "cvicheck-finding"
#define CVI_MESSAGE_SUMMARY "cvicheck-summary"

/**
 * cvi_finding_to_structure:
 *
 * Returns: (transfer full): structure CVI_MESSAGE_FINDING with the fields rule
 * (string), severity (string), certainty (double), stream (string, absent for
 * the file), start-ns, end-ns, offset (uint64, absent when unknown), count
 * (uint64), message (string)
 */
GstStructure *cvi_finding_to_structure (const CviFinding *finding);

/* Returns: (transfer full) (nullable): NULL if @structure is no well-formed
 * finding */
CviFinding *cvi_finding_from_structure (const GstStructure *structure);

G_END_DECLS
