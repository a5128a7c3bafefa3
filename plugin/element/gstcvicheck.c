/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/**
 * SECTION:element-cvicheck
 * @title: cvicheck
 *
 * cvicheck passes data through untouched and reports signs that the stream is
 * corrupt: what decoders, parsers and demuxers upstream of it complain about,
 * frames marked as corrupted, time that is missing, doubled or runs backwards,
 * and streams that end without a frame. Put it behind each decoder.
 *
 * Each new finding is posted as an element message named cvicheck-finding and
 * given to the signal #GstCviCheck::finding; at EOS a message named
 * cvicheck-summary follows. Repeats of a finding are collapsed. docs/element.md
 * lists the fields.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 -m filesrc location=clip.mkv ! decodebin ! cvicheck ! fakesink
 * ]|
 * Prints findings and the summary.
 * |[
 * gst-launch-1.0 filesrc location=clip.mkv ! decodebin !
 *     cvicheck fail-on=corrupt watch-log=true ! fakesink
 * ]|
 * Ends with an error, and so with an exit status other than 0, at the first
 * proof of damage.
 */
#include "plugin/element/gstcvicheck-private.h"

GST_DEBUG_CATEGORY (gst_cvi_check_debug);

enum {
  PROP_0,
  PROP_GAP_THRESHOLD,
  PROP_OVERLAP_THRESHOLD,
  PROP_SUMMARY_INTERVAL,
  PROP_WATCH_MESSAGES,
  PROP_WATCH_LOG,
  PROP_FAIL_ON,
  PROP_STREAM_ID,
  PROP_VERDICT,
  PROP_FINDINGS,
  PROP_STATS,
  N_PROPERTIES
};

#define DEFAULT_THRESHOLD 0
#define DEFAULT_WATCH_MESSAGES TRUE
#define DEFAULT_WATCH_LOG FALSE
#define DEFAULT_FAIL_ON GST_CVI_CHECK_FAIL_ON_NONE

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_TYPE_WITH_CODE (GstCviCheck, gst_cvi_check, GST_TYPE_ELEMENT,
    GST_DEBUG_CATEGORY_INIT (
        gst_cvi_check_debug, "cvicheck", 0, "corruption check"))
GST_ELEMENT_REGISTER_DEFINE (
    cvicheck, "cvicheck", GST_RANK_NONE, GST_TYPE_CVI_CHECK)

GType
gst_cvi_check_fail_on_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { GST_CVI_CHECK_FAIL_ON_NONE, "Never stop the pipeline", "none" },
    { GST_CVI_CHECK_FAIL_ON_SUSPICIOUS,
        "Post an error if the verdict is suspicious or corrupt", "suspicious" },
    { GST_CVI_CHECK_FAIL_ON_CORRUPT, "Post an error if the verdict is corrupt",
        "corrupt" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type)) {
    GType new_type = g_enum_register_static ("GstCviCheckFailOn", values);

    g_once_init_leave (&type, new_type);
  }
  return type;
}

