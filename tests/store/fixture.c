/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/store/fixture.h"

#include "plugin/core/cvi-verdict.h"

#include <string.h>
#include <sys/stat.h>
#include <glib/gstdio.h>

void
fixture_set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("cvi-store-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->path = g_build_filename (fixture->folder, "results.db", NULL);
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *child = g_build_filename (path, name, NULL);

    remove_tree (child);
  }
  g_remove (path);
}

void
fixture_tear_down (Fixture *fixture, gconstpointer data)
{
  g_chmod (fixture->folder, 0700);
  remove_tree (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->path);
}

CviStore *
open_store (const char *path)
{
  g_autoptr (GError) error = NULL;
  CviStore *store = cvi_store_open (path, FALSE, &error);

  g_assert_no_error (error);
  g_assert_nonnull (store);
  return store;
}

void
close_store (CviStore *store)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = cvi_store_close (store, &error);

  g_assert_no_error (error);
  g_assert_true (ok);
}

gint64
begin_scan (CviStore *store, const char *args, gboolean *resumed)
{
  g_autoptr (GError) error = NULL;
  gint64 scan = cvi_store_begin_scan (
      store, args, "/roots", CVI_MODE_HYBRID, resumed, &error);

  g_assert_no_error (error);
  g_assert_cmpint (scan, >, 0);
  return scan;
}

void
end_scan (CviStore *store, gint64 scan, const char *status)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = cvi_store_end_scan (store, scan, status, 0, &error);

  g_assert_no_error (error);
  g_assert_true (ok);
}

CviResult *
make_result (const char *path, CviMode mode, CviVerdict verdict)
{
  CviResult *result = cvi_result_new (path, mode);
  CviStream *stream;
  CviFinding *finding;

  result->verdict = verdict;
  result->previous_verdict = verdict;
  result->size = 1000;
  result->mtime_ns = 5000;
  stream = cvi_stream_new ("video/0", "video");
  stream->codec = g_strdup ("H.264");
  stream->checked = TRUE;
  g_ptr_array_add (result->streams, stream);
  g_ptr_array_add (result->streams, cvi_stream_new ("audio/0", "audio"));
  if (verdict == CVI_VERDICT_HEALTHY)
    return result;
  finding = cvi_finding_new (CVI_RULE_TIME_GAP, "video/0", "a gap");
  finding->start_ns = 10;
  finding->end_ns = 20;
  cvi_result_add (result, finding);
  cvi_result_add (result,
      cvi_finding_new (CVI_RULE_CONTAINER_TRUNCATED, NULL, "cut short"));
  return result;
}

void
put (CviStore *store, gint64 scan, const char *path, CviMode mode,
    CviVerdict verdict)
{
  g_autoptr (CviResult) result = make_result (path, mode, verdict);
  g_autoptr (GError) error = NULL;
  gboolean ok = cvi_store_put (store, scan, result, &error);

  g_assert_no_error (error);
  g_assert_true (ok);
}

static void
assert_streams_equal (const CviStream *a, const CviStream *b)
{
  g_assert_cmpstr (a->id, ==, b->id);
  g_assert_cmpstr (a->kind, ==, b->kind);
  g_assert_cmpstr (a->codec, ==, b->codec);
  g_assert_cmpstr (a->decoder, ==, b->decoder);
  g_assert_cmpint (a->hardware, ==, b->hardware);
  g_assert_cmpuint (a->frames, ==, b->frames);
  g_assert_cmpuint (a->duration_ns, ==, b->duration_ns);
  g_assert_cmpint (a->checked, ==, b->checked);
  g_assert_cmpstr (a->reason, ==, b->reason);
}

static void
assert_findings_equal (const CviFinding *a, const CviFinding *b)
{
  g_assert_true (a->rule == b->rule);
  g_assert_cmpint (a->severity, ==, b->severity);
  g_assert_cmpfloat (a->certainty, ==, b->certainty);
  g_assert_cmpstr (a->stream, ==, b->stream);
  g_assert_cmpuint (a->start_ns, ==, b->start_ns);
  g_assert_cmpuint (a->end_ns, ==, b->end_ns);
  g_assert_cmpuint (a->offset, ==, b->offset);
  g_assert_cmpuint (a->count, ==, b->count);
  g_assert_cmpstr (a->message, ==, b->message);
}

