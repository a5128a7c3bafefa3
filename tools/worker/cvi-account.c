/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-account.h"

#include <string.h>
#include "tools/worker/cvi-guard.h"

/* A stream may end this much before its declared duration: rounding of the
 * movie timescale, edit lists, priming samples, a last frame without a
 * duration. */
#define SHORTFALL_MIN_NS (GST_SECOND / 2)
#define SHORTFALL_SHARE 0.02

/* Codecs of which each packet gives one frame. Measured: on 90 healthy files
 * not one packet gave none. Codecs with hidden packets (VP8) or field pairs
 * (H.264) are left out. */
static const char *const frame_per_packet[] = { "video/x-av1", "video/x-vp9",
  "video/x-prores", "video/x-dnxhd", "image/jpeg", "video/x-ffv",
  "video/x-flash-video", "video/x-h263", NULL };

/* Codecs whose parsers pass on every byte that belongs to a frame: what is
 * missing behind them lay between frames. Measured: not one byte on healthy
 * files. A broadcast recording may begin and end in the middle of a frame. */
static const char *const whole_frames[] = { "audio/mpeg", "audio/x-ac3",
  "audio/x-eac3", "audio/x-dts", NULL };
#define FRAGMENT_BYTES 128

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

const CviStructureStream *
cvi_account_find_declared (const CviStructureInfo *info, const char *label)
{
  for (guint i = 0; info && i < info->streams->len; i++) {
    const CviStructureStream *stream = g_ptr_array_index (info->streams, i);

    if (strcmp (stream->id, label) == 0)
      return stream;
  }
  return NULL;
}

