/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/element/cvi-trace-stream.h"

#include <string.h>
#include "plugin/element/cvi-upstream.h"

static const char *const broadcast_demuxers[] = { "tsdemux", "mpegpsdemux",
  NULL };

struct _CviTraceStream {
  char *element;
  char *factory;
  CviPacketCheckFunc func; /* (nullable) */
  gpointer user_data;

  /* streaming thread of the pad */
  CviPacketCheck *check; /* (nullable) */
  GstSegment segment;
  gboolean idle;     /* packets do not follow each other: trick modes */
  gboolean has_file; /* looked for while data came */
  guint64 end_ns;    /* stream time of the last end, CVI_NONE: none yet */

  GMutex lock;
  /* under lock */
  CviTraceFile *file; /* (nullable): never changes */
  char *id;           /* (nullable) */
  char *label;        /* (nullable): never changes */
  GstCaps *caps;      /* (nullable) */
  CviTally tally;
  gboolean eos;
  gboolean sought;
  gboolean decoded; /* to the end */
  gboolean stuck;
  char *decoder;
  char *decoder_factory;
};

static GQuark
stream_quark (void)
{
  return g_quark_from_static_string ("cvi-trace-stream");
}

CviTraceStream *
cvi_trace_stream_ref (CviTraceStream *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  CviTraceStream *self = data;

  g_clear_pointer (&self->file, cvi_trace_file_unref);
  cvi_packet_check_free (self->check);
  gst_clear_caps (&self->caps);
  g_free (self->element);
  g_free (self->factory);
  g_free (self->id);
  g_free (self->label);
  g_free (self->decoder);
  g_free (self->decoder_factory);
  g_mutex_clear (&self->lock);
}

