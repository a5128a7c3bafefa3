/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include "plugin/core/cvi-finding.h"

G_BEGIN_DECLS

/**
 * cvi_finding_from_message:
 * @message: an ERROR or WARNING message
 * @consequence: (out): set if the message only says that data flow stopped,
 *   which follows from an error elsewhere
 *
 * Maps the message by a table over its domain, code and the class of its
 * source. Stream and times are left open.
 * Returns: (transfer full) (nullable): NULL if the message is not about the
 * media
 */
CviFinding *cvi_finding_from_message (
    GstMessage *message, gboolean *consequence);

G_END_DECLS
