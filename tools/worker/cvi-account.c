/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-account.h"

#include <string.h>
#include "plugin/element/cvi-tally.h"
#include "tools/worker/cvi-guard.h"

/* What a chain did. */
typedef struct {
  const CviChain *chain;
  const CviStructureStream *declared; /* nullable */
  CviGuardStats guard;
  guint64 frames;
  guint64 packets; /* that reached the decoder */
  guint64 packet_bytes;
  guint64 gaps;
  guint64 first_ns;
  guint64 last_ns;
  guint64 frame_ns;
} Seen;

static guint64
get_stat (const GstStructure *stats, const char *field, guint64 unknown)
{
  guint64 value;

  return gst_structure_get_uint64 (stats, field, &value) ? value : unknown;
}

static void
look_at (
    const CviAccount *account, CviPass *pass, const CviChain *chain, Seen *seen)
{
  guint64 n_packets = cvi_pass_get_n_packets (pass, chain);

  seen->chain = chain;
  seen->declared = cvi_structure_find_stream (account->info, chain->label);
  cvi_guard_get_stats (CVI_GUARD (chain->guard), &seen->guard);
  seen->frames = seen->packets = seen->guard.buffers;
  seen->first_ns = seen->guard.first_ns;
  seen->last_ns = seen->guard.last_ns;
  seen->frame_ns = CVI_NONE;
  if (chain->check) {
    g_autoptr (GstStructure) stats = NULL;

    g_object_get (chain->check, "stats", &stats, NULL);
    seen->frames = get_stat (stats, "buffers", 0);
    seen->packets = n_packets ? n_packets : get_stat (stats, "decoder-in", 0);
    seen->packet_bytes = get_stat (stats, "decoder-in-bytes", 0);
    seen->gaps = get_stat (stats, "gaps", 0);
    seen->first_ns = get_stat (stats, "first-pts", CVI_NONE);
    seen->last_ns = get_stat (stats, "last-end", CVI_NONE);
    seen->frame_ns = get_stat (stats, "frame-duration", CVI_NONE);
  }
}

static void
report (const CviAccount *account, CviFinding *finding, guint64 start_ns,
    guint64 end_ns)
{
  finding->start_ns = start_ns;
  finding->end_ns = end_ns == CVI_NONE || end_ns < start_ns ? start_ns : end_ns;
  account->finding (finding, account->user_data);
}

/* Of what the stream's decoder did. */
static void
report_of_decoder (const CviAccount *account, const Seen *seen,
    CviFinding *finding, guint64 start_ns, guint64 end_ns)
{
  cvi_chain_limit (seen->chain, finding);
  report (account, finding, start_ns, end_ns);
}

/* Did @decoder take the stream's caps? Else it cannot decode such streams. */
static gboolean
has_caps (GstElement *decoder)
{
  g_autoptr (GstPad) sink =
      decoder ? gst_element_get_static_pad (decoder, "sink") : NULL;

  return sink && gst_pad_has_current_caps (sink);
}

/* Why a stream could not be checked at all. Returns: (nullable): the reason */
static const char *
account_unchecked (const CviAccount *account, const Seen *seen)
{
  const CviChain *chain = seen->chain;

  if (chain->encrypted || (seen->declared && seen->declared->encrypted)) {
    report (account,
        cvi_finding_new (CVI_RULE_STREAM_ENCRYPTED, chain->label,
            "%s stream is encrypted", chain->codec),
        CVI_NONE, CVI_NONE);
    return "encrypted";
  }
  if (chain->reason) {
    report (account,
        cvi_finding_new (
            CVI_RULE_STREAM_UNSUPPORTED, chain->label, "%s", chain->reason),
        CVI_NONE, CVI_NONE);
    return chain->reason;
  }
  if (seen->frames == 0 && seen->declared && seen->declared->unshown) {
    report (account,
        cvi_finding_new (CVI_RULE_STREAM_UNSUPPORTED, chain->label, "%s",
            seen->declared->unshown),
        CVI_NONE, CVI_NONE);
    return seen->declared->unshown;
  }
  if (seen->guard.not_negotiated && seen->frames == 0 &&
      !has_caps (chain->decoder)) {
    report (account,
        cvi_finding_new (CVI_RULE_STREAM_UNSUPPORTED, chain->label,
            "%s was refused by its decoder", chain->codec),
        CVI_NONE, CVI_NONE);
    return "refused by its decoder";
  }
  return NULL;
}

static CviTally
make_tally (const CviAccount *account, const Seen *seen)
{
  return (CviTally){ .label = seen->chain->label,
    .caps = seen->chain->caps,
    .declared = seen->declared,
    .container = account->info ? account->info->container : NULL,
    .ended = account->end == CVI_PASS_EOS,
    .in = seen->guard.buffers,
    .in_bytes = seen->guard.bytes,
    .outside = seen->guard.outside,
    .outside_bytes = seen->guard.outside_bytes,
    .decoded = seen->chain->decoder != NULL,
    .packets = seen->packets,
    .packet_bytes = seen->packet_bytes,
    .frames = seen->frames,
    .gaps = seen->gaps,
    .first_ns = seen->first_ns,
    .last_ns = seen->last_ns };
}

typedef struct {
  const CviAccount *account;
  const CviChain *chain;
} Limited;