void
cvi_trace_stream_unref (CviTraceStream *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

static gpointer
member_ref (gpointer stream)
{
  return cvi_trace_stream_ref (stream);
}

static void
member_unref (gpointer stream)
{
  cvi_trace_stream_unref (stream);
}

static void
member_count (gpointer stream,
    void (*func) (const CviTraceCount *count, gpointer user_data),
    gpointer user_data)
{
  CviTraceStream *self = stream;
  CviTraceCount count;

  g_mutex_lock (&self->lock);
  count.tally = self->tally;
  count.tally.label = self->label;
  count.tally.caps = self->caps;
  count.whole =
      self->eos && !self->sought && (self->decoded || !self->tally.decoded);
  count.stuck = self->stuck;
  count.element = self->decoder ? self->decoder : self->element;
  count.factory = self->decoder_factory ? self->decoder_factory : self->factory;
  func (&count, user_data);
  g_mutex_unlock (&self->lock);
}

/* CviPacketCheckFunc */
static void
on_packet (CviFinding *finding, gpointer user_data)
{
  CviTraceStream *self = user_data;

  cvi_finding_to_stream_time (finding, &self->segment);
  self->func (finding, self->user_data);
}

/* The stream joins its file once it is known of what kind it is. */
static void
join_file (CviTraceStream *self)
{
  static const CviTraceStreamClass klass = { member_ref, member_unref,
    member_count };
  char *label;

  if (!self->file || !self->caps || self->label)
    return;
  label = cvi_trace_file_add_stream (
      self->file, cvi_caps_kind (self->caps), &klass, self);
  g_mutex_lock (&self->lock);
  self->label = label;
  g_mutex_unlock (&self->lock);
}

static void
look_for_file (CviTraceStream *self, GstElement *demuxer)
{
  CviTraceFile *file = self->file ? NULL : cvi_trace_file_find (demuxer);

  if (file) {
    g_mutex_lock (&self->lock);
    self->file = file;
    g_mutex_unlock (&self->lock);
  }
  join_file (self);
}

/* A pad that is there from the start has nothing upstream until data come. */
static void
look_again (CviTraceStream *self, GstPad *pad)
{
  g_autoptr (GstElement) demuxer = gst_pad_get_parent_element (pad);

  self->has_file = TRUE;
  if (demuxer)
    look_for_file (self, demuxer);
}

static void
take_caps (CviTraceStream *self, GstCaps *caps)
{
  gboolean here =
      self->func && cvi_packet_check_place (caps, FALSE) == CVI_PACKETS_DEMUXED;

  if (gst_caps_get_size (caps) == 0)
    return;
  g_mutex_lock (&self->lock);
  gst_caps_replace (&self->caps, caps);
  g_mutex_unlock (&self->lock);
  join_file (self);
  if (self->check && !cvi_packet_check_is_for (self->check, caps))
    g_clear_pointer (&self->check, cvi_packet_check_free);
  if (!self->check && here)
    self->check = cvi_packet_check_new (caps, FALSE, self->id, on_packet, self);
  if (self->check)
    cvi_packet_check_set_caps (self->check, caps);
}

static void
take_id (CviTraceStream *self, const char *id)
{
  g_mutex_lock (&self->lock);
  if (g_strcmp0 (self->id, id) != 0) {
    g_free (self->id);
    self->id = g_strdup (id);
  }
  g_mutex_unlock (&self->lock);
}

CviTraceStream *
cvi_trace_stream_new (GstElement *demuxer, GstPad *pad, CviPacketCheckFunc func,
    gpointer user_data)
{
  CviTraceStream *self = g_atomic_rc_box_new0 (CviTraceStream);
  GstElementFactory *factory = gst_element_get_factory (demuxer);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  g_autofree char *id = gst_pad_get_stream_id (pad);

  g_mutex_init (&self->lock);
  self->element = gst_object_get_name (GST_OBJECT (demuxer));
  self->factory =
      g_strdup (factory ? GST_OBJECT_NAME (factory) : "(no factory)");
  self->func = func;
  self->user_data = user_data;
  gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
  self->tally.first_ns = self->tally.last_ns = self->end_ns = CVI_NONE;
  take_id (self, id);
  if (caps)
    take_caps (self, caps);
  look_for_file (self, demuxer);
  g_object_set_qdata_full (G_OBJECT (pad), stream_quark (),
      cvi_trace_stream_ref (self), (GDestroyNotify)cvi_trace_stream_unref);
  return self;
}

/* Decoders leave out what the segment, an edit list for one, does not show. */
static gboolean
is_outside (const CviTraceStream *self, GstBuffer *buffer)
{
  guint64 start = GST_BUFFER_PTS_IS_VALID (buffer) ? GST_BUFFER_PTS (buffer)
                                                   : GST_BUFFER_DTS (buffer);
  guint64 end = start;

  if (self->segment.format != GST_FORMAT_TIME || start == CVI_NONE)
    return FALSE;
  if (GST_BUFFER_DURATION_IS_VALID (buffer))
    end += MIN (GST_BUFFER_DURATION (buffer), CVI_NONE - 1 - start);
  return start < self->segment.start || end > self->segment.stop;
}

static void
note_end (CviTraceStream *self, GstBuffer *buffer)
{
  guint64 end = GST_BUFFER_DTS_OR_PTS (buffer);

  if (GST_BUFFER_PTS_IS_VALID (buffer))
    end = GST_BUFFER_PTS (buffer);
  if (end == CVI_NONE || self->segment.format != GST_FORMAT_TIME)
    return;
  if (GST_BUFFER_DURATION_IS_VALID (buffer))
    end += MIN (GST_BUFFER_DURATION (buffer), CVI_NONE - 1 - end);
  end = MIN (end, self->segment.stop);
  end = gst_segment_to_stream_time (&self->segment, GST_FORMAT_TIME, end);
  if (end != CVI_NONE && (self->end_ns == CVI_NONE || end > self->end_ns))
    self->end_ns = end;
}

void
cvi_trace_stream_buffer (CviTraceStream *self, GstPad *pad, GstBuffer *buffer)
{
  gsize size = gst_buffer_get_size (buffer);
  gboolean outside = is_outside (self, buffer);

  if (G_UNLIKELY (!self->has_file))
    look_again (self, pad);
  g_mutex_lock (&self->lock);
  self->tally.in++;
  self->tally.in_bytes += size;
  if (outside) {
    self->tally.outside++;
    self->tally.outside_bytes += size;
  }
  g_mutex_unlock (&self->lock);
  note_end (self, buffer);
  if (self->check && !self->idle)
    cvi_packet_check_buffer (self->check, buffer);
}

guint64
cvi_trace_stream_get_end (CviTraceStream *self, gboolean *sought)
{
  g_mutex_lock (&self->lock);
  *sought = self->sought;
  g_mutex_unlock (&self->lock);
  *sought |= self->idle;
  return self->end_ns;
}

static void
take_segment (CviTraceStream *self, GstEvent *event)
{
  gboolean was_idle = self->idle;

  gst_event_copy_segment (event, &self->segment);
  self->idle = self->segment.rate <= 0. ||
               (self->segment.flags & GST_SEGMENT_FLAG_TRICKMODE);
  if (self->check && was_idle && !self->idle)
    cvi_packet_check_restart (self->check);
}

static void
take_flush (CviTraceStream *self)
{
  g_mutex_lock (&self->lock);
  self->sought = TRUE;
  g_mutex_unlock (&self->lock);
  if (self->check)
    cvi_packet_check_restart (self->check);
}

static void
take_eos (CviTraceStream *self)
{
  gboolean sought;

  g_mutex_lock (&self->lock);
  self->eos = TRUE;
  sought = self->sought;
  g_mutex_unlock (&self->lock);
  if (!self->check || self->idle)
    return;
  cvi_packet_check_set_to_end (self->check, !sought);
  cvi_packet_check_end (self->check);
}

void
cvi_trace_stream_event (CviTraceStream *self, GstPad *pad, GstEvent *event)
{
  const char *id;
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      gst_event_parse_stream_start (event, &id);
      take_id (self, id);
      break;
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      take_caps (self, caps);
      break;
    case GST_EVENT_SEGMENT:
      take_segment (self, event);
      break;
    case GST_EVENT_FLUSH_STOP:
      take_flush (self);
      break;
    case GST_EVENT_EOS:
      if (!self->has_file)
        look_again (self, pad);
      take_eos (self);
      break;
    default:
      break;
  }
}

