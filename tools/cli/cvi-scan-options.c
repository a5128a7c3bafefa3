/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-scan-options.h"

#include "tools/cli/cvi-open-store.h"
#include "tools/cli/cvi-paths.h"

#define MIB (1024 * 1024)

/* Of two settings that exclude each other the one from the greater source
 * counts; from the same source they are an error.
 * Returns: FALSE with @error; @a_counts tells whether @a is set and counts */
static gboolean
choose_between (CviSettings *settings, CviSettingId a, CviSettingId b,
    gboolean b_is_set, gboolean *a_counts, GError **error)
{
  CviSettingSource a_source = cvi_settings_get_source (settings, a);
  CviSettingSource b_source = cvi_settings_get_source (settings, b);

  *a_counts = cvi_settings_get_flag (settings, a);
  if (!*a_counts || !b_is_set || a_source > b_source)
    return TRUE;
  *a_counts = FALSE;
  if (a_source < b_source)
    return TRUE;
  g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
      "--%s and --%s exclude each other", cvi_setting_table[a].name,
      cvi_setting_table[b].name);
  return FALSE;
}

static gboolean
choose_db (CviScanOptions *options, CviSettings *settings, GError **error)
{
  const char *db = cvi_settings_get_text (settings, CVI_SETTING_DB);
  gboolean no_db;

  if (!choose_between (settings, CVI_SETTING_NO_DB, CVI_SETTING_DB, db != NULL,
          &no_db, error))
    return FALSE;
  if (!no_db)
    options->db = cvi_choose_store (settings);
  return TRUE;
}

static gboolean
choose_age (CviScanOptions *options, CviSettings *settings, GError **error)
{
  guint64 age = cvi_settings_get_count (settings, CVI_SETTING_MAX_AGE);
  gboolean has_age = age != G_MAXUINT64;

  if (!choose_between (settings, CVI_SETTING_RESCAN, CVI_SETTING_MAX_AGE,
          has_age, &options->rescan, error))
    return FALSE;
  if (has_age && !options->rescan)
    options->not_before =
        MAX (1, g_get_real_time () / G_USEC_PER_SEC - (gint64)age);
  return TRUE;
}

void
cvi_scan_options_limit (
    CviPoolConfig *pool, CviSettings *settings, CviMode mode)
{
  pool->mode = mode;
  pool->hw = cvi_settings_get_text (settings, CVI_SETTING_HW);
  pool->hw_devices = (const char *const *)cvi_settings_get_list (
      settings, CVI_SETTING_HW_DEVICE);
  pool->hw_sessions =
      (guint)cvi_settings_get_count (settings, CVI_SETTING_HW_SESSIONS);
  pool->sandbox = cvi_settings_get_text (settings, CVI_SETTING_SANDBOX);
  pool->stall_timeout_s =
      cvi_settings_get_seconds (settings, CVI_SETTING_STALL_TIMEOUT);
  pool->file_timeout_s =
      cvi_settings_get_seconds (settings, CVI_SETTING_FILE_TIMEOUT);
  /* Mode full has no limit unless it is asked for. */
  if (cvi_settings_get_source (settings, CVI_SETTING_FILE_TIMEOUT) ==
      CVI_FROM_DEFAULT)
    pool->file_timeout_s = mode == CVI_MODE_FULL ? 0 : CVI_POOL_TIMEOUT_SCALED;
  pool->memory_limit_bytes =
      cvi_settings_get_count (settings, CVI_SETTING_MEMORY_LIMIT) * MIB;
}

static void
set_pool (
    CviScanOptions *options, CviSettings *settings, const CviSources *sources)
{
  CviPoolConfig *pool = &options->pool;

  cvi_scan_options_limit (pool, settings, options->mode);
  options->worker = cvi_worker_path ();
  pool->worker = options->worker;
  pool->n_workers = (guint)cvi_settings_get_count (settings, CVI_SETTING_JOBS);
  /* "auto" becomes CVI_DEVICES_AUTO. */
  pool->jobs_per_device = (guint)MIN (
      cvi_settings_get_count (settings, CVI_SETTING_JOBS_PER_DEVICE),
      CVI_DEVICES_AUTO);
  pool->hash = cvi_settings_get_text (settings, CVI_SETTING_HASH);
  pool->hash_block =
      cvi_settings_get_count (settings, CVI_SETTING_HASH_BLOCK) * 1024;
  pool->roots = (const char *const *)sources->roots;
}

static void
set_fetch (CviScanOptions *options, CviSettings *settings)
{
  CviFetchConfig *fetch = &options->fetch;

  options->fetcher = cvi_fetcher_path ();
  fetch->program = options->fetcher;
  fetch->sandbox = options->pool.sandbox;
  fetch->recorder = options->worker;
  fetch->live_s = cvi_settings_get_seconds (settings, CVI_SETTING_LIVE_TIME);
  fetch->limit =
      cvi_settings_get_count (settings, CVI_SETTING_SPOOL_LIMIT) * MIB;
  fetch->stall_timeout_s = options->pool.stall_timeout_s;
  /* As for files: what is not asked for goes by the size. */
  fetch->time_limit_s = options->pool.file_timeout_s;
}

/* One value a line; escaped, so that no name can pass for another line. */
static void
add_arg (GString *args, const char *name, const char *value)
{
  g_autofree char *escaped = g_strescape (value, NULL);

  g_string_append_printf (args, "%s=%s\n", name, escaped);
}

static void
add_args (GString *args, const char *name, char **values)
{
  for (char **value = values; value && *value; value++)
    add_arg (args, name, *value);
}

static char *
make_args (const CviScanOptions *options, const CviSources *sources)
{
  GString *args = g_string_new (NULL);

  add_arg (args, "mode", cvi_mode_to_string (options->mode));
  add_arg (args, "hw", options->pool.hw);
  add_arg (args, "rescan", options->rescan ? "yes" : "no");
  add_arg (args, "recursive", sources->recursive ? "yes" : "no");
  add_args (args, "ext", sources->extensions);
  add_args (args, "exclude", sources->excludes);
  if (sources->list)
    add_arg (args, "files-from", sources->list);
  add_args (args, "root", sources->roots);
  return g_string_free (args, FALSE);
}

static char *
make_roots (const CviSources *sources)
{
  g_autofree char *joined = g_strjoinv (" ", sources->roots);

  return cvi_sanitise_text (
      joined[0] || !sources->list ? joined : sources->list, -1, 4096);
}

CviScanOptions *
cvi_scan_options_new (
    CviSettings *settings, const CviSources *sources, GError **error)
{
  g_autoptr (CviScanOptions) options = NULL;

  g_return_val_if_fail (settings, NULL);
  g_return_val_if_fail (sources, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  options = g_new0 (CviScanOptions, 1);
  /* The table lets no other names through. */
  if (!cvi_mode_from_string (
          cvi_settings_get_text (settings, CVI_SETTING_MODE), &options->mode))
    g_return_val_if_reached (NULL);
  if (!choose_db (options, settings, error) ||
      !choose_age (options, settings, error))
    return NULL;
  set_pool (options, settings, sources);
  set_fetch (options, settings);
  options->args = make_args (options, sources);
  options->roots = make_roots (sources);
  return g_steal_pointer (&options);
}

void
cvi_scan_options_free (CviScanOptions *options)
{
  if (!options)
    return;
  g_free (options->db);
  g_free (options->args);
  g_free (options->roots);
  g_free (options->worker);
  g_free (options->fetcher);
  g_free (options);
}
