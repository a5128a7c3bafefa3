/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Parts of the tracer that programs reach only by chance: what two threads do
 * at once, and what is found while a walk is not over. */
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "plugin/element/cvi-pad-data.h"
#include "plugin/element/cvi-trace-file.h"
#include "plugin/element/cvi-trace-report.h"
#include "plugin/element/cvi-trace-stream.h"
#include "tests/element/helper.h"

#define N_RENEWALS 20000
#define N_REPEATS 1000

/* A demuxer's pad, linked to an element that looks for its stream. */
typedef struct {
  GstElement *demuxer;
  GstElement *decoder;
  GstPad *pad;
  CviStreamStart start;
  atomic_bool done;
  atomic_uint n_found;
} Linked;

static void
linked_init (Linked *self)
{
  g_autoptr (GstEvent) event = gst_event_new_stream_start ("stream");
  g_autoptr (GstPad) sink = NULL;

  memset (self, 0, sizeof *self);
  self->demuxer =
      gst_object_ref_sink (gst_element_factory_make ("qtdemux", NULL));
  self->decoder =
      gst_object_ref_sink (gst_element_factory_make ("identity", NULL));
  self->pad = gst_pad_new ("made", GST_PAD_SRC);
  gst_pad_set_active (self->pad, TRUE);
  fail_unless (gst_element_add_pad (self->demuxer, self->pad));
  sink = gst_element_get_static_pad (self->decoder, "sink");
  fail_unless_equals_int (
      gst_pad_link_full (self->pad, sink, GST_PAD_LINK_CHECK_NOTHING),
      GST_PAD_LINK_OK);
  fail_unless_equals_int (
      gst_pad_store_sticky_event (self->pad, event), GST_FLOW_OK);
  cvi_stream_start_read (&self->start, self->pad);
}

static void
linked_clear (Linked *self)
{
  cvi_stream_start_clear (&self->start);
  gst_object_unref (self->demuxer);
  gst_object_unref (self->decoder);
}

static gpointer
look (gpointer user_data)
{
  Linked *self = user_data;

  while (!atomic_load (&self->done)) {
    g_autoptr (CviTraceStream) stream =
        cvi_trace_stream_find (self->decoder, &self->start);

    if (stream)
      atomic_fetch_add (&self->n_found, 1);
    cvi_trace_stream_stop (self->pad);
  }
  return NULL;
}

/* A pad's stream is renewed on its streaming thread while decoders look for
 * it. */
GST_START_TEST (test_stream_is_renewed_while_looked_for)
{
  static const char *const names[] = { "qtdemux", NULL };
  GThread *thread;
  Linked linked;

  if (!cvi_test_have (names))
    return;
  linked_init (&linked);
  cvi_trace_stream_unref (
      cvi_trace_stream_new (linked.demuxer, linked.pad, NULL, NULL));
  thread = g_thread_new ("look", look, &linked);
  /* The other thread may take its time to begin. */
  for (guint i = 0; i < N_RENEWALS || atomic_load (&linked.n_found) == 0; i++)
    cvi_trace_stream_unref (
        cvi_trace_stream_new (linked.demuxer, linked.pad, NULL, NULL));
  atomic_store (&linked.done, TRUE);
  g_thread_join (thread);
  linked_clear (&linked);
}
GST_END_TEST

/* Two demuxers of one file: of their streams, which have the same ID, each
 * finds that of its group. */
GST_START_TEST (test_stream_is_of_its_group)
{
  static const char *const names[] = { "qtdemux", NULL };
  g_autoptr (CviTraceStream) stream = NULL;
  g_autoptr (CviTraceStream) found = NULL;
  Linked linked;

  if (!cvi_test_have (names))
    return;
  linked_init (&linked);
  stream = cvi_trace_stream_new (linked.demuxer, linked.pad, NULL, NULL);
  found = cvi_trace_stream_find (linked.decoder, &linked.start);
  fail_unless (found == stream);
  g_clear_pointer (&found, cvi_trace_stream_unref);
  /* Bins may give it another group on the way. */
  linked.start.group++;
  found = cvi_trace_stream_find (linked.decoder, &linked.start);
  fail_unless (found == stream);
  g_clear_pointer (&linked.start.id, g_free);
  linked.start.id = g_strdup ("another");
  fail_unless (cvi_trace_stream_find (linked.decoder, &linked.start) == NULL);
  linked_clear (&linked);
}
GST_END_TEST

