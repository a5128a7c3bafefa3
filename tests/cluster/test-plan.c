/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs whose files somebody has changed, by accident or not: refused with a
 * word of what is wrong, whatever is in them.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "tools/cluster/cvi-journal.h"
#include "tools/cluster/cvi-plan-writer.h"
#include "tools/cluster/cvi-shard-state.h"

#define N_FILES 3

/* A run of one shard. */
typedef struct {
  char *run;
  CviPlan *plan;
} Fixture;

static char *
in_run (const Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->run, name, NULL);
}

static void
write_file (
    const Fixture *fixture, const char *name, const char *text, gssize len)
{
  g_autofree char *path = in_run (fixture, name);

  g_assert_true (g_file_set_contents (path, text, len, NULL));
}

static char *
read_file (const Fixture *fixture, const char *name)
{
  g_autofree char *path = in_run (fixture, name);
  char *text;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  char *roots[] = { (char *)"/films", NULL };
  CviPlanSetup setup = { .mode = CVI_MODE_DEEP, .hw = "off", .roots = roots };
  g_autoptr (GError) error = NULL;
  CviPlanWriter *writer;

  fixture->run = g_dir_make_tmp ("cvi-plan-XXXXXX", NULL);
  g_assert_nonnull (fixture->run);
  writer = cvi_plan_writer_new (fixture->run, &setup, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < N_FILES; i++) {
    g_autofree char *path = g_strdup_printf ("/films/%u.mkv", i);

    g_assert_true (cvi_plan_writer_add (writer, path, 1000 + i, 5, NULL));
  }
  fixture->plan = cvi_plan_writer_finish (writer, &error);
  g_assert_no_error (error);
  cvi_plan_writer_free (writer);
}

static void
remove_all (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    if (g_file_test (path, G_FILE_TEST_IS_DIR))
      remove_all (path);
    else
      g_unlink (path);
  }
  g_rmdir (folder);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  cvi_plan_free (fixture->plan);
  remove_all (fixture->run);
  g_free (fixture->run);
}

static void
assert_refused (const Fixture *fixture, const char *what)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviPlan) plan = cvi_plan_open (fixture->run, &error);
  g_autofree char *plain = g_strescape (what, NULL);

  g_test_message ("%s: %s", plain, error ? error->message : "taken");
  g_assert_null (plan);
  g_assert_cmpuint (error->domain, ==, CVI_CLUSTER_ERROR);
  g_assert_true (error->code == CVI_CLUSTER_ERROR_PLAN ||
                 error->code == CVI_CLUSTER_ERROR_CHANGED);
  g_assert_nonnull (strstr (error->message, fixture->run));
}

static void
test_whole (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviPlan) plan = cvi_plan_open (fixture->run, &error);
  g_autoptr (CviPlanShard) shard = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (plan->shards, ==, 1);
  g_assert_cmpuint (plan->files, ==, N_FILES);
  g_assert_cmpstr (plan->roots[0], ==, "/films");
  shard = cvi_plan_load_shard (plan, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (shard->files->len, ==, N_FILES);
  g_assert_null (cvi_plan_load_shard (plan, 1, &error));
  g_assert_error (error, CVI_CLUSTER_ERROR, CVI_CLUSTER_ERROR_SHARD);
}

/* What one member is replaced by; NULL: the plan has no such member. */
static const struct {
  const char *member, *value;
  gboolean taken;
} changes[] = {
  { "version", "2" },
  { "version", "\"1\"" },
  { "version", "[1]" },
  { "id", "5" },
  { "id", "null" },
  { "id", "\"\"" },
  { "mode", "7" },
  { "mode", "\"nonesuch\"" },
  { "shards", "2" },
  { "shards", "\"1\"" },
  { "shards", "-1" },
  { "shards", "99999999999" },
  { "files", "1" },
  { "files", "9223372036854775807" },
  { "manifest_bytes", "5" },
  { "manifest_bytes", "1000000" },
  { "index_sha256", "7" },
  { "index_sha256", "null" },
  /* Workers may read less then, which is told of file by file. */
  { "roots", "5", TRUE },
  { "roots", "{}", TRUE },
  { "roots", "[5, null, [], {}, \"no URI\", \"file:///a\"]", TRUE },
  { "hw", "[]", TRUE },
  { "tool_version", "{}", TRUE },
};

static void
test_members (Fixture *fixture, gconstpointer data)
{
  g_autofree char *whole = read_file (fixture, "plan.json");

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++) {
    g_autofree char *pattern =
        g_strdup_printf ("\"%s\" : (\\[[^]]*\\]|[^,\\n]*)", changes[i].member);
    g_autofree char *wanted =
        g_strdup_printf ("\"%s\" : %s", changes[i].member, changes[i].value);
    g_autoptr (GRegex) regex = g_regex_new (pattern, 0, 0, NULL);
    g_autofree char *text =
        g_regex_replace_literal (regex, whole, -1, 0, wanted, 0, NULL);

    g_assert_cmpstr (text, !=, whole);
    write_file (fixture, "plan.json", text, -1);
    if (changes[i].taken) {
      g_autoptr (CviPlan) plan = cvi_plan_open (fixture->run, NULL);

      g_assert_nonnull (plan);
    } else {
      assert_refused (fixture, wanted);
    }
  }
}

