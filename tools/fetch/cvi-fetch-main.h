/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * cvi_fetch_main: everything of cvi-gst-fetch but main(): fetches one resource
 * for a supervisor (`--fd N`): takes a FETCH from the socket, shuts itself in,
 * fills the file, and says what has become of it. Looks into nothing that it
 * fetches.
 *
 * Returns: an exit status
 */
int cvi_fetch_main (int argc, char **argv);

G_END_DECLS
