/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Reading what is known of files' content. */
#include "tools/store/cvi-store-private.h"

#include <string.h>

static const char failed[] = "cannot read hashes";

/* Columns of load-hashes.sql. */
enum {
  COLUMN_PATH,
  COLUMN_ID,
  COLUMN_SIZE,
  COLUMN_MTIME,
  COLUMN_BLOCK_SIZE,
  COLUMN_WHOLE,
  COLUMN_BLOCKS,
  COLUMN_VERIFIED,
  COLUMN_ROTTEN,
  COLUMN_VANISHED
};

void
cvi_stored_fixity_free (CviStoredFixity *stored)
{
  if (stored == NULL)
    return;
  g_free (stored->path);
  g_free (stored->unchecked);
  cvi_fixity_free (stored->fixity);
  g_clear_pointer (&stored->digests, g_hash_table_unref);
  g_free (stored);
}

static GBytes *
get_blob (CviQuery *query, int column)
{
  gconstpointer data = sqlite3_column_blob (query, column);

  return g_bytes_new (data, (gsize)sqlite3_column_bytes (query, column));
}

/* Returns: FALSE if what is stored cannot be hashes of a file */
static gboolean
read_fixity (CviQuery *query, CviStoredFixity *stored)
{
  g_autoptr (CviFixity) fixity = g_new0 (CviFixity, 1);

  fixity->size = cvi_query_get_u64 (query, COLUMN_SIZE);
  fixity->mtime_ns = sqlite3_column_int64 (query, COLUMN_MTIME);
  fixity->block_size = cvi_query_get_u64 (query, COLUMN_BLOCK_SIZE);
  fixity->blocks = get_blob (query, COLUMN_BLOCKS);
  if (fixity->size == CVI_NONE || fixity->block_size == CVI_NONE ||
      fixity->block_size < CVI_FIXITY_MIN_BLOCK ||
      sqlite3_column_bytes (query, COLUMN_WHOLE) != CVI_FIXITY_DIGEST ||
      g_bytes_get_size (fixity->blocks) !=
          CVI_FIXITY_DIGEST *
              cvi_fixity_count_blocks (fixity->size, fixity->block_size))
    return FALSE;
  memcpy (fixity->whole, sqlite3_column_blob (query, COLUMN_WHOLE),
      CVI_FIXITY_DIGEST);
  stored->fixity = g_steal_pointer (&fixity);
  return TRUE;
}

static gboolean
read_digests (CviStore *store, CviStoredFixity *stored, GError **error)
{
  g_autoptr (CviQuery) query = cvi_store_query (store, CVI_QUERY_LOAD_DIGESTS);
  int rc;

  stored->digests = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
  sqlite3_bind_int64 (query, 1, stored->id);
  while ((rc = sqlite3_step (query)) == SQLITE_ROW) {
    char *name = cvi_query_get_text (query, 0);

    if (sqlite3_column_int (query, 2) == 0 && stored->unchecked == NULL)
      stored->unchecked = g_strdup (name);
    g_hash_table_insert (stored->digests, name, get_blob (query, 1));
  }
  if (rc == SQLITE_DONE)
    return TRUE;
  cvi_store_set_error (store, error, failed);
  return FALSE;
}

