/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/store/cvi-store-private.h"

#include <string.h>

static const char read_failed[] = "cannot read a result";

static void
set_damaged (
    CviStore *store, const char *path, const char *reason, GError **error)
{
  g_autofree char *name = g_filename_display_name (path);
  g_autofree char *what =
      g_strdup_printf ("cannot read the result of %s", name);

  cvi_store_set_error_literal (
      store, error, CVI_STORE_ERROR_CORRUPT, what, reason);
}

/* Reads a row of load-result.sql. */
static CviResult *
read_result (CviStore *store, CviQuery *query, GError **error)
{
  g_autofree char *path = cvi_query_get_bytes (query, 0);
  g_autoptr (CviResult) result = NULL;
  CviVerdict verdict, previous;
  CviMode mode;

  if (!cvi_query_get_verdict (query, 1, &verdict) ||
      !cvi_query_get_verdict (query, 2, &previous) ||
      !cvi_query_get_mode (query, 5, &mode)) {
    set_damaged (store, path, "its verdict or mode is unknown", error);
    return NULL;
  }
  result = cvi_result_new (path, mode);
  result->verdict = verdict;
  result->previous_verdict = previous;
  result->confidence = sqlite3_column_double (query, 3);
  result->damage = sqlite3_column_double (query, 4);
  g_free (result->container);
  result->container = cvi_query_get_text (query, 6);
  result->size = cvi_query_get_u64 (query, 7);
  result->mtime_ns = sqlite3_column_int64 (query, 8);
  result->duration_ns = cvi_query_get_u64 (query, 9);
  result->elapsed_s = sqlite3_column_double (query, 10);
  result->cpu_s = sqlite3_column_double (query, 11);
  result->peak_rss_bytes = cvi_query_get_u64 (query, 12);
  g_free (result->tool_version);
  result->tool_version = cvi_query_get_text (query, 13);
  result->rules_version = (guint32)sqlite3_column_int64 (query, 14);
  result->scanned_at = sqlite3_column_int64 (query, 15);
  return g_steal_pointer (&result);
}

/* Reads a row of load-streams.sql. */
static CviStream *
read_stream (CviQuery *query)
{
  g_autofree char *id = cvi_query_get_text (query, 0);
  g_autofree char *kind = cvi_query_get_text (query, 1);
  CviStream *stream =
      cvi_stream_new (id != NULL ? id : "", kind != NULL ? kind : "");

  stream->codec = cvi_query_get_text (query, 2);
  stream->decoder = cvi_query_get_text (query, 3);
  stream->hardware = sqlite3_column_int (query, 4) != 0;
  stream->frames = cvi_query_get_u64 (query, 5);
  stream->duration_ns = cvi_query_get_u64 (query, 6);
  stream->checked = sqlite3_column_int (query, 7) != 0;
  stream->reason = cvi_query_get_text (query, 8);
  return stream;
}

static gboolean
load_streams (CviStore *store, gint64 id, CviResult *result, GError **error)
{
  g_autoptr (CviQuery) query = cvi_store_query (store, CVI_QUERY_LOAD_STREAMS);
  int rc;

  sqlite3_bind_int64 (query, 1, id);
  while ((rc = sqlite3_step (query)) == SQLITE_ROW) {
    if (result->streams->len == CVI_RESULT_MAX_STREAMS) {
      set_damaged (store, result->path, "it has too many streams", error);
      return FALSE;
    }
    g_ptr_array_add (result->streams, read_stream (query));
  }
  if (rc == SQLITE_DONE)
    return TRUE;
  cvi_store_set_error (store, error, read_failed);
  return FALSE;
}

/* The rule of a row of load-findings.sql; NULL with @error. */
static const CviRule *
read_rule (CviStore *store, CviQuery *query, const char *path, GError **error)
{
  g_autofree char *id = cvi_query_get_text (query, 0);
  const CviRule *rule = id != NULL ? cvi_rule_lookup (id) : NULL;
  g_autofree char *name = NULL;
  g_autofree char *reason = NULL;

  if (rule != NULL)
    return rule;
  name = g_filename_display_name (path);
  reason = g_strdup_printf ("the result of %s has the unknown rule \"%s\"",
      name, id != NULL ? id : "");
  cvi_store_set_error_literal (store, error, CVI_STORE_ERROR_NEWER,
      "written by a newer cvi-gst", reason);
  return NULL;
}

