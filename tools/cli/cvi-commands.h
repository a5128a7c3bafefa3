/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The program behind cvi-gst's main(). Returns: the exit status */
int cvi_commands_main (int argc, char **argv);

G_END_DECLS
