/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-pass-private.h"

#include <string.h>
#include "tools/worker/cvi-content.h"
#include "tools/worker/cvi-guard.h"
#include "tools/worker/cvi-packet-probe.h"
#include "tools/worker/cvi-stand-in.h"
#include "tools/worker/cvi-window-gate.h"

/* How often the streams' state is looked at (µs), at leisure and once an
 * element has reported an error. */
#define TICK_US (200 * G_TIME_SPAN_MILLISECOND)
#define ERROR_TICK_US (1 * G_TIME_SPAN_MILLISECOND)
/* Most times that a task which goes on behind EOS is looked at. */
#define SETTLE_STEPS 5000
/* After a seek not every demuxer ends with an EOS of that seek's: those of
 * Matroska and MPEG-TS only fall silent. */
#define WINDOW_TICK_US (2 * G_TIME_SPAN_MILLISECOND)
/* Ticks without a running task before the pass counts as ended. */
#define IDLE_TICKS 2

static gboolean
has_check (CviPass *self)
{
  for (guint i = 0; i < cvi_plugger_get_n_chains (self->plugger); i++) {
    if (cvi_plugger_get_chain (self->plugger, i)->check)
      return TRUE;
  }
  return FALSE;
}

/* A decoder's or parser's error is the guard's business and cvicheck's; an
 * element above the streams that gives up ends the pass. */
static void
handle_error (CviPass *self, GstMessage *message)
{
  if (cvi_plugger_find_chain (self->plugger, GST_MESSAGE_SRC (message)))
    return;
  if (!self->error && !has_check (self))
    cvi_pass_handle_early_error (self, message);
  self->error = TRUE;
}

/* On the posting thread. */
static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  CviPass *self = user_data;

  g_mutex_lock (&self->lock);
  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ERROR:
      handle_error (self, message);
      g_cond_signal (&self->cond);
      break;
    case GST_MESSAGE_EOS:
      self->eos = TRUE;
      self->eos_seqnum = gst_message_get_seqnum (message);
      g_cond_signal (&self->cond);
      break;
    default:
      break;
  }
  g_mutex_unlock (&self->lock);
  /* cvicheck listens through the bus's sync emission, which comes after this
   * handler and only if it passes the message on. */
  return GST_BUS_PASS;
}

static guint64
get_position (CviPass *self)
{
  guint64 position = 0;

  for (guint i = 0; i < cvi_plugger_get_n_chains (self->plugger); i++) {
    CviGuardStats stats;

    cvi_guard_get_stats (
        CVI_GUARD (cvi_plugger_get_chain (self->plugger, i)->guard), &stats);
    if (stats.last_ns != CVI_NONE)
      position = MAX (position, stats.last_ns);
  }
  return position;
}

static void
tick (CviPass *self)
{
  g_autoptr (GstBus) bus =
      gst_element_get_bus (cvi_plugger_get_pipeline (self->plugger));
  GstMessage *message;

  /* Nobody reads the queue; the handler has seen everything. */
  while ((message = gst_bus_pop (bus)))
    gst_message_unref (message);
  g_mutex_lock (&self->lock);
  cvi_pass_drain_log (self);
  g_mutex_unlock (&self->lock);
  self->callbacks.progress (cvi_guard_total_buffers () - self->first_buffer,
      cvi_read_tap_get_bytes (self->read_tap), get_position (self),
      self->user_data);
}

static gboolean
is_aborted (CviPass *self)
{
  return g_atomic_int_get (&self->aborted);
}