static void
gst_cvi_check_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  GstCviCheck *self = GST_CVI_CHECK (object);

  switch (id) {
    case PROP_GAP_THRESHOLD:
      atomic_store (&self->gap_threshold, g_value_get_uint64 (value));
      break;
    case PROP_OVERLAP_THRESHOLD:
      atomic_store (&self->overlap_threshold, g_value_get_uint64 (value));
      break;
    case PROP_SUMMARY_INTERVAL:
      atomic_store (&self->summary_interval, g_value_get_uint64 (value));
      break;
    case PROP_WATCH_MESSAGES:
      atomic_store (&self->watch_messages, g_value_get_boolean (value));
      break;
    case PROP_WATCH_LOG:
      atomic_store (&self->watch_log, g_value_get_boolean (value));
      break;
    case PROP_FAIL_ON:
      atomic_store (&self->fail_on, g_value_get_enum (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
      break;
  }
  atomic_fetch_or (&self->attention, CVI_ATTENTION_SETTINGS);
}

static CviVerdict
get_verdict (GstCviCheck *self)
{
  CviVerdict verdict;

  g_mutex_lock (&self->lock);
  verdict = self->verdict;
  g_mutex_unlock (&self->lock);
  return verdict;
}

static guint
get_n_findings (GstCviCheck *self)
{
  guint64 n;

  g_mutex_lock (&self->lock);
  n = gst_cvi_check_count_findings (self);
  g_mutex_unlock (&self->lock);
  return (guint)MIN (n, G_MAXUINT);
}

static GstStructure *
make_stats (GstCviCheck *self)
{
  GstStructure *stats =
      gst_structure_new_empty ("application/x-cvicheck-stats");

  gst_cvi_check_add_stats (self, stats);
  return stats;
}

static void
gst_cvi_check_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  GstCviCheck *self = GST_CVI_CHECK (object);

  switch (id) {
    case PROP_GAP_THRESHOLD:
      g_value_set_uint64 (value, atomic_load (&self->gap_threshold));
      break;
    case PROP_OVERLAP_THRESHOLD:
      g_value_set_uint64 (value, atomic_load (&self->overlap_threshold));
      break;
    case PROP_SUMMARY_INTERVAL:
      g_value_set_uint64 (value, atomic_load (&self->summary_interval));
      break;
    case PROP_WATCH_MESSAGES:
      g_value_set_boolean (value, atomic_load (&self->watch_messages));
      break;
    case PROP_WATCH_LOG:
      g_value_set_boolean (value, atomic_load (&self->watch_log));
      break;
    case PROP_FAIL_ON:
      g_value_set_enum (value, atomic_load (&self->fail_on));
      break;
    case PROP_STREAM_ID:
      g_value_take_string (value, gst_cvi_check_dup_stream_id (self));
      break;
    case PROP_VERDICT:
      g_value_set_static_string (
          value, cvi_verdict_to_string (get_verdict (self)));
      break;
    case PROP_FINDINGS:
      g_value_set_uint (value, get_n_findings (self));
      break;
    case PROP_STATS:
      g_value_take_boxed (value, make_stats (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
      break;
  }
}

static void
set_decoder_watch (GstCviCheck *self, CviDecoderWatch *watch)
{
  CviDecoderWatch *old;

  g_mutex_lock (&self->lock);
  old = self->decoder_watch;
  self->decoder_watch = watch;
  g_mutex_unlock (&self->lock);
  cvi_decoder_watch_free (old);
}

static GstStateChangeReturn
gst_cvi_check_change_state (GstElement *element, GstStateChange transition)
{
  GstCviCheck *self = GST_CVI_CHECK (element);
  GstStateChangeReturn result;

  switch (transition) {
    case GST_STATE_CHANGE_NULL_TO_READY:
      cvi_bus_watch_attach (self->bus_watch);
      break;
    case GST_STATE_CHANGE_READY_TO_PAUSED:
      /* It may have got a parent, or its parent one, only now. */
      cvi_bus_watch_attach (self->bus_watch);
      gst_cvi_check_report_reset (self);
      gst_cvi_check_stream_reset (self);
      gst_cvi_check_stream_join (self);
      set_decoder_watch (self,
          atomic_load (&self->watch_log) ? cvi_decoder_watch_new () : NULL);
      break;
    default:
      break;
  }
  result = GST_ELEMENT_CLASS (gst_cvi_check_parent_class)
               ->change_state (element, transition);
  switch (transition) {
    case GST_STATE_CHANGE_PAUSED_TO_READY:
      /* The pads are shut: what came after the last buffer. */
      gst_cvi_check_drain_log (self);
      gst_cvi_check_flush_reports (self);
      break;
    case GST_STATE_CHANGE_READY_TO_NULL:
      set_decoder_watch (self, NULL);
      cvi_bus_watch_detach (self->bus_watch);
      break;
    default:
      break;
  }
  return result;
}

static void
gst_cvi_check_finalize (GObject *object)
{
  GstCviCheck *self = GST_CVI_CHECK (object);

  g_clear_pointer (&self->bus_watch, cvi_bus_watch_free);
  g_clear_pointer (&self->decoder_watch, cvi_decoder_watch_free);
  gst_cvi_check_stream_clear (self);
  gst_cvi_check_report_clear (self);
  G_OBJECT_CLASS (gst_cvi_check_parent_class)->finalize (object);
}

static void
gst_cvi_check_init (GstCviCheck *self)
{
  atomic_init (&self->watch_messages, DEFAULT_WATCH_MESSAGES);
  atomic_init (&self->watch_log, DEFAULT_WATCH_LOG);
  atomic_init (&self->fail_on, DEFAULT_FAIL_ON);
  self->bus_watch =
      cvi_bus_watch_new (GST_ELEMENT (self), gst_cvi_check_on_message);
  gst_cvi_check_report_init (self);
  gst_cvi_check_stream_init (self);
  gst_cvi_check_add_pads (self);
}

#define WRITABLE                                                               \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)
#define READABLE (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)

static void
install_settings (void)
{
  properties[PROP_GAP_THRESHOLD] =
      g_param_spec_uint64 ("gap-threshold", "Gap threshold",
          "Shortest time missing between two buffers that is reported, as a "
          "warning, in nanoseconds (0 = from the stream's frame duration)",
          0, G_MAXUINT64 - 1, DEFAULT_THRESHOLD, WRITABLE);
  properties[PROP_OVERLAP_THRESHOLD] = g_param_spec_uint64 ("overlap-threshold",
      "Overlap threshold",
      "Shortest overlap of two buffers, or step back, that is reported, as a "
      "warning, in nanoseconds (0 = from the stream's frame duration)",
      0, G_MAXUINT64 - 1, DEFAULT_THRESHOLD, WRITABLE);
  properties[PROP_SUMMARY_INTERVAL] =
      g_param_spec_uint64 ("summary-interval", "Summary interval",
          "Time of the stream after which a summary is posted and repeats are "
          "told anew, in nanoseconds (0 = a summary at the end only)",
          0, G_MAXUINT64 - 1, 0, WRITABLE);
  properties[PROP_WATCH_MESSAGES] =
      g_param_spec_boolean ("watch-messages", "Watch messages",
          "Report errors and warnings that elements upstream post on the bus",
          DEFAULT_WATCH_MESSAGES, WRITABLE);
  properties[PROP_WATCH_LOG] = g_param_spec_boolean ("watch-log", "Watch log",
      "Report damage that elements upstream only write to the debug log; "
      "raises log thresholds of the whole process, so that the lines also "
      "appear on stderr",
      DEFAULT_WATCH_LOG,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  properties[PROP_FAIL_ON] = g_param_spec_enum ("fail-on", "Fail on",
      "Post an error as soon as the verdict is this bad",
      GST_TYPE_CVI_CHECK_FAIL_ON, DEFAULT_FAIL_ON, WRITABLE);
}

static void
install_results (void)
{
  properties[PROP_STREAM_ID] = g_param_spec_string ("stream-id", "Stream ID",
      "Identifier of the stream, from its STREAM_START event", NULL, READABLE);
  properties[PROP_VERDICT] = g_param_spec_string ("verdict", "Verdict",
      "healthy, suspicious, corrupt, unreadable or unsupported: what the "
      "findings up to now amount to",
      "healthy", READABLE);
  properties[PROP_FINDINGS] = g_param_spec_uint ("findings", "Findings",
      "Number of findings up to now, repeats not counted", 0, G_MAXUINT, 0,
      READABLE);
  properties[PROP_STATS] = g_param_spec_boxed ("stats", "Statistics",
      "Counters and times of the stream (application/x-cvicheck-stats)",
      GST_TYPE_STRUCTURE, READABLE);
}

static void
gst_cvi_check_class_init (GstCviCheckClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = gst_cvi_check_set_property;
  object_class->get_property = gst_cvi_check_get_property;
  object_class->finalize = gst_cvi_check_finalize;
  element_class->change_state = gst_cvi_check_change_state;

  install_settings ();
  install_results ();
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
  gst_cvi_check_report_install (element_class);
  gst_cvi_check_add_pad_templates (element_class);
  gst_type_mark_as_plugin_api (GST_TYPE_CVI_CHECK_FAIL_ON, 0);
  gst_element_class_set_static_metadata (element_class, "Corruption check",
      "Filter/Analyzer/Audio/Video",
      "Passes data through and reports signs of corruption",
      "The cvi developers");
}
