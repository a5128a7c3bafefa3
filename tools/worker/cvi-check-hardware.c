/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What hardware decoders say and do is no more than a reason to decode in
 * software: a pass in which they find or break something ends there and is made
 * again without them. docs/accuracy.md tells what their word is worth. */
#include "tools/worker/cvi-check-private.h"

#include <string.h>

#include "tools/worker/cvi-guard.h"

/* The last frame may end so much before the last packet does (ns): audio
 * priming, edit lists and packets without a duration put no less between them
 * in software. */
#define END_NS (GST_SECOND / 2)

CviHwPolicy
cvi_check_hw_policy (CviCheck *self, const CviPassConfig *config)
{
  return (CviHwPolicy){
    .hw = self->job->hw,
    .session = self->job->hw_session,
    /* Of windows no packet check sees the whole, and pictures that are looked
     * at are to be those that software shows. */
    .covered = config->plug.decode && !config->windows && !config->content,
    .last_resort =
        self->no_hardware || cvi_check_has_damage (self, CVI_PHASE_STRUCTURE),
    .device = self->job->hw_device,
  };
}

void
cvi_check_hw_begin (CviCheck *self, CviPass *pass)
{
  g_mutex_lock (&self->lock);
  self->pass = pass;
  self->discard = FALSE;
  self->on_trial = self->job->hw != CVI_HW_OFF && !self->no_hardware;
  g_mutex_unlock (&self->lock);
}

void
cvi_check_hw_end (CviCheck *self)
{
  g_mutex_lock (&self->lock);
  self->pass = NULL;
  self->on_trial = FALSE;
  g_mutex_unlock (&self->lock);
}

/* Returns: (nullable): a chain that hardware decodes and software can
 * @label: (nullable): of the chain; NULL: of any */
static const CviChain *
find_tried (CviCheck *self, const char *label)
{
  CviPlugger *plugger = cvi_pass_get_plugger (self->pass);

  for (guint i = 0; i < cvi_plugger_get_n_chains (plugger); i++) {
    const CviChain *chain = cvi_plugger_get_chain (plugger, i);

    if (chain->replaceable && (!label || strcmp (chain->label, label) == 0))
      return chain;
  }
  return NULL;
}

/* What is said of no stream is the demuxer's word, unless it is what decoders
 * log on threads of their own. Software tells more of such a file, but there is
 * nothing to be confirmed. */
static gboolean
is_of_file (const CviFinding *finding)
{
  return !finding->stream && !g_str_has_prefix (finding->rule->id, "decode::");
}

/* The worker's own words: of the device, no matter what software finds. */
static gboolean
is_failure (const CviFinding *finding)
{
  return finding->rule == cvi_rule (CVI_RULE_PROCESS_HARDWARE);
}

/* Takes @doubt. */
static void
raise_doubt (CviCheck *self, const CviChain *chain, CviFinding *doubt)
{
  g_autofree char *said = g_steal_pointer (&doubt->message);
  const char *name = GST_OBJECT_NAME (gst_element_get_factory (chain->decoder));

  doubt->message = is_failure (doubt)
                       ? g_strdup_printf ("hardware decoder %s: %s", name, said)
                       : g_strdup_printf ("hardware decoder %s: %s: %s", name,
                             doubt->rule->id, said);
  self->doubt = doubt;
  self->discard = TRUE;
  cvi_pass_abort (self->pass);
}

gboolean
cvi_check_hw_doubts (CviCheck *self, const CviFinding *finding)
{
  const CviChain *chain;

  if (!self->on_trial || finding->severity == CVI_SEVERITY_INFO)
    return FALSE;
  chain = find_tried (self, finding->stream);
  if (!chain)
    return FALSE;
  if (!self->doubt)
    raise_doubt (self, chain, cvi_finding_copy (finding));
  return TRUE;
}

static guint64
get_stat (const GstStructure *stats, const char *field)
{
  guint64 value;

  return gst_structure_get_uint64 (stats, field, &value) ? value : CVI_NONE;
}

/* Have the frames ended before the packets?
 * @end: of the last frame; @whole: the file was decoded, not windows */
static gboolean
has_stopped (CviCheck *self, const CviChain *chain, const CviGuardStats *guard,
    guint64 end, gboolean whole)
{
  if (whole)
    return guard->last_ns != CVI_NONE &&
           (end == CVI_NONE || end + END_NS < guard->last_ns);
  /* The guard sees packets behind a window's end too, and windows are shorter
   * than what is granted above. But a decoder that has stopped shows nothing of
   * the last one, which begins with a picture that needs no other. */
  return !cvi_pass_has_shown (self->pass, chain);
}

/* What can be seen of a decoder that fails in silence.
 * Returns: (transfer full) (nullable) */
