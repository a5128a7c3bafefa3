/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * cvi_record_main:
 * @fd: connection to the supervisor
 * @body: of a FETCH (cvi-wire.h)
 *
 * A run of the worker program that has the network, and nothing to decode:
 * records what an RTSP server sends into the spool, as a Matroska file, and
 * tells which packets were lost on the way. Shuts itself in first. A transport
 * stream is not taken: cut anywhere, it ends in the middle of a picture.
 *
 * Returns: an exit status
 */
int cvi_record_main (int fd, GVariant *body);

G_END_DECLS
