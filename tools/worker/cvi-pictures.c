/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-pictures.h"

#include <gst/video/video.h>

#include "tools/worker/cvi-guard.h"
#include "tools/worker/cvi-plugger.h"

#define MAX_PLACES 16
/* Decoding begins at the sync point before this much before the place. */
#define LEAD_NS (500 * GST_MSECOND)
#define TICK_US (200 * G_TIME_SPAN_MILLISECOND)
/* Ticks without a running task before nothing more is waited for. */
#define IDLE_TICKS 2
#define START_STEP_US (2 * G_TIME_SPAN_MILLISECOND)
#define MAX_START_STEPS 1000
/* What the supervisor takes (tools/pool/cvi-picture-taker.h). */
#define MAX_BYTES (12 * 1024)
#define MAX_HEIGHT 320
#define MIN_SIDE 16
/* Then it is made of what there is: less than the supervisor waits. */
#define BUDGET_US (15 * G_TIME_SPAN_SECOND)
#define ENCODE_TIMEOUT (10 * GST_SECOND)

/* The second for pictures that are too many bytes at the first. */
static const int widths[] = { 160, 96 };

typedef struct {
  GstSample *sample; /* (nullable) */
  guint64 time_ns;
} Frame;

typedef struct {
  char *stream;
  guint64 at_ns;
  Frame before;
  Frame after;
} Place;

typedef struct {
  CviPicturesProgress progress;
  gpointer user_data;
  CviPlugger *plugger;
  guint64 first_buffer;
  gint64 deadline_us; /* monotonic */
  gboolean linear;    /* without seeking: frames count for all places */

  GMutex lock;
  GCond cond;
  /* under lock */
  Place *places;
  guint n_places;
  guint current;  /* @n_places: none */
  guint32 seqnum; /* of the last seek */
  gboolean armed; /* frames are of that seek */
  gboolean eos;
  gboolean error;
  guint64 position_ns;
} Pictures;

/* On the pad that frames of one stream come out of. */
typedef struct {
  Pictures *pictures;
  char *stream;
} Tap;

static void
tap_free (gpointer data)
{
  Tap *tap = data;

  g_free (tap->stream);
  g_free (tap);
}

static void
keep_frame (Frame *frame, GstSample *sample, guint64 time_ns)
{
  g_clear_pointer (&frame->sample, gst_sample_unref);
  frame->sample = gst_sample_ref (sample);
  frame->time_ns = time_ns;
}

static void
offer_frame (Place *place, GstSample *sample, guint64 time_ns)
{
  if (place->after.sample)
    return;
  if (time_ns >= place->at_ns)
    keep_frame (&place->after, sample, time_ns);
  else if (!GST_BUFFER_FLAG_IS_SET (
               gst_sample_get_buffer (sample), GST_BUFFER_FLAG_CORRUPTED))
    keep_frame (&place->before, sample, time_ns);
}

/* Returns: GST_CLOCK_TIME_NONE if it cannot be told */
static guint64
stream_time (GstPad *pad, GstBuffer *buffer)
{
  guint64 time_ns;
  g_autoptr (GstEvent) event =
      gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment;

  if (!event || !GST_BUFFER_PTS_IS_VALID (buffer))
    return GST_CLOCK_TIME_NONE;
  gst_event_parse_segment (event, &segment);
  if (segment->format != GST_FORMAT_TIME)
    return GST_CLOCK_TIME_NONE;
  time_ns = gst_segment_to_stream_time (
      segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));
  /* mpegpsdemux wraps below zero after a seek. */
  return time_ns <= G_MAXINT64 ? time_ns : GST_CLOCK_TIME_NONE;
}

/* Is all there that is waited for? Under the lock. */
static gboolean
is_complete (Pictures *self)
{
  for (guint i = 0; i < self->n_places; i++) {
    if ((self->linear || i == self->current) && !self->places[i].after.sample)
      return FALSE;
  }
  return TRUE;
}

static void
take_frame (Tap *tap, GstPad *pad, GstBuffer *buffer)
{
  Pictures *self = tap->pictures;
  guint64 time_ns = stream_time (pad, buffer);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  g_autoptr (GstSample) sample = NULL;

  if (!GST_CLOCK_TIME_IS_VALID (time_ns) || !caps)
    return;
  sample = gst_sample_new (buffer, caps, NULL, NULL);
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->n_places; i++) {
    Place *place = &self->places[i];

    if ((self->linear || (self->armed && i == self->current)) &&
        g_str_equal (place->stream, tap->stream))
      offer_frame (place, sample, time_ns);
  }
  self->position_ns = MAX (self->position_ns, time_ns);
  if (is_complete (self))
    g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* What comes out before the seek has come through is of elsewhere. */