static void
look_at (const CviAccount *account, const CviChain *chain, Seen *seen)
{
  seen->chain = chain;
  seen->declared = cvi_account_find_declared (account->info, chain->label);
  cvi_guard_get_stats (CVI_GUARD (chain->guard), &seen->guard);
  seen->frames = seen->packets = seen->guard.buffers;
  seen->first_ns = seen->guard.first_ns;
  seen->last_ns = seen->guard.last_ns;
  seen->frame_ns = CVI_NONE;
  if (chain->check) {
    g_autoptr (GstStructure) stats = NULL;

    g_object_get (chain->check, "stats", &stats, NULL);
    seen->frames = get_stat (stats, "buffers", 0);
    seen->packets = get_stat (stats, "decoder-in", 0);
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

static void
account_frames (const CviAccount *account, const Seen *seen)
{
  const CviChain *chain = seen->chain;
  guint64 declared = seen->declared && seen->declared->n_frames != CVI_NONE
                         ? seen->declared->n_frames
                         : 0;

  /* Windows may hold no sync point, and a seek may drop the frames before it.
   */
  if (seen->frames > 0 || !account->whole)
    return;
  if (seen->guard.buffers > 0)
    report_of_decoder (account, seen,
        cvi_finding_new (CVI_RULE_STREAM_NO_FRAMES, chain->label,
            "none of %" G_GUINT64_FORMAT " packets could be decoded",
            seen->guard.buffers),
        CVI_NONE, CVI_NONE);
  else if (declared > 0)
    report (account,
        cvi_finding_new (CVI_RULE_STREAM_NO_FRAMES, chain->label,
            "none of %" G_GUINT64_FORMAT " declared frames is there", declared),
        CVI_NONE, CVI_NONE);
}

/* The track's own declared duration counts, not the file's: audio is often
 * longer than video. A container that lists each frame is left out: the
 * structure walk has held the list against the file, and an edit list may
 * present less than there is. */
static void
account_shortfall (const CviAccount *account, const Seen *seen)
{
  guint64 declared, length, missing;

  if (!seen->declared || seen->declared->n_frames != CVI_NONE ||
      seen->declared->duration_ns == CVI_NONE || seen->last_ns == CVI_NONE ||
      seen->first_ns == CVI_NONE)
    return;
  declared = seen->declared->duration_ns;
  length = seen->last_ns - MIN (seen->first_ns, seen->last_ns);
  if (length >= declared)
    return;
  missing = declared - length;
  if (missing < SHORTFALL_MIN_NS || missing < declared * SHORTFALL_SHARE)
    return;
  report (account,
      cvi_finding_new (CVI_RULE_STREAM_SHORTFALL, seen->chain->label,
          "ends %.2f s before its declared length of %.2f s",
          (double)missing / GST_SECOND, (double)declared / GST_SECOND),
      seen->last_ns, seen->last_ns + missing);
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

static void
account_packets (const CviAccount *account, const Seen *seen)
{
  GstStructure *caps = gst_caps_get_structure (seen->chain->caps, 0);
  guint64 lost;

  if (!seen->chain->decoder || account->end != CVI_PASS_EOS ||
      seen->frames == 0 ||
      !g_strv_contains (frame_per_packet, gst_structure_get_name (caps)) ||
      seen->frames + seen->guard.outside >= seen->packets)
    return;
  lost = seen->packets - seen->frames;
  report (account,
      cvi_finding_new (CVI_RULE_STREAM_MISSING_FRAMES, seen->chain->label,
          "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
          " packets gave no frame",
          lost, seen->packets),
      CVI_NONE, CVI_NONE);
}

static void
account_bytes (const CviAccount *account, const Seen *seen)
{
  GstStructure *caps = gst_caps_get_structure (seen->chain->caps, 0);
  const char *container = account->info ? account->info->container : NULL;
  guint64 most = FRAGMENT_BYTES + seen->guard.outside_bytes;
  gint version = 1;

  /* Bytes lost at the ends leave no hole in time. */
  if ((!container || g_str_has_prefix (container, "mpeg-")) && seen->gaps == 0)
    most += 2 * seen->packet_bytes / MAX (seen->packets, 1);
  gst_structure_get_int (caps, "mpegversion", &version);
  if (!seen->chain->decoder || account->end != CVI_PASS_EOS || version != 1 ||
      seen->packets == 0 ||
      !g_strv_contains (whole_frames, gst_structure_get_name (caps)) ||
      seen->guard.bytes <= seen->packet_bytes + most)
    return;
  report (account,
      cvi_finding_new (CVI_RULE_STREAM_MISSING_FRAMES, seen->chain->label,
          "%" G_GUINT64_FORMAT " bytes belong to no frame",
          seen->guard.bytes - seen->packet_bytes),
      CVI_NONE, CVI_NONE);
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
account_chain (const CviAccount *account, const CviChain *chain)
{
  Seen seen;
  const char *reason;
  gboolean media =
      strcmp (chain->kind, "video") == 0 || strcmp (chain->kind, "audio") == 0;

  look_at (account, chain, &seen);
  reason = media ? account_unchecked (account, &seen) : NULL;
  if (media && !reason) {
    account_frames (account, &seen);
    if (account->whole) {
      account_shortfall (account, &seen);
      account_end (account, &seen);
      account_packets (account, &seen);
      account_bytes (account, &seen);
    }
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

/* qtdemux takes a track of less than a fifth of the movie for a preview and
 * leaves it out (measured; gst/isomp4/qtdemux.c). */
#define PREVIEW_SHARE 0.2

static CviStream *
hidden_stream (const CviAccount *account, const CviStructureStream *declared)
{
  CviStream *stream = cvi_stream_new (declared->id, declared->kind);
  CviRuleId rule = CVI_RULE_STREAM_NO_FRAMES;
  const char *name = declared->codec ? declared->codec : declared->kind;
  CviFinding *finding;

  if (declared->encrypted)
    rule = CVI_RULE_STREAM_ENCRYPTED;
  else if (declared->duration_ns == CVI_NONE ||
           account->info->duration_ns == CVI_NONE ||
           declared->duration_ns < PREVIEW_SHARE * account->info->duration_ns)
    rule = CVI_RULE_STREAM_UNSUPPORTED;
  stream->codec = g_strdup (declared->codec);
  stream->reason =
      g_strdup (declared->encrypted ? "encrypted" : "not shown by the demuxer");
  finding = cvi_finding_new (
      rule, declared->id, "declared %s stream is %s", name, stream->reason);
  /* The demuxer found it too broken to show, or does not know it. */
  finding->severity = CVI_SEVERITY_WARNING;
  report (account, finding, CVI_NONE, CVI_NONE);
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

    if ((strcmp (declared->kind, "video") != 0 &&
            strcmp (declared->kind, "audio") != 0) ||
        has_stream (streams, declared->id))
      continue;
    /* A demuxer that failed has shown nothing for another reason, unless it
     * failed for want of a decryptor. */
    if (account->end == CVI_PASS_ERROR && !declared->encrypted && n_shown == 0)
      continue;
    g_ptr_array_add (streams, hidden_stream (account, declared));
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
    CviStream *stream = account_chain (account, chain);

    cvi_pass_get_span (pass, chain, &stream->start_ns, &stream->end_ns);
    g_ptr_array_add (streams, stream);
  }
  /* Windows leave out streams that were decoded before. */
  if (account->whole)
    account_hidden (account, streams);
  return streams;
}
