/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Scans of files that verifying has found: what would a viewer notice? */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/cli/cvi-fixity-judge.h"
#include "tools/cli/cvi-scan-session.h"
#include "tools/cli/cvi-signals.h"
#include "tools/cli/cvi-verify.h"
#include "tools/cli/cvi-write.h"

/* Names, each ended by a NUL byte, as a list that sources can read. Returns: -1
 * with @error */
static int
open_list (GPtrArray *paths, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  int fd = memfd_create ("cvi-verify", MFD_CLOEXEC);

  for (guint i = 0; i < paths->len; i++) {
    const char *path = g_ptr_array_index (paths, i);

    g_string_append_len (text, path, (gssize)strlen (path) + 1);
  }
  if (fd >= 0 && cvi_write_all (fd, text->str, text->len) &&
      lseek (fd, 0, SEEK_SET) == 0)
    return fd;
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
      "cannot make a list of files to scan: %s", g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return -1;
}

/* @deep: rotten files, in that mode */
static gboolean
scan_list (CviVerify *verify, GPtrArray *paths, gboolean deep, GError **error)
{
  g_autoptr (CviSources) sources = g_new0 (CviSources, 1);
  g_autoptr (CviScanOptions) options = NULL;
  g_autoptr (CviScanSession) session = NULL;
  g_autoptr (CviProgress) progress = NULL;
  g_autoptr (CviScanStats) stats = cvi_scan_stats_new ();
  /* Commands are for scans that a user has asked for. */
  g_autoptr (CviExec) exec = cvi_exec_new (NULL, NULL, 0, error);
  gboolean interrupted;

  sources->list_fd = exec ? open_list (paths, error) : -1;
  if (sources->list_fd < 0)
    return FALSE;
  sources->list = g_strdup (deep ? "rotten files" : "files to be scanned");
  sources->roots = g_new0 (char *, 1);
  options = cvi_scan_options_new (verify->settings, sources, error);
  if (!options)
    return FALSE;
  options->rescan = TRUE;
  g_free (options->args);
  /* No two runs look at the same files: none is a continuation. */
  options->args = g_strdup_printf ("verify=%s\ntime=%" G_GINT64_FORMAT "\n",
      deep ? "rotten" : "others", g_get_real_time ());
  if (deep) {
    options->mode = options->pool.mode = CVI_MODE_DEEP;
    options->pool.ranges = verify->rotten;
  }
  progress = cvi_progress_new ("none", sources);
  session = cvi_scan_session_new (
      options, sources, verify->report, progress, stats, exec, error);
  return session && cvi_scan_session_run (session, &interrupted, error);
}

/* Without a scan: stored and told as verifying has found them. */
static gboolean
put_rotten (CviVerify *verify, GPtrArray *paths, GError **error)
{
  g_autofree char *args = g_strdup_printf (
      "verify=rotten\ntime=%" G_GINT64_FORMAT "\n", g_get_real_time ());
  gboolean resumed;
  gint64 scan = cvi_store_begin_scan (
      verify->store, args, "rotten files", CVI_MODE_DEEP, &resumed, error);

  for (guint i = 0; scan >= 0 && i < paths->len; i++) {
    const char *path = g_ptr_array_index (paths, i);
    g_autoptr (CviResult) result = cvi_result_new (path, CVI_MODE_DEEP);
    g_autoptr (CviStoredFixity) stored =
        cvi_store_find_fixity (verify->store, path, error);

    if (stored && stored->fixity) {
      result->size = stored->fixity->size;
      result->mtime_ns = stored->fixity->mtime_ns;
    }
    if (!stored ||
        !cvi_fixity_judge (verify->store, verify->rotten, result, error) ||
        !cvi_store_put (verify->store, scan, result, error) ||
        !cvi_store_apply_marks (verify->store, result, error) ||
        !cvi_report_add (verify->report, result, TRUE, error))
      return FALSE;
  }
  return scan >= 0 &&
         cvi_store_end_scan (verify->store, scan, "finished", 0, error);
}

/* Returns: (transfer full) (nullable): the deep scan of an earlier run, if the
 * file is as it was then: nothing new would be found */
static CviResult *
load_told (CviVerify *verify, const char *path, GError **error)
{
  GVariant *packed = g_hash_table_lookup (verify->rotten, path);
  g_autoptr (CviStoredFixity) stored =
      cvi_store_find_fixity (verify->store, path, error);
  g_autoptr (CviResult) result = NULL;
  CviStoreMatch match = { .mode = CVI_MODE_DEEP };
  const CviByteRange *ranges;
  CviVerdict verdict;
  gint64 id;
  gsize n;

  if (!stored || !stored->fixity)
    return NULL;
  match.size = stored->fixity->size;
  match.mtime_ns = stored->fixity->mtime_ns;
  id = cvi_store_find_current (
      verify->store, path, &match, &verdict, NULL, error);
  result = id > 0 ? cvi_store_load (verify->store, id, error) : NULL;
  ranges = g_variant_get_fixed_array (packed, &n, sizeof (CviByteRange));
  for (gsize i = 0; result && i < n; i++) {
    if (!cvi_fixity_is_told (result, &ranges[i]))
      return NULL;
  }
  return g_steal_pointer (&result);
}

/* Reports those of @paths that need no new scan, and takes them out. */
static gboolean
report_told (CviVerify *verify, GPtrArray *paths, GError **error)
{
  for (guint i = paths->len; i > 0; i--) {
    g_autoptr (GError) local = NULL;
    g_autoptr (CviResult) result =
        load_told (verify, g_ptr_array_index (paths, i - 1), &local);

    if (result && !cvi_report_add (verify->report, result, FALSE, &local))
      g_clear_pointer (&result, cvi_result_free);
    if (local) {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
    if (result)
      g_ptr_array_remove_index (paths, i - 1);
  }
  return TRUE;
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *
list_rotten (CviVerify *verify)
{
  GPtrArray *paths = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer path;

  g_hash_table_iter_init (&iter, verify->rotten);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    g_ptr_array_add (paths, path);
  g_ptr_array_sort (paths, compare_paths);
  return paths;
}

gboolean
cvi_verify_scan (CviVerify *verify, GError **error)
{
  g_autoptr (GPtrArray) rotten = list_rotten (verify);
  gboolean deep =
      !cvi_settings_get_flag (verify->settings, CVI_SETTING_NO_DEEP) &&
      !cvi_signals_get_stop ();

  if (!report_told (verify, rotten, error))
    return FALSE;
  if (!deep && rotten->len > 0 && !put_rotten (verify, rotten, error))
    return FALSE;
  /* The scans have a connection of their own. */
  if (!cvi_store_close (g_steal_pointer (&verify->store), error))
    return FALSE;
  if (deep && rotten->len > 0 && !scan_list (verify, rotten, TRUE, error))
    return FALSE;
  return verify->to_scan->len == 0 || cvi_signals_get_stop () ||
         scan_list (verify, verify->to_scan, FALSE, error);
}
