/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "tools/cli/cvi-cluster.h"
#include "tools/cli/cvi-paths.h"
#include "tools/cli/cvi-say.h"
#include "tools/cli/cvi-signals.h"
#include "tools/cluster/cvi-plan-writer.h"
#include "tools/store/cvi-store.h"

#define MIB ((guint64)1024 * 1024)

char *
cvi_cluster_run_folder (CviSettings *settings, GError **error)
{
  const char *run = cvi_settings_get_text (settings, CVI_SETTING_RUN);
  char **arguments = cvi_settings_get_arguments (settings);

  if (!run && arguments[0] && strcmp (arguments[0], "--") != 0)
    run = arguments[0];
  if (run)
    return cvi_absolute_path (run);
  g_set_error_literal (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
      "no RUN given: the folder of a run");
  return NULL;
}

char **
cvi_cluster_engine_options (char **arguments)
{
  for (; *arguments; arguments++) {
    if (strcmp (*arguments, "--") == 0) {
      g_free (*arguments);
      *arguments = NULL;
      return arguments + 1;
    }
  }
  return NULL;
}

/* A store that is there, or NULL. */
static gboolean
open_store (const CviScanOptions *options, CviStore **store, GError **error)
{
  *store = NULL;
  if (!options->db || options->rescan ||
      !g_file_test (options->db, G_FILE_TEST_EXISTS))
    return TRUE;
  *store = cvi_store_open (options->db, TRUE, error);
  if (*store)
    cvi_store_hold (*store);
  return *store != NULL;
}

/* Returns: FALSE with @error; @known: a stored result still holds */
static gboolean
look_up (CviStore *store, const CviScanOptions *options, const CviFile *file,
    gboolean *known, GError **error)
{
  CviStoreMatch match = {
    .size = file->size,
    .mtime_ns = file->mtime_ns,
    .mode = options->mode,
    .not_before = options->not_before,
  };
  CviVerdict verdict;
  gint64 id = 0;

  if (store)
    id = cvi_store_find_current (
        store, file->path, &match, &verdict, NULL, error);
  *known = id > 0;
  return id >= 0;
}

static gboolean
add_files (CviPlanWriter *writer, const CviSources *sources,
    const CviScanOptions *options, CviStore *store, guint64 *n_problems,
    GError **error)
{
  g_autoptr (CviEnumerator) enumerator = cvi_sources_enumerate (sources, FALSE);
  gboolean ok = TRUE;

  while (ok) {
    g_autoptr (CviFile) file = cvi_sources_next (enumerator);
    gboolean known = FALSE;

    if (!file)
      break;
    if (cvi_signals_get_stop ()) {
      g_set_error_literal (error, CVI_CLUSTER_ERROR, CVI_CLUSTER_ERROR_PLAN,
          "interrupted; nothing is planned");
      return FALSE;
    }
    if (file->problem) {
      cvi_say ("%s: %s", file->path, g_strerror (file->problem));
      (*n_problems)++;
      continue;
    }
    ok = look_up (store, options, file, &known, error) &&
         (known || cvi_plan_writer_add (
                       writer, file->path, file->size, file->mtime_ns, error));
  }
  return ok;
}

CviPlan *
cvi_cluster_plan (CviSettings *settings, const CviSources *sources,
    const CviScanOptions *options, guint64 *n_problems, GError **error)
{
  CviPlanSetup setup = {
    .shard_bytes =
        cvi_settings_get_count (settings, CVI_SETTING_SHARD_SIZE) * MIB,
    .max_shards =
        (guint)cvi_settings_get_count (settings, CVI_SETTING_MAX_SHARDS),
    .mode = options->mode,
    .hw = options->pool.hw,
    .roots = sources->roots,
  };
  g_autoptr (CviPlanWriter) writer = NULL;
  g_autoptr (CviStore) store = NULL;
  g_autofree char *run = NULL;

  g_return_val_if_fail (!error || !*error, NULL);

  if (!cvi_settings_get_text (settings, CVI_SETTING_RUN)) {
    g_set_error_literal (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
        "--run FOLDER is needed: on storage that all machines share");
    return NULL;
  }
  run = cvi_cluster_run_folder (settings, error);
  writer = cvi_plan_writer_new (run, &setup, error);
  if (!writer || !open_store (options, &store, error) ||
      !add_files (writer, sources, options, store, n_problems, error))
    return NULL;
  return cvi_plan_writer_finish (writer, error);
}
