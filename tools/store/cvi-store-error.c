/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/store/cvi-store-private.h"

#include <errno.h>

GQuark
cvi_store_error_quark (void)
{
  return g_quark_from_static_string ("cvi-store-error-quark");
}

static const char *const advice[] = {
  [CVI_STORE_ERROR_OPEN] =
      "check that the file and its folder exist and may be read and written, "
      "or use another store",
  [CVI_STORE_ERROR_NEWER] = "use a newer cvi-gst, or another store",
  [CVI_STORE_ERROR_CORRUPT] =
      "move the file away (with its -wal and -shm files, if any) and restore a "
      "backup or scan again, or use another store",
  [CVI_STORE_ERROR_BUSY] =
      "another process is writing to it; try again when that has finished",
  [CVI_STORE_ERROR_FULL] =
      "free some space on its file system and scan again: the scan goes on "
      "where it stopped",
  [CVI_STORE_ERROR_NOT_FOUND] = NULL,
  [CVI_STORE_ERROR_FAILED] = NULL,
  [CVI_STORE_ERROR_OLDER] = NULL,
};

static CviStoreError
code_from_sqlite (int extended, int system_errno)
{
  switch (extended & 0xff) {
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return CVI_STORE_ERROR_OPEN;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return CVI_STORE_ERROR_CORRUPT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return CVI_STORE_ERROR_BUSY;
    case SQLITE_FULL:
      return CVI_STORE_ERROR_FULL;
    case SQLITE_IOERR:
      /* SQLite calls only ENOSPC a full disk; a quota is one too. */
      return system_errno == ENOSPC || system_errno == EDQUOT
                 ? CVI_STORE_ERROR_FULL
                 : CVI_STORE_ERROR_FAILED;
    default:
      return CVI_STORE_ERROR_FAILED;
  }
}

void
cvi_store_set_error_literal (CviStore *store, GError **error,
    CviStoreError code, const char *what, const char *reason)
{
  g_autofree char *name = g_filename_display_name (store->path);

  if (advice[code] != NULL)
    g_set_error (error, CVI_STORE_ERROR, code, "%s: %s: %s; %s", name, what,
        reason, advice[code]);
  else
    g_set_error (
        error, CVI_STORE_ERROR, code, "%s: %s: %s", name, what, reason);
}

/* The errno of what the operating system refused; 0 if it was not that. A
 * COMMIT that fails does not leave it with the connection, only with the file:
 * the write-ahead log or the database. */
static int
get_errno (CviStore *store, int extended)
{
  int primary = extended & 0xff;
  int number = sqlite3_system_errno (store->db);
  sqlite3_file *log = NULL;

  if (primary != SQLITE_IOERR && primary != SQLITE_CANTOPEN)
    return 0;
  if (number == 0 &&
      sqlite3_file_control (
          store->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK &&
      log != NULL && log->pMethods != NULL)
    log->pMethods->xFileControl (log, SQLITE_FCNTL_LAST_ERRNO, &number);
  if (number == 0)
    sqlite3_file_control (store->db, "main", SQLITE_FCNTL_LAST_ERRNO, &number);
  return number;
}

void
cvi_store_set_error (CviStore *store, GError **error, const char *what)
{
  int extended = sqlite3_extended_errcode (store->db);
  g_autofree char *message = g_strdup (sqlite3_errmsg (store->db));
  int system_errno = get_errno (store, extended);
  CviStoreError code = code_from_sqlite (extended, system_errno);
  g_autofree char *reason = NULL;

  if (system_errno != 0)
    reason = g_strdup_printf ("%s (%s)", message, g_strerror (system_errno));
  else
    reason = g_steal_pointer (&message);
  cvi_store_set_error_literal (store, error, code, what, reason);
}