static void
take_event (Tap *tap, GstEvent *event)
{
  Pictures *self = tap->pictures;

  if (GST_EVENT_TYPE (event) != GST_EVENT_FLUSH_STOP &&
      GST_EVENT_TYPE (event) != GST_EVENT_SEGMENT)
    return;
  g_mutex_lock (&self->lock);
  if (self->current < self->n_places &&
      g_str_equal (self->places[self->current].stream, tap->stream) &&
      gst_event_get_seqnum (event) == self->seqnum)
    self->armed = TRUE;
  g_mutex_unlock (&self->lock);
}

static GstPadProbeReturn
on_probe (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER)
    take_frame (user_data, pad, GST_PAD_PROBE_INFO_BUFFER (info));
  else
    take_event (user_data, GST_PAD_PROBE_INFO_EVENT (info));
  return GST_PAD_PROBE_OK;
}

static void
on_chain_made (const CviChain *chain, gpointer user_data)
{
  g_autoptr (GstPad) pad = NULL;
  Tap *tap;

  if (!chain->check || !g_str_equal (chain->kind, "video"))
    return;
  pad = gst_element_get_static_pad (chain->check, "src");
  tap = g_new0 (Tap, 1);
  tap->pictures = user_data;
  tap->stream = g_strdup (chain->label);
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
          GST_PAD_PROBE_TYPE_EVENT_FLUSH,
      on_probe, tap, tap_free);
}

/* A decoder's error is the guard's business; an element above the streams that
 * gives up ends all. */
static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  Pictures *self = user_data;

  g_mutex_lock (&self->lock);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR &&
      !cvi_plugger_find_chain (self->plugger, GST_MESSAGE_SRC (message)))
    self->error = TRUE;
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS &&
      (self->linear || gst_message_get_seqnum (message) == self->seqnum))
    self->eos = TRUE;
  if (self->error || self->eos)
    g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static gboolean
has_ended (Pictures *self)
{
  gboolean ended;

  g_mutex_lock (&self->lock);
  ended = self->error || self->eos;
  g_mutex_unlock (&self->lock);
  return ended;
}

static void
tell_progress (Pictures *self)
{
  guint64 position_ns;

  g_mutex_lock (&self->lock);
  position_ns = self->position_ns;
  g_mutex_unlock (&self->lock);
  self->progress (cvi_guard_total_buffers () - self->first_buffer, 0,
      position_ns, self->user_data);
}

/* Until all that is waited for is there, or nothing more will come. */
static void
wait_complete (Pictures *self)
{
  guint idle_ticks = 0;

  g_mutex_lock (&self->lock);
  while (!self->error && !self->eos && !is_complete (self) &&
         idle_ticks < IDLE_TICKS &&
         g_get_monotonic_time () < self->deadline_us) {
    if (g_cond_wait_until (
            &self->cond, &self->lock, g_get_monotonic_time () + TICK_US))
      continue;
    g_mutex_unlock (&self->lock);
    tell_progress (self);
    idle_ticks = cvi_plugger_is_idle (self->plugger) ? idle_ticks + 1 : 0;
    g_mutex_lock (&self->lock);
  }
  g_mutex_unlock (&self->lock);
}

/* A seek is possible once the streams are there. */
static gboolean
wait_started (Pictures *self)
{
  for (guint i = 0; i < MAX_START_STEPS && !has_ended (self); i++) {
    if (cvi_guard_total_buffers () > self->first_buffer)
      return TRUE;
    g_usleep (START_STEP_US);
  }
  return FALSE;
}

/* Returns: FALSE if this file cannot be sought in */
static gboolean
seek_to (Pictures *self, guint number)
{
  guint64 at_ns = self->places[number].at_ns;
  guint64 start_ns = MIN (at_ns, G_MAXINT64);
  GstEvent *seek;

  start_ns = start_ns > LEAD_NS ? start_ns - LEAD_NS : 0;
  seek = gst_event_new_seek (1.0, GST_FORMAT_TIME,
      GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_BEFORE,
      GST_SEEK_TYPE_SET, (gint64)start_ns, GST_SEEK_TYPE_NONE, 0);
  g_mutex_lock (&self->lock);
  self->current = number;
  self->seqnum = gst_event_get_seqnum (seek);
  self->armed = self->eos = FALSE;
  g_mutex_unlock (&self->lock);
  return gst_element_send_event (
      cvi_plugger_get_pipeline (self->plugger), seek);
}

/* Returns: FALSE if this file cannot be sought in */
static gboolean
visit_places (Pictures *self)
{
  if (!wait_started (self))
    return !self->error;
  for (guint i = 0; i < self->n_places; i++) {
    if (!seek_to (self, i))
      return FALSE;
    wait_complete (self);
    g_mutex_lock (&self->lock);
    self->current = self->n_places;
    g_mutex_unlock (&self->lock);
  }
  return TRUE;
}

/* Decodes once. @linear: from the start to the last place. Returns: FALSE if
 * this file cannot be sought in */
