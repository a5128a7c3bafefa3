/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>

#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-open-store.h"
#include "tools/cli/cvi-paths.h"
#include "tools/cli/cvi-quarantine.h"
#include "tools/cli/cvi-say.h"
#include "tools/cli/cvi-settings.h"
#include "tools/cli/cvi-signals.h"
#include "tools/report/cvi-display.h"
#include "tools/report/cvi-result-summary.h"

/**
 * @only_newest: results of an older scan are visited: each file's newest has to
 *   be looked at besides
 * @error: what ended the run
 */
typedef struct {
  CviStore *store;
  CviQuarantine *quarantine;
  gboolean dry_run;
  gboolean only_newest;
  guint64 n_moved;
  guint64 n_gone;
  guint64 n_refused;
  guint64 bytes;
  GError *error;
} Run;

static void
print_move (Run *run, const char *verb, const char *from, const char *to)
{
  g_autofree char *from_name = cvi_display_name (from);
  g_autofree char *to_name = cvi_display_name (to);

  printf ("%s%s %s -> %s\n", run->dry_run ? "would " : "", verb, from_name,
      to_name);
}

/* Returns: whether to go on */
static gboolean
count (Run *run, CviQuarantineResult result, GError *error)
{
  switch (result) {
    case CVI_QUARANTINE_MOVED:
      run->n_moved++;
      return !cvi_signals_get_stop ();
    case CVI_QUARANTINE_GONE:
      run->n_gone++;
      break;
    case CVI_QUARANTINE_REFUSED:
      run->n_refused++;
      cvi_say ("quarantine: not moved: %s", error->message);
      break;
    case CVI_QUARANTINE_FAILED:
      run->error = g_error_copy (error);
      return FALSE;
  }
  return !cvi_signals_get_stop ();
}

static gboolean
add_file (Run *run, const CviResult *result)
{
  const CviFinding *finding = cvi_result_main_finding (result);
  g_autoptr (GError) error = NULL;
  CviQuarantineResult done =
      cvi_quarantine_add (run->quarantine, result->path, result->size,
          result->mtime_ns, finding ? finding->rule->id : NULL, &error);

  if (done == CVI_QUARANTINE_MOVED) {
    g_autofree char *place =
        cvi_quarantine_get_place (run->quarantine, result->path);

    print_move (run, run->dry_run ? "move" : "moved", result->path, place);
    run->bytes += result->size;
  }
  return count (run, done, error);
}

/* Never anything but what is corrupt by its newest result, and by no mark
 * something else. */
static gboolean
is_wanted (const CviResult *result)
{
  return result->verdict == CVI_VERDICT_CORRUPT &&
         cvi_result_counts_as (result) == CVI_VERDICT_CORRUPT;
}

static gboolean
on_result (CviResult *result, gpointer user_data)
{
  Run *run = user_data;
  g_autoptr (CviResult) newest = NULL;

  if (!run->only_newest)
    return !is_wanted (result) || add_file (run, result);
  newest = cvi_store_load_newest (run->store, result->path, &run->error);
  if (run->error)
    return FALSE;
  return !newest || !is_wanted (newest) || add_file (run, newest);
}

static gboolean
choose_results (
    CviSettings *settings, Run *run, CviStoreFilter *filter, GError **error)
{
  const char *which = cvi_settings_get_text (settings, CVI_SETTING_SCAN);
  g_autoptr (CviScanInfo) scan = NULL;

  filter->verdicts = 1u << CVI_VERDICT_CORRUPT;
  if (!which)
    return TRUE;
  scan = cvi_store_find_scan (run->store, which, error);
  if (!scan)
    return FALSE;
  filter->scan = scan->id;
  run->only_newest = TRUE;
  return TRUE;
}

static gboolean
move_all (CviSettings *settings, char **paths, Run *run, GError **error)
{
  g_autofree char *path = cvi_choose_store (settings);
  g_autoptr (CviStore) store = cvi_store_open (path, TRUE, error);
  CviStoreFilter filter = { 0 };
  gboolean ok;

  run->store = store;
  if (!store || !choose_results (settings, run, &filter, error))
    return FALSE;
  if (!paths[0])
    return cvi_store_foreach (store, &filter, on_result, run, error);
  ok = TRUE;
  for (guint i = 0; ok && !run->error && paths[i]; i++) {
    filter.path_prefix = paths[i];
    if (!cvi_path_is_covered (paths, i) && !cvi_signals_get_stop ())
      ok = cvi_store_foreach (store, &filter, on_result, run, error);
  }
  return ok;
}

