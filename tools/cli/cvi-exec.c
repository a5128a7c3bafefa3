/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-exec.h"

#include <string.h>

#include "plugin/core/cvi-mark.h"
#include "tools/cli/cvi-exec-run.h"
#include "tools/cli/cvi-say.h"
#include "tools/report/cvi-result-summary.h"

/* A command may be slow (mail, a copy); the CPUs belong to the scan. */
#define MAX_RUNNING 4
/* Files of one scan that are named when their command was not run. */
#define MAX_NAMED 20

#define CORRUPT "--exec-corrupt"
#define DONE "--exec-done"

/* One corrupt file; small, since many may wait for a slow command. */
typedef struct {
  CviExec *exec;
  CviExecRun *run;
  const char *rule;
  double confidence;
  double damage;
  char path[];
} Task;

struct _CviExec {
  char **corrupt; /* NULL: none */
  char **done;
  double timeout_s;
  GQueue waiting; /* of Task * */
  GPtrArray *running;
  guint64 n_started;
  guint64 n_failed;
  guint64 n_dropped;
  gboolean stopped;
};

static char **
parse (const char *option, const char *command, GError **error)
{
  char **argv = NULL;

  if (!g_shell_parse_argv (command, NULL, &argv, error)) {
    g_prefix_error (error, "%s: ", option);
    return NULL;
  }
  if (!strstr (argv[0], "{}"))
    return argv;
  g_strfreev (argv);
  g_set_error (error, G_SHELL_ERROR, G_SHELL_ERROR_FAILED,
      "%s: {} stands for a file to check, which is no program to run; begin "
      "with a program",
      option);
  return NULL;
}

CviExec *
cvi_exec_new (
    const char *corrupt, const char *done, double timeout_s, GError **error)
{
  g_autoptr (CviExec) exec = g_new0 (CviExec, 1);

  g_return_val_if_fail (!error || !*error, NULL);

  exec->timeout_s = timeout_s;
  g_queue_init (&exec->waiting);
  exec->running = g_ptr_array_new ();
  if (corrupt && !(exec->corrupt = parse (CORRUPT, corrupt, error)))
    return NULL;
  if (done && !(exec->done = parse (DONE, done, error)))
    return NULL;
  return g_steal_pointer (&exec);
}

void
cvi_exec_free (CviExec *exec)
{
  if (!exec)
    return;
  for (guint i = 0; i < exec->running->len; i++) {
    Task *task = g_ptr_array_index (exec->running, i);

    cvi_exec_run_free (task->run);
    g_free (task);
  }
  g_ptr_array_unref (exec->running);
  g_queue_clear_full (&exec->waiting, g_free);
  g_strfreev (exec->corrupt);
  g_strfreev (exec->done);
  g_free (exec);
}

static char *
replace_path (const char *arg, const char *path)
{
  GString *text = g_string_new (arg);

  g_string_replace (text, "{}", path, 0);
  return g_string_free (text, FALSE);
}

static char **
fill_in (char **template, const char *path)
{
  char **argv = g_new0 (char *, g_strv_length (template) + 1);

  for (guint i = 0; template[i]; i++)
    argv[i] = replace_path (template[i], path);
  return argv;
}

static char *
number_variable (const char *name, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  return g_strdup_printf (
      "%s=%s", name, g_ascii_formatd (text, sizeof text, "%.6g", value));
}

static char **
make_environment (const Task *task)
{
  GStrvBuilder *builder = g_strv_builder_new ();
  g_autofree char *path = g_strconcat ("CVI_PATH=", task->path, NULL);
  g_autofree char *rule = g_strconcat ("CVI_RULE=", task->rule, NULL);
  g_autofree char *confidence =
      number_variable ("CVI_CONFIDENCE", task->confidence);
  g_autofree char *damage = number_variable ("CVI_DAMAGE", task->damage);
  char **environment;

  g_strv_builder_add_many (
      builder, path, "CVI_VERDICT=corrupt", rule, confidence, damage, NULL);
  environment = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  return environment;
}

static void
say_output (const char *output)
{
  g_auto (GStrv) lines = g_strsplit (output, "\n", -1);

  for (guint i = 0; lines[i]; i++) {
    if (*lines[i])
      cvi_say ("  | %s", lines[i]);
  }
}

static void
say_failure (CviExec *exec, const char *option, const char *path,
    const char *problem, const char *output)
{
  exec->n_failed++;
  cvi_say ("%s: %s%s%s", option, path, *path ? ": " : "", problem);
  say_output (output);
}

static void start_next (CviExec *exec);