void
assert_results_equal (const CviResult *a, const CviResult *b)
{
  g_assert_cmpstr (a->path, ==, b->path);
  g_assert_cmpint (a->verdict, ==, b->verdict);
  g_assert_cmpint (a->previous_verdict, ==, b->previous_verdict);
  g_assert_cmpfloat (a->confidence, ==, b->confidence);
  g_assert_cmpfloat (a->damage, ==, b->damage);
  g_assert_cmpint (a->mode, ==, b->mode);
  g_assert_cmpstr (a->container, ==, b->container);
  g_assert_cmpuint (a->size, ==, b->size);
  g_assert_cmpint (a->mtime_ns, ==, b->mtime_ns);
  g_assert_cmpuint (a->duration_ns, ==, b->duration_ns);
  g_assert_cmpfloat (a->elapsed_s, ==, b->elapsed_s);
  g_assert_cmpfloat (a->cpu_s, ==, b->cpu_s);
  g_assert_cmpuint (a->peak_rss_bytes, ==, b->peak_rss_bytes);
  g_assert_cmpstr (a->tool_version, ==, b->tool_version);
  g_assert_cmpuint (a->rules_version, ==, b->rules_version);
  g_assert_cmpint (a->scanned_at, ==, b->scanned_at);
  g_assert_cmpuint (a->streams->len, ==, b->streams->len);
  for (guint i = 0; i < a->streams->len; i++)
    assert_streams_equal (
        g_ptr_array_index (a->streams, i), g_ptr_array_index (b->streams, i));
  g_assert_cmpuint (a->findings->len, ==, b->findings->len);
  for (guint i = 0; i < a->findings->len; i++)
    assert_findings_equal (
        g_ptr_array_index (a->findings, i), g_ptr_array_index (b->findings, i));
}

static gboolean
append_line (CviResult *result, gpointer user_data)
{
  g_string_append_printf (user_data, "%s %s %s\n", result->path,
      cvi_verdict_to_string (result->verdict),
      cvi_mode_to_string (result->mode));
  return TRUE;
}

char *
list_results (CviStore *store, gint64 scan, guint verdicts, const char *prefix)
{
  CviStoreFilter filter = { scan, verdicts, prefix };
  g_autoptr (GError) error = NULL;
  GString *text = g_string_new (NULL);
  gboolean ok = cvi_store_foreach (store, &filter, append_line, text, &error);

  g_assert_no_error (error);
  g_assert_true (ok);
  return g_string_free (text, FALSE);
}

guint
count_results (CviStore *store, gint64 scan)
{
  g_autofree char *text = list_results (store, scan, 0, NULL);
  guint n_lines = 0;

  for (const char *p = text; *p != '\0'; p++)
    n_lines += *p == '\n';
  return n_lines;
}

static sqlite3 *
open_raw (const char *path)
{
  sqlite3 *db = NULL;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  sqlite3_busy_timeout (db, 30000);
  return db;
}

void
run_sql (const char *path, const char *sql)
{
  sqlite3 *db = open_raw (path);
  char *message = NULL;

  sqlite3_exec (db, sql, NULL, NULL, &message);
  g_assert_cmpstr (message, ==, NULL);
  sqlite3_close (db);
}

char *
query_sql (const char *path, const char *sql)
{
  sqlite3 *db = open_raw (path);
  sqlite3_stmt *statement = NULL;
  char *text;

  g_assert_cmpint (
      sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  text = g_strdup ((const char *)sqlite3_column_text (statement, 0));
  sqlite3_finalize (statement);
  sqlite3_close (db);
  return text;
}

void
assert_store_error (const GError *error, CviStoreError code, const char *path)
{
  g_assert_error (error, CVI_STORE_ERROR, (int)code);
  g_assert_true (g_str_has_prefix (error->message, path));
}

void
assert_refused (const char *path, gboolean readonly, CviStoreError code)
{
  g_autoptr (GError) error = NULL;
  CviStore *store = cvi_store_open (path, readonly, &error);

  g_assert_null (store);
  assert_store_error (error, code, path);
}