static gboolean
is_named (char **paths, const char *path)
{
  for (guint i = 0; paths[i]; i++) {
    if (cvi_path_is_within (path, paths[i]))
      return TRUE;
  }
  return !paths[0];
}

static void
undo_all (char **paths, Run *run)
{
  g_autoptr (GPtrArray) kept = cvi_quarantine_list (run->quarantine);
  gboolean go_on = TRUE;

  for (guint i = 0; go_on && i < kept->len; i++) {
    CviManifestEntry *entry = g_ptr_array_index (kept, i);
    g_autofree char *place =
        cvi_quarantine_get_place (run->quarantine, entry->path);
    g_autoptr (GError) error = NULL;
    CviQuarantineResult result;

    if (!is_named (paths, entry->path))
      continue;
    result = cvi_quarantine_undo (run->quarantine, entry, &error);
    if (result == CVI_QUARANTINE_MOVED) {
      print_move (
          run, run->dry_run ? "move back" : "moved back", place, entry->path);
      run->bytes += entry->facts.size;
    }
    go_on = count (run, result, error);
  }
}

static int
finish (Run *run)
{
  g_autoptr (GString) size = g_string_new (NULL);
  int status = cvi_close_stdout ();

  cvi_display_append_size (size, run->bytes);
  cvi_say ("%" G_GUINT64_FORMAT " files%s, %s; %" G_GUINT64_FORMAT
           " not moved; %" G_GUINT64_FORMAT " not there any more",
      run->n_moved, run->dry_run ? " would be moved" : " moved", size->str,
      run->n_refused, run->n_gone);
  if (status == CVI_EXIT_OK && run->n_refused > 0)
    status = CVI_EXIT_UNCHECKED;
  return status;
}

static gboolean
has_manifest (const char *folder, GError **error)
{
  g_autofree char *path = g_build_filename (folder, CVI_MANIFEST_NAME, NULL);

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
      "%s: is not there, so nothing can be undone; name the folder that was "
      "given to --to before",
      path);
  return FALSE;
}

static int
quarantine_to (CviSettings *settings, const char *folder, GError **error)
{
  g_auto (GStrv) paths =
      cvi_absolute_paths (cvi_settings_get_arguments (settings));
  g_autoptr (CviQuarantine) quarantine = NULL;
  Run run = { .dry_run =
                  cvi_settings_get_flag (settings, CVI_SETTING_DRY_RUN) };
  gboolean undo = cvi_settings_get_flag (settings, CVI_SETTING_UNDO);
  gboolean ok = TRUE;
  int status;

  if (undo && cvi_settings_get_text (settings, CVI_SETTING_SCAN)) {
    g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
        "--undo takes PATHs, not --scan");
    return CVI_EXIT_USAGE;
  }
  if (undo && !has_manifest (folder, error))
    return CVI_EXIT_USAGE;
  quarantine = cvi_quarantine_open (folder, run.dry_run, error);
  if (!quarantine)
    return CVI_EXIT_USAGE;
  run.quarantine = quarantine;
  /* A move that has begun is brought to its end. */
  cvi_signals_install ();
  if (undo)
    undo_all (paths, &run);
  else
    ok = move_all (settings, paths, &run, error);
  status = ok ? finish (&run) : CVI_EXIT_USAGE;
  if (run.error && ok) {
    g_propagate_prefixed_error (error, run.error,
        "ended; giving the same command again goes on from here: ");
    return CVI_EXIT_USAGE;
  }
  g_clear_error (&run.error);
  return cvi_signals_get_stop () ? 128 + cvi_signals_get_stop () : status;
}

static int
run_quarantine (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviSettings) settings = cvi_settings_new (CVI_FOR_QUARANTINE,
      "[PATH...]", cvi_command_quarantine.summary, argv, &error);
  const char *to =
      settings ? cvi_settings_get_text (settings, CVI_SETTING_TO) : NULL;
  int status = CVI_EXIT_USAGE;

  if (to) {
    g_autofree char *folder = cvi_absolute_path (to);

    status = quarantine_to (settings, folder, &error);
  } else if (settings) {
    g_set_error (&error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
        "no folder given; name one with --to DIR");
  }
  if (error)
    cvi_say ("quarantine: %s", error->message);
  return status;
}

const CviCommand cvi_command_quarantine = {
  .name = "quarantine",
  .summary = "Move files that are stored as corrupt into a folder, or back",
  .run = run_quarantine,
};