/* Waits for the EOS of @seqnum (0: any), an error, or silence. */
static CviPassEnd
wait_end (CviPass *self, guint32 seqnum)
{
  guint idle_ticks = 0;
  CviPassEnd end = CVI_PASS_EOS;

  g_mutex_lock (&self->lock);
  while (!is_aborted (self) &&
         (!self->eos || (seqnum && self->eos_seqnum != seqnum))) {
    gint64 step = self->error ? ERROR_TICK_US
                  : seqnum    ? WINDOW_TICK_US
                              : TICK_US;

    if (g_cond_wait_until (
            &self->cond, &self->lock, g_get_monotonic_time () + step))
      continue;
    g_mutex_unlock (&self->lock);
    tick (self);
    idle_ticks = cvi_plugger_is_idle (self->plugger) ? idle_ticks + 1 : 0;
    g_mutex_lock (&self->lock);
    if (idle_ticks >= IDLE_TICKS) {
      end = self->error ? CVI_PASS_ERROR : CVI_PASS_IDLE;
      break;
    }
  }
  if (is_aborted (self))
    end = CVI_PASS_ABORTED;
  else if (end == CVI_PASS_EOS && self->error)
    end = CVI_PASS_ERROR;
  g_mutex_unlock (&self->lock);
  return end;
}

/* What a demuxer still does and says behind the last stream's EOS belongs to
 * the pass. One that never comes to rest is not waited for. */
static void
settle (CviPass *self)
{
  for (guint i = 0; i < SETTLE_STEPS && !cvi_plugger_is_idle (self->plugger);
       i++)
    g_usleep (ERROR_TICK_US);
}

/* A seek is possible only once the streams are there: until the first packet
 * has come through, or the pass has ended by itself. */
static gboolean
wait_started (CviPass *self)
{
  for (guint i = 0; i < 1000; i++) {
    gboolean over;

    if (cvi_guard_total_buffers () > self->first_buffer)
      return TRUE;
    g_mutex_lock (&self->lock);
    over = self->eos || self->error || is_aborted (self);
    g_mutex_unlock (&self->lock);
    if (over)
      return FALSE;
    g_usleep (2000);
  }
  return FALSE;
}

static CviPassEnd
run_windows (CviPass *self)
{
  GstElement *pipeline = cvi_plugger_get_pipeline (self->plugger);
  CviPassEnd end = CVI_PASS_EOS;

  if (!wait_started (self))
    return wait_end (self, 0);
  for (guint i = 0; i < self->config.windows->len; i++) {
    guint64 start = g_array_index (self->config.windows, guint64, i);
    GstEvent *seek = gst_event_new_seek (1.0, GST_FORMAT_TIME,
        GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT |
            GST_SEEK_FLAG_SNAP_BEFORE,
        GST_SEEK_TYPE_SET, (gint64)start, GST_SEEK_TYPE_NONE, 0);
    guint32 seqnum = gst_event_get_seqnum (seek);

    g_mutex_lock (&self->lock);
    self->eos = FALSE;
    g_mutex_unlock (&self->lock);
    if (!gst_element_send_event (pipeline, seek)) {
      self->n_unseekable++;
      continue;
    }
    end = wait_end (self, seqnum);
    if (end == CVI_PASS_ERROR || end == CVI_PASS_ABORTED)
      break;
  }
  return end;
}

CviPassEnd
cvi_pass_run (CviPass *pass)
{
  GstElement *pipeline = cvi_plugger_get_pipeline (pass->plugger);
  CviPassEnd end;

  pass->first_buffer = cvi_guard_total_buffers ();
  cvi_log_tap_set_fallback (pass->log_tap);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  end = pass->config.windows ? run_windows (pass) : wait_end (pass, 0);
  if (!is_aborted (pass))
    settle (pass);
  tick (pass);
  return is_aborted (pass) ? CVI_PASS_ABORTED : end;
}

/* Without the lock, which whoever delivers a finding holds; a wake-up that is
 * missed costs a tick. */
void
cvi_pass_abort (CviPass *pass)
{
  g_atomic_int_set (&pass->aborted, 1);
  g_cond_signal (&pass->cond);
}

/* From a probe on a streaming thread. */
static void
on_probe_finding (CviFinding *finding, gpointer user_data)
{
  CviPass *self = user_data;

  g_mutex_lock (&self->lock);
  cvi_pass_deliver (self, finding);
  g_mutex_unlock (&self->lock);
}

static void
add_content (CviPass *self, const CviChain *chain)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (chain->check, "src");
  CviContent *content =
      cvi_content_new (pad, chain->label, on_probe_finding, self);

  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->contents, content);
  g_mutex_unlock (&self->lock);
}