/* Reads a row of load-findings.sql. */
static CviFinding *
read_finding (
    CviStore *store, CviQuery *query, const char *path, GError **error)
{
  const CviRule *rule = read_rule (store, query, path, error);
  g_autoptr (CviFinding) finding = NULL;
  g_autofree char *message = NULL;
  const char *severity;

  if (rule == NULL)
    return NULL;
  message = cvi_query_get_text (query, 8);
  finding = g_new0 (CviFinding, 1);
  finding->rule = rule;
  finding->certainty = sqlite3_column_double (query, 2);
  finding->stream = cvi_query_get_text (query, 3);
  finding->start_ns = cvi_query_get_u64 (query, 4);
  finding->end_ns = cvi_query_get_u64 (query, 5);
  finding->offset = cvi_query_get_u64 (query, 6);
  finding->count = cvi_query_get_u64 (query, 7);
  finding->message = cvi_sanitise_text (
      message != NULL ? message : "", -1, CVI_FINDING_MAX_MESSAGE);
  severity = (const char *)sqlite3_column_text (query, 1);
  if (severity == NULL ||
      !cvi_severity_from_string (severity, &finding->severity) ||
      !(finding->certainty >= 0 && finding->certainty <= 1) ||
      finding->count == 0 || finding->start_ns > finding->end_ns) {
    set_damaged (store, path, "one of its findings makes no sense", error);
    return NULL;
  }
  return g_steal_pointer (&finding);
}

static gboolean
load_findings (CviStore *store, gint64 id, CviResult *result, GError **error)
{
  g_autoptr (CviQuery) query = cvi_store_query (store, CVI_QUERY_LOAD_FINDINGS);
  int rc;

  sqlite3_bind_int64 (query, 1, id);
  while ((rc = sqlite3_step (query)) == SQLITE_ROW) {
    CviFinding *finding;

    if (result->findings->len == CVI_RESULT_MAX_FINDINGS) {
      set_damaged (store, result->path, "it has too many findings", error);
      return FALSE;
    }
    finding = read_finding (store, query, result->path, error);
    if (finding == NULL)
      return FALSE;
    cvi_result_add (result, finding);
  }
  if (rc == SQLITE_DONE)
    return TRUE;
  cvi_store_set_error (store, error, read_failed);
  return FALSE;
}

CviResult *
cvi_store_load (CviStore *store, gint64 result_id, GError **error)
{
  g_autoptr (CviQuery) query = NULL;
  g_autoptr (CviResult) result = NULL;

  g_return_val_if_fail (store != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  query = cvi_store_query (store, CVI_QUERY_LOAD_RESULT);
  sqlite3_bind_int64 (query, 1, result_id);
  switch (sqlite3_step (query)) {
    case SQLITE_ROW:
      break;
    case SQLITE_DONE:
      cvi_store_set_error_literal (store, error, CVI_STORE_ERROR_NOT_FOUND,
          read_failed, "there is no such result");
      return NULL;
    default:
      cvi_store_set_error (store, error, read_failed);
      return NULL;
  }
  result = read_result (store, query, error);
  if (result == NULL || !load_streams (store, result_id, result, error) ||
      !load_findings (store, result_id, result, error) ||
      !cvi_store_apply_marks (store, result, error))
    return NULL;
  return g_steal_pointer (&result);
}

CviResult *
cvi_store_load_newest (CviStore *store, const char *path, GError **error)
{
  gint64 id = 0;

  g_return_val_if_fail (store != NULL && path != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  {
    /* Its first row is the newest result. */
    g_autoptr (CviQuery) query =
        cvi_store_query (store, CVI_QUERY_FIND_CURRENT);
    int rc;

    cvi_query_bind_path (query, 1, path);
    rc = sqlite3_step (query);
    if (rc == SQLITE_ROW) {
      id = sqlite3_column_int64 (query, 0);
    } else if (rc != SQLITE_DONE) {
      cvi_store_set_error (store, error, read_failed);
      return NULL;
    }
  }
  return id > 0 ? cvi_store_load (store, id, error) : NULL;
}
