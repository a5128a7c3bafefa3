/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* One run of the pipeline over the file, and what it amounts to. */
#include "tools/worker/cvi-check-private.h"

#include <string.h>

#include "tools/codec/cvi-packet-check.h"
#include "tools/worker/cvi-account.h"
#include "tools/worker/cvi-unseen.h"

/* A pass over windows does not see where a stream begins and ends. */
static void
keep_span (CviStream *stream, const CviStream *old)
{
  if (stream->start_ns != CVI_NONE)
    return;
  stream->start_ns = old->start_ns;
  stream->end_ns = old->end_ns;
}

/* A later pass knows more of the streams that it shows; the others (subtitles
 * in a pass over windows) stay. Takes @streams. */
static void
merge_streams (CviCheck *self, GPtrArray *streams)
{
  for (guint i = 0; self->streams && i < self->streams->len; i++) {
    CviStream *old = g_ptr_array_index (self->streams, i);
    gboolean again = FALSE;

    for (guint j = 0; j < streams->len && !again; j++) {
      CviStream *stream = g_ptr_array_index (streams, j);

      again = strcmp (stream->id, old->id) == 0;
      if (again)
        keep_span (stream, old);
    }
    if (!again) {
      self->streams->pdata[i] = NULL;
      g_ptr_array_add (streams, old);
    }
  }
  g_clear_pointer (&self->streams, g_ptr_array_unref);
  self->streams = streams;
}

gboolean
cvi_check_has_damage (CviCheck *self, CviPhase phase)
{
  GPtrArray *findings = cvi_collector_get_findings (self->collectors[phase]);

  for (guint i = 0; i < findings->len; i++) {
    if (cvi_finding_is_damage (g_ptr_array_index (findings, i)))
      return TRUE;
  }
  return FALSE;
}

/* Where the walk has found damage, a demuxer that was led astray by it proves
 * no more. */
static void
account_reads (CviCheck *self, CviPass *pass)
{
  CviPastEnd past = cvi_pass_get_past_end (pass);
  CviFinding *finding = NULL;

  if (self->info && !cvi_check_has_damage (self, CVI_PHASE_STRUCTURE))
    finding = cvi_past_end_judge (&past, self->info->container);
  if (finding)
    cvi_check_collect (self, finding);
}

static void
count_streams (CviCheck *self, CviPlugger *plugger)
{
  self->n_chains = cvi_plugger_get_n_chains (plugger);
  self->n_videos = self->n_sounds = 0;
  self->sampled = TRUE;
  for (guint i = 0; i < self->n_chains; i++) {
    const CviChain *chain = cvi_plugger_get_chain (plugger, i);

    if (strcmp (chain->kind, "audio") == 0)
      self->n_sounds++;
    if (strcmp (chain->kind, "video") != 0)
      continue;
    self->n_videos++;
    if (!cvi_packet_check_samples (chain->caps))
      self->sampled = FALSE;
  }
}

static void
on_pass_finding (CviFinding *finding, gpointer user_data)
{
  cvi_check_collect (user_data, finding);
}

static void
on_decoder (const char *stream, const char *factory, gboolean others,
    gboolean hardware, gpointer user_data)
{
  CviCheck *self = user_data;

  if (self->callbacks->decoder)
    self->callbacks->decoder (
        stream, factory, others, hardware, self->user_data);
}

static void
ask_for_session (CviCheck *self, CviPlugger *plugger)
{
  for (guint i = 0; i < cvi_plugger_get_n_chains (plugger); i++) {
    if (cvi_plugger_get_chain (plugger, i)->needs_session &&
        self->callbacks->needs_hardware) {
      self->callbacks->needs_hardware (self->user_data);
      return;
    }
  }
}

/* What @pass has shown, once it is over. */
static void
take_pass (CviCheck *self, CviPass *pass, GPtrArray *streams)
{
  CviPlugger *plugger = cvi_pass_get_plugger (pass);

  merge_streams (self, streams);
  account_reads (self, pass);
  count_streams (self, plugger);
  ask_for_session (self, plugger);
  self->unseekable = cvi_pass_get_n_unseekable (pass) > 0;
  g_free (self->media_type);
  self->media_type = cvi_plugger_get_media_type (plugger);
  self->no_demuxer = cvi_plugger_no_demuxer (plugger);
}

/* Returns: (transfer full) (nullable): what hardware has said or done that
 * makes the pass worth nothing */
static CviFinding *
run_once (CviCheck *self, const CviPassConfig *config)
{
  static const CviPassCallbacks callbacks = { on_pass_finding,
    cvi_check_progress, on_decoder };
  g_autoptr (CviPass) pass = cvi_pass_new (config, &callbacks, self);
  CviAccount account = { .info = self->info,
    .whole = config->windows == NULL,
    .finding = on_pass_finding,
    .user_data = self };
  g_autoptr (GPtrArray) streams = NULL;
  CviFinding *doubt;

  cvi_check_hw_begin (self, pass);
  self->end = account.end = cvi_pass_run (pass);
  if (self->end != CVI_PASS_ABORTED) {
    /* mpegpsdemux's segment makes stream time begin at the first frame. */
    if (config->broadcast && account.whole && !self->has_origin &&
        strcmp (self->info->container, "mpeg-ts") == 0)
      cvi_check_find_origin (self, pass);
    streams = cvi_account_pass (&account, pass);
    cvi_check_hw_account (self, account.whole);
  }
  doubt = cvi_check_hw_take_doubt (self);
  cvi_check_hw_note (self, doubt == NULL);
  if (!doubt)
    take_pass (self, pass, g_steal_pointer (&streams));
  cvi_check_hw_end (self);
  cvi_check_end_work (self);
  return doubt;
}

void
cvi_check_run_pass (CviCheck *self, const CviPassConfig *config)
{
  CviPassConfig full = *config;
  CviFinding *doubt;

  full.plug.path = self->job->path;
  full.size = self->before.size;
  full.plug.hw = cvi_check_hw_policy (self, config);
  full.plug.without = self->job->without;
  full.broadcast = self->info && self->info->container &&
                   g_str_has_prefix (self->info->container, "mpeg-");
  cvi_unseen_set (!config->content);
  if (self->info) {
    full.mask_offset = self->info->mask_offset;
    full.mask_size = self->info->mask_size;
  }
  doubt = run_once (self, &full);
  if (!doubt)
    return;
  /* Once in software, from the start: what that finds counts. */
  self->no_hardware = TRUE;
  cvi_check_begin_phase (self, self->phase);
  full.plug.hw = cvi_check_hw_policy (self, config);
  cvi_finding_free (run_once (self, &full));
  cvi_check_hw_settle (self, doubt);
}
