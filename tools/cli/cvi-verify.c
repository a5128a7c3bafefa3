/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-verify.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "plugin/core/cvi-verdict.h"
#include "tools/cli/cvi-open-store.h"
#include "tools/cli/cvi-paths.h"
#include "tools/cli/cvi-signals.h"

/* How often signals and the clock are looked at, and results committed. */
#define TICK_US (100 * 1000)
#define MIB (1024 * 1024)

static gboolean
parse_sample (const char *text, double *share, GError **error)
{
  char *end;

  *share = 1;
  if (!text)
    return TRUE;
  *share = g_ascii_strtod (text, &end) / 100;
  if (g_ascii_isdigit (text[0]) && g_str_equal (end, "%") && *share > 0 &&
      *share <= 1)
    return TRUE;
  g_set_error_literal (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
      "--sample should be a share of more than 0% up to 100%, such as 5%");
  return FALSE;
}

CviVerify *
cvi_verify_new (CviSettings *settings, CviReport *report, GError **error)
{
  g_autoptr (CviVerify) verify = g_new0 (CviVerify, 1);
  g_autofree char *path = cvi_choose_store (settings);
  guint64 max_time = cvi_settings_get_count (settings, CVI_SETTING_MAX_TIME);

  verify->settings = settings;
  verify->report = report;
  verify->paths = cvi_absolute_paths (cvi_settings_get_arguments (settings));
  verify->rotten = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_variant_unref);
  verify->to_scan = g_ptr_array_new_with_free_func (g_free);
  verify->vanished =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_stored_fixity_free);
  if (!parse_sample (cvi_settings_get_text (settings, CVI_SETTING_SAMPLE),
          &verify->sample, error))
    return NULL;
  if (max_time != G_MAXUINT64 && cvi_settings_get_source (settings,
                                     CVI_SETTING_MAX_TIME) != CVI_FROM_DEFAULT)
    verify->deadline_us =
        g_get_monotonic_time () + (gint64)max_time * G_USEC_PER_SEC;
  verify->store = cvi_store_open (path, FALSE, error);
  if (!verify->store)
    return NULL;
  verify->gate = cvi_read_gate_new (
      cvi_settings_get_count (settings, CVI_SETTING_READ_RATE) * MIB);
  verify->readers = cvi_readers_new (verify->gate,
      (guint)cvi_settings_get_count (settings, CVI_SETTING_JOBS),
      (guint)MIN (
          cvi_settings_get_count (settings, CVI_SETTING_JOBS_PER_DEVICE),
          G_MAXUINT));
  return g_steal_pointer (&verify);
}

static void
free_look (gpointer data)
{
  CviLook *look = data;

  cvi_stored_fixity_free (look->user_data);
  cvi_look_free (look);
}

void
cvi_verify_free (CviVerify *verify)
{
  if (!verify)
    return;
  if (verify->gate)
    cvi_read_gate_close (verify->gate);
  cvi_readers_free (verify->readers, free_look);
  cvi_read_gate_free (verify->gate);
  cvi_store_free (verify->store);
  g_strfreev (verify->paths);
  g_clear_pointer (&verify->rotten, g_hash_table_unref);
  g_clear_pointer (&verify->to_scan, g_ptr_array_unref);
  g_clear_pointer (&verify->vanished, g_ptr_array_unref);
  g_clear_error (&verify->error);
  g_free (verify);
}

void
cvi_verify_fail (CviVerify *verify, GError *error)
{
  if (verify->error)
    g_error_free (error);
  else
    verify->error = error;
}

gboolean
cvi_verify_should_stop (CviVerify *verify)
{
  if (verify->deadline_us > 0 && g_get_monotonic_time () >= verify->deadline_us)
    verify->ended = TRUE;
  if (!verify->error && !verify->ended && !cvi_signals_get_stop ())
    return FALSE;
  cvi_read_gate_close (verify->gate);
  return TRUE;
}

void
cvi_verify_tell (CviVerify *verify, const char *path, const CviLook *look,
    CviFinding *finding)
{
  g_autoptr (CviResult) result = cvi_result_new (path, CVI_MODE_DEEP);
  gboolean note = finding->severity == CVI_SEVERITY_INFO;
  GError *error = NULL;

  if (look) {
    result->size = look->size;
    result->mtime_ns = look->mtime_ns;
  }
  cvi_result_add (result, finding);
  cvi_result_judge (result);
  /* Nothing was said of the content. */
  if (note)
    result->verdict = result->previous_verdict = CVI_VERDICT_SKIPPED;
  if (!cvi_report_add (verify->report, result, TRUE, &error))
    cvi_verify_fail (verify, error);
}

