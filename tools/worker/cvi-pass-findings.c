/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What a pass makes of what its elements find and post. */
#include "tools/worker/cvi-pass-private.h"

#include "plugin/element/gstcvicheck-private.h"
#include "tools/worker/cvi-window-gate.h"

/* A window that begins this near to the stream's start needs no lead. */
#define SETTLED_NS (GST_SECOND / 2)
/* Decoding that begins at a recovery point is whole after so much. */
#define RECOVERY_NS GST_SECOND
/* Findings about the file that are remembered. */
#define MAX_SEEN 1024

/* A chain whose cvicheck reports to a pass.
 * @marked_ns: last picture of a window that its decoder has marked for want of
 *   those before */
typedef struct {
  CviPass *pass;
  const CviChain *chain;
  guint64 marked_ns;
} CviChecked;

static void
on_log_entry (const CviLogEntry *entry, gpointer user_data)
{
  CviPass *self = user_data;
  CviFinding *finding = cvi_finding_new (entry->rule, NULL, "%s", entry->text);

  finding->severity = entry->severity;
  finding->certainty = entry->certainty;
  finding->count = entry->count;
  self->callbacks.finding (finding, self->user_data);
}

void
cvi_pass_drain_log (CviPass *self)
{
  if (cvi_log_tap_pending (self->log_tap))
    cvi_log_tap_drain (self->log_tap, on_log_entry, self);
}

/* What was logged before goes first, whenever it was last looked for: of equal
 * findings the first one is kept. */
void
cvi_pass_deliver (CviPass *self, CviFinding *finding)
{
  cvi_pass_drain_log (self);
  self->callbacks.finding (finding, self->user_data);
}

/* Decoding that begins at a sync point inside the file meets pictures before
 * it (open GOP) whose references were not decoded: no damage. With intra
 * refresh the decoder marks pictures until it has seen a whole period of that,
 * which may be longer than the lead: as long as they follow on each other. */
static gboolean
is_leading_picture (CviChecked *checked, const CviFinding *finding)
{
  const CviPassConfig *config = &checked->pass->config;
  guint64 entry;
  CviWindowGate *gate;

  if (!config->windows || !g_str_has_prefix (finding->rule->id, "decode::"))
    return FALSE;
  gate = g_hash_table_lookup (checked->pass->gates, checked->chain);
  if (!gate || finding->start_ns == CVI_NONE)
    return FALSE;
  entry = cvi_window_gate_get_entry (gate);
  if (entry == CVI_NONE || finding->start_ns < entry)
    return TRUE;
  if (entry <= SETTLED_NS)
    return FALSE;
  if (finding->rule != cvi_rule (CVI_RULE_DECODE_CORRUPT_FRAME))
    return finding->start_ns < entry + config->lead_ns;
  if (finding->start_ns >= MAX (entry, checked->marked_ns) + config->lead_ns)
    return FALSE;
  checked->marked_ns = finding->start_ns;
  return TRUE;
}

gboolean
cvi_pass_has_shown (CviPass *pass, const CviChain *chain)
{
  CviWindowGate *gate;

  g_mutex_lock (&pass->lock);
  gate = g_hash_table_lookup (pass->gates, chain);
  g_mutex_unlock (&pass->lock);
  return !gate || cvi_window_gate_has_shown (gate);
}

/* A recording that was started, or cut, in the middle of a GOP: the parser
 * drops what has no parameter sets yet (without a time), the decoder what has
 * no reference. */
static gboolean
is_before_sync (CviPass *self, const CviChain *chain, const CviFinding *finding)
{
  CviWindowGate *gate;
  guint64 entry;

  if (!self->config.broadcast || self->config.windows || !chain ||
      !g_str_has_prefix (finding->rule->id, "decode::"))
    return FALSE;
  gate = g_hash_table_lookup (self->gates, chain);
  if (!gate)
    return FALSE;
  /* What a parser drops before there is a packet to take a time from. */
  if (finding->start_ns == CVI_NONE)
    return TRUE;
  entry = cvi_window_gate_get_entry (gate);
  if (!cvi_window_gate_began_inside (gate))
    return entry != CVI_NONE && finding->start_ns < entry;
  return entry == CVI_NONE || finding->start_ns < entry + RECOVERY_NS;
}