static void
on_ended (CviExecRun *run, const char *problem, const char *output,
    gpointer user_data)
{
  Task *task = user_data;
  CviExec *exec = task->exec;

  if (problem)
    say_failure (exec, CORRUPT, task->path, problem, output);
  g_ptr_array_remove_fast (exec->running, task);
  cvi_exec_run_free (run);
  g_free (task);
  start_next (exec);
}

static void
start (CviExec *exec, Task *task)
{
  g_auto (GStrv) argv = fill_in (exec->corrupt, task->path);
  g_auto (GStrv) environment = make_environment (task);
  g_autoptr (GError) error = NULL;

  exec->n_started++;
  task->run = cvi_exec_run_start ((const char *const *)argv,
      (const char *const *)environment, exec->timeout_s, on_ended, task,
      &error);
  if (task->run) {
    g_ptr_array_add (exec->running, task);
    return;
  }
  say_failure (exec, CORRUPT, task->path, error->message, "");
  g_free (task);
}

static void
start_next (CviExec *exec)
{
  while (exec->running->len < MAX_RUNNING && !g_queue_is_empty (&exec->waiting))
    start (exec, g_queue_pop_head (&exec->waiting));
}

void
cvi_exec_add (CviExec *exec, const CviResult *result)
{
  const CviFinding *finding;
  gsize size;
  Task *task;

  g_return_if_fail (exec && result);

  if (!exec->corrupt || exec->stopped ||
      result->verdict != CVI_VERDICT_CORRUPT ||
      cvi_result_counts_as (result) != CVI_VERDICT_CORRUPT)
    return;
  finding = cvi_result_main_finding (result);
  size = strlen (result->path) + 1;
  task = g_malloc0 (sizeof *task + size);
  task->exec = exec;
  task->rule = finding ? finding->rule->id : "";
  task->confidence = result->confidence;
  task->damage = result->damage;
  memcpy (task->path, result->path, size);
  g_queue_push_tail (&exec->waiting, task);
  start_next (exec);
}

gboolean
cvi_exec_is_busy (CviExec *exec)
{
  g_return_val_if_fail (exec, FALSE);

  return exec->running->len > 0;
}

void
cvi_exec_stop (CviExec *exec)
{
  Task *task;

  g_return_if_fail (exec);

  if (exec->stopped)
    return;
  exec->stopped = TRUE;
  while ((task = g_queue_pop_head (&exec->waiting))) {
    if (exec->n_dropped++ < MAX_NAMED)
      cvi_say (
          CORRUPT ": %s: not run, as the scan was interrupted", task->path);
    g_free (task);
  }
  for (guint i = 0; i < exec->running->len; i++) {
    task = g_ptr_array_index (exec->running, i);
    cvi_exec_run_stop (task->run);
  }
}

typedef struct {
  CviExec *exec;
  gboolean ended;
} Last;

static void
on_done_ended (CviExecRun *run, const char *problem, const char *output,
    gpointer user_data)
{
  Last *last = user_data;

  if (problem)
    say_failure (last->exec, DONE, "", problem, output);
  last->ended = TRUE;
}

static char **
make_totals (const guint64 *counts, int status)
{
  char **environment = g_new0 (char *, CVI_N_VERDICTS + 2);

  for (guint i = 0; i < CVI_N_VERDICTS; i++) {
    g_autofree char *name = g_ascii_strup (cvi_verdict_to_string (i), -1);

    environment[i] =
        g_strdup_printf ("CVI_COUNT_%s=%" G_GUINT64_FORMAT, name, counts[i]);
  }
  environment[CVI_N_VERDICTS] = g_strdup_printf ("CVI_EXIT_STATUS=%d", status);
  return environment;
}

static void
run_done (CviExec *exec, const guint64 *counts, int status)
{
  g_auto (GStrv) environment = make_totals (counts, status);
  g_autoptr (GError) error = NULL;
  Last last = { exec };
  CviExecRun *run = cvi_exec_run_start ((const char *const *)exec->done,
      (const char *const *)environment, exec->timeout_s, on_done_ended, &last,
      &error);

  exec->n_started++;
  if (!run) {
    say_failure (exec, DONE, "", error->message, "");
    return;
  }
  while (!last.ended)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
  cvi_exec_run_free (run);
}

void
cvi_exec_finish (CviExec *exec, const guint64 *counts, int status)
{
  g_return_if_fail (exec && counts);

  if (exec->done)
    run_done (exec, counts, status);
  if (exec->n_failed > 0 || exec->n_dropped > 0)
    cvi_say ("scan: of %" G_GUINT64_FORMAT " commands %" G_GUINT64_FORMAT
             " failed, %" G_GUINT64_FORMAT " were not run",
        exec->n_started + exec->n_dropped, exec->n_failed, exec->n_dropped);
}
