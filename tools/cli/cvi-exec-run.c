/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-exec-run.h"

#include <signal.h>
#include <string.h>
#include <gio/gio.h>
#include <unistd.h>

/* Of a flood of output the end tells most. */
#define MAX_OUTPUT 4096
/* Chunks read when it has ended, lest one that it leaves behind keeps us. */
#define MAX_LAST_READS 64
#define STOP_MS 2000

struct _CviExecRun {
  GSubprocess *process;
  pid_t pid; /* 0: was gone at once */
  GCancellable *cancellable;
  GInputStream *out;
  GSource *readable;
  GSource *timeout;
  GString *output;
  gboolean timed_out;
  gboolean exited;
  double timeout_s;
  CviExecEnded ended;
  gpointer user_data;
};

/* In the child, before the program: signals that we ignore would be ignored by
 * it as well. */
static void
set_up_child (gpointer user_data)
{
  setpgid (0, 0);
  signal (SIGPIPE, SIG_DFL);
  signal (SIGXFSZ, SIG_DFL);
}

static void
drop_source (GSource **source)
{
  if (!*source)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* Returns: whether there may be more later */
static gboolean
read_some (CviExecRun *run)
{
  char chunk[1024];
  g_autoptr (GError) error = NULL;
  gssize n = g_pollable_input_stream_read_nonblocking (
      G_POLLABLE_INPUT_STREAM (run->out), chunk, sizeof chunk, NULL, &error);

  if (n <= 0)
    return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  g_string_append_len (run->output, chunk, n);
  if (run->output->len > MAX_OUTPUT)
    g_string_erase (run->output, 0, (gssize)(run->output->len - MAX_OUTPUT));
  return TRUE;
}

static gboolean
on_readable (GObject *stream, gpointer user_data)
{
  CviExecRun *run = user_data;

  if (read_some (run))
    return G_SOURCE_CONTINUE;
  drop_source (&run->readable);
  return G_SOURCE_REMOVE;
}

static void
read_rest (CviExecRun *run)
{
  gsize before;
  guint n = 0;

  if (!run->readable)
    return;
  do {
    before = run->output->len;
  } while (read_some (run) &&
           (run->output->len != before || run->output->len == MAX_OUTPUT) &&
           ++n < MAX_LAST_READS);
  drop_source (&run->readable);
}

static void
signal_group (CviExecRun *run, int signum)
{
  if (run->exited || run->pid <= 1)
    return;
  kill (-run->pid, signum);
}

static char *
describe_end (CviExecRun *run)
{
  if (run->timed_out)
    return g_strdup_printf (
        "took longer than %g s and was ended", run->timeout_s);
  if (g_subprocess_get_successful (run->process))
    return NULL;
  if (g_subprocess_get_if_signaled (run->process))
    return g_strdup_printf (
        "was ended by signal %d", g_subprocess_get_term_sig (run->process));
  return g_strdup_printf (
      "exited with status %d", g_subprocess_get_exit_status (run->process));
}

static void
on_waited (GObject *source, GAsyncResult *async, gpointer user_data)
{
  CviExecRun *run = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *problem = NULL;

  g_subprocess_wait_finish (G_SUBPROCESS (source), async, &error);
  /* Then the run is freed already. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  run->exited = TRUE;
  drop_source (&run->timeout);
  read_rest (run);
  problem = describe_end (run);
  run->ended (run, problem, run->output->str, run->user_data);
}

static gboolean
on_timeout (gpointer user_data)
{
  CviExecRun *run = user_data;

  run->timed_out = TRUE;
  signal_group (run, SIGKILL);
  return G_SOURCE_REMOVE;
}

static GSource *
attach (GSource *source, GSourceFunc func, gpointer user_data)
{
  g_source_set_callback (source, func, user_data, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
  return source;
}

static GSubprocess *
spawn (const char *const *argv, const char *const *environment, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);

  g_subprocess_launcher_set_child_setup (launcher, set_up_child, NULL, NULL);
  for (guint i = 0; environment && environment[i]; i++) {
    const char *equals = strchr (environment[i], '=');
    g_autofree char *name =
        g_strndup (environment[i], (gsize)(equals - environment[i]));

    g_subprocess_launcher_setenv (launcher, name, equals + 1, TRUE);
  }
  return g_subprocess_launcher_spawnv (launcher, argv, error);
}

CviExecRun *
cvi_exec_run_start (const char *const *argv, const char *const *environment,
    double timeout_s, CviExecEnded ended, gpointer user_data, GError **error)
{
  GSubprocess *process;
  const char *identifier;
  CviExecRun *run;

  g_return_val_if_fail (argv && argv[0] && ended, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  process = spawn (argv, environment, error);
  if (!process)
    return NULL;
  run = g_new0 (CviExecRun, 1);
  run->process = process;
  run->timeout_s = timeout_s;
  run->ended = ended;
  run->user_data = user_data;
  identifier = g_subprocess_get_identifier (process);
  run->pid = identifier ? (pid_t)g_ascii_strtoll (identifier, NULL, 10) : 0;
  run->output = g_string_new (NULL);
  run->cancellable = g_cancellable_new ();
  run->out = g_subprocess_get_stdout_pipe (process);
  run->readable = attach (g_pollable_input_stream_create_source (
                              G_POLLABLE_INPUT_STREAM (run->out), NULL),
      G_SOURCE_FUNC (on_readable), run);
  if (timeout_s > 0)
    run->timeout =
        attach (g_timeout_source_new ((guint)MIN (timeout_s * 1000, G_MAXINT)),
            on_timeout, run);
  g_subprocess_wait_async (process, run->cancellable, on_waited, run);
  return run;
}

static gboolean
on_stop_timeout (gpointer user_data)
{
  signal_group (user_data, SIGKILL);
  return G_SOURCE_REMOVE;
}

void
cvi_exec_run_stop (CviExecRun *run)
{
  g_return_if_fail (run);

  signal_group (run, SIGTERM);
  drop_source (&run->timeout);
  run->timeout = attach (g_timeout_source_new (STOP_MS), on_stop_timeout, run);
}

void
cvi_exec_run_free (CviExecRun *run)
{
  if (!run)
    return;
  signal_group (run, SIGKILL);
  g_cancellable_cancel (run->cancellable);
  drop_source (&run->timeout);
  drop_source (&run->readable);
  g_object_unref (run->cancellable);
  g_object_unref (run->process);
  g_string_free (run->output, TRUE);
  g_free (run);
}
