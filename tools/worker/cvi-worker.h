/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * cvi_worker_main:
 *
 * The program behind cvi-gst-worker's main(), after it has set up the process:
 *   --fd N            serve jobs on the connected socket N (CviWire protocol),
 *                     in the sandbox that the first frame asks for
 *   --warm-registry   bring GST_REGISTRY up to date and exit
 *   --doctor          print what this GStreamer can do, as JSON, and exit
 *   --check FILE      check one file in deep mode, findings as text (debugging)
 *   --version
 *
 * Returns: the exit status
 */
int cvi_worker_main (int argc, char **argv);

G_END_DECLS
