/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/element/cvi-trace-stream.h"

#include "plugin/element/cvi-trace-packets.h"
#include "plugin/element/cvi-upstream.h"

static const char *const broadcast_demuxers[] = { "tsdemux", "mpegpsdemux",
  NULL };

struct _CviTraceStream {
  char *element;
  char *factory;

  /* streaming thread of the pad */
  CviTracePackets packets;
  gboolean has_file; /* looked for while data came */
  guint64 end_ns;    /* stream time of the last end, CVI_NONE: none yet */

  GMutex lock;
  /* under lock */
  CviTraceFile *file; /* (nullable): once it is known it stays */
  CviStreamStart start;
  char *label;   /* (nullable): never changes */
  GstCaps *caps; /* (nullable) */
  CviTally tally;
  guint64 first_ns; /* timestamp of the first packet, CVI_NONE: none yet */
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
  cvi_trace_packets_clear (&self->packets);
  cvi_stream_start_clear (&self->start);
  gst_clear_caps (&self->caps);
  g_free (self->element);
  g_free (self->factory);
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
  /* A decoder that was given the stream only later, the application having
   * chosen another one first, does not make it shorter. */
  if (self->first_ns != CVI_NONE && count.tally.first_ns != CVI_NONE)
    count.tally.first_ns = MIN (count.tally.first_ns, self->first_ns);
  count.whole =
      self->eos && !self->sought && (self->decoded || !self->tally.decoded);
  count.stuck = self->stuck;
  count.element = self->decoder ? self->decoder : self->element;
  count.factory = self->decoder_factory ? self->decoder_factory : self->factory;
  func (&count, user_data);
  g_mutex_unlock (&self->lock);
}

/* Returns: (transfer full) (nullable) */
static CviTraceFile *
ref_file (CviTraceStream *self)
{
  CviTraceFile *file;

  g_mutex_lock (&self->lock);
  file = self->file ? cvi_trace_file_ref (self->file) : NULL;
  g_mutex_unlock (&self->lock);
  return file;
}

/* The stream joins its file once it is known of what kind it is. */
static void
join_file (CviTraceStream *self)
{
  static const CviTraceStreamClass klass = { member_ref, member_unref,
    member_count };
  g_autoptr (CviTraceFile) file = ref_file (self);
  char *label;

  /* Others only read what this thread has set. */
  if (!file || !self->caps || self->label)
    return;
  label = cvi_trace_file_add_stream (
      file, cvi_caps_kind (self->caps), &klass, self);
  g_mutex_lock (&self->lock);
  self->label = label;
  g_mutex_unlock (&self->lock);
}