static gboolean
run (Pictures *self, const char *path, gboolean linear)
{
  CviPluggerConfig config = { .path = path,
    .decode = TRUE,
    .media_only = TRUE,
    .hw = { .hw = CVI_HW_OFF },
    .chain_made = on_chain_made,
    .user_data = self };
  g_autoptr (CviPlugger) plugger = cvi_plugger_new (&config);
  g_autoptr (GstBus) bus = NULL;
  gboolean done = TRUE;

  self->plugger = plugger;
  self->linear = linear;
  self->current = self->n_places;
  self->error = self->eos = FALSE;
  self->first_buffer = cvi_guard_total_buffers ();
  bus = gst_element_get_bus (cvi_plugger_get_pipeline (plugger));
  gst_bus_set_sync_handler (bus, on_message, self, NULL);
  gst_element_set_state (cvi_plugger_get_pipeline (plugger), GST_STATE_PLAYING);
  if (linear)
    wait_complete (self);
  else
    done = visit_places (self);
  cvi_plugger_stop (plugger);
  return done;
}

/* Caps of a picture of this width. Returns: (transfer full) (nullable) */
static GstCaps *
picture_caps (GstSample *sample, int width)
{
  GstVideoInfo info;
  guint64 height;

  if (!gst_video_info_from_caps (&info, gst_sample_get_caps (sample)) ||
      info.width < 1 || info.height < 1 || info.par_n < 1 || info.par_d < 1)
    return NULL;
  /* Square pixels; what is extremely narrow is squeezed. */
  height = gst_util_uint64_scale (
      gst_util_uint64_scale_int ((guint64)width, info.height, info.width),
      (guint64)info.par_d, (guint64)info.par_n);
  return gst_caps_new_simple ("image/jpeg", "width", G_TYPE_INT, width,
      "height", G_TYPE_INT, (int)CLAMP (height, MIN_SIDE, MAX_HEIGHT),
      "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL);
}

/* Returns: (transfer full) (nullable): the bytes */
static GVariant *
encode_as (GstSample *sample, int width)
{
  g_autoptr (GstCaps) caps = picture_caps (sample, width);
  g_autoptr (GstSample) jpeg = NULL;
  GVariant *bytes = NULL;
  GstMapInfo map;

  if (caps)
    jpeg = gst_video_convert_sample (sample, caps, ENCODE_TIMEOUT, NULL);
  if (!jpeg ||
      !gst_buffer_map (gst_sample_get_buffer (jpeg), &map, GST_MAP_READ))
    return NULL;
  if (map.size > 0 && map.size <= MAX_BYTES)
    bytes =
        g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, map.data, map.size, 1);
  gst_buffer_unmap (gst_sample_get_buffer (jpeg), &map);
  return bytes;
}

static void
add_picture (
    GVariantBuilder *list, guint number, gboolean before, const Frame *frame)
{
  GVariant *bytes = NULL;

  for (gsize i = 0; frame->sample && !bytes && i < G_N_ELEMENTS (widths); i++)
    bytes = encode_as (frame->sample, widths[i]);
  if (bytes)
    g_variant_builder_add (
        list, "(ubt@ay)", number, before, frame->time_ns, bytes);
}

/* Is there a place that seeking did not get to? A place with nothing behind it
 * is the end of a file that was cut. */
static gboolean
has_empty (const Pictures *self)
{
  for (guint i = 0; i < self->n_places; i++) {
    if (!self->places[i].before.sample && !self->places[i].after.sample)
      return TRUE;
  }
  return FALSE;
}

static void
read_places (Pictures *self, GVariant *places)
{
  self->n_places = (guint)MIN (g_variant_n_children (places), MAX_PLACES);
  self->places = g_new0 (Place, MAX_PLACES);
  for (guint i = 0; i < self->n_places; i++)
    g_variant_get_child (
        places, i, "(st)", &self->places[i].stream, &self->places[i].at_ns);
}

GVariant *
cvi_pictures_take (const char *path, GVariant *places,
    CviPicturesProgress progress, gpointer user_data)
{
  Pictures self = { .progress = progress, .user_data = user_data };
  GVariantBuilder list;

  g_mutex_init (&self.lock);
  g_cond_init (&self.cond);
  read_places (&self, places);
  self.deadline_us = g_get_monotonic_time () + BUDGET_US;
  if (self.n_places > 0 && (!run (&self, path, FALSE) || has_empty (&self)))
    run (&self, path, TRUE);
  g_variant_builder_init (&list, G_VARIANT_TYPE ("a(ubtay)"));
  for (guint i = 0; i < self.n_places; i++) {
    Place *place = &self.places[i];

    add_picture (&list, i, TRUE, &place->before);
    add_picture (&list, i, FALSE, &place->after);
    g_clear_pointer (&place->before.sample, gst_sample_unref);
    g_clear_pointer (&place->after.sample, gst_sample_unref);
    g_free (place->stream);
  }
  g_free (self.places);
  g_cond_clear (&self.cond);
  g_mutex_clear (&self.lock);
  return g_variant_builder_end (&list);
}
