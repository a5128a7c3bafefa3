/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The folder of a run, which all machines of a cluster write to: plan, index,
 * manifest and a journal.
 *
 * Input: first byte: which of them the rest is (or the bytes of one result of
 * the journal). The digests of the others say that it is right, so that the
 * input gets behind them.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "plugin/core/cvi-verdict.h"
#include "tools/cluster/cvi-journal.h"
#include "tools/cluster/cvi-shard-state.h"

#define ID "0123456789abcdef0123456789abcdef"
#define MANIFEST "5\0006\0/a.mkv\0007\0008\0/b.mkv\0"
#define JOURNAL "journal/shard-000000.a.jsonl"

static char *folder;

static char *
in_run (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static void
remove_folder (void)
{
  static const char *const names[] = { "plan.json", "shards.idx", "manifest",
    JOURNAL, "journal", "" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = in_run (names[i]);

    g_remove (path);
  }
}

static void
make_folder (void)
{
  g_autofree char *journal = NULL;

  folder = g_dir_make_tmp ("cvi-fuzz-XXXXXX", NULL);
  g_assert_nonnull (folder);
  journal = in_run ("journal");
  g_assert_cmpint (g_mkdir (journal, 0700), ==, 0);
  atexit (remove_folder);
}

static void
write_file (const char *name, const void *data, gsize size)
{
  g_autofree char *path = in_run (name);

  g_assert_true (g_file_set_contents_full (
      path, data, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static char *
make_index (const guint8 *manifest, gsize size, guint64 n_files)
{
  g_autofree char *digest =
      g_compute_checksum_for_data (G_CHECKSUM_MD5, manifest, size);
  g_autofree char *line =
      g_strdup_printf ("0 %" G_GSIZE_FORMAT " 0 %" G_GUINT64_FORMAT " 12 %s",
          size, n_files, digest);

  return g_strdup_printf ("%-*s\n", CVI_PLAN_LINE - 1, line);
}

static char *
make_plan (const void *index, gsize size, guint64 n_files, gsize manifest)
{
  g_autofree char *digest =
      g_compute_checksum_for_data (G_CHECKSUM_SHA256, index, size);

  return g_strdup_printf (
      "{\"version\":%d,\"id\":\"" ID "\",\"shards\":%" G_GSIZE_FORMAT
      ",\"files\":%" G_GUINT64_FORMAT ",\"bytes\":12,\"mode\":\"deep\","
      "\"hw\":\"off\",\"roots\":[\"file:///\"],\"tool_version\":\"1\","
      "\"rules_version\":1,\"manifest_bytes\":%" G_GSIZE_FORMAT
      ",\"index_sha256\":\"%s\"}",
      CVI_PLAN_VERSION, size / CVI_PLAN_LINE, n_files, manifest, digest);
}

/* A row as a worker's result makes it. */
static char *
make_row (const guint8 *result, gsize size)
{
  g_autofree char *data = g_base64_encode (result, size);
  g_autofree char *sum =
      g_compute_checksum_for_string (G_CHECKSUM_MD5, data, -1);

  return g_strdup_printf ("{\"plan\":\"" ID "\",\"tool\":\"1\",\"rules\":1}\n"
                          "{\"begin\":0}\n{\"result\":0,\"verdict\":\"corrupt\""
                          ",\"sum\":\"%.8s\",\"data\":\"%s\"}\n",
      sum, data);
}

/* What merging does with the results that count. */
static void
read_state (const CviPlan *plan, const CviPlanShard *shard, guint index)
{
  g_autoptr (CviJournals) journals = cvi_journals_new (plan, NULL);
  g_autoptr (CviShardState) state =
      cvi_shard_state_new (plan, journals, index, TRUE, NULL);

  if (!state)
    return;
  if (shard)
    g_assert_cmpuint (state->files->len, ==, shard->files->len);
  g_assert_cmpuint (state->n_done + state->n_failed, <=, state->files->len);
  for (guint i = 0; i < state->files->len; i++) {
    const CviFileState *file = &g_array_index (state->files, CviFileState, i);
    g_autoptr (CviResult) result =
        file->data ? cvi_journal_decode (file->data, NULL) : NULL;

    g_assert_true ((file->data != NULL) == (file->n_results > 0));
    if (result)
      g_assert_true (result->verdict < CVI_N_VERDICTS);
  }
}

static void
read_run (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviPlan) plan = cvi_plan_open (folder, &error);
  guint64 n_files = 0;

  g_assert_true ((plan == NULL) == (error != NULL));
  if (!plan)
    return;
  g_assert_cmpstr (plan->id, !=, "");
  for (guint i = 0; i < plan->shards; i++) {
    g_autoptr (CviPlanShard) shard = cvi_plan_load_shard (plan, i, NULL);
    CviPlanEntry entry;

    g_assert_true (cvi_plan_get_entry (plan, i, &entry, NULL));
    n_files += entry.n_files;
    for (guint k = 0; shard && k < shard->files->len; k++)
      g_assert_cmpint (
          g_array_index (shard->files, CviPlannedFile, k).path[0], ==, '/');
    read_state (plan, shard, i);
  }
  g_assert_cmpuint (n_files, ==, plan->files);
}

/* As many as there would be if all were right. */
static guint64
count_files (const guint8 *manifest, gsize size)
{
  guint64 n_nuls = 0;

  for (gsize i = 0; i < size; i++)
    n_nuls += manifest[i] == 0;
  return n_nuls / 3;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const guint8 *manifest = (const guint8 *)MANIFEST;
  gsize len = sizeof MANIFEST - 1;
  g_autofree char *index = NULL;
  g_autofree char *plan = NULL;
  g_autofree char *journal = NULL;
  gsize index_len = CVI_PLAN_LINE;
  guint64 n_files;
  guint what;

  if (size == 0)
    return 0;
  if (!folder)
    make_folder ();
  what = *data++ % 5;
  size--;
  if (what == 1) {
    manifest = data;
    len = size;
  }
  n_files = count_files (manifest, len);
  index = make_index (manifest, len, n_files);
  if (what == 2) {
    g_free (index);
    index = g_memdup2 (data, size);
    index_len = size;
  }
  plan = what == 3 ? g_strndup ((const char *)data, size)
                   : make_plan (index, index_len, n_files, len);
  if (what == 4)
    journal = make_row (data, size);
  write_file ("manifest", manifest, len);
  write_file ("shards.idx", index ? index : "", index_len);
  write_file ("plan.json", plan, strlen (plan));
  write_file (JOURNAL,
      what == 0 ? (const char *)data
      : journal ? journal
                : "",
      what == 0 ? size
      : journal ? strlen (journal)
                : 0);
  read_run ();
  return 0;
}

static void
add_seed (
    guint8 what, const void *data, gsize size, FuzzAdd add, gpointer user_data)
{
  g_autoptr (GByteArray) seed = g_byte_array_new ();

  g_byte_array_append (seed, &what, 1);
  g_byte_array_append (seed, data, (guint)size);
  add (seed->data, seed->len, user_data);
}

void
fuzz_target_seeds (FuzzAdd add, gpointer user_data)
{
  static const char rows[] =
      "{\"attempt\":\"a\",\"plan\":\"" ID "\",\"shard\":0,\"tool\":\"1\","
      "\"rules\":2}\n{\"begin\":0}\n{\"begin\":1}\n{\"failed\":1,\"reason\":"
      "\"gone\"}\n{\"released\":0}\n{\"end\":\"finished\"}\n{\"beg";
  const guint8 *manifest = (const guint8 *)MANIFEST;
  g_autoptr (CviResult) result = cvi_result_new ("/a.mkv", CVI_MODE_DEEP);
  g_autoptr (GVariant) variant = NULL;
  g_autofree char *index = make_index (manifest, sizeof MANIFEST - 1, 2);
  g_autofree char *plan =
      make_plan (index, CVI_PLAN_LINE, 2, sizeof MANIFEST - 1);
  g_autofree char *row = NULL;

  cvi_result_add (
      result, cvi_finding_new (CVI_RULE_DECODE_ERROR, "video/0", "a slice"));
  cvi_result_judge (result);
  variant = g_variant_ref_sink (cvi_result_to_variant (result));
  row = make_row (g_variant_get_data (variant), g_variant_get_size (variant));
  add_seed (0, rows, sizeof rows - 1, add, user_data);
  add_seed (0, row, strlen (row), add, user_data);
  add_seed (1, manifest, sizeof MANIFEST - 1, add, user_data);
  add_seed (2, index, CVI_PLAN_LINE, add, user_data);
  add_seed (3, plan, strlen (plan), add, user_data);
  add_seed (4, g_variant_get_data (variant), g_variant_get_size (variant), add,
      user_data);
}