static void
look_for_file (CviTraceStream *self, GstElement *demuxer)
{
  g_autoptr (CviTraceFile) known = ref_file (self);
  CviTraceFile *file = known ? NULL : cvi_trace_file_find (demuxer);

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

/* Only the streaming thread changes caps and id. */
static void
check_packets (CviTraceStream *self)
{
  cvi_trace_packets_set_caps (&self->packets, self->caps,
      cvi_packet_check_place (self->caps, FALSE) == CVI_PACKETS_DEMUXED,
      self->start.id);
}

static void
take_caps (CviTraceStream *self, GstCaps *caps)
{
  if (gst_caps_get_size (caps) == 0)
    return;
  g_mutex_lock (&self->lock);
  gst_caps_replace (&self->caps, caps);
  g_mutex_unlock (&self->lock);
  join_file (self);
  check_packets (self);
}

CviTraceStream *
cvi_trace_stream_new (GstElement *demuxer, GstPad *pad, CviPacketCheckFunc func,
    gpointer user_data)
{
  CviTraceStream *self = g_atomic_rc_box_new0 (CviTraceStream);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  g_mutex_init (&self->lock);
  self->element = gst_object_get_name (GST_OBJECT (demuxer));
  self->factory = cvi_element_dup_factory (demuxer);
  cvi_trace_packets_init (&self->packets, func, user_data);
  self->tally.first_ns = self->tally.last_ns = CVI_NONE;
  self->first_ns = self->end_ns = CVI_NONE;
  cvi_stream_start_read (&self->start, pad);
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
  const GstSegment *segment = &self->packets.segment;
  guint64 start = cvi_buffer_time (buffer);
  guint64 end = start;

  if (segment->format != GST_FORMAT_TIME || start == CVI_NONE)
    return FALSE;
  if (GST_BUFFER_DURATION_IS_VALID (buffer))
    end += MIN (GST_BUFFER_DURATION (buffer), CVI_NONE - 1 - start);
  return start < segment->start || end > segment->stop;
}

static void
note_end (CviTraceStream *self, GstBuffer *buffer)
{
  const GstSegment *segment = &self->packets.segment;
  guint64 end = cvi_buffer_time (buffer);

  if (end == CVI_NONE || segment->format != GST_FORMAT_TIME)
    return;
  if (GST_BUFFER_DURATION_IS_VALID (buffer))
    end += MIN (GST_BUFFER_DURATION (buffer), CVI_NONE - 1 - end);
  end = MIN (end, segment->stop);
  end = gst_segment_to_stream_time (segment, GST_FORMAT_TIME, end);
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
  if (G_UNLIKELY (self->first_ns == CVI_NONE))
    self->first_ns = cvi_buffer_time (buffer);
  if (outside) {
    self->tally.outside++;
    self->tally.outside_bytes += size;
  }
  g_mutex_unlock (&self->lock);
  note_end (self, buffer);
  cvi_trace_packets_buffer (&self->packets, buffer);
}

guint64
cvi_trace_stream_get_end (CviTraceStream *self, gboolean *sought)
{
  g_mutex_lock (&self->lock);
  *sought = self->sought;
  g_mutex_unlock (&self->lock);
  *sought |= self->packets.idle;
  return self->end_ns;
}

/* @flag: of @self */
static void
set_flag (CviTraceStream *self, gboolean *flag)
{
  g_mutex_lock (&self->lock);
  *flag = TRUE;
  g_mutex_unlock (&self->lock);
}

static void
take_flush (CviTraceStream *self)
{
  set_flag (self, &self->sought);
  cvi_trace_packets_restart (&self->packets);
}

static void
take_eos (CviTraceStream *self)
{
  gboolean sought;

  g_mutex_lock (&self->lock);
  self->eos = TRUE;
  sought = self->sought;
  g_mutex_unlock (&self->lock);
  cvi_trace_packets_end (&self->packets, !sought);
}

/* Of two streams on one pad nothing is known as a whole. */
static void
take_start (CviTraceStream *self, GstEvent *event)
{
  CviStreamChange change;

  g_mutex_lock (&self->lock);
  change = cvi_stream_start_take (&self->start, event);
  if (change != CVI_STREAM_SAME)
    self->sought = TRUE;
  g_mutex_unlock (&self->lock);
  if (change == CVI_STREAM_SAME)
    return;
  cvi_trace_packets_stop (&self->packets);
  if (self->caps)
    check_packets (self);
}

void
cvi_trace_stream_event (CviTraceStream *self, GstPad *pad, GstEvent *event)
{
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      take_start (self, event);
      break;
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      take_caps (self, caps);
      break;
    case GST_EVENT_SEGMENT:
      cvi_trace_packets_segment (&self->packets, event);
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

static gpointer
ref_if_there (gpointer stream, gpointer user_data)
{
  return stream ? cvi_trace_stream_ref (stream) : NULL;
}

/* Another thread may put a new stream in its place at any time.
 * Returns: (transfer full) (nullable) */
static CviTraceStream *
ref_stream_of (GstPad *pad)
{
  return g_object_dup_qdata (
      G_OBJECT (pad), stream_quark (), ref_if_there, NULL);
}

void
cvi_trace_stream_stop (GstPad *pad)
{
  g_autoptr (CviTraceStream) self = ref_stream_of (pad);

  if (self)
    set_flag (self, &self->sought);
}

typedef struct {
  const CviStreamStart *start;
  CviTraceStream *found;
  CviTraceStream *like_it; /* of another group, as bins may rewrite it */
} Search;

static gboolean
look_at_pad (GstElement *element, GstPad *pad, gpointer user_data)
{
  Search *search = user_data;
  g_autoptr (CviTraceStream) stream = ref_stream_of (pad);
  gboolean same_id, same_group;

  if (!stream)
    return TRUE;
  g_mutex_lock (&stream->lock);
  same_id = g_strcmp0 (stream->start.id, search->start->id) == 0;
  same_group = stream->start.group == search->start->group;
  g_mutex_unlock (&stream->lock);
  if (same_id && same_group)
    search->found = g_steal_pointer (&stream);
  else if (same_id && !search->like_it)
    search->like_it = g_steal_pointer (&stream);
  return search->found == NULL;
}

CviTraceStream *
cvi_trace_stream_find (GstElement *element, const CviStreamStart *start)
{
  g_autoptr (CviUpstream) upstream = cvi_upstream_new (element);
  GPtrArray *elements = cvi_upstream_get_elements (upstream);
  Search search = { start, NULL, NULL };

  for (guint i = 0; i < elements->len && !search.found; i++) {
    GstElement *demuxer = g_ptr_array_index (elements, i);

    if (cvi_element_classify (demuxer) == CVI_ELEMENT_DEMUXER)
      gst_element_foreach_src_pad (demuxer, look_at_pad, &search);
  }
  if (!search.found)
    return search.like_it;
  g_clear_pointer (&search.like_it, cvi_trace_stream_unref);
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
  g_autoptr (CviTraceFile) file = ref_file (self);

  if (!file)
    return finding;
  return cvi_trace_file_filter (
      file, cvi_trace_stream_get_label (self), finding, element, factory);
}

void
cvi_trace_stream_set_stuck (CviTraceStream *self)
{
  set_flag (self, &self->stuck);
}

void
cvi_trace_stream_set_decoder (CviTraceStream *self)
{
  set_flag (self, &self->tally.decoded);
}

void
cvi_trace_stream_leave (CviTraceStream *self)
{
  g_mutex_lock (&self->lock);
  /* At the end of a run everything is unlinked. */
  if (!self->eos)
    self->sought = TRUE;
  g_mutex_unlock (&self->lock);
}

gboolean
cvi_trace_stream_is_over (CviTraceStream *self)
{
  gboolean over;

  g_mutex_lock (&self->lock);
  over = self->eos && !self->sought;
  g_mutex_unlock (&self->lock);
  return over;
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
