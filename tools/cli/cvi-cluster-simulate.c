/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <math.h>
#include <stdio.h>

#include "tools/cli/cvi-cluster.h"
#include "tools/cluster/cvi-plan-writer.h"
#include "tools/report/cvi-display.h"

#define MIB ((guint64)1024 * 1024)

/* What was measured, and where (docs/cluster.md, "Sizing"). */
#define BYTES_PER_CORE_S (5. * 1024 * 1024) /* deep, 1080p of 6 Mb/s */
#define TASK_COST_S 2.                      /* Slurm, one task of an array */
#define ROW_BYTES 1200                      /* journal: begin and result */
#define MERGED_PER_S 15000.

typedef struct {
  guint64 files;
  guint64 file_size;
  guint64 slots;
  guint64 shards;
  guint64 target;
} Model;

/* Cuts that many files of sizes that spread around the mean as those of video
 * libraries do: from a tenth of it to ten times, the logarithm evenly. */
static void
cut_shards (Model *model)
{
  CviPlanCut cut = { .target = model->target };
  guint32 state = 1;
  /* The mean of 10^u for u even between -1 and 1. */
  double scale = (double)model->file_size / ((10 - 0.1) / (2 * M_LN10));

  model->shards = 0;
  for (guint64 i = 0; i < model->files; i++) {
    state = state * 1664525 + 1013904223;
    model->shards += cvi_plan_cut (
        &cut, (guint64)(scale * pow (10, state / 2147483648. - 1)));
  }
}

static void
print_bytes (const char *what, double bytes)
{
  g_autoptr (GString) text = g_string_new (NULL);

  cvi_display_append_size (text, (guint64)bytes);
  printf ("%-22s%s\n", what, text->str);
}

static void
print_time (const char *what, double seconds)
{
  if (seconds >= 2 * 3600)
    printf ("%-22s%.1f h\n", what, seconds / 3600);
  else if (seconds >= 120)
    printf ("%-22s%.1f min\n", what, seconds / 60);
  else
    printf ("%-22s%.1f s\n", what, seconds);
}

void
cvi_cluster_simulate (CviSettings *settings)
{
  guint64 nodes = cvi_settings_get_count (settings, CVI_SETTING_SIMULATE);
  guint64 max = cvi_settings_get_count (settings, CVI_SETTING_MAX_SHARDS);
  guint64 wanted =
      cvi_settings_get_count (settings, CVI_SETTING_SHARD_SIZE) * MIB;
  Model model = {
    .files = cvi_settings_get_count (settings, CVI_SETTING_SIMULATE_FILES),
    .file_size =
        cvi_settings_get_count (settings, CVI_SETTING_SIMULATE_SIZE) * MIB,
    .slots =
        nodes * cvi_settings_get_count (settings, CVI_SETTING_SIMULATE_CORES),
  };
  double bytes = (double)model.files * (double)model.file_size;
  double shard_s;
  double run_s;

  model.target =
      (guint64)MAX ((double)(wanted ? wanted : CVI_PLAN_DEFAULT_SHARD_BYTES),
          bytes / (double)max);
  cut_shards (&model);
  shard_s = bytes / (double)model.shards / BYTES_PER_CORE_S + TASK_COST_S;
  /* Full rounds, and the last one that is not. */
  run_s = ceil ((double)model.shards / (double)model.slots) * shard_s;
  print_bytes ("library", bytes);
  printf ("%-22s%" G_GUINT64_FORMAT "\n", "files", model.files);
  printf ("%-22s%" G_GUINT64_FORMAT "\n", "slots", model.slots);
  printf ("%-22s%" G_GUINT64_FORMAT "\n", "shards", model.shards);
  print_bytes ("a shard", bytes / (double)model.shards);
  print_time ("work of a shard", shard_s);
  print_time ("run time", run_s);
  printf ("%-22s%.0f %%\n", "slots in use",
      100 * (double)model.shards * shard_s / (run_s * (double)model.slots));
  printf ("%-22s%.2f/s\n", "tasks started", (double)model.shards / run_s);
  print_bytes ("read at a time",
      (double)MIN (model.slots, model.shards) * BYTES_PER_CORE_S);
  print_bytes ("journals", (double)model.files * ROW_BYTES);
  printf (
      "%-22s%.1f/s\n", "journal rows written", 2 * (double)model.files / run_s);
  print_time ("merge", (double)model.files / MERGED_PER_S);
}