/* What comes out of line may come while data flow on another thread. */
GST_START_TEST (test_only_events_in_line_are_taken)
{
  static const struct {
    GstEventType type;
    GstPadProbeType probe;
    gboolean taken;
  } rows[] = {
    { GST_EVENT_EOS, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, TRUE },
    { GST_EVENT_FLUSH_STOP, GST_PAD_PROBE_TYPE_EVENT_FLUSH, TRUE },
    { GST_EVENT_FLUSH_START, GST_PAD_PROBE_TYPE_EVENT_FLUSH, FALSE },
    { GST_EVENT_CUSTOM_DOWNSTREAM_OOB, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
        FALSE },
    { GST_EVENT_EOS, GST_PAD_PROBE_TYPE_BUFFER, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    GstPadProbeInfo info = { .type = rows[i].probe };

    info.data = gst_event_new_custom (rows[i].type, NULL);
    fail_unless ((cvi_probe_serialized_event (&info) != NULL) == rows[i].taken,
        "row %u", i);
    gst_event_unref (info.data);
  }
}
GST_END_TEST

/* A report that nobody reads: who writes to it waits. */
typedef struct {
  char *folder;
  char *path;
  int reader;
} Pipe;

static void
pipe_init (Pipe *self)
{
  char block[512];
  int writer;

  self->folder = g_dir_make_tmp ("cvi-trace-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "report", NULL);
  fail_unless_equals_int (mkfifo (self->path, 0600), 0);
  self->reader = open (self->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  writer = open (self->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  fail_unless (self->reader >= 0 && writer >= 0);
  memset (block, '\n', sizeof block);
  while (write (writer, block, sizeof block) > 0)
    ;
  close (writer);
}

/* Reads until the line of type @type of the file @name. Returns: (transfer
 * full): all lines */
static char *
pipe_read (Pipe *self, const char *name)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *pattern =
      g_strdup_printf ("*\"type\":\"file\"*%s*\n*", name);
  char block[4096];
  gssize n;

  fcntl (self->reader, F_SETFL, 0);
  while (!g_pattern_match_simple (pattern, text->str)) {
    n = read (self->reader, block, sizeof block);
    fail_unless (n > 0);
    g_string_append_len (text, block, n);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
pipe_clear (Pipe *self)
{
  close (self->reader);
  unlink (self->path);
  rmdir (self->folder);
  g_free (self->path);
  g_free (self->folder);
}

/* Returns: (transfer full): a source that reads a new file of @folder */
static GstElement *
make_source (const char *folder, const char *name, const char *content)
{
  GstElement *source =
      gst_object_ref_sink (gst_element_factory_make ("filesrc", NULL));
  g_autofree char *path = g_build_filename (folder, name, NULL);

  fail_unless (g_file_set_contents (path, content, -1, NULL));
  g_object_set (source, "location", path, NULL);
  return source;
}

static void
remove_file (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  unlink (path);
}

static gpointer
end_all (gpointer unused)
{
  cvi_trace_file_finish_all ();
  return NULL;
}

/* Returns: the field count of the only finding of @rule in @text */
static gint64
count_of (const char *text, const char *rule)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  gint64 count = 0;

  for (guint i = 0; lines[i]; i++) {
    g_autoptr (JsonParser) parser = json_parser_new ();
    JsonObject *object;

    if (!*lines[i] || !strstr (lines[i], rule))
      continue;
    fail_unless (json_parser_load_from_data (parser, lines[i], -1, NULL));
    object = json_node_get_object (json_parser_get_root (parser));
    fail_unless (count == 0, "%s", text);
    count = json_object_get_int_member (object, "count");
  }
  return count;
}

/* What is held until the walk is over is said once, however often it was
 * found. */
GST_START_TEST (test_repeats_are_held)
{
  g_autoptr (CviTraceFile) file = NULL;
  g_autofree char *text = NULL;
  GstElement *first, *second;
  GThread *thread;
  Pipe pipe;

  pipe_init (&pipe);
  cvi_trace_file_setup (cvi_trace_report_new (pipe.path, 0), TRUE);
  /* The walk of the first cannot say that it is empty. */
  first = make_source (pipe.folder, "first", "");
  cvi_trace_file_unref (cvi_trace_file_get (first));
  second = make_source (pipe.folder, "second", "no media");
  file = cvi_trace_file_get (second);
  for (guint i = 0; i < N_REPEATS; i++) {
    CviFinding *finding = cvi_finding_new (
        CVI_RULE_DECODE_ERROR, "stream", "No valid frames decoded %u", i);

    finding->start_ns = finding->end_ns = i * GST_MSECOND;
    fail_unless (cvi_trace_file_filter (
                     file, "video/0", finding, "dec", "decoder") == NULL);
  }
  thread = g_thread_new ("end", end_all, NULL);
  text = pipe_read (&pipe, "second");
  g_thread_join (thread);
  fail_unless (count_of (text, "decode::error") == N_REPEATS, "%s", text);
  cvi_trace_file_end (first);
  cvi_trace_file_end (second);
  gst_object_unref (first);
  gst_object_unref (second);
  remove_file (pipe.folder, "first");
  remove_file (pipe.folder, "second");
  pipe_clear (&pipe);
}
GST_END_TEST

static Suite *
trace_suite (void)
{
  Suite *suite = suite_create ("trace");
  TCase *streams = tcase_create ("streams");
  TCase *files = tcase_create ("files");

  cvi_test_register ();
  tcase_add_test (streams, test_stream_is_renewed_while_looked_for);
  tcase_add_test (streams, test_stream_is_of_its_group);
  tcase_add_test (streams, test_only_events_in_line_are_taken);
  suite_add_tcase (suite, streams);
  tcase_add_test (files, test_repeats_are_held);
  suite_add_tcase (suite, files);
  return suite;
}

GST_CHECK_MAIN (trace)