static void
add_stand_in (CviPass *self, const CviChain *chain, CviPacketCheck *check)
{
  CviStandIn *stand_in = cvi_stand_in_new (check, chain->decoder);

  g_mutex_lock (&self->lock);
  g_hash_table_insert (self->stand_ins, (gpointer)chain, stand_in);
  g_mutex_unlock (&self->lock);
}

static void
add_packet_check (CviPass *self, const CviChain *chain)
{
  g_autoptr (GstPad) parsed = gst_element_get_static_pad (
      chain->decoder ? chain->decoder : chain->check, "sink");
  /* How many packets come before the first seek and behind a window's end
   * depends on the threads; the gate lets none of them through. */
  gboolean in_window = self->config.windows && chain->decoder;
  CviPacketProbe *probe =
      cvi_packet_probe_new (chain->caps, chain->head, parsed, in_window,
          !chain->decoder && !chain->raw, chain->label, on_probe_finding, self);

  if (!probe)
    return;
  cvi_packet_check_set_total (
      cvi_packet_probe_get_check (probe), self->config.size);
  /* Windows are too short for it to begin. */
  if (chain->decoder && !chain->hardware && !self->config.content &&
      !self->config.windows)
    add_stand_in (self, chain, cvi_packet_probe_get_check (probe));
  cvi_packet_probe_set_to_end (probe, self->config.windows == NULL);
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->packet_probes, probe);
  g_mutex_unlock (&self->lock);
}

static void
add_span (CviPass *self, const CviChain *chain)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (chain->check, "sink");

  g_mutex_lock (&self->lock);
  g_hash_table_insert (self->spans, (gpointer)chain, cvi_span_new (pad));
  g_mutex_unlock (&self->lock);
}

/* Only of these does the parser flag reliably what is no sync point. */
static gboolean
marks_sync_points (const CviChain *chain)
{
  GstStructure *caps = gst_caps_get_structure (chain->caps, 0);

  return chain->decoder && (gst_structure_has_name (caps, "video/x-h264") ||
                               gst_structure_has_name (caps, "video/x-h265"));
}

static void
add_gate (CviPass *self, const CviChain *chain)
{
  g_autoptr (GstPad) pad =
      chain->decoder ? gst_element_get_static_pad (chain->decoder, "sink")
                     : gst_object_ref (chain->head);
  CviWindowGate *gate = cvi_window_gate_new (pad,
      self->config.windows ? self->config.window_ns : 0,
      self->config.windows && self->config.broadcast &&
          marks_sync_points (chain));

  if (self->config.windows && chain->check) {
    g_autoptr (GstPad) frames =
        gst_element_get_static_pad (chain->check, "sink");

    cvi_window_gate_watch (gate, frames);
  }
  g_mutex_lock (&self->lock);
  g_hash_table_insert (self->gates, (gpointer)chain, gate);
  g_mutex_unlock (&self->lock);
}

static void
on_chain_made (const CviChain *chain, gpointer user_data)
{
  CviPass *self = user_data;

  if (self->config.windows ||
      (self->config.broadcast && marks_sync_points (chain)))
    add_gate (self, chain);
  if (!chain->check)
    return;
  cvi_pass_watch_check (self, chain);
  if (!self->config.windows)
    add_span (self, chain);
  if (self->config.content)
    add_content (self, chain);
  if (self->config.plug.decode || self->config.sample)
    add_packet_check (self, chain);
}

static void
on_decoder_chosen (const char *label, GstElementFactory *factory,
    gboolean others, gpointer user_data)
{
  CviPass *self = user_data;

  if (self->callbacks.decoder)
    self->callbacks.decoder (label, GST_OBJECT_NAME (factory), others,
        cvi_factory_is_hardware (factory), self->user_data);
}

/* Of a stream that software has to decode then. */
static void
on_hardware_refused (const CviChain *chain, gpointer user_data)
{
  CviFinding *finding = cvi_finding_new (
      CVI_RULE_PROCESS_HARDWARE, chain->label, "it refuses the stream");

  finding->severity = CVI_SEVERITY_WARNING;
  on_probe_finding (finding, user_data);
}

