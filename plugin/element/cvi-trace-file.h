/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include "plugin/element/cvi-tally.h"
#include "plugin/element/cvi-trace-report.h"

G_BEGIN_DECLS

/**
 * CviTraceFile: a local file that a source element of the application reads,
 * until the source goes to READY.
 *
 * A thread of its own walks the file's structure, one file at a time of all
 * that the process reads. What is known of the file's streams in the end is
 * held against what the walk says is in it. Reference-counted; every function
 * on any thread. Never references an element.
 */
typedef struct _CviTraceFile CviTraceFile;

/**
 * CviTraceCount: what a stream of the file came to, CVI_NONE if unknown.
 * @tally: all but its declaration; label and caps are copied
 * @element, @factory: the decoder or, where there is none, the demuxer
 * @whole: its end was reached, and nothing sought
 * @stuck: its parser got packets and gave none
 */
typedef struct {
  CviTally tally;
  const char *element;
  const char *factory;
  gboolean whole;
  gboolean stuck;
} CviTraceCount;

/* How the tracer gets at streams when a file is done with. */
typedef struct {
  gpointer (*ref) (gpointer stream);
  void (*unref) (gpointer stream);
  /* Calls @func with what @stream came to. */
  void (*count) (gpointer stream,
      void (*func) (const CviTraceCount *count, gpointer user_data),
      gpointer user_data);
} CviTraceStreamClass;

/* Begins to walk files, if @walk; @report: lives longer. Once. */
void cvi_trace_file_setup (CviTraceReport *report, gboolean walk);

/**
 * cvi_trace_file_get:
 * @source: an element that reads, or is about to
 *
 * Returns: (transfer full) (nullable): its file, begun if need be; NULL if it
 * reads no local file
 */
CviTraceFile *cvi_trace_file_get (GstElement *source);
/* The same, of the source that @element gets its data from, if there is one. */
CviTraceFile *cvi_trace_file_find (GstElement *element);
/* Does @element get what a source reads from a local file as it is: no demuxer,
 * parser or decoder comes between? */
gboolean cvi_trace_file_is_bare (GstElement *element);
/* Does the source upstream of @element read an empty file? */
gboolean cvi_trace_file_is_empty (GstElement *element);
CviTraceFile *cvi_trace_file_ref (CviTraceFile *self);
void cvi_trace_file_unref (CviTraceFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviTraceFile, cvi_trace_file_unref)

/* Returns: (transfer full): the name of a new stream of @kind, as the walk
 * names the file's streams: "video/0" */
char *cvi_trace_file_add_stream (CviTraceFile *self, const char *kind,
    const CviTraceStreamClass *klass, gpointer stream);

/* Are files walked? */
gboolean cvi_trace_file_walks (void);

/* A demuxer's request. */
void cvi_trace_file_note_read (
    CviTraceFile *self, guint64 offset, guint64 size);

/**
 * cvi_trace_file_filter:
 * @label: (nullable): the stream of @finding
 * @finding: (transfer full): what decoding has found
 * @element, @factory: what it was found of
 *
 * Returns: (transfer full) (nullable): @finding, if it is to be reported now;
 * NULL if the file excuses it, or keeps it until the walk can tell
 */
CviFinding *cvi_trace_file_filter (CviTraceFile *self, const char *label,
    CviFinding *finding, const char *element, const char *factory);

/* @source is done with its file: it is reported on as soon as it is walked. */
void cvi_trace_file_end (GstElement *source);

/* The process ends: waits for walks that have little left to read, gives up
 * the others, and reports on every file. */
void cvi_trace_file_finish_all (void);

G_END_DECLS