CviStoredFixity *
cvi_store_load_fixity (CviStore *store, gint64 id, GError **error)
{
  g_autoptr (CviStoredFixity) stored = NULL;
  g_autoptr (CviQuery) query = NULL;
  int rc;

  g_return_val_if_fail (store != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  query = cvi_store_query (store, CVI_QUERY_LOAD_HASHES);
  sqlite3_bind_int64 (query, 1, id);
  rc = sqlite3_step (query);
  if (rc == SQLITE_DONE)
    return NULL;
  if (rc != SQLITE_ROW) {
    cvi_store_set_error (store, error, failed);
    return NULL;
  }
  stored = g_new0 (CviStoredFixity, 1);
  stored->id = id;
  stored->path = cvi_query_get_bytes (query, COLUMN_PATH);
  stored->verified_at = sqlite3_column_int64 (query, COLUMN_VERIFIED);
  stored->rotten_at = sqlite3_column_int64 (query, COLUMN_ROTTEN);
  stored->vanished_at = sqlite3_column_int64 (query, COLUMN_VANISHED);
  if (sqlite3_column_type (query, COLUMN_WHOLE) != SQLITE_NULL &&
      !read_fixity (query, stored)) {
    cvi_store_set_error_literal (store, error, CVI_STORE_ERROR_CORRUPT, failed,
        "those of a file do not fit its size");
    return NULL;
  }
  if (!read_digests (store, stored, error))
    return NULL;
  return g_steal_pointer (&stored);
}

CviStoredFixity *
cvi_store_find_fixity (CviStore *store, const char *path, GError **error)
{
  gint64 id = 0;
  int rc;

  g_return_val_if_fail (store != NULL && path != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  {
    g_autoptr (CviQuery) query = cvi_store_query (store, CVI_QUERY_FIND_FILE);

    cvi_query_bind_path (query, 1, path);
    rc = sqlite3_step (query);
    if (rc == SQLITE_ROW)
      id = sqlite3_column_int64 (query, 0);
  }
  if (rc == SQLITE_ROW)
    return cvi_store_load_fixity (store, id, error);
  if (rc != SQLITE_DONE)
    cvi_store_set_error (store, error, failed);
  return NULL;
}

/* Is @path, of @len bytes, @prefix (without slashes at its end) or below? */
static gboolean
is_inside (const char *path, gsize len, const char *prefix, gsize prefix_len)
{
  return len >= prefix_len && memcmp (path, prefix, prefix_len) == 0 &&
         (len == prefix_len || path[prefix_len] == '/');
}

/* @prefix: (nullable). Column 0 is an id, column 1 its path. */
static GArray *
list_ids (CviStore *store, CviStatement *statement, const char *prefix,
    GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  gsize prefix_len = prefix != NULL ? strlen (prefix) : 0;
  int rc;

  while ((rc = sqlite3_step (statement)) == SQLITE_ROW) {
    gint64 id = sqlite3_column_int64 (statement, 0);
    const char *path = sqlite3_column_blob (statement, 1);
    gsize len = (gsize)sqlite3_column_bytes (statement, 1);

    if (prefix == NULL || is_inside (path, len, prefix, prefix_len))
      g_array_append_val (ids, id);
  }
  if (rc == SQLITE_DONE)
    return g_steal_pointer (&ids);
  cvi_store_set_error (store, error, failed);
  return NULL;
}

GArray *
cvi_store_list_fixity (
    CviStore *store, const char *prefix, gboolean oldest_first, GError **error)
{
  g_autoptr (CviStatement) statement = NULL;
  g_autofree char *folder = g_strdup (prefix);

  g_return_val_if_fail (store != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  for (gsize len = folder ? strlen (folder) : 0;
       len > 0 && folder[len - 1] == '/'; len--)
    folder[len - 1] = '\0';
  statement = cvi_store_prepare (
      store, oldest_first ? "list-hashes" : "list-hashes-by-path", error);
  if (statement == NULL)
    return NULL;
  sqlite3_bind_blob64 (statement, 1, folder ? folder : "",
      folder ? strlen (folder) : 0, SQLITE_STATIC);
  return list_ids (store, statement, folder, error);
}

GArray *
cvi_store_list_fixity_of_size (CviStore *store, guint64 size, GError **error)
{
  g_autoptr (CviStatement) statement = NULL;

  g_return_val_if_fail (store != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  statement = cvi_store_prepare (store, "list-hashes-of-size", error);
  if (statement == NULL)
    return NULL;
  cvi_query_bind_u64 (statement, 1, size);
  return list_ids (store, statement, NULL, error);
}

gboolean
cvi_store_foreach_duplicate (CviStore *store, CviStoreDuplicateFunc func,
    gpointer user_data, GError **error)
{
  g_autoptr (CviStatement) statement = NULL;
  int rc;

  g_return_val_if_fail (store != NULL && func != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  statement = cvi_store_prepare (store, "list-duplicates", error);
  if (statement == NULL)
    return FALSE;
  while ((rc = sqlite3_step (statement)) == SQLITE_ROW) {
    g_autofree char *path = cvi_query_get_bytes (statement, 2);

    if (sqlite3_column_bytes (statement, 0) == CVI_FIXITY_DIGEST &&
        !func (sqlite3_column_blob (statement, 0),
            cvi_query_get_u64 (statement, 1), path, user_data))
      return TRUE;
  }
  if (rc == SQLITE_DONE)
    return TRUE;
  cvi_store_set_error (store, error, failed);
  return FALSE;
}
