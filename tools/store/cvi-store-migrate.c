/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/store/cvi-store-private.h"

/* sql/NAME.sql of each version, from 1 on. A new version is a new file and a
 * new line here; released files never change. */
static const char *const migrations[] = { "001-initial", "002-newest",
  "003-marks", "004-fixity", "005-etags", NULL };

/* Set by 001-initial.sql. */
#define APPLICATION_ID 0x43564931

/* A transaction of its own around @sql; @version is what the file has then. */
static gboolean
run_step (CviStore *store, const char *sql, guint version, GError **error)
{
  g_autofree char *mark = g_strdup_printf ("PRAGMA user_version = %u", version);
  const char *what = "cannot set up its tables";
  gint64 now;

  if (!cvi_store_exec (store, "BEGIN IMMEDIATE", what, error))
    return FALSE;
  /* Another process may have been faster. */
  now = cvi_store_get_number (store, "PRAGMA user_version", error);
  if (now >= (gint64)version)
    return cvi_store_exec (store, "ROLLBACK", what, error);
  if (now >= 0 && cvi_store_exec (store, sql, what, error) &&
      cvi_store_exec (store, mark, what, error) &&
      cvi_store_exec (store, "COMMIT", what, error))
    return TRUE;
  sqlite3_exec (store->db, "ROLLBACK", NULL, NULL, NULL);
  return FALSE;
}

gboolean
cvi_store_migrate (CviStore *store, const char *const *steps, GError **error)
{
  gint64 version = cvi_store_get_number (store, "PRAGMA user_version", error);
  guint n_steps = g_strv_length ((char **)steps);

  if (version < 0)
    return FALSE;
  for (guint i = (guint)MIN (version, n_steps); i < n_steps; i++)
    if (!run_step (store, steps[i], i + 1, error))
      return FALSE;
  return TRUE;
}

/* Refuses what no migration can make a store of this version from. */
static gboolean
check_version (CviStore *store, gint64 version, GError **error)
{
  gint64 newest = G_N_ELEMENTS (migrations) - 1;
  g_autofree char *reason = NULL;

  if (version > newest) {
    reason = g_strdup_printf ("its version is %" G_GINT64_FORMAT
                              ", this cvi-gst knows up to %" G_GINT64_FORMAT,
        version, newest);
    cvi_store_set_error_literal (store, error, CVI_STORE_ERROR_NEWER,
        "written by a newer cvi-gst", reason);
    return FALSE;
  }
  if (store->readonly && version < newest) {
    reason = g_strdup_printf ("its version is %" G_GINT64_FORMAT
                              ", reading needs %" G_GINT64_FORMAT
                              ": a scan into it brings it up to date",
        version, newest);
    cvi_store_set_error_literal (store, error, CVI_STORE_ERROR_OLDER,
        "written by an older cvi-gst", reason);
    return FALSE;
  }
  return TRUE;
}

/* What tells whose database this is. */
typedef struct {
  gint64 application;
  gint64 version;
  gint64 n_tables;
} Identity;

/* All three as of one moment: another process may be making the store. */
static gboolean
read_identity (CviStore *store, Identity *identity, GError **error)
{
  const char *doing = "cannot be opened";
  gboolean done;

  if (!cvi_store_exec (store, "BEGIN", doing, error))
    return FALSE;
  /* Reading a table is what begins a transaction's view of the database. */
  identity->n_tables = cvi_store_get_number (
      store, "SELECT count (*) FROM sqlite_schema", error);
  done = identity->n_tables >= 0;
  if (done) {
    identity->application =
        cvi_store_get_number (store, "PRAGMA application_id", error);
    done = identity->application >= 0;
  }
  if (done) {
    identity->version =
        cvi_store_get_number (store, "PRAGMA user_version", error);
    done = identity->version >= 0;
  }
  if (!done) {
    cvi_store_exec (store, "ROLLBACK", doing, NULL);
    return FALSE;
  }
  return cvi_store_exec (store, "COMMIT", doing, error);
}

gboolean
cvi_store_update_schema (CviStore *store, GError **error)
{
  g_autoptr (GPtrArray) steps = g_ptr_array_new_with_free_func (g_free);
  Identity identity = { 0 };

  if (!read_identity (store, &identity, error))
    return FALSE;
  if (identity.application != APPLICATION_ID &&
      (identity.n_tables > 0 || identity.version > 0 ||
          identity.application != 0)) {
    cvi_store_set_error_literal (store, error, CVI_STORE_ERROR_CORRUPT,
        "is no store of cvi-gst", "it is the database of another program");
    return FALSE;
  }
  if (!check_version (store, identity.version, error))
    return FALSE;
  if (store->readonly)
    return TRUE;
  for (guint i = 0; migrations[i] != NULL; i++)
    g_ptr_array_add (steps, cvi_store_get_sql (migrations[i]));
  g_ptr_array_add (steps, NULL);
  return cvi_store_migrate (store, (const char *const *)steps->pdata, error);
}
