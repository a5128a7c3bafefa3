/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>

#include "tools/cli/cvi-cluster.h"
#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-json-out.h"
#include "tools/cli/cvi-say.h"
#include "tools/cluster/cvi-engine.h"

static void
print_text (const CviPlan *plan, const CviClusterStatus *status)
{
  g_autofree char *missing = cvi_engine_ranges (status->missing);

  printf ("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
          " files done, %" G_GUINT64_FORMAT " missing\n",
      status->n_done, plan->files, plan->files - status->n_done);
  printf ("%u of %u shards done, %u begun, %u attempts\n",
      status->n_shards_done, plan->shards, status->n_shards_begun,
      status->n_attempts);
  for (guint i = 0; i < CVI_N_VERDICTS; i++) {
    if (status->counts[i] > 0)
      printf ("%" G_GUINT64_FORMAT " %s\n", status->counts[i],
          cvi_verdict_to_string (i));
  }
  if (status->n_failed > 0)
    printf ("%" G_GUINT64_FORMAT " could not be read\n", status->n_failed);
  if (status->n_repeated > 0)
    printf (
        "%" G_GUINT64_FORMAT " checked more than once\n", status->n_repeated);
  if (status->n_disagreed > 0)
    printf (
        "%" G_GUINT64_FORMAT " with different verdicts\n", status->n_disagreed);
  if (status->bad_rows > 0)
    printf (
        "%" G_GUINT64_FORMAT " damaged rows in journals\n", status->bad_rows);
  if (status->missing->len > 0)
    printf ("shards with missing files: %s\n", missing);
}

static void
print_json (const CviPlan *plan, const CviClusterStatus *status)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_object (json);
  cvi_json_add_uint (json, "files", plan->files);
  cvi_json_add_uint (json, "done", status->n_done);
  cvi_json_add_uint (json, "missing", plan->files - status->n_done);
  cvi_json_add_uint (json, "failed", status->n_failed);
  cvi_json_add_uint (json, "repeated", status->n_repeated);
  cvi_json_add_uint (json, "disagreed", status->n_disagreed);
  cvi_json_add_uint (json, "damaged_rows", status->bad_rows);
  cvi_json_add_uint (json, "shards", plan->shards);
  cvi_json_add_uint (json, "shards_done", status->n_shards_done);
  cvi_json_add_uint (json, "attempts", status->n_attempts);
  cvi_json_add_verdicts (json, "verdicts", status->counts);
  json_builder_set_member_name (json, "missing_shards");
  json_builder_begin_array (json);
  for (guint i = 0; i < status->missing->len; i++)
    json_builder_add_int_value (
        json, g_array_index (status->missing, guint, i));
  json_builder_end_array (json);
  json_builder_end_object (json);
  root = json_builder_get_root (json);
  text = json_to_string (root, TRUE);
  puts (text);
}

static int
run_status (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviSettings) settings = cvi_settings_new (
      CVI_FOR_STATUS, "RUN", cvi_command_status.summary, argv, &error);
  g_autofree char *run =
      settings ? cvi_cluster_run_folder (settings, &error) : NULL;
  g_autoptr (CviPlan) plan = run ? cvi_plan_open (run, &error) : NULL;
  g_autoptr (CviClusterStatus) status =
      plan ? cvi_cluster_status (plan, &error) : NULL;
  int exit_status;

  (void)argc;
  if (!status) {
    cvi_say ("status: %s", error->message);
    return CVI_EXIT_USAGE;
  }
  if (g_str_equal (
          cvi_settings_get_text (settings, CVI_SETTING_STATUS_FORMAT), "json"))
    print_json (plan, status);
  else
    print_text (plan, status);
  exit_status = cvi_close_stdout ();
  if (exit_status == CVI_EXIT_OK && status->missing->len > 0)
    exit_status = CVI_EXIT_MISSING;
  return exit_status;
}

const CviCommand cvi_command_status = {
  .name = "status",
  .summary = "Tell how far a run is, from its journals",
  .run = run_status,
};
