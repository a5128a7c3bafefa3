/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-ask-worker.h"

#include <signal.h>

#include "tools/cli/cvi-paths.h"

/* A new worker may have to look at every plugin of the system first. */
#define ANSWER_TIMEOUT_S 60.
/* What may pass until a killed one is gone. One that is stuck in a driver is
 * not, ever. */
#define END_TIMEOUT_MS 2000

typedef struct {
  GSubprocess *process;
  pid_t pid;
  GCancellable *cancellable;
  GBytes *answer; /* (nullable) */
  GError *error;  /* (nullable) */
  gboolean late;
  gboolean over;
} Question;

static double
answer_timeout_s (void)
{
  const char *text = g_getenv ("CVI_ANSWER_TIMEOUT");
  double seconds = text ? g_ascii_strtod (text, NULL) : 0;

  return seconds > 0 && seconds < ANSWER_TIMEOUT_S ? seconds : ANSWER_TIMEOUT_S;
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Question *question = user_data;

  g_subprocess_communicate_finish (
      G_SUBPROCESS (source), result, &question->answer, NULL, &question->error);
  question->over = TRUE;
}

/* The group, since GStreamer may have started its plugin scanner. Its number is
 * its own for as long as there is somebody to answer. */
static gboolean
on_late (gpointer user_data)
{
  Question *question = user_data;

  question->late = TRUE;
  if (question->pid > 1)
    kill (-question->pid, SIGKILL);
  g_subprocess_force_exit (question->process);
  return G_SOURCE_REMOVE;
}

static gboolean
on_stuck (gpointer user_data)
{
  Question *question = user_data;

  g_cancellable_cancel (question->cancellable);
  return G_SOURCE_REMOVE;
}

static GSource *
attach (GMainContext *context, guint ms, GSourceFunc func, Question *question)
{
  GSource *source = g_timeout_source_new (ms);

  g_source_set_callback (source, func, question, NULL);
  g_source_attach (source, context);
  return source;
}

/* Returns once there is an answer, or will be none. */
static void
wait_for_answer (Question *question)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  guint ms = (guint)(answer_timeout_s () * 1000);
  g_autoptr (GSource) late = attach (context, ms, on_late, question);
  g_autoptr (GSource) stuck =
      attach (context, ms + END_TIMEOUT_MS, on_stuck, question);

  g_main_context_push_thread_default (context);
  g_subprocess_communicate_async (
      question->process, NULL, question->cancellable, on_answer, question);
  while (!question->over)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  g_source_destroy (late);
  g_source_destroy (stuck);
}

/* Returns: (transfer full) (nullable) */
static char *
take_answer (Question *question, const char *what, GError **error)
{
  gsize len;
  const char *data;

  if (question->late) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
        "%s has not answered in %g s and was killed: a driver of hardware "
        "decoders may hang",
        what, answer_timeout_s ());
    return NULL;
  }
  if (question->error) {
    g_propagate_error (error, g_steal_pointer (&question->error));
    return NULL;
  }
  if (!g_subprocess_get_successful (question->process)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s has failed", what);
    return NULL;
  }
  data = g_bytes_get_data (question->answer, &len);
  return data ? g_strndup (data, len) : g_strdup ("");
}

char *
cvi_ask_worker (const char *ask, char **devices, GError **error)
{
  g_autofree char *worker = cvi_worker_path ();
  g_autofree char *what = g_strdup_printf ("%s %s", worker, ask);
  g_autoptr (GStrvBuilder) argv = g_strv_builder_new ();
  g_auto (GStrv) args = NULL;
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Question question = { .cancellable = cancellable };
  const char *identifier;
  char *answer;

  g_return_val_if_fail (ask, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  g_strv_builder_add (argv, worker);
  if (!g_str_equal (ask, "--find-hw"))
    g_strv_builder_add (argv, ask);
  for (char **device = devices; device && *device; device++) {
    g_autofree char *option = g_strconcat ("--find-hw=", *device, NULL);

    g_strv_builder_add (argv, option);
  }
  args = g_strv_builder_end (argv);
  process = g_subprocess_newv (
      (const char *const *)args, G_SUBPROCESS_FLAGS_STDOUT_PIPE, error);
  if (!process)
    return NULL;
  question.process = process;
  identifier = g_subprocess_get_identifier (process);
  question.pid = identifier ? (pid_t)g_ascii_strtoll (identifier, NULL, 10) : 0;
  wait_for_answer (&question);
  answer = take_answer (&question, what, error);
  g_clear_pointer (&question.answer, g_bytes_unref);
  g_clear_error (&question.error);
  return answer;
}
