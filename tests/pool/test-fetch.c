/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What the supervisor makes of what fetchers do and say, good or bad. */
#include "tools/pool/cvi-fetch.h"

#include <string.h>
#include <glib/gstdio.h>

#include "tools/pool/cvi-fetch-job.h"

/* A fetch, and what came of it. */
typedef struct {
  CviFetch *fetch;
  gboolean refuse;
  guint n_remote, n_done;
  guint64 size;
  gint64 mtime_ns;
  char *etag;
  gboolean complete;
  GPtrArray *findings; /* (nullable) */
} Run;

static gboolean
on_remote (guint64 size, gint64 mtime_ns, const char *etag, gpointer user_data)
{
  Run *run = user_data;

  run->n_remote++;
  run->size = size;
  run->mtime_ns = mtime_ns;
  g_free (run->etag);
  run->etag = g_strdup (etag);
  return !run->refuse;
}

static void
on_done (gboolean complete, GPtrArray *findings, gpointer user_data)
{
  Run *run = user_data;

  run->n_done++;
  run->complete = complete;
  run->findings = findings ? g_ptr_array_ref (findings) : NULL;
  g_clear_pointer (&run->fetch, cvi_fetch_free);
}

static const CviFetchCallbacks callbacks = { .remote = on_remote,
  .done = on_done };

static void
begin (Run *run, const char *uri, double stall_s, const char *path)
{
  const CviFetchConfig config = {
    .program = g_getenv ("FAKE_FETCHER"),
    .sandbox = "off",
    .limit = 100,
    .stall_timeout_s = stall_s,
    .time_limit_s = -1,
  };
  g_autoptr (GError) error = NULL;

  run->fetch = cvi_fetch_new (&config, uri, path, &callbacks, run, &error);
  g_assert_no_error (error);
}

static void
run_to_end (Run *run, const char *what, double stall_s, char **content)
{
  g_autofree char *path = NULL;
  g_autofree char *uri = g_strdup_printf ("test://a/%s", what);
  g_autoptr (GError) error = NULL;
  int fd = g_file_open_tmp ("fetch-XXXXXX", &path, &error);

  g_assert_no_error (error);
  g_close (fd, NULL);
  begin (run, uri, stall_s, path);
  while (run->n_done == 0)
    g_main_context_iteration (NULL, TRUE);
  if (content)
    g_assert_true (g_file_get_contents (path, content, NULL, NULL));
  g_unlink (path);
}

static void
clear (Run *run)
{
  g_free (run->etag);
  g_clear_pointer (&run->findings, g_ptr_array_unref);
}

static void
test_good (void)
{
  g_autofree char *content = NULL;
  Run run = { 0 };

  run_to_end (&run, "good", 60, &content);
  g_assert_true (run.complete);
  g_assert_cmpuint (run.findings->len, ==, 0);
  g_assert_cmpuint (run.n_remote, ==, 1);
  g_assert_cmpuint (run.size, ==, 7);
  g_assert_cmpint (run.mtime_ns, ==, 42);
  g_assert_cmpstr (run.etag, ==, "\"tag\"");
  g_assert_cmpstr (content, ==, "content");
  clear (&run);
}

static void
test_noted (void)
{
  Run run = { 0 };
  const CviFinding *finding;

  run_to_end (&run, "noted", 60, NULL);
  g_assert_true (run.complete);
  g_assert_cmpuint (run.findings->len, ==, 1);
  finding = g_ptr_array_index (run.findings, 0);
  g_assert_cmpint (finding->severity, ==, CVI_SEVERITY_INFO);
  g_assert_cmpstr (finding->message, ==, "a remark");
  clear (&run);
}

/* What does not come to a good end, and what is told of it. */
static void
test_bad (void)
{
  static const struct {
    const char *what;
    CviRuleId rule;
    const char *message;
  } rows[] = {
    { "fails", CVI_RULE_IO_VANISHED, "it is gone" },
    { "large", CVI_RULE_IO_PARTIAL, "more than 100 bytes" },
    { "more", CVI_RULE_IO_ERROR, "3 bytes that were announced" },
    { "no-reason", CVI_RULE_IO_ERROR, "a failure without a reason" },
    { "again", CVI_RULE_IO_ERROR, "not a fetcher's" },
    { "past", CVI_RULE_IO_ERROR, "before 1970" },
    { "hello", CVI_RULE_IO_ERROR, "not a fetcher's" },
    { "noise", CVI_RULE_IO_ERROR, "wrong magic" },
    { "exits", CVI_RULE_IO_ERROR, "exited with status 3" },
    { "dies", CVI_RULE_IO_ERROR, "SIGKILL" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    Run run = { 0 };
    const CviFinding *finding;

    run_to_end (&run, rows[i].what, 60, NULL);
    g_test_message ("%s", rows[i].what);
    g_assert_false (run.complete);
    g_assert_cmpuint (run.findings->len, ==, 1);
    finding = g_ptr_array_index (run.findings, 0);
    g_assert_true (finding->rule == cvi_rule (rows[i].rule));
    g_assert_nonnull (strstr (finding->message, rows[i].message));
    clear (&run);
  }
}

/* Escapes in a server's header must get to no terminal and no store. */
static void
test_etag (void)
{
  Run run = { 0 };

  run_to_end (&run, "control-etag", 60, NULL);
  g_assert_true (run.complete);
  g_assert_cmpstr (run.etag, ==, "");
  clear (&run);
}

static void
test_refused (void)
{
  Run run = { .refuse = TRUE };

  run_to_end (&run, "waits", 60, NULL);
  g_assert_cmpuint (run.n_remote, ==, 1);
  g_assert_cmpuint (run.n_done, ==, 1);
  g_assert_false (run.complete);
  g_assert_null (run.findings);
  clear (&run);
}

static void
test_stopped (void)
{
  Run run = { 0 };

  begin (&run, "test://a/hangs", 0, "/dev/null");
  cvi_fetch_stop (run.fetch);
  while (run.n_done == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_null (run.findings);
  clear (&run);
  /* Without a word. */
  begin (&run, "test://a/hangs", 0, "/dev/null");
  cvi_fetch_free (run.fetch);
}

/* What takes its time is not taken for what hangs. */
static void
test_silence (void)
{
  g_assert_cmpuint (cvi_fetch_max_silence ("http://a/b", 0), ==, 0);
  g_assert_cmpuint (cvi_fetch_max_silence ("http://a/b", 2), >, 2);
  g_assert_cmpuint (
      cvi_fetch_max_silence ("rtsp://a/b", 2), >, CVI_FETCH_QUIET_S + 2);
  g_assert_cmpuint (cvi_fetch_max_silence ("http://a/b", 1e300), >, 1000);
}

static void
test_no_program (void)
{
  const CviFetchConfig config = { .program = "/nowhere/fetcher" };
  g_autoptr (GError) error = NULL;
  Run run = { 0 };

  g_assert_null (cvi_fetch_new (
      &config, "test://a/good", "/dev/null", &callbacks, &run, &error));
  g_assert_nonnull (error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fetch/good", test_good);
  g_test_add_func ("/fetch/noted", test_noted);
  g_test_add_func ("/fetch/bad", test_bad);
  g_test_add_func ("/fetch/etag", test_etag);
  g_test_add_func ("/fetch/refused", test_refused);
  g_test_add_func ("/fetch/stopped", test_stopped);
  g_test_add_func ("/fetch/silence", test_silence);
  g_test_add_func ("/fetch/no-program", test_no_program);
  return g_test_run ();
}