/* Returns: (transfer full): what the pool and the session take */
static GVariant *
pack_ranges (const CviLook *look)
{
  CviByteRange all = { 0, look->size };
  gconstpointer ranges = &all;
  gsize n = 1;

  if (look->ranges && look->ranges->len > 0) {
    ranges = look->ranges->data;
    n = look->ranges->len;
  }
  return g_variant_ref_sink (g_variant_new_fixed_array (
      G_VARIANT_TYPE ("(tt)"), ranges, n, sizeof (CviByteRange)));
}

static gboolean
take_same (CviVerify *verify, CviLook *look, GError **error)
{
  const CviStoredFixity *stored = look->user_data;

  verify->counts.same++;
  if (stored->rotten_at > 0)
    g_ptr_array_add (verify->to_scan, g_strdup (look->path));
  if (look->now &&
      !cvi_store_set_fixity (verify->store, look->path, look->now, error))
    return FALSE;
  if (look->digest && !cvi_store_check_digest (
                          verify->store, look->id, stored->unchecked, error))
    return FALSE;
  return cvi_store_mark_fixity (verify->store, look->id, CVI_STORE_VERIFIED,
      look->known ? &look->mtime_ns : NULL, error);
}

static gboolean
take_rotten (CviVerify *verify, CviLook *look, GError **error)
{
  verify->counts.rotten++;
  g_hash_table_insert (
      verify->rotten, g_strdup (look->path), pack_ranges (look));
  return cvi_store_mark_fixity (
      verify->store, look->id, CVI_STORE_ROTTEN, NULL, error);
}

static void
take_edited (CviVerify *verify, CviLook *look)
{
  verify->counts.edited++;
  if (cvi_settings_get_flag (verify->settings, CVI_SETTING_SCAN_CHANGED))
    g_ptr_array_add (verify->to_scan, g_strdup (look->path));
  else
    cvi_verify_tell (verify, look->path, look,
        cvi_finding_new (CVI_RULE_FIXITY_EDITED, NULL,
            "it was written since its content was last known: %s; to be "
            "scanned again",
            look->known->size != look->size ? "another size" : "a new time"));
}

static void
take_vanished (CviVerify *verify, CviLook *look)
{
  g_ptr_array_add (verify->vanished, g_steal_pointer (&look->user_data));
}

static void
take_look (CviVerify *verify, CviLook *look)
{
  GError *error = NULL;
  gboolean ok = TRUE;

  switch (look->state) {
    case CVI_LOOK_SAME:
      ok = take_same (verify, look, &error);
      break;
    case CVI_LOOK_ROTTEN:
      ok = take_rotten (verify, look, &error);
      break;
    case CVI_LOOK_EDITED:
      take_edited (verify, look);
      break;
    case CVI_LOOK_BUSY:
      verify->counts.busy++;
      cvi_verify_tell (verify, look->path, look,
          cvi_finding_new (
              CVI_RULE_IO_CHANGED, NULL, "busy: it was written meanwhile"));
      break;
    case CVI_LOOK_VANISHED:
      take_vanished (verify, look);
      break;
    case CVI_LOOK_FAILED:
      verify->counts.failed++;
      cvi_verify_tell (
          verify, look->path, look, cvi_finding_from_errno (look->problem));
      break;
    case CVI_LOOK_STOPPED:
      break;
  }
  if (!ok)
    cvi_verify_fail (verify, error);
}

static void
settle_one (CviVerify *verify)
{
  CviLook *look = cvi_readers_take (verify->readers, TICK_US);
  GError *error = NULL;

  cvi_verify_should_stop (verify);
  if (!look) {
    if (!verify->error && !cvi_store_flush (verify->store, &error))
      cvi_verify_fail (verify, error);
    return;
  }
  if (verify->error)
    ;
  else if (look->id != 0)
    take_look (verify, look);
  else
    cvi_verify_take_new (verify, look);
  free_look (look);
}

void
cvi_verify_settle (CviVerify *verify, gboolean all)
{
  while (all ? cvi_readers_get_n_pending (verify->readers) > 0
             : cvi_readers_is_full (verify->readers))
    settle_one (verify);
}

