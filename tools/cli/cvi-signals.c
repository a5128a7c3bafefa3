/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-signals.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t status_asked;
static volatile sig_atomic_t fd_to_end = -1;
static int empty_fd = -1;
static int wake_pipe[2] = { -1, -1 };

static void
on_signal (int signum)
{
  int saved_errno = errno;

  if (signum == SIGUSR1) {
    status_asked = 1;
  } else if (stop_signal) {
    _exit (128 + signum);
  } else {
    stop_signal = signum;
    /* The read that this signal has interrupted is tried again, on nothing. */
    if (fd_to_end >= 0)
      dup2 (empty_fd, fd_to_end);
  }
  /* A full pipe wakes as well as one more byte would. */
  if (write (wake_pipe[1], "", 1) < 0)
    errno = saved_errno;
  errno = saved_errno;
}

void
cvi_signals_install (void)
{
  static const int signals[] = { SIGINT, SIGTERM, SIGUSR1 };
  struct sigaction action = { .sa_handler = on_signal };
  g_autoptr (GError) error = NULL;

  g_return_if_fail (wake_pipe[0] < 0);

  if (!g_unix_open_pipe (wake_pipe, FD_CLOEXEC, &error) ||
      !g_unix_set_fd_nonblocking (wake_pipe[0], TRUE, &error) ||
      !g_unix_set_fd_nonblocking (wake_pipe[1], TRUE, &error))
    g_error ("no pipe for signals: %s", error->message);
  empty_fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  if (empty_fd < 0)
    g_error ("cannot open /dev/null: %s", g_strerror (errno));
  sigemptyset (&action.sa_mask);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    sigaction (signals[i], &action, NULL);
}

void
cvi_signals_end_on_stop (int fd)
{
  g_return_if_fail (fd < 0 || empty_fd >= 0);

  fd_to_end = fd;
  if (fd >= 0 && stop_signal)
    dup2 (empty_fd, fd);
}

int
cvi_signals_get_stop (void)
{
  return stop_signal;
}

gboolean
cvi_signals_take_status (void)
{
  if (!status_asked)
    return FALSE;
  status_asked = 0;
  return TRUE;
}

typedef struct {
  GSourceFunc func;
  gpointer user_data;
} Watch;

static gboolean
on_wake (int fd, GIOCondition condition, gpointer user_data)
{
  Watch *watch = user_data;
  char bytes[64];

  while (read (fd, bytes, sizeof bytes) > 0)
    continue;
  return watch->func (watch->user_data);
}

GSource *
cvi_signals_watch (GSourceFunc func, gpointer user_data)
{
  Watch *watch;
  GSource *source;

  g_return_val_if_fail (func, NULL);
  g_return_val_if_fail (wake_pipe[0] >= 0, NULL);

  watch = g_new (Watch, 1);
  *watch = (Watch){ func, user_data };
  source = g_unix_fd_source_new (wake_pipe[0], G_IO_IN);
  g_source_set_callback (source, G_SOURCE_FUNC (on_wake), watch, g_free);
  g_source_attach (source, g_main_context_get_thread_default ());
  return source;
}
