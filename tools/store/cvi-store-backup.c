/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/store/cvi-store-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <glib/gstdio.h>

/* Pages copied before another process gets its turn. */
#define STEP_PAGES 1024

static gboolean
fail (GError **error, const char *path, const char *what, const char *reason)
{
  g_autofree char *name = g_filename_display_name (path);

  g_set_error (error, CVI_STORE_ERROR, CVI_STORE_ERROR_FAILED, "%s: %s: %s",
      name, what, reason);
  return FALSE;
}

static gboolean
copy_pages (CviStore *store, sqlite3 *copy, const char *path, GError **error)
{
  sqlite3_backup *backup =
      sqlite3_backup_init (copy, "main", store->db, "main");
  int rc, waits = 0;

  if (backup == NULL)
    return fail (error, path, "cannot be written", sqlite3_errmsg (copy));
  do {
    rc = sqlite3_backup_step (backup, STEP_PAGES);
    /* Another process holds a lock; begins anew where it has written. */
    if ((rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED) {
      if (waits++ > store->busy_timeout_ms)
        break;
      g_usleep (1000);
      rc = SQLITE_OK;
    }
  } while (rc == SQLITE_OK);
  sqlite3_backup_finish (backup);
  if (rc == SQLITE_DONE)
    return TRUE;
  return fail (error, path, "cannot be written", sqlite3_errstr (rc));
}

/* One file without a log beside it, and whole. */
static gboolean
check_copy (sqlite3 *copy, const char *path, GError **error)
{
  sqlite3_stmt *check = NULL;
  const char *said = "no answer";
  gboolean ok;

  if (sqlite3_exec (copy, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) !=
          SQLITE_OK ||
      sqlite3_prepare_v2 (
          copy, "PRAGMA integrity_check (1)", -1, &check, NULL) != SQLITE_OK)
    return fail (error, path, "cannot be checked", sqlite3_errmsg (copy));
  if (sqlite3_step (check) == SQLITE_ROW)
    said = (const char *)sqlite3_column_text (check, 0);
  ok = g_strcmp0 (said, "ok") == 0;
  if (!ok)
    fail (error, path, "the copy is damaged, as the store may be", said);
  sqlite3_finalize (check);
  return ok;
}

static gboolean
write_copy (
    CviStore *store, const char *temporary, const char *path, GError **error)
{
  sqlite3 *copy = NULL;
  gboolean ok;
  int fd;

  if (sqlite3_open_v2 (temporary, &copy,
          SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
    fail (error, path, "cannot be written", sqlite3_errmsg (copy));
    sqlite3_close (copy);
    return FALSE;
  }
  ok = copy_pages (store, copy, path, error) && check_copy (copy, path, error);
  sqlite3_close (copy);
  if (!ok)
    return FALSE;
  fd = g_open (temporary, O_RDWR | O_CLOEXEC, 0);
  ok = fd >= 0 && fsync (fd) == 0;
  if (!ok)
    fail (error, path, "cannot be written", g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return ok;
}

/* Gives the copy its name, which no other program can take meanwhile. */
static gboolean
name_copy (
    const char *temporary, const char *path, gboolean replace, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int fd;

  if (replace ? rename (temporary, path) != 0 : link (temporary, path) != 0)
    return fail (error, path, "cannot be made", g_strerror (errno));
  if (!replace)
    g_unlink (temporary);
  fd = g_open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (fd >= 0) {
    fsync (fd);
    close (fd);
  }
  return TRUE;
}

static gboolean
is_store_itself (CviStore *store, const char *path)
{
  struct stat a, b;

  return stat (store->path, &a) == 0 && stat (path, &b) == 0 &&
         a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

gboolean
cvi_store_backup (
    CviStore *store, const char *path, gboolean replace, GError **error)
{
  g_autofree char *temporary = NULL;
  gboolean ok;
  int fd;

  g_return_val_if_fail (store != NULL && path != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (is_store_itself (store, path))
    return fail (error, path, "is the store itself", "name another file");
  if (!replace && g_file_test (path, G_FILE_TEST_EXISTS))
    return fail (error, path, "is there already",
        "name another file, or use --force to replace it");
  temporary = g_strconcat (path, ".XXXXXX", NULL);
  fd = g_mkstemp_full (temporary, O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0)
    return fail (error, path, "cannot be made", g_strerror (errno));
  close (fd);
  ok = write_copy (store, temporary, path, error) &&
       name_copy (temporary, path, replace, error);
  if (!ok)
    g_unlink (temporary);
  return ok;
}