/* What an element above all streams says is seen by each stream's cvicheck;
 * it is said once, of the file. */
static gboolean
seen_before (CviPass *self, const CviFinding *finding)
{
  char *key = g_strdup_printf ("%s %" G_GUINT64_FORMAT " %s", finding->rule->id,
      finding->start_ns, finding->message);

  /* They come one after the other. */
  if (g_hash_table_size (self->shared_seen) >= MAX_SEEN)
    g_hash_table_remove_all (self->shared_seen);
  return !g_hash_table_add (self->shared_seen, key);
}

/* Of windows only what decoders say counts: their edges look like gaps, and the
 * rest has been seen in a pass over the whole file. Takes @finding. */
static void
handle_finding (CviChecked *checked, CviFinding *found)
{
  CviPass *self = checked->pass;
  const CviChain *chain = checked->chain;
  g_autoptr (CviFinding) finding = found;

  if (is_leading_picture (checked, finding) ||
      (self->config.windows &&
          !g_str_has_prefix (finding->rule->id, "decode::")))
    return;
  if (finding->stream) {
    g_free (finding->stream);
    finding->stream = g_strdup (chain->label);
    if (is_before_sync (self, chain, finding))
      finding = cvi_finding_as_mid_gop (g_steal_pointer (&finding));
  } else if (seen_before (self, finding)) {
    return;
  }
  cvi_chain_limit (chain, finding);
  cvi_pass_deliver (self, g_steal_pointer (&finding));
}

/* On the thread that found it. Not by its messages, which tell of a finding's
 * first occurrence only: how often and until when is for the record, and a
 * first one that does not count must not hide the others. */
static CviFinding *
take_finding (CviFinding *finding, gpointer user_data)
{
  CviChecked *checked = user_data;

  g_mutex_lock (&checked->pass->lock);
  handle_finding (checked, finding);
  g_mutex_unlock (&checked->pass->lock);
  return NULL;
}

void
cvi_pass_watch_check (CviPass *self, const CviChain *chain)
{
  CviChecked *checked = g_new0 (CviChecked, 1);
  GstCviCheck *check = GST_CVI_CHECK (chain->check);

  checked->pass = self;
  checked->chain = chain;
  check->filter = take_finding;
  check->filter_data = checked;
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->checked, checked);
  g_mutex_unlock (&self->lock);
}

static gboolean
is_stream_error (const GError *error, gint code)
{
  return g_error_matches (error, GST_STREAM_ERROR, code);
}

/* Only where no cvicheck is there to see it: before the streams are known. */
void
cvi_pass_handle_early_error (CviPass *self, GstMessage *message)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *debug = NULL;
  CviRuleId rule = CVI_RULE_CONTAINER_STRUCTURE;

  gst_message_parse_error (message, &error, &debug);
  if (is_stream_error (error, GST_STREAM_ERROR_TYPE_NOT_FOUND) ||
      is_stream_error (error, GST_STREAM_ERROR_WRONG_TYPE))
    rule = CVI_RULE_CONTAINER_UNRECOGNISED;
  else if (is_stream_error (error, GST_STREAM_ERROR_CODEC_NOT_FOUND))
    rule = CVI_RULE_STREAM_UNSUPPORTED;
  else if (is_stream_error (error, GST_STREAM_ERROR_DECRYPT) ||
           is_stream_error (error, GST_STREAM_ERROR_DECRYPT_NOKEY))
    rule = CVI_RULE_STREAM_ENCRYPTED;
  else if (g_error_matches (
               error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ) ||
           g_error_matches (
               error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ))
    rule = CVI_RULE_IO_ERROR;
  cvi_pass_deliver (
      self, cvi_finding_new (rule, NULL, "%s: %s",
                GST_OBJECT_NAME (GST_MESSAGE_SRC (message)), error->message));
}
