/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/element/cvi-decoder-watch.h"

#include <stdatomic.h>
#include "plugin/element/cvi-pad-data.h"
#include "plugin/element/cvi-upstream.h"

/* What the probes use. Reference-counted: a probe may still run while the
 * watch goes away. */
typedef struct {
  CviLogTap *tap;
  _Atomic guint64 packets;
  _Atomic guint64 bytes;
  _Atomic guint64 time_ns;
} Shared;

typedef struct {
  GstPad *pad;
  gulong id;
} Probe;

struct _CviDecoderWatch {
  Shared *shared;

  GMutex lock;
  /* under lock */
  GWeakRef decoder; /* a reference might be the last one, dropped under locks */
  GArray *probes;
};

static void
shared_clear (gpointer data)
{
  Shared *shared = data;

  cvi_log_tap_free (shared->tap);
}

static void
shared_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, shared_clear);
}

static void
probe_clear (gpointer data)
{
  Probe *probe = data;

  gst_pad_remove_probe (probe->pad, probe->id);
  gst_object_unref (probe->pad);
}

CviDecoderWatch *
cvi_decoder_watch_new (void)
{
  CviDecoderWatch *self = g_new0 (CviDecoderWatch, 1);

  g_mutex_init (&self->lock);
  g_weak_ref_init (&self->decoder, NULL);
  self->shared = g_atomic_rc_box_new0 (Shared);
  self->shared->tap = cvi_log_tap_new ();
  atomic_store (&self->shared->time_ns, CVI_NONE);
  self->probes = g_array_new (FALSE, FALSE, sizeof (Probe));
  g_array_set_clear_func (self->probes, probe_clear);
  return self;
}

void
cvi_decoder_watch_free (CviDecoderWatch *watch)
{
  if (!watch)
    return;
  g_array_unref (watch->probes);
  g_weak_ref_clear (&watch->decoder);
  g_mutex_clear (&watch->lock);
  cvi_log_tap_unclaim_all (watch->shared->tap);
  shared_unref (watch->shared);
  g_free (watch);
}

static void
enter (GstPad *pad, GstBuffer *buffer, gpointer user_data)
{
  Shared *shared = user_data;
  guint64 time_ns = cvi_buffer_time (buffer);

  atomic_store_explicit (&shared->time_ns, time_ns, memory_order_relaxed);
  atomic_fetch_add_explicit (&shared->packets, 1, memory_order_relaxed);
  atomic_fetch_add_explicit (
      &shared->bytes, gst_buffer_get_size (buffer), memory_order_relaxed);
  cvi_log_tap_enter (shared->tap, time_ns);
}

/* Events matter as well: at EOS a decoder decodes what it still holds. */
static GstPadProbeReturn
on_packet (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Shared *shared = user_data;

  if (!cvi_probe_each_buffer (pad, info, enter, shared) &&
      cvi_probe_serialized_event (info))
    cvi_log_tap_enter (shared->tap,
        atomic_load_explicit (&shared->time_ns, memory_order_relaxed));
  return GST_PAD_PROBE_OK;
}

static gboolean
add_probe (GstElement *decoder, GstPad *pad, gpointer user_data)
{
  CviDecoderWatch *self = user_data;
  Probe probe = { gst_object_ref (pad) };

  probe.id = gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST |
          GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      on_packet, g_atomic_rc_box_acquire (self->shared), shared_unref);
  g_array_append_val (self->probes, probe);
  return TRUE;
}

/* libav's video decoders start threads of their own unless told otherwise. */
static gboolean
has_threads (GstElement *decoder)
{
  GParamSpec *spec = g_object_class_find_property (
      G_OBJECT_GET_CLASS (decoder), "max-threads");
  gint n_threads;

  if (!spec || spec->value_type != G_TYPE_INT)
    return FALSE;
  g_object_get (decoder, "max-threads", &n_threads, NULL);
  return n_threads != 1;
}

/* Called with the lock. */
static void
set_decoder (CviDecoderWatch *self, GstElement *decoder)
{
  g_autoptr (GstElement) old = g_weak_ref_get (&self->decoder);

  if (decoder && decoder == old)
    return;
  g_array_set_size (self->probes, 0);
  g_weak_ref_set (&self->decoder, decoder);
  cvi_log_tap_set_threaded (
      self->shared->tap, decoder && has_threads (decoder));
  if (!decoder)
    return;
  gst_element_foreach_sink_pad (decoder, add_probe, self);
  /* It may be at work on its first packet, on this very thread. */
  cvi_log_tap_enter (self->shared->tap, CVI_NONE);
}

void
cvi_decoder_watch_update (CviDecoderWatch *watch, GstElement *element)
{
  g_autoptr (CviUpstream) upstream = cvi_upstream_new (element);
  GPtrArray *elements = cvi_upstream_get_elements (upstream);

  cvi_log_tap_unclaim_all (watch->shared->tap);
  for (guint i = 0; i < elements->len; i++)
    cvi_log_tap_claim (watch->shared->tap, g_ptr_array_index (elements, i));
  g_mutex_lock (&watch->lock);
  set_decoder (watch, cvi_upstream_get_decoder (upstream));
  g_mutex_unlock (&watch->lock);
}

void
cvi_decoder_watch_forget (CviDecoderWatch *watch)
{
  cvi_log_tap_unclaim_all (watch->shared->tap);
  g_mutex_lock (&watch->lock);
  set_decoder (watch, NULL);
  g_mutex_unlock (&watch->lock);
}

CviLogTap *
cvi_decoder_watch_get_tap (CviDecoderWatch *watch)
{
  return watch->shared->tap;
}

guint64
cvi_decoder_watch_get_packets (CviDecoderWatch *watch)
{
  return atomic_load (&watch->shared->packets);
}

guint64
cvi_decoder_watch_get_bytes (CviDecoderWatch *watch)
{
  return atomic_load (&watch->shared->bytes);
}
