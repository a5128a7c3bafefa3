/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/store/cvi-store-private.h"

/* What a stored result says about the file as it is now. */
typedef enum {
  FIT_HOLDS,
  FIT_WEAKER, /* fine, but less was checked than is asked for */
  FIT_NONE
} Fit;

/* Columns of find-current.sql. */
enum {
  COLUMN_ID,
  COLUMN_VERDICT,
  COLUMN_SCAN,
  COLUMN_SIZE,
  COLUMN_MTIME,
  COLUMN_MODE,
  COLUMN_RULES,
  COLUMN_TIME
};

static guint
mode_strength (CviMode mode)
{
  switch (mode) {
    case CVI_MODE_QUICK:
      return 0;
    case CVI_MODE_HYBRID:
      return 1;
    case CVI_MODE_DEEP:
      return 2;
    default:
      return 3;
  }
}

/* Was the file looked at to the end? */
static gboolean
is_conclusive (CviVerdict verdict)
{
  return verdict != CVI_VERDICT_INCOMPLETE &&
         verdict != CVI_VERDICT_UNREADABLE && verdict != CVI_VERDICT_SKIPPED;
}

/* Is it a result of the state that the server has now? */
static gboolean
has_etag (CviStore *store, gint64 result, const char *etag)
{
  g_autoptr (CviQuery) query = cvi_store_query (store, CVI_QUERY_HAS_ETAG);

  sqlite3_bind_int64 (query, 1, result);
  cvi_query_bind_text (query, 2, etag);
  return sqlite3_step (query) == SQLITE_ROW;
}

static Fit
judge_row (CviStore *store, CviQuery *query, const CviStoreMatch *match,
    CviVerdict *verdict)
{
  CviMode mode;

  if (!cvi_query_get_verdict (query, COLUMN_VERDICT, verdict) ||
      !cvi_query_get_mode (query, COLUMN_MODE, &mode) ||
      sqlite3_column_int64 (query, COLUMN_RULES) != CVI_RULES_VERSION ||
      cvi_query_get_u64 (query, COLUMN_SIZE) != match->size ||
      sqlite3_column_int64 (query, COLUMN_MTIME) != match->mtime_ns)
    return FIT_NONE;
  if (match->etag &&
      !has_etag (store, sqlite3_column_int64 (query, COLUMN_ID), match->etag))
    return FIT_NONE;
  if (match->scan > 0) {
    if (*verdict == CVI_VERDICT_SKIPPED)
      return FIT_NONE;
  } else if (!is_conclusive (*verdict) ||
             sqlite3_column_int64 (query, COLUMN_TIME) < match->not_before) {
    return FIT_NONE;
  }
  if (mode_strength (mode) >= mode_strength (match->mode))
    return FIT_HOLDS;
  return *verdict == CVI_VERDICT_HEALTHY ? FIT_WEAKER : FIT_NONE;
}

gint64
cvi_store_find_current (CviStore *store, const char *path,
    const CviStoreMatch *match, CviVerdict *verdict, gint64 *scan,
    GError **error)
{
  g_autoptr (CviQuery) query = NULL;
  int rc;

  g_return_val_if_fail (store != NULL && path != NULL && match != NULL, -1);
  g_return_val_if_fail (verdict != NULL, -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);

  query = cvi_store_query (store, CVI_QUERY_FIND_CURRENT);
  cvi_query_bind_path (query, 1, path);
  while ((rc = sqlite3_step (query)) == SQLITE_ROW) {
    gint64 row_scan = sqlite3_column_int64 (query, COLUMN_SCAN);
    CviVerdict row_verdict;
    Fit fit;

    if (match->scan > 0 && row_scan != match->scan)
      continue;
    fit = judge_row (store, query, match, &row_verdict);
    if (fit == FIT_WEAKER)
      continue;
    /* Something newer speaks against all that is older. */
    if (fit == FIT_NONE)
      return 0;
    *verdict = row_verdict;
    if (scan != NULL)
      *scan = row_scan;
    return sqlite3_column_int64 (query, COLUMN_ID);
  }
  if (rc == SQLITE_DONE)
    return 0;
  cvi_store_set_error (store, error, "cannot look for a result");
  return -1;
}