CviPass *
cvi_pass_new (const CviPassConfig *config, const CviPassCallbacks *callbacks,
    gpointer user_data)
{
  CviPass *self = g_new0 (CviPass, 1);
  g_autoptr (GstBus) bus = NULL;

  self->config = *config;
  self->callbacks = *callbacks;
  self->user_data = user_data;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->shared_seen =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->checked = g_ptr_array_new_with_free_func (g_free);
  self->contents =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_content_free);
  self->packet_probes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_packet_probe_free);
  self->stand_ins = g_hash_table_new_full (
      NULL, NULL, NULL, (GDestroyNotify)cvi_stand_in_free);
  self->gates = g_hash_table_new_full (
      NULL, NULL, NULL, (GDestroyNotify)cvi_window_gate_free);
  self->spans =
      g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)cvi_span_free);
  self->config.plug.media_only = config->windows != NULL;
  self->config.plug.decoder_chosen = on_decoder_chosen;
  self->config.plug.hardware_refused = on_hardware_refused;
  self->config.plug.chain_made = on_chain_made;
  self->config.plug.user_data = self;
  self->plugger = cvi_plugger_new (&self->config.plug);
  self->read_tap = cvi_read_tap_new (cvi_plugger_get_source (self->plugger));
  cvi_read_tap_set_mask (
      self->read_tap, config->mask_offset, config->mask_size);
  self->log_tap = cvi_log_tap_new ();
  bus = gst_element_get_bus (cvi_plugger_get_pipeline (self->plugger));
  gst_bus_set_sync_handler (bus, on_message, self, NULL);
  return self;
}

void
cvi_pass_free (CviPass *pass)
{
  cvi_log_tap_set_fallback (NULL);
  cvi_plugger_stop (pass->plugger);
  /* Content reports stretches that last to the end. */
  g_ptr_array_unref (pass->contents);
  g_hash_table_unref (pass->stand_ins);
  g_ptr_array_unref (pass->packet_probes);
  g_hash_table_unref (pass->spans);
  cvi_read_tap_free (pass->read_tap);
  /* A chain that came while the plugger stopped has its last findings now. */
  cvi_plugger_free (pass->plugger);
  g_hash_table_unref (pass->gates);
  g_ptr_array_unref (pass->checked);
  cvi_log_tap_free (pass->log_tap);
  g_hash_table_unref (pass->shared_seen);
  g_cond_clear (&pass->cond);
  g_mutex_clear (&pass->lock);
  g_free (pass);
}

CviPlugger *
cvi_pass_get_plugger (CviPass *pass)
{
  return pass->plugger;
}

gboolean
cvi_pass_is_covered (CviPass *pass, const CviChain *chain)
{
  gboolean covered = FALSE;

  g_mutex_lock (&pass->lock);
  for (guint i = 0; i < pass->packet_probes->len; i++) {
    covered = covered || cvi_packet_check_is_complete (
                             cvi_packet_probe_get_check (
                                 g_ptr_array_index (pass->packet_probes, i)),
                             chain->label);
  }
  g_mutex_unlock (&pass->lock);
  return covered;
}

void
cvi_pass_get_span (
    CviPass *pass, const CviChain *chain, guint64 *start_ns, guint64 *end_ns)
{
  CviSpan *span;

  *start_ns = *end_ns = CVI_NONE;
  g_mutex_lock (&pass->lock);
  span = g_hash_table_lookup (pass->spans, chain);
  g_mutex_unlock (&pass->lock);
  if (span)
    cvi_span_get (span, start_ns, end_ns);
}

guint64
cvi_pass_get_n_packets (CviPass *pass, const CviChain *chain)
{
  CviStandIn *stand_in;

  g_mutex_lock (&pass->lock);
  stand_in = g_hash_table_lookup (pass->stand_ins, chain);
  g_mutex_unlock (&pass->lock);
  return stand_in ? cvi_stand_in_get_n_packets (stand_in) : 0;
}

guint
cvi_pass_get_n_unseekable (CviPass *pass)
{
  return pass->n_unseekable;
}

CviPastEnd
cvi_pass_get_past_end (CviPass *pass)
{
  return cvi_read_tap_get_past_end (pass->read_tap);
}