void
cvi_trace_stream_stop (GstPad *pad)
{
  CviTraceStream *self = g_object_get_qdata (G_OBJECT (pad), stream_quark ());

  if (!self)
    return;
  g_mutex_lock (&self->lock);
  self->sought = TRUE;
  g_mutex_unlock (&self->lock);
}

typedef struct {
  const char *id;
  CviTraceStream *found;
} Search;

static gboolean
look_at_pad (GstElement *element, GstPad *pad, gpointer user_data)
{
  Search *search = user_data;
  CviTraceStream *stream = g_object_get_qdata (G_OBJECT (pad), stream_quark ());

  if (!stream)
    return TRUE;
  g_mutex_lock (&stream->lock);
  if (g_strcmp0 (stream->id, search->id) == 0)
    search->found = cvi_trace_stream_ref (stream);
  g_mutex_unlock (&stream->lock);
  return search->found == NULL;
}

CviTraceStream *
cvi_trace_stream_find (GstElement *element, const char *stream_id)
{
  g_autoptr (CviUpstream) upstream = cvi_upstream_new (element);
  GPtrArray *elements = cvi_upstream_get_elements (upstream);
  Search search = { stream_id, NULL };

  for (guint i = 0; i < elements->len && !search.found; i++) {
    GstElement *demuxer = g_ptr_array_index (elements, i);

    if (cvi_element_classify (demuxer) == CVI_ELEMENT_DEMUXER)
      gst_element_foreach_src_pad (demuxer, look_at_pad, &search);
  }
  return search.found;
}

const char *
cvi_trace_stream_get_label (CviTraceStream *self)
{
  const char *label;

  g_mutex_lock (&self->lock);
  label = self->label;
  g_mutex_unlock (&self->lock);
  return label;
}

gboolean
cvi_trace_stream_is_broadcast (CviTraceStream *self)
{
  return g_strv_contains (broadcast_demuxers, self->factory);
}

CviFinding *
cvi_trace_stream_filter (CviTraceStream *self, CviFinding *finding,
    const char *element, const char *factory)
{
  if (!self->file)
    return finding;
  return cvi_trace_file_filter (
      self->file, cvi_trace_stream_get_label (self), finding, element, factory);
}

void
cvi_trace_stream_set_stuck (CviTraceStream *self)
{
  g_mutex_lock (&self->lock);
  self->stuck = TRUE;
  g_mutex_unlock (&self->lock);
}

void
cvi_trace_stream_set_decoder (CviTraceStream *self)
{
  g_mutex_lock (&self->lock);
  self->tally.decoded = TRUE;
  g_mutex_unlock (&self->lock);
}

void
cvi_trace_stream_decoded (CviTraceStream *self, const CviTally *tally,
    const char *element, const char *factory)
{
  g_mutex_lock (&self->lock);
  self->tally.packets = tally->packets;
  self->tally.packet_bytes = tally->packet_bytes;
  self->tally.frames = tally->frames;
  self->tally.gaps = tally->gaps;
  self->tally.first_ns = tally->first_ns;
  self->tally.last_ns = tally->last_ns;
  self->decoded = TRUE;
  g_free (self->decoder);
  g_free (self->decoder_factory);
  self->decoder = g_strdup (element);
  self->decoder_factory = g_strdup (factory);
  g_mutex_unlock (&self->lock);
}
