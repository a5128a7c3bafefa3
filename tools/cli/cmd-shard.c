/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-cluster.h"
#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-hw-devices.h"
#include "tools/cli/cvi-say.h"
#include "tools/cli/cvi-shard-session.h"
#include "tools/cli/cvi-signals.h"
#include "tools/cluster/cvi-shard-index.h"

static gboolean
choose_index (CviSettings *settings, guint *index, GError **error)
{
  guint64 given = cvi_settings_get_count (settings, CVI_SETTING_INDEX);
  const char *variable;

  if (given == G_MAXUINT64)
    return cvi_shard_index_from_environment (index, &variable, error);
  *index = (guint)given;
  return TRUE;
}

static void
say_counts (guint index, const CviShardCounts *counts)
{
  cvi_say ("shard %u: %u files: %u done before, %u checked, %u given up, "
           "%u could not be read",
      index, counts->n_files, counts->n_before, counts->n_checked,
      counts->n_given_up, counts->n_failed);
}

/* Returns: the exit status, with @error where it is to be said */
static int
run_index (
    CviSettings *settings, const CviPlan *plan, guint index, GError **error)
{
  CviSources sources = { .roots = plan->roots, .list_fd = -1 };
  g_autoptr (CviScanOptions) options =
      cvi_scan_options_new (settings, &sources, error);
  g_autoptr (CviShardSession) session = NULL;
  const CviShardCounts *counts;
  gboolean ok;

  if (!options || !cvi_hw_devices_prepare (settings, error))
    return CVI_EXIT_USAGE;
  /* Not before: who asks the worker waits, and a signal ends that. */
  cvi_signals_install ();
  /* Hardware that hangs is off from now on. */
  cvi_scan_options_limit (&options->pool, settings, options->mode);
  /* Journals have no place for hashes. */
  options->pool.hash = "none";
  session = cvi_shard_session_new (plan, index, &options->pool, error);
  if (!session)
    return error && *error && (*error)->domain == G_FILE_ERROR ? CVI_EXIT_AGAIN
                                                               : CVI_EXIT_USAGE;
  ok = cvi_shard_session_run (session, error);
  counts = cvi_shard_session_get_counts (session);
  say_counts (index, counts);
  if (cvi_signals_get_stop ())
    return 128 + cvi_signals_get_stop ();
  return ok && counts->n_failed == 0 ? CVI_EXIT_OK : CVI_EXIT_AGAIN;
}

static int
run_shard (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviSettings) settings = cvi_settings_new (
      CVI_FOR_SHARD, "RUN", cvi_command_shard.summary, argv, &error);
  g_autofree char *run =
      settings ? cvi_cluster_run_folder (settings, &error) : NULL;
  g_autoptr (CviPlan) plan = run ? cvi_plan_open (run, &error) : NULL;
  int status = CVI_EXIT_USAGE;
  guint index;

  (void)argc;
  if (plan && choose_index (settings, &index, &error)) {
    status = run_index (settings, plan, index, &error);
  }
  if (error)
    cvi_say ("shard: %s", error->message);
  return status;
}

const CviCommand cvi_command_shard = {
  .name = "shard",
  .summary = "Check one shard of a run: what an engine starts",
  .run = run_shard,
};
