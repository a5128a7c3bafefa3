/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <sys/stat.h>
#include "plugin/core/cvi-collector.h"
#include "plugin/element/cvi-trace-file.h"

G_BEGIN_DECLS

/* Shared by the files of CviTraceFile; nobody else includes this. */

/* Kinds of stream, each of which is numbered. */
#define CVI_TRACE_N_KINDS 4
extern const char *const cvi_trace_kinds[CVI_TRACE_N_KINDS];

/* A finding that the walk may explain. */
typedef struct {
  CviFinding *finding;
  char *label;
  char *element;
  char *factory;
} Held;

/* A stream of the file. */
typedef struct {
  const CviTraceStreamClass *klass;
  gpointer stream;
} Member;

struct _CviTraceFile {
  CviTraceReport *report;
  char *uri;
  char *path;
  char *element;
  char *factory;
  int fd;
  struct stat before;
  gint cancelled; /* atomic */
  guint64 bytes;  /* atomic: walked */

  GMutex lock;
  /* under lock */
  gboolean walked; /* or given up */
  gboolean ended;
  gboolean concluded;
  CviStructureInfo *info;  /* (nullable) */
  CviCollector *collector; /* what was told */
  GPtrArray *held;
  GArray *members;
  guint n_streams[CVI_TRACE_N_KINDS];
  CviPastEnd past;
};

/* GDestroyNotify of a Held */
void cvi_trace_held_free (gpointer data);

/* All of these but the last are called with the file's lock. */

/* Reports @finding (transfer full) of @element. */
void cvi_trace_file_tell (CviTraceFile *self, CviFinding *finding,
    const char *element, const char *factory);
/* Tells what was held, unless the walk, which is over, excuses it. */
void cvi_trace_file_release_held (CviTraceFile *self);
/* Tells what only the end of both, walk and reading, can tell. */
void cvi_trace_file_judge (CviTraceFile *self);

/* How much of the file was walked (bytes). */
guint64 cvi_trace_file_get_walked (CviTraceFile *self);

G_END_DECLS
