/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-commands.h"

int
main (int argc, char **argv)
{
  return cvi_commands_main (argc, argv);
}
