/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-job.h"

#include <sys/stat.h>

#include "plugin/core/cvi-verdict.h"
#include "tools/pool/cvi-file.h"
#include "tools/pool/cvi-proc.h"

CviJob *
cvi_job_new (CviFile *file)
{
  CviJob *job;

  g_return_val_if_fail (file != NULL, NULL);

  job = g_new0 (CviJob, 1);
  job->file = file;
  job->position_ns = job->duration_ns = CVI_NONE;
  job->attempts = cvi_attempts_new ();
  job->findings = cvi_collector_new ();
  return job;
}

void
cvi_job_free (CviJob *job)
{
  if (!job)
    return;
  cvi_file_free (job->file);
  cvi_attempts_free (job->attempts);
  cvi_collector_free (job->findings);
  cvi_fixity_free (job->fixity);
  g_free (job);
}

static void
add_hardware (
    GVariantBuilder *options, const CviJob *job, const CviJobAttempt *attempt)
{
  gboolean software = cvi_attempts_in_software (job->attempts);

  g_variant_builder_add (options, "{sv}", "hw",
      g_variant_new_string (software ? "off" : attempt->hw));
  g_variant_builder_add (
      options, "{sv}", "hw-session", g_variant_new_boolean (job->session > 0));
  g_variant_builder_add (options, "{sv}", "hw-device",
      g_variant_new_string (attempt->hw_device ? attempt->hw_device : ""));
}

GVariant *
cvi_job_begin_attempt (CviJob *job, const CviJobAttempt *attempt)
{
  GVariantBuilder options;

  g_return_val_if_fail (job != NULL && attempt != NULL, NULL);
  g_return_val_if_fail (attempt->id != 0 && attempt->hw != NULL, NULL);

  job->id = attempt->id;
  cvi_attempts_begin (job->attempts);
  job->began = job->asked = FALSE;
  job->sent_us = g_get_monotonic_time ();
  job->buffers = job->bytes = 0;
  job->position_ns = job->duration_ns = CVI_NONE;
  job->peak_rss = 0;
  job->oom_kills = cvi_proc_oom_kills ();
  cvi_collector_clear (job->findings);
  g_clear_pointer (&job->fixity, cvi_fixity_free);

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  add_hardware (&options, job, attempt);
  g_variant_builder_add (
      &options, "{sv}", "may-leave", g_variant_new_boolean (!job->spared));
  g_variant_builder_add (
      &options, "{sv}", "size", g_variant_new_uint64 (job->file->size));
  g_variant_builder_add (
      &options, "{sv}", "mtime-ns", g_variant_new_int64 (job->file->mtime_ns));
  g_variant_builder_add (&options, "{sv}", "without",
      g_variant_new_strv (cvi_attempts_get_without (job->attempts), -1));
  if (attempt->hash)
    g_variant_builder_add (
        &options, "{sv}", "hash", g_variant_new_string (attempt->hash));
  g_variant_builder_add (&options, "{sv}", "hash-block",
      g_variant_new_uint64 (attempt->hash_block));
  if (attempt->ranges)
    g_variant_builder_add (&options, "{sv}", "ranges", attempt->ranges);
  return g_variant_new ("(t^ayya{sv})", attempt->id, job->file->path,
      (guint8)attempt->mode, &options);
}

static void
set_file (CviResult *result, const CviFile *file)
{
  g_free (result->path);
  result->path = g_strdup (file->path);
  result->size = file->size;
  result->mtime_ns = file->mtime_ns;
}

gboolean
cvi_job_look_again (CviJob *job)
{
  struct stat status;
  CviFile *file;

  g_return_val_if_fail (job != NULL, FALSE);

  if (job->looked_again || stat (job->file->path, &status) < 0)
    return FALSE;
  job->looked_again = TRUE;
  file = cvi_file_new (g_strdup (job->file->path), &status, 0);
  job->file->size = file->size;
  job->file->mtime_ns = file->mtime_ns;
  cvi_file_free (file);
  return TRUE;
}

CviResult *
cvi_job_result (CviJob *job, CviResult *result)
{
  g_return_val_if_fail (job != NULL && result != NULL, NULL);

  set_file (result, job->file);
  result->peak_rss_bytes = MAX (result->peak_rss_bytes, job->peak_rss);
  cvi_attempts_tell (job->attempts, result, TRUE);
  cvi_result_judge (result);
  return result;
}

CviResult *
cvi_job_failed_result (CviJob *job, CviMode mode)
{
  CviResult *result;

  g_return_val_if_fail (job != NULL, NULL);

  result = cvi_result_new (job->file->path, mode);
  set_file (result, job->file);
  result->peak_rss_bytes = job->peak_rss;
  if (job->sent_us > 0)
    result->elapsed_s =
        (double)(g_get_monotonic_time () - job->sent_us) / G_TIME_SPAN_SECOND;
  cvi_attempts_tell (job->attempts, result, FALSE);
  cvi_result_judge (result);
  return result;
}

CviResult *
cvi_job_unusable_result (const CviFile *file, CviMode mode)
{
  CviResult *result;

  g_return_val_if_fail (file != NULL && file->problem != 0, NULL);

  result = cvi_result_new (file->path, mode);
  set_file (result, file);
  cvi_result_add (result, cvi_finding_from_errno (file->problem));
  cvi_result_judge (result);
  return result;
}
