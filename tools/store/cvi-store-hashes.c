/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Writing what is known of files' content. */
#include "tools/store/cvi-store-private.h"

#include <string.h>

static const char failed[] = "cannot store hashes";

static gint64
now_s (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

/* Digests of other content than @fixity's are worth nothing any more; those of
 * an imported list wait for the first comparison. */
static gboolean
drop_old_digests (
    CviStore *store, gint64 file, const CviFixity *fixity, GError **error)
{
  g_autoptr (CviQuery) find = cvi_store_query (store, CVI_QUERY_FIND_WHOLE);
  g_autoptr (CviQuery) remove = NULL;
  int rc;

  sqlite3_bind_int64 (find, 1, file);
  rc = sqlite3_step (find);
  if (rc == SQLITE_DONE)
    return TRUE;
  if (rc != SQLITE_ROW) {
    cvi_store_set_error (store, error, failed);
    return FALSE;
  }
  if (sqlite3_column_type (find, 0) == SQLITE_NULL ||
      (sqlite3_column_bytes (find, 0) == CVI_FIXITY_DIGEST &&
          memcmp (sqlite3_column_blob (find, 0), fixity->whole,
              CVI_FIXITY_DIGEST) == 0))
    return TRUE;
  remove = cvi_store_query (store, CVI_QUERY_REMOVE_DIGESTS);
  sqlite3_bind_int64 (remove, 1, file);
  return cvi_store_run (store, remove, failed, error);
}

static gboolean
put_digest (CviStore *store, gint64 file, const char *algorithm, GBytes *digest,
    gboolean checked, GError **error)
{
  g_autoptr (CviQuery) query = cvi_store_query (store, CVI_QUERY_PUT_DIGEST);
  gsize size;
  gconstpointer data = g_bytes_get_data (digest, &size);

  sqlite3_bind_int64 (query, 1, file);
  cvi_query_bind_text (query, 2, algorithm);
  sqlite3_bind_blob64 (query, 3, data, size, SQLITE_STATIC);
  sqlite3_bind_int (query, 4, checked);
  return cvi_store_run (store, query, failed, error);
}

gboolean
cvi_store_put_hashes (
    CviStore *store, gint64 file, const CviFixity *fixity, GError **error)
{
  g_autoptr (CviQuery) query = NULL;
  gsize size;
  gconstpointer blocks = g_bytes_get_data (fixity->blocks, &size);

  if (!drop_old_digests (store, file, fixity, error))
    return FALSE;
  query = cvi_store_query (store, CVI_QUERY_PUT_HASHES);
  sqlite3_bind_int64 (query, 1, file);
  cvi_query_bind_u64 (query, 2, fixity->size);
  sqlite3_bind_int64 (query, 3, fixity->mtime_ns);
  cvi_query_bind_u64 (query, 4, fixity->block_size);
  sqlite3_bind_blob64 (
      query, 5, fixity->whole, sizeof fixity->whole, SQLITE_STATIC);
  /* Of an empty file there are none, which is not the same as not known. */
  sqlite3_bind_blob64 (query, 6, size > 0 ? blocks : "", size, SQLITE_STATIC);
  sqlite3_bind_int64 (query, 7, now_s ());
  if (!cvi_store_run (store, query, failed, error))
    return FALSE;
  return !fixity->sha256 ||
         put_digest (store, file, "sha256", fixity->sha256, TRUE, error);
}

typedef struct {
  const char *path;
  const CviFixity *fixity;
  const char *algorithm;
  GBytes *digest;
  gint64 id;
  CviStoreState mark;
  const gint64 *mtime_ns;
} Change;

static gboolean
change_fixity (CviStore *store, gpointer user_data, GError **error)
{
  const Change *change = user_data;
  gint64 file = cvi_store_get_file_id (store, change->path, error);

  return file >= 0 && cvi_store_put_hashes (store, file, change->fixity, error);
}

gboolean
cvi_store_set_fixity (
    CviStore *store, const char *path, const CviFixity *fixity, GError **error)
{
  Change change = { .path = path, .fixity = fixity };

  g_return_val_if_fail (store != NULL && path != NULL, FALSE);
  g_return_val_if_fail (fixity != NULL, FALSE);

  return cvi_store_change (store, change_fixity, &change, error);
}

static gboolean
change_digest (CviStore *store, gpointer user_data, GError **error)
{
  const Change *change = user_data;
  gint64 file = cvi_store_get_file_id (store, change->path, error);
  g_autoptr (CviQuery) query = NULL;

  if (file < 0)
    return FALSE;
  query = cvi_store_query (store, CVI_QUERY_ADD_HASHLESS);
  sqlite3_bind_int64 (query, 1, file);
  sqlite3_bind_int64 (query, 2, now_s ());
  return cvi_store_run (store, query, failed, error) &&
         put_digest (
             store, file, change->algorithm, change->digest, FALSE, error);
}

gboolean
cvi_store_set_digest (CviStore *store, const char *path, const char *algorithm,
    GBytes *digest, GError **error)
{
  Change change = { .path = path, .algorithm = algorithm, .digest = digest };

  g_return_val_if_fail (store != NULL && path != NULL, FALSE);
  g_return_val_if_fail (algorithm != NULL && digest != NULL, FALSE);

  return cvi_store_change (store, change_digest, &change, error);
}

static gboolean
change_checked (CviStore *store, gpointer user_data, GError **error)
{
  const Change *change = user_data;
  g_autoptr (CviQuery) query = cvi_store_query (store, CVI_QUERY_SET_CHECKED);

  sqlite3_bind_int64 (query, 1, change->id);
  cvi_query_bind_text (query, 2, change->algorithm);
  return cvi_store_run (store, query, failed, error);
}

gboolean
cvi_store_check_digest (
    CviStore *store, gint64 id, const char *algorithm, GError **error)
{
  Change change = { .id = id, .algorithm = algorithm };

  g_return_val_if_fail (store != NULL && algorithm != NULL, FALSE);

  return cvi_store_change (store, change_checked, &change, error);
}

static gboolean
change_mark (CviStore *store, gpointer user_data, GError **error)
{
  static const CviQueryId queries[] = {
    [CVI_STORE_VERIFIED] = CVI_QUERY_SET_VERIFIED,
    [CVI_STORE_ROTTEN] = CVI_QUERY_SET_ROTTEN,
    [CVI_STORE_VANISHED] = CVI_QUERY_SET_VANISHED,
  };
  const Change *change = user_data;
  g_autoptr (CviQuery) query = cvi_store_query (store, queries[change->mark]);

  sqlite3_bind_int64 (query, 1, change->id);
  sqlite3_bind_int64 (query, 2, now_s ());
  if (change->mtime_ns && change->mark == CVI_STORE_VERIFIED)
    sqlite3_bind_int64 (query, 3, *change->mtime_ns);
  return cvi_store_run (store, query, failed, error);
}

gboolean
cvi_store_mark_fixity (CviStore *store, gint64 id, CviStoreState mark,
    const gint64 *mtime_ns, GError **error)
{
  Change change = { .id = id, .mark = mark, .mtime_ns = mtime_ns };

  g_return_val_if_fail (store != NULL, FALSE);

  return cvi_store_change (store, change_mark, &change, error);
}

static gboolean
run_on (
    CviStore *store, CviQueryId id, gint64 first, gint64 second, GError **error)
{
  g_autoptr (CviQuery) query = cvi_store_query (store, id);

  sqlite3_bind_int64 (query, 1, first);
  if (second > 0)
    sqlite3_bind_int64 (query, 2, second);
  return cvi_store_run (store, query, failed, error);
}

static gboolean
run_with_path (
    CviStore *store, CviQueryId id, const Change *change, GError **error)
{
  g_autoptr (CviQuery) query = cvi_store_query (store, id);

  sqlite3_bind_int64 (query, 1, change->id);
  cvi_query_bind_path (query, 2, change->path);
  return cvi_store_run (store, query, failed, error);
}

static gboolean
change_path (CviStore *store, gpointer user_data, GError **error)
{
  const Change *change = user_data;
  gint64 there = cvi_store_get_file_id (store, change->path, error);

  if (there < 0)
    return FALSE;
  if (there == change->id)
    return TRUE;
  /* The mark goes first, while the file still has its old name. */
  return run_on (store, CVI_QUERY_MOVE_RESULTS, change->id, there, error) &&
         run_on (store, CVI_QUERY_REMOVE_FILE_ROW, there, 0, error) &&
         run_with_path (store, CVI_QUERY_MOVE_MARK, change, error) &&
         run_with_path (store, CVI_QUERY_MOVE_FILE, change, error);
}

gboolean
cvi_store_move_file (
    CviStore *store, gint64 id, const char *path, GError **error)
{
  Change change = { .id = id, .path = path };

  g_return_val_if_fail (store != NULL && path != NULL, FALSE);

  return cvi_store_change (store, change_path, &change, error);
}