static CviFinding *
look_at_chain (CviCheck *self, const CviChain *chain, gboolean whole)
{
  g_autoptr (GstStructure) stats = NULL;
  CviGuardStats guard;
  CviFinding *finding = NULL;
  guint64 end;

  cvi_guard_get_stats (CVI_GUARD (chain->guard), &guard);
  g_object_get (chain->check, "stats", &stats, NULL);
  end = get_stat (stats, "last-end");
  if (guard.errors > 0) {
    finding = cvi_finding_new (
        CVI_RULE_PROCESS_HARDWARE, chain->label, "it failed on a packet");
    finding->start_ns = finding->end_ns = guard.first_error_ns;
  } else if (has_stopped (self, chain, &guard, end, whole)) {
    finding = cvi_finding_new (CVI_RULE_PROCESS_HARDWARE, chain->label,
        "it gave no frame after this time");
    finding->start_ns = finding->end_ns = end;
  } else if (self->job->hw == CVI_HW_AUTO &&
             !cvi_pass_is_covered (self->pass, chain)) {
    finding = cvi_finding_new (CVI_RULE_PROCESS_HARDWARE, chain->label,
        "packet checks cannot read all of the stream");
  }
  return finding;
}

void
cvi_check_hw_account (CviCheck *self, gboolean whole)
{
  CviPlugger *plugger = cvi_pass_get_plugger (self->pass);

  if (!self->on_trial)
    return;
  for (guint i = 0; i < cvi_plugger_get_n_chains (plugger); i++) {
    const CviChain *chain = cvi_plugger_get_chain (plugger, i);
    CviFinding *finding =
        chain->replaceable ? look_at_chain (self, chain, whole) : NULL;

    /* Not before: who delivers a finding has the pass's lock first. */
    g_mutex_lock (&self->lock);
    if (finding && !self->doubt)
      raise_doubt (self, chain, g_steal_pointer (&finding));
    g_mutex_unlock (&self->lock);
    g_clear_pointer (&finding, cvi_finding_free);
  }
}

/* Takes @finding. */
static void
add_note (CviCheck *self, CviFinding *finding)
{
  GPtrArray *known =
      cvi_collector_get_findings (self->collectors[CVI_PHASE_NOTES]);

  finding->severity = CVI_SEVERITY_INFO;
  g_mutex_lock (&self->lock);
  /* Each pass may say it again. */
  for (guint i = 0; i < known->len; i++) {
    const CviFinding *other = g_ptr_array_index (known, i);

    if (g_strcmp0 (other->stream, finding->stream) == 0 &&
        strcmp (other->message, finding->message) == 0) {
      g_clear_pointer (&finding, cvi_finding_free);
      break;
    }
  }
  if (finding)
    cvi_collector_add (self->collectors[CVI_PHASE_NOTES], finding);
  g_mutex_unlock (&self->lock);
}

static const char *
name_of_decoder (const CviChain *chain)
{
  return chain->decoder
             ? GST_OBJECT_NAME (gst_element_get_factory (chain->decoder))
             : NULL;
}

void
cvi_check_hw_note (CviCheck *self, gboolean counts)
{
  CviPlugger *plugger = cvi_pass_get_plugger (self->pass);

  for (guint i = 0; i < cvi_plugger_get_n_chains (plugger); i++) {
    const CviChain *chain = cvi_plugger_get_chain (plugger, i);
    const char *name = name_of_decoder (chain);

    if (chain->note && name)
      add_note (
          self, cvi_finding_new (CVI_RULE_PROCESS_HARDWARE, chain->label,
                    "hardware decoder %s; %s decoded it", chain->note, name));
    if (counts && chain->hardware && !cvi_pass_is_covered (self->pass, chain))
      add_note (self,
          cvi_finding_new (CVI_RULE_PROCESS_HARDWARE, chain->label,
              "nothing but hardware (%s) has decoded it, which hides damage",
              name));
  }
}

CviFinding *
cvi_check_hw_take_doubt (CviCheck *self)
{
  CviFinding *doubt;

  g_mutex_lock (&self->lock);
  doubt = g_steal_pointer (&self->doubt);
  g_mutex_unlock (&self->lock);
  return doubt;
}

/* Has the pass in software found anything of @stream? */
static gboolean
is_confirmed (CviCheck *self, const char *stream)
{
  GPtrArray *findings =
      cvi_collector_get_findings (self->collectors[self->phase]);

  for (guint i = 0; i < findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (findings, i);

    if (finding->severity > CVI_SEVERITY_INFO &&
        (!stream || !finding->stream || strcmp (finding->stream, stream) == 0))
      return TRUE;
  }
  return FALSE;
}

void
cvi_check_hw_settle (CviCheck *self, CviFinding *doubt)
{
  CviFinding *note;

  if (is_of_file (doubt)) {
    cvi_finding_free (doubt);
    return;
  }
  note = cvi_finding_new (CVI_RULE_PROCESS_HARDWARE, doubt->stream,
      "%s; software, which decoded it again, %s", doubt->message,
      is_confirmed (self, doubt->stream) ? "found fault too"
      : is_failure (doubt)               ? "found no fault"
                                         : "did not confirm it");

  note->start_ns = doubt->start_ns;
  note->end_ns = doubt->end_ns;
  cvi_finding_free (doubt);
  add_note (self, note);
}
