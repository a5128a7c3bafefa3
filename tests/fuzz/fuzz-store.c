/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A store whose rows hold anything: everything that reads is asked, and what
 * it gives is written in each format.
 *
 * Input: fields that begin with one byte (which column of which table), one
 * byte (type) and one byte (length): each is put into every row there is.
 */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <string.h>

#include "tests/store/fixture.h"
#include "tools/report/cvi-report.h"
#include "tools/store/cvi-store-private.h"

#define MAX_FIELDS 16

static const char *const columns[][2] = {
  { "files", "path" },
  { "results", "verdict" },
  { "results", "previous_verdict" },
  { "results", "confidence" },
  { "results", "damage" },
  { "results", "mode" },
  { "results", "container" },
  { "results", "size" },
  { "results", "mtime_ns" },
  { "results", "duration_ns" },
  { "results", "elapsed_s" },
  { "results", "cpu_s" },
  { "results", "peak_rss_bytes" },
  { "results", "tool_version" },
  { "results", "rules_version" },
  { "results", "scanned_at" },
  { "streams", "id" },
  { "streams", "kind" },
  { "streams", "codec" },
  { "streams", "decoder" },
  { "streams", "hardware" },
  { "streams", "frames" },
  { "streams", "duration_ns" },
  { "streams", "reason" },
  { "findings", "rule" },
  { "findings", "severity" },
  { "findings", "certainty" },
  { "findings", "stream" },
  { "findings", "start_ns" },
  { "findings", "end_ns" },
  { "findings", "\"offset\"" },
  { "findings", "count" },
  { "findings", "message" },
  { "scans", "args" },
  { "scans", "roots" },
  { "scans", "mode" },
  { "scans", "status" },
  { "scans", "started_at" },
  { "scans", "finished_at" },
  { "scans", "n_skipped" },
  { "scans", "pid" },
  { "scans", "boot_id" },
  { "kinds", "container" },
  { "kinds", "codecs" },
  { "kinds", "rules" },
  { "marks", "kind" },
  { "marks", "path" },
  { "marks", "rule" },
  { "marks", "size" },
  { "marks", "mtime_ns" },
  { "marks", "reason" },
  { "marks", "marked_at" },
  { "hashes", "size" },
  { "hashes", "mtime_ns" },
  { "hashes", "block_size" },
  { "hashes", "whole" },
  { "hashes", "blocks" },
  { "hashes", "verified_at" },
  { "hashes", "rotten_at" },
  { "hashes", "vanished_at" },
  { "digests", "algorithm" },
  { "digests", "digest" },
  { "digests", "checked" },
  { "newest_results", "result_id" },
  { "newest_results", "verdict_bit" },
  { "newest_results", "kind" },
  { "newest_results", "size" },
  { "newest_results", "confidence" },
  { "newest_results", "scanned_at" },
};

typedef struct {
  int null;
  CviReport *report;
} Sink;

static CviStore *store;

static void
add_marks (void)
{
  g_autoptr (CviMark) healthy =
      cvi_mark_new (CVI_MARK_HEALTHY, NULL, "plays well", 1700000000);
  g_autoptr (CviMark) ignored =
      cvi_mark_new (CVI_MARK_IGNORE, "decode::error", "known", 1700000000);
  const CviStoreMark file = { (char *)"/films/a.mkv", 1000, 5000, healthy };
  const CviStoreMark rule = { NULL, 0, 0, ignored };

  g_assert_true (cvi_store_put_mark (store, &file, NULL));
  g_assert_true (cvi_store_put_mark (store, &rule, NULL));
}

static void
add_hashes (void)
{
  static const char *const paths[] = { "/films/a.mkv", "/films/b.mkv" };
  g_autoptr (GBytes) digest =
      g_bytes_new_static ("0123456789abcdef0123456789abcdef", 32);
  CviFixity fixity = {
    .size = 1000, .mtime_ns = 5000, .block_size = CVI_FIXITY_MIN_BLOCK
  };
  g_autoptr (GBytes) blocks =
      g_bytes_new_static ("0123456789abcdef", CVI_FIXITY_DIGEST);

  fixity.blocks = blocks;
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_assert_true (cvi_store_set_fixity (store, paths[i], &fixity, NULL));
    g_assert_true (
        cvi_store_set_digest (store, paths[i], "sha256", digest, NULL));
  }
}

