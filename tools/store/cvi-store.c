/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/store/cvi-store-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>

#define MEMORY ":memory:"

/* Waits between two looks at a lock (us). SQLite's own handler waits up to
 * 100 ms, and then seldom meets the short time in which a busy writer does not
 * hold the lock. */
#define LOCK_POLL 500

char *
cvi_store_default_path (void)
{
  return g_build_filename (
      g_get_user_data_dir (), "cvi-gst", "results.db", NULL);
}

static int
wait_for_lock (void *data, int n_calls)
{
  gint64 *timeout_ms = data;

  if ((gint64)n_calls * LOCK_POLL >= *timeout_ms * 1000)
    return 0;
  g_usleep (LOCK_POLL);
  return 1;
}

/* SQLite would make the file with the umask's mode. It gives the -wal and -shm
 * files the mode of the file itself. */
static gboolean
create_file (CviStore *store, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (store->path);
  int fd;

  if (g_mkdir_with_parents (folder, 0700) != 0) {
    cvi_store_set_error_literal (store, error, CVI_STORE_ERROR_OPEN,
        "cannot make its folder", g_strerror (errno));
    return FALSE;
  }
  /* Never opens a file that is there: closing it would drop the locks of this
   * process's other connections to it. */
  fd = g_open (store->path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0 && errno != EEXIST) {
    cvi_store_set_error_literal (store, error, CVI_STORE_ERROR_OPEN,
        "cannot be created", g_strerror (errno));
    return FALSE;
  }
  if (fd >= 0)
    close (fd);
  return TRUE;
}

static gboolean
connect_db (CviStore *store, const char *name, int flags, GError **error)
{
  if (sqlite3_open_v2 (name, &store->db,
          flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
          NULL) != SQLITE_OK) {
    cvi_store_set_error (store, error, "cannot be opened");
    return FALSE;
  }
  sqlite3_busy_handler (store->db, wait_for_lock, &store->busy_timeout_ms);
  sqlite3_db_config (store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  return TRUE;
}

/* Changing to WAL is the one operation that can meet a lock without asking
 * the busy handler: two processes that create a store at the same moment. */
static gboolean
set_journal_mode (CviStore *store, GError **error)
{
  const char *sql = "PRAGMA journal_mode = WAL";
  int rc;

  for (int n = 0;; n++) {
    rc = sqlite3_exec (store->db, sql, NULL, NULL, NULL);
    if ((rc & 0xff) != SQLITE_BUSY ||
        !wait_for_lock (&store->busy_timeout_ms, n))
      break;
  }
  if (rc == SQLITE_OK)
    return TRUE;
  cvi_store_set_error (store, error, "cannot be opened");
  return FALSE;
}

static gboolean
set_up (CviStore *store, GError **error)
{
  g_autofree char *sql = cvi_store_get_sql ("open");

  return cvi_store_exec (store, sql, "cannot be opened", error) &&
         (store->readonly || set_journal_mode (store, error)) &&
         cvi_store_update_schema (store, error) &&
         cvi_store_prepare_all (store, error);
}

static void
disconnect_db (CviStore *store)
{
  cvi_store_finalize_all (store);
  g_clear_pointer (&store->db, sqlite3_close_v2);
}

/* A store in a folder that cannot be written (a snapshot, a mounted backup)
 * cannot get the -shm file that WAL needs. If nobody left a -wal file either,
 * then everything is in the file itself, and it can be read as it is. */
static gboolean
reopen_immutable (CviStore *store, GError **error)
{
  g_autofree char *wal = g_strconcat (store->path, "-wal", NULL);
  g_autofree char *folder = g_path_get_dirname (store->path);
  g_autofree char *uri = NULL;
  g_autofree char *name = NULL;

  if (g_access (folder, W_OK) == 0 || g_access (store->path, R_OK) != 0 ||
      g_file_test (wal, G_FILE_TEST_EXISTS))
    return FALSE;
  uri = g_filename_to_uri (store->path, NULL, NULL);
  if (uri == NULL)
    return FALSE;
  g_clear_error (error);
  disconnect_db (store);
  name = g_strconcat (uri, "?immutable=1", NULL);
  return connect_db (
             store, name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, error) &&
         set_up (store, error);
}

static gboolean
open_readonly (CviStore *store, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (!g_file_test (store->path, G_FILE_TEST_EXISTS)) {
    cvi_store_set_error_literal (store, error, CVI_STORE_ERROR_OPEN,
        "cannot be opened", "there is no such store; a scan makes one");
    return FALSE;
  }
  if (connect_db (store, store->path, SQLITE_OPEN_READONLY, &local) &&
      set_up (store, &local))
    return TRUE;
  if (g_error_matches (local, CVI_STORE_ERROR, CVI_STORE_ERROR_OPEN) &&
      reopen_immutable (store, &local))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static gboolean
open_writable (CviStore *store, GError **error)
{
  if (strcmp (store->path, MEMORY) != 0 && !create_file (store, error))
    return FALSE;
  if (!connect_db (store, store->path,
          SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, error))
    return FALSE;
  /* SQLite is content with a file that it can only read. */
  if (sqlite3_db_readonly (store->db, "main") != 0) {
    cvi_store_set_error_literal (store, error, CVI_STORE_ERROR_OPEN,
        "cannot be written", g_strerror (EACCES));
    return FALSE;
  }
  return set_up (store, error);
}

CviStore *
cvi_store_open (const char *path, gboolean readonly, GError **error)
{
  CviStore *store;

  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  store = g_new0 (CviStore, 1);
  /* An absolute name is never taken for a URI or a temporary database. */
  store->path = strcmp (path, MEMORY) == 0
                    ? g_strdup (path)
                    : g_canonicalize_filename (path, NULL);
  store->readonly = readonly;
  store->busy_timeout_ms = CVI_STORE_BUSY_TIMEOUT_MS;
  if (readonly ? open_readonly (store, error) : open_writable (store, error))
    return store;
  cvi_store_free (store);
  return NULL;
}

gboolean
cvi_store_close (CviStore *store, GError **error)
{
  gboolean committed;

  g_return_val_if_fail (store != NULL, FALSE);

  committed = store->db == NULL || cvi_store_commit (store, error);
  disconnect_db (store);
  g_clear_error (&store->failure);
  g_clear_pointer (&store->rule_marks, g_ptr_array_unref);
  g_free (store->path);
  g_free (store);
  return committed;
}

void
cvi_store_free (CviStore *store)
{
  if (store != NULL)
    cvi_store_close (store, NULL);
}