static void
on_decoder_finding (CviFinding *finding, gpointer user_data)
{
  const Limited *limited = user_data;

  cvi_chain_limit (limited->chain, finding);
  limited->account->finding (finding, limited->account->user_data);
}

static void
account_frames (
    const CviAccount *account, const Seen *seen, const CviTally *tally)
{
  Limited limited = { account, seen->chain };

  if (seen->guard.buffers > 0)
    cvi_tally_frames (tally, on_decoder_finding, &limited);
  else
    cvi_tally_frames (tally, account->finding, account->user_data);
}

static void
account_end (const CviAccount *account, const Seen *seen)
{
  if (seen->guard.given_up)
    report_of_decoder (account, seen,
        cvi_finding_new (CVI_RULE_DECODE_STOPPED_EARLY, seen->chain->label,
            "given up after %u failures in a row", CVI_GUARD_MAX_ERRORS),
        seen->guard.given_up_ns, seen->guard.last_ns);
  else if (!seen->guard.eos && account->end == CVI_PASS_IDLE)
    report (account,
        cvi_finding_new (CVI_RULE_DECODE_STOPPED_EARLY, seen->chain->label,
            "the demuxer stopped before the stream's end"),
        seen->guard.last_ns, seen->guard.last_ns);
}

static CviStream *
make_stream (const CviAccount *account, const Seen *seen, const char *reason)
{
  const CviChain *chain = seen->chain;
  CviStream *stream = cvi_stream_new (chain->label, chain->kind);

  stream->codec = g_strdup (chain->codec);
  if (chain->decoder)
    stream->decoder =
        g_strdup (GST_OBJECT_NAME (gst_element_get_factory (chain->decoder)));
  stream->hardware = chain->hardware;
  stream->frames = seen->frames;
  if (seen->first_ns != CVI_NONE && seen->last_ns != CVI_NONE)
    stream->duration_ns = seen->last_ns - MIN (seen->first_ns, seen->last_ns);
  stream->frame_ns = seen->frame_ns;
  stream->checked = reason == NULL && !seen->guard.given_up;
  stream->reason = g_strdup (reason);
  return stream;
}

static CviStream *
account_chain (const CviAccount *account, CviPass *pass, const CviChain *chain)
{
  Seen seen;
  CviTally tally;
  const char *reason;
  gboolean media =
      strcmp (chain->kind, "video") == 0 || strcmp (chain->kind, "audio") == 0;

  look_at (account, pass, chain, &seen);
  reason = media ? account_unchecked (account, &seen) : NULL;
  /* Windows may hold no sync point, and a seek may drop the frames before it.
   */
  if (media && !reason && account->whole) {
    tally = make_tally (account, &seen);
    account_frames (account, &seen, &tally);
    cvi_tally_length (&tally, account->finding, account->user_data);
    account_end (account, &seen);
    cvi_tally_losses (&tally, account->finding, account->user_data);
  }
  return make_stream (account, &seen, reason);
}

static gboolean
has_stream (GPtrArray *streams, const char *id)
{
  for (guint i = 0; i < streams->len; i++) {
    const CviStream *stream = g_ptr_array_index (streams, i);

    if (strcmp (stream->id, id) == 0)
      return TRUE;
  }
  return FALSE;
}

/* @failed: the demuxer has, for which there is a finding */
static CviStream *
hidden_stream (const CviAccount *account, const CviStructureStream *declared,
    gboolean failed)
{
  CviStream *stream = cvi_stream_new (declared->id, declared->kind);

  stream->codec = g_strdup (declared->codec);
  if (failed)
    stream->reason = g_strdup ("could not be demuxed");
  else if (declared->encrypted)
    stream->reason = g_strdup ("encrypted");
  else
    stream->reason = g_strdup ("not shown by the demuxer");
  if (!failed)
    report (account, cvi_tally_hidden (account->info, declared), CVI_NONE,
        CVI_NONE);
  return stream;
}

/* Streams that the container declares and the demuxer does not show. */
static void
account_hidden (const CviAccount *account, GPtrArray *streams)
{
  guint n_shown = streams->len;

  for (guint i = 0; account->info && i < account->info->streams->len; i++) {
    const CviStructureStream *declared =
        g_ptr_array_index (account->info->streams, i);
    gboolean failed;

    if ((strcmp (declared->kind, "video") != 0 &&
            strcmp (declared->kind, "audio") != 0) ||
        has_stream (streams, declared->id))
      continue;
    /* A demuxer that failed has shown nothing for another reason, unless it
     * failed for want of a decryptor. */
    failed =
        account->end == CVI_PASS_ERROR && !declared->encrypted && n_shown == 0;
    g_ptr_array_add (streams, hidden_stream (account, declared, failed));
  }
}

GPtrArray *
cvi_account_pass (const CviAccount *account, CviPass *pass)
{
  CviPlugger *plugger = cvi_pass_get_plugger (pass);
  guint n_chains = cvi_plugger_get_n_chains (plugger);
  GPtrArray *streams =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_stream_free);

  for (guint i = 0; i < n_chains; i++) {
    const CviChain *chain = cvi_plugger_get_chain (plugger, i);
    CviStream *stream = account_chain (account, pass, chain);

    cvi_pass_get_span (pass, chain, &stream->start_ns, &stream->end_ns);
    g_ptr_array_add (streams, stream);
  }
  /* Windows leave out streams that were decoded before. */
  if (account->whole)
    account_hidden (account, streams);
  return streams;
}