static void
test_texts (Fixture *fixture, gconstpointer data)
{
  static const char *const texts[] = { "", "[]", "{}", "null", "5",
    "{\"id\":", "\xff\xfe", "/* [ */" };
  const gsize deep = 5 * 1000 * 1000, large = 20 * 1000 * 1000;
  g_autofree char *nested = g_malloc (large);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    write_file (fixture, "plan.json", texts[i], -1);
    assert_refused (fixture, texts[i]);
  }
  memset (nested, '[', large);
  write_file (fixture, "plan.json", nested, (gssize)deep);
  assert_refused (fixture, "nested");
  write_file (fixture, "plan.json", nested, (gssize)large);
  assert_refused (fixture, "large");
}

/* The index with a line that says something else, and the plan's word that it
 * is right: numbers that no manifest can hold. */
static void
test_index (Fixture *fixture, gconstpointer data)
{
  static const char *const lines[] = {
    "0 18446744073709551615 0 3 6 0123456789abcdef0123456789abcdef",
    "18446744073709551615 30 0 3 6 0123456789abcdef0123456789abcdef",
    "0 30 0 18446744073709551615 6 0123456789abcdef0123456789abcdef",
    "0 30 0 4294967295 6 0123456789abcdef0123456789abcdef",
    "0 1000000000 0 3 6 0123456789abcdef0123456789abcdef", "-1 -1 -1 -1 -1 x",
    "0 30 0", ""
  };
  g_autofree char *whole = read_file (fixture, "plan.json");
  g_autoptr (GRegex) regex = g_regex_new ("[0-9a-f]{64}", 0, 0, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autofree char *line = g_strdup_printf ("%-127s\n", lines[i]);
    g_autofree char *digest =
        g_compute_checksum_for_string (G_CHECKSUM_SHA256, line, -1);
    g_autofree char *text =
        g_regex_replace_literal (regex, whole, -1, 0, digest, 0, NULL);

    write_file (fixture, "shards.idx", line, -1);
    write_file (fixture, "plan.json", text, -1);
    assert_refused (fixture, lines[i]);
  }
}

static void
test_manifest (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = in_run (fixture, "manifest");
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (truncate (path, 10), ==, 0);
  assert_refused (fixture, "cut");
  /* It was whole when the plan was opened. */
  g_assert_null (cvi_plan_load_shard (fixture->plan, 0, &error));
  g_assert_error (error, CVI_CLUSTER_ERROR, CVI_CLUSTER_ERROR_CHANGED);
  g_assert_cmpint (g_unlink (path), ==, 0);
}

/* Journals hold what nobody has written: rows that are no rows, and one that
 * is larger than memory is to be. */
static void
test_journal (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GString) endless = g_string_new ("{\"result\":1,\"data\":\"");
  g_autoptr (CviJournals) journals = NULL;
  g_autoptr (CviShardState) state = NULL;
  g_autoptr (GError) error = NULL;

  g_string_append_printf (text,
      "{\"attempt\":\"a\",\"plan\":\"%s\",\"shard\":0,\"tool\":\"1\","
      "\"rules\":2}\n{\"begin\":0}\n{\"result\":0}\n{\"begin\":99999999999}\n"
      "{\"begin\":3}\n{\"failed\":2,\"reason\":\"gone\"}\nx\n\n",
      fixture->plan->id);
  g_string_append_len (text, "{\"failed\":1\0}\n", 14);
  g_string_set_size (endless, 30 * 1024 * 1024);
  memset (endless->str + 20, 'A', endless->len - 20);
  g_string_append (endless, "\"}\n{\"begin\":1}\n{\"end\":\"fin");
  g_string_append_len (text, endless->str, (gssize)endless->len);
  write_file (
      fixture, "journal/shard-000000.a.jsonl", text->str, (gssize)text->len);
  journals = cvi_journals_new (fixture->plan, &error);
  g_assert_no_error (error);
  state = cvi_shard_state_new (fixture->plan, journals, 0, TRUE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (state->n_done, ==, 0);
  g_assert_cmpuint (state->n_failed, ==, 1);
  /* result 0, begin 99999999999 and 3, "x", "", the NUL, the endless one. */
  g_assert_cmpuint (state->bad_rows, ==, 7);
  g_assert_cmpuint (g_array_index (state->files, CviFileState, 0).lost, ==, 1);
  g_assert_cmpuint (g_array_index (state->files, CviFileState, 1).lost, ==, 1);
  g_assert_cmpuint (state->n_open, ==, 1);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *path;
    void (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = { { "/plan/whole", test_whole },
    { "/plan/members", test_members }, { "/plan/texts", test_texts },
    { "/plan/index", test_index }, { "/plan/manifest", test_manifest },
    { "/plan/journal", test_journal } };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
  return g_test_run ();
}