static void
set_up (void)
{
  gint64 scan;

  store = open_store (":memory:");
  scan = begin_scan (store, "args", NULL);
  put (store, scan, "/films/a.mkv", CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
  put (store, scan, "/films/b.mkv", CVI_MODE_QUICK, CVI_VERDICT_HEALTHY);
  end_scan (store, scan, "finished");
  add_marks ();
  add_hashes ();
  g_assert_true (cvi_store_flush (store, NULL));
  g_assert_cmpint (
      sqlite3_exec (
          store->db, "PRAGMA ignore_check_constraints = ON", NULL, NULL, NULL),
      ==, SQLITE_OK);
}

static void
bind (sqlite3_stmt *statement, guint type, const guint8 *data, guint len)
{
  guint8 raw[8] = { 0 };
  gint64 integer;
  double real;

  memcpy (raw, data, MIN (len, sizeof raw));
  memcpy (&integer, raw, sizeof integer);
  memcpy (&real, raw, sizeof real);
  switch (type % 5) {
    case 0:
      sqlite3_bind_int64 (statement, 1, integer);
      break;
    case 1:
      sqlite3_bind_double (statement, 1, real);
      break;
    case 2:
      sqlite3_bind_null (statement, 1);
      break;
    case 3:
      sqlite3_bind_blob (statement, 1, data, (int)len, SQLITE_STATIC);
      break;
    default:
      sqlite3_bind_text (
          statement, 1, (const char *)data, (int)len, SQLITE_STATIC);
      break;
  }
}

/* One that the table does not take (a wrong type, a second of its kind) is
 * left as it was. */
static void
set_column (guint column, guint type, const guint8 *data, guint len)
{
  g_autofree char *sql = g_strdup_printf (
      "UPDATE %s SET %s = ?", columns[column][0], columns[column][1]);
  sqlite3_stmt *statement = NULL;

  g_assert_cmpint (
      sqlite3_prepare_v2 (store->db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  bind (statement, type, data, len);
  sqlite3_step (statement);
  sqlite3_finalize (statement);
}

static gboolean
on_result (CviResult *result, gpointer user_data)
{
  /* Begun once, as the heads of some take longer than all else here. */
  static CviReport *reports[32];
  Sink *sink = user_data;

  for (guint i = 0; cvi_report_writers ()[i]; i++) {
    g_assert_cmpuint (i, <, G_N_ELEMENTS (reports));
    if (!reports[i]) {
      reports[i] = cvi_report_new (cvi_report_writers ()[i], sink->null, NULL);
      cvi_report_set_verbose (reports[i], TRUE);
    }
    g_assert_true (cvi_report_add (reports[i], result, FALSE, NULL));
  }
  /* As a scan that judges stored results again would. */
  cvi_result_judge (result);
  return TRUE;
}

static gboolean
on_file (const CviStoreEntry *entry, gpointer user_data)
{
  g_assert_true (entry->verdict < CVI_N_VERDICTS);
  return TRUE;
}

static gboolean
on_difference (const CviStoreDifference *row, gpointer user_data)
{
  g_assert_true (row->path && row->rules);
  return TRUE;
}

static void
on_step (
    gint64 scan, CviVerdict verdict, CviVerdict previous, gpointer user_data)
{
  g_assert_true (verdict < CVI_N_VERDICTS && previous <= CVI_N_VERDICTS);
}

static gboolean
on_mark (const CviStoreMark *mark, gpointer user_data)
{
  g_assert_nonnull (mark->mark);
  g_assert_true ((mark->path == NULL) == (mark->mark->rule != NULL));
  g_assert_true (g_utf8_validate (mark->mark->reason, -1, NULL));
  return TRUE;
}

static gboolean
on_duplicate (
    const guint8 *whole, guint64 size, const char *path, gpointer user_data)
{
  guint *sum = user_data;

  for (guint i = 0; i < CVI_FIXITY_DIGEST; i++)
    *sum += whole[i];
  g_assert_nonnull (path);
  return TRUE;
}

/* What verifying relies on. */
static void
check_fixity (const CviStoredFixity *stored)
{
  const CviFixity *fixity = stored->fixity;

  g_assert_nonnull (stored->path);
  g_assert_nonnull (stored->digests);
  if (!fixity)
    return;
  g_assert_cmpuint (fixity->block_size, >=, CVI_FIXITY_MIN_BLOCK);
  g_assert_cmpuint (g_bytes_get_size (fixity->blocks), ==,
      CVI_FIXITY_DIGEST *
          cvi_fixity_count_blocks (fixity->size, fixity->block_size));
}

static void
read_marks_and_hashes (void)
{
  static const char *const prefixes[] = { NULL, "/", "/films/", "/films/a.mkv",
    "" };
  guint sum = 0;

  cvi_store_foreach_mark (store, on_mark, NULL, NULL);
  cvi_store_foreach_duplicate (store, on_duplicate, &sum, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++) {
    g_autoptr (GArray) ids =
        cvi_store_list_fixity (store, prefixes[i], i & 1, NULL);

    for (guint k = 0; ids && k < ids->len; k++) {
      g_autoptr (CviStoredFixity) stored =
          cvi_store_load_fixity (store, g_array_index (ids, gint64, k), NULL);

      if (stored)
        check_fixity (stored);
    }
  }
  {
    g_autoptr (GArray) ids = cvi_store_list_fixity_of_size (store, 1000, NULL);
    g_autoptr (CviStoredFixity) stored =
        cvi_store_find_fixity (store, "/films/a.mkv", NULL);
    g_autoptr (CviResult) newest =
        cvi_store_load_newest (store, "/films/a.mkv", NULL);

    g_assert_true (!ids || ids->len <= 2);
    if (stored)
      check_fixity (stored);
  }
}

/* One of the orders, with filters of some kinds. */
static void
ask (Sink *sink, gsize size)
{
  static const char *const names[] = { "h264", "container::truncated",
    "matroska", NULL };
  CviStoreFilter filter = { .limit = 5 };

  filter.sort = size % CVI_N_STORE_SORTS;
  filter.descending = size / 2 & 1;
  filter.codecs = size & 1 ? names : NULL;
  filter.rules = size & 2 ? names : NULL;
  filter.min_size = size & 4 ? 1 : 0;
  filter.scan = size / 8 & 1;
  cvi_store_foreach (store, &filter, on_result, sink, NULL);
  cvi_store_foreach_file (store, on_file, NULL, NULL);
  cvi_store_foreach_difference (store, 0, 1, on_difference, NULL, NULL);
  cvi_store_foreach_step (store, on_step, NULL, NULL);
}

static void
read_all (gsize size)
{
  static Sink sink = { -1, NULL };
  CviStoreFilter filter = { 0, 0, NULL };
  CviStoreMatch match = { 1000, 5000, CVI_MODE_DEEP, 0, 0 };
  g_autoptr (GPtrArray) scans = NULL;
  g_autoptr (CviScanInfo) info = NULL;
  CviVerdict verdict;

  if (sink.null < 0)
    sink.null = open ("/dev/null", O_WRONLY | O_CLOEXEC);
  cvi_store_foreach (store, &filter, on_result, &sink, NULL);
  filter.path_prefix = "/films";
  filter.scan = 1;
  cvi_store_foreach (store, &filter, on_result, &sink, NULL);
  cvi_store_find_current (store, "/films/a.mkv", &match, &verdict, NULL, NULL);
  ask (&sink, size);
  read_marks_and_hashes ();
  scans = cvi_store_list_scans (store, 0, NULL);
  info = cvi_store_find_scan (store, "latest", NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  gsize at = 0;

  if (!store)
    set_up ();
  sqlite3_exec (store->db, "BEGIN", NULL, NULL, NULL);
  for (guint i = 0; i < MAX_FIELDS && at + 3 <= size; i++) {
    guint len = (guint)MIN (data[at + 2], size - at - 3);

    set_column (
        data[at] % G_N_ELEMENTS (columns), data[at + 1], data + at + 3, len);
    at += 3 + len;
  }
  /* Kept since the run before. */
  g_clear_pointer (&store->rule_marks, g_ptr_array_unref);
  read_all (size);
  g_assert_cmpint (
      sqlite3_exec (store->db, "ROLLBACK", NULL, NULL, NULL), ==, SQLITE_OK);
  return 0;
}

static void
add_field (GByteArray *out, guint column, guint8 type, const char *text)
{
  guint8 head[3] = { (guint8)column, type, (guint8)strlen (text) };

  g_byte_array_append (out, head, sizeof head);
  g_byte_array_append (out, (const guint8 *)text, head[2]);
}

void
fuzz_target_seeds (FuzzAdd add, gpointer user_data)
{
  static const char *const texts[] = { "healthy", "corrupt", "deep",
    "decode::error", "critical", "=cmd()\n\033[2J", "\xff\xfe\xc2\x9b",
    "running" };
  static const char *const numbers[] = { "\1", "\xff\xff\xff\xff\xff\xff\xff",
    "\xff\xff\xff\xff\xff\xff\xff\x7f", "\xff\xff\xff\xff\xff\xff\xef\x7f",
    "\1\1\1\1\1\1\xf0\x7f" };

  for (guint column = 0; column < G_N_ELEMENTS (columns); column++) {
    g_autoptr (GByteArray) seed = g_byte_array_new ();

    for (guint i = 0; i < 3; i++)
      add_field (seed, (column + i) % G_N_ELEMENTS (columns), 4,
          texts[(column + i) % G_N_ELEMENTS (texts)]);
    for (guint8 type = 0; type < 2; type++)
      add_field (seed, column, type, numbers[column % G_N_ELEMENTS (numbers)]);
    add_field (seed, column, 2, "");
    add_field (seed, column, 3, texts[column % G_N_ELEMENTS (texts)]);
    add (seed->data, seed->len, user_data);
  }
}