void
cvi_verify_push (CviVerify *verify, CviLook *look)
{
  struct stat st;

  cvi_readers_push (verify->readers, look,
      stat (look->path, &st) == 0 ? (guint64)st.st_dev : 0);
  cvi_verify_settle (verify, FALSE);
}

/* Returns: FALSE if file @id has no hashes any more, or for an error */
static gboolean
push_known (CviVerify *verify, gint64 id)
{
  GError *error = NULL;
  CviStoredFixity *stored = cvi_store_load_fixity (verify->store, id, &error);
  CviLook *look;

  if (!stored) {
    if (error)
      cvi_verify_fail (verify, error);
    return FALSE;
  }
  look = cvi_look_new (id, stored->path);
  look->known = g_steal_pointer (&stored->fixity);
  look->user_data = stored;
  look->block_size =
      cvi_settings_get_count (verify->settings, CVI_SETTING_HASH_BLOCK) * 1024;
  if (stored->unchecked &&
      cvi_digest_from_string (stored->unchecked, &look->digest_kind))
    look->digest =
        g_bytes_ref (g_hash_table_lookup (stored->digests, stored->unchecked));
  cvi_verify_push (verify, look);
  return TRUE;
}

/* @path: (nullable); @seen: (nullable): ids of other paths, too */
static void
verify_path (CviVerify *verify, const char *path, GHashTable *seen)
{
  GError *error = NULL;
  g_autoptr (GArray) ids =
      cvi_store_list_fixity (verify->store, path, verify->sample < 1, &error);
  guint n;

  if (!ids) {
    cvi_verify_fail (verify, error);
    return;
  }
  n = (guint)ceil (verify->sample * ids->len);
  for (guint i = 0; i < n && !cvi_verify_should_stop (verify); i++) {
    gint64 id = g_array_index (ids, gint64, i);

    if (!seen || g_hash_table_add (seen, g_memdup2 (&id, sizeof id)))
      push_known (verify, id);
  }
}

/* A folder that is not there says nothing of its files: it may not be
 * mounted. */
static gboolean
is_there (CviVerify *verify, const char *path)
{
  struct stat st;
  int problem = stat (path, &st) == 0 ? 0 : errno;
  g_autoptr (CviStoredFixity) stored =
      problem ? cvi_store_find_fixity (verify->store, path, NULL) : NULL;

  /* A file that was named is looked at, to be told as vanished. */
  if (!problem || stored)
    return TRUE;
  verify->counts.failed++;
  cvi_verify_tell (verify, path, NULL, cvi_finding_from_errno (problem));
  return FALSE;
}

/* Those that did not turn up elsewhere; each is told of once. */
static void
tell_vanished (CviVerify *verify)
{
  for (guint i = 0; i < verify->vanished->len && !verify->error; i++) {
    const CviStoredFixity *stored = g_ptr_array_index (verify->vanished, i);
    GError *error = NULL;

    if (stored->vanished_at > 0) {
      verify->counts.gone_before++;
      continue;
    }
    verify->counts.vanished++;
    cvi_verify_tell (
        verify, stored->path, NULL, cvi_finding_from_errno (ENOENT));
    if (!cvi_store_mark_fixity (
            verify->store, stored->id, CVI_STORE_VANISHED, NULL, &error))
      cvi_verify_fail (verify, error);
  }
}

gboolean
cvi_verify_run (CviVerify *verify, GError **error)
{
  g_autoptr (GHashTable) seen =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  guint n_paths = g_strv_length (verify->paths);

  if (n_paths == 0)
    verify_path (verify, NULL, NULL);
  for (guint i = 0; i < n_paths && !cvi_verify_should_stop (verify); i++) {
    if (is_there (verify, verify->paths[i]))
      verify_path (verify, verify->paths[i], n_paths > 1 ? seen : NULL);
  }
  cvi_verify_settle (verify, TRUE);
  if (n_paths > 0 && !cvi_verify_should_stop (verify))
    cvi_verify_find_new (verify);
  cvi_verify_settle (verify, TRUE);
  /* Whoever was not looked for everywhere may have moved. */
  if (!cvi_verify_should_stop (verify))
    tell_vanished (verify);
  if (!verify->error)
    cvi_store_flush (verify->store, &verify->error);
  if (!verify->error)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&verify->error));
  return FALSE;
}
