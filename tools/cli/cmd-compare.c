/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-compare.h"
#include "tools/cli/cvi-hw-devices.h"
#include "tools/cli/cvi-paths.h"
#include "tools/cli/cvi-say.h"
#include "tools/cli/cvi-scan-options.h"
#include "tools/cli/cvi-settings.h"
#include "tools/cli/cvi-signals.h"
#include "tools/pool/cvi-file.h"

#define NS_PER_SECOND 1e9
/* A tolerance above this is any (s). */
#define MAX_TOLERANCE 1e9
#define EXIT_LOST 1

typedef struct {
  char **paths; /* A and B, absolute */
  CviFile *files[2];
  CviResult *results[2];
  guint n_taken;
  CviPool *pool;
} CompareRun;

static CviFile *
on_next (gpointer user_data)
{
  CompareRun *run = user_data;

  if (run->n_taken == 2)
    return NULL;
  return g_steal_pointer (&run->files[run->n_taken++]);
}

/* A and B may be one path; then any order is right. */
static void
on_done (CviResult *result, gpointer user_data)
{
  CompareRun *run = user_data;
  guint i =
      !run->results[0] && g_str_equal (result->path, run->paths[0]) ? 0 : 1;

  cvi_result_free (run->results[i]);
  run->results[i] = result;
}

static gboolean
on_signal (gpointer user_data)
{
  CompareRun *run = user_data;

  if (cvi_signals_get_stop ())
    cvi_pool_stop (run->pool);
  return G_SOURCE_CONTINUE;
}

/* A name that is not there is a file that cannot be read; a folder, or a pipe
 * that cannot be read twice, is a mistake of the caller. */
static CviFile *
look_at (const char *path, GError **error)
{
  struct stat status;
  CviFile *file;

  if (stat (path, &status) != 0) {
    file = cvi_file_new (g_strdup (path), NULL, errno);
  } else if (!S_ISREG (status.st_mode)) {
    g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
        "%s: not a regular file", path);
    return NULL;
  } else {
    file = cvi_file_new (g_strdup (path), &status, 0);
  }
  file->named = TRUE;
  return file;
}

static gboolean
run_pool (CompareRun *run, CviSettings *settings, GError **error)
{
  static const CviPoolCallbacks callbacks = {
    .next = on_next,
    .done = on_done,
  };
  g_autofree char *worker = cvi_worker_path ();
  CviPoolConfig config = {
    .worker = worker,
    .roots = (const char *const *)run->paths,
  };
  CviMode mode;
  GSource *signals;
  gboolean ok;

  /* The table lets no other names through. */
  if (!cvi_mode_from_string (
          cvi_settings_get_text (settings, CVI_SETTING_COMPARE_MODE), &mode))
    g_return_val_if_reached (FALSE);
  cvi_scan_options_limit (&config, settings, mode);
  cvi_signals_install ();
  run->pool = cvi_pool_new (&config, &callbacks, run);
  signals = cvi_signals_watch (on_signal, run);
  ok = cvi_pool_run (run->pool, error);
  g_source_destroy (signals);
  g_source_unref (signals);
  g_clear_pointer (&run->pool, cvi_pool_free);
  return ok;
}

static guint64
get_ns (CviSettings *settings, CviSettingId id)
{
  return (
      guint64)(MIN (cvi_settings_get_seconds (settings, id), MAX_TOLERANCE) *
               NS_PER_SECOND);
}

static int
tell (CviSettings *settings, const CompareRun *run)
{
  CviComparison comparison = {
    .a = run->results[0],
    .b = run->results[1],
    .limits = { get_ns (settings, CVI_SETTING_TOLERANCE),
        get_ns (settings, CVI_SETTING_SYNC_TOLERANCE) },
  };
  g_autoptr (GPtrArray) differences =
      cvi_compare (comparison.a, comparison.b, &comparison.limits);
  g_autofree char *text = NULL;
  int status;

  comparison.differences = differences;
  text =
      g_str_equal (
          cvi_settings_get_text (settings, CVI_SETTING_COMPARE_FORMAT), "json")
          ? cvi_comparison_to_json (&comparison)
          : cvi_comparison_to_text (&comparison);
  fputs (text, stdout);
  status = cvi_close_stdout ();
  if (status != CVI_EXIT_OK)
    return status;
  if (cvi_compare_count (differences, CVI_DIFFERENCE_LOST) > 0)
    return EXIT_LOST;
  return cvi_compare_count (differences, CVI_DIFFERENCE_UNCHECKED) > 0
             ? CVI_EXIT_UNCHECKED
             : CVI_EXIT_OK;
}

static int
compare_files (CompareRun *run, CviSettings *settings, GError **error)
{
  if (!cvi_hw_devices_prepare (settings, error))
    return CVI_EXIT_USAGE;
  for (guint i = 0; i < 2; i++) {
    run->files[i] = look_at (run->paths[i], error);
    if (!run->files[i])
      return CVI_EXIT_USAGE;
  }
  if (!run_pool (run, settings, error))
    return g_error_matches (*error, CVI_POOL_ERROR, CVI_POOL_ERROR_STORAGE)
               ? CVI_EXIT_UNCHECKED
               : CVI_EXIT_USAGE;
  if (cvi_signals_get_stop ())
    return 128 + cvi_signals_get_stop ();
  if (!run->results[0] || !run->results[1])
    return CVI_EXIT_UNCHECKED;
  return tell (settings, run);
}

static int
compare (CviSettings *settings, GError **error)
{
  char **arguments = cvi_settings_get_arguments (settings);
  g_auto (GStrv) paths = cvi_absolute_paths (arguments);
  CompareRun run = { .paths = paths };
  int status;

  if (g_strv_length (paths) != 2) {
    g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
        "two files are needed: A, and B that is to replace it");
    return CVI_EXIT_USAGE;
  }
  status = compare_files (&run, settings, error);
  for (guint i = 0; i < 2; i++) {
    cvi_file_free (run.files[i]);
    cvi_result_free (run.results[i]);
  }
  return status;
}

static int
run_compare (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviSettings) settings = cvi_settings_new (
      CVI_FOR_COMPARE, "A B", cvi_command_compare.summary, argv, &error);
  int status = settings ? compare (settings, &error) : CVI_EXIT_USAGE;

  if (error)
    cvi_say ("compare: %s", error->message);
  if (cvi_signals_get_stop ())
    cvi_say ("compare: interrupted");
  return status;
}

const CviCommand cvi_command_compare = {
  .name = "compare",
  .summary = "Tell whether file B has lost anything against file A",
  .run = run_compare,
};
