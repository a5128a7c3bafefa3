/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Sets the process up, then calls what tests can link. */
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tools/fetch/cvi-fetch-main.h"

int
main (int argc, char **argv)
{
  pid_t parent = getppid ();

  /* A group of its own: the supervisor kills it as a whole, and the terminal's
   * Ctrl-C goes to the supervisor alone. */
  setpgid (0, 0);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  /* It may have died before the line above. */
  if (getppid () != parent)
    return EXIT_FAILURE;
  signal (SIGPIPE, SIG_IGN);
  return cvi_fetch_main (argc, argv);
}
