/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-open-store.h"

char *
cvi_choose_store (CviSettings *settings)
{
  const char *db;

  g_return_val_if_fail (settings, NULL);

  db = cvi_settings_get_text (settings, CVI_SETTING_DB);
  return db ? g_strdup (db) : cvi_store_default_path ();
}

CviStore *
cvi_open_store (CviSettings *settings, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) problem = NULL;
  CviStore *store;

  g_return_val_if_fail (settings, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  path = cvi_choose_store (settings);
  store = cvi_store_open (path, TRUE, &problem);
  if (store)
    return store;
  if (g_error_matches (problem, CVI_STORE_ERROR, CVI_STORE_ERROR_OLDER)) {
    g_clear_error (&problem);
    store = cvi_store_open (path, FALSE, &problem);
    if (store && cvi_store_close (store, &problem))
      return cvi_store_open (path, TRUE, error);
  }
  g_propagate_error (error, g_steal_pointer (&problem));
  return NULL;
}

CviStore *
cvi_open_store_to_change (CviSettings *settings, GError **error)
{
  g_autofree char *path = NULL;

  g_return_val_if_fail (settings, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  path = cvi_choose_store (settings);
  /* Opening it to be read is what says that there is none. */
  return cvi_store_open (path, !g_file_test (path, G_FILE_TEST_EXISTS), error);
}

gboolean
cvi_choose_scan (
    CviSettings *settings, CviStore *store, gint64 *scan, GError **error)
{
  const char *which;
  g_autoptr (CviScanInfo) info = NULL;

  g_return_val_if_fail (settings && store && scan, FALSE);
  g_return_val_if_fail (!error || !*error, FALSE);

  which = cvi_settings_get_text (settings, CVI_SETTING_SCAN);
  *scan = 0;
  if (!which)
    return TRUE;
  info = cvi_store_find_scan (store, which, error);
  if (!info)
    return FALSE;
  *scan = info->id;
  return TRUE;
}
