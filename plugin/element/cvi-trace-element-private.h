/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/element/cvi-trace-decoder.h"
#include "plugin/element/cvi-trace-element.h"
#include "plugin/element/cvi-trace-length.h"
#include "plugin/element/gstcvicheck-private.h"

G_BEGIN_DECLS

/* Shared by the files of CviTraceElement; nobody else includes this. */

/* More source pads of one decoder are not told apart: none has as many. */
#define CVI_TRACE_MAX_JUDGES 16

struct _CviTraceElement {
  CviElementClass element_class;
  CviTraceReport *report;
  CviLogTap *tap;
  char *factory;
  gboolean check_packets;
  CviTraceDecoder *decoder; /* (nullable): of a decoder or parser */
  _Atomic guint64 time_ns;
  atomic_uint runs; /* times that it came to an end */

  GMutex lock;
  /* under lock */
  char *name;
  gboolean unfiltered; /* what is reported now is no word of the element's */
  CviTraceFile *file;  /* (nullable): that a demuxer reads */
  gboolean knows_file;
  CviTraceLength length; /* of what a demuxer reads */
  guint n_judges;
  guint n_src_pads;
  GstCviCheck *judges[CVI_TRACE_MAX_JUDGES];
};

/* Reports log lines that have come in; called with the lock. */
void cvi_trace_element_drain_locked (CviTraceElement *self);
/* Returns: (transfer none): a cvicheck more; called with the lock, or before
 * others know @self */
GstCviCheck *cvi_trace_element_add_judge (CviTraceElement *self);
/* Writes what is known of @judge's stream and begins anew; called with the
 * lock. */
void cvi_trace_element_end_judge (CviTraceElement *self, GstCviCheck *judge);
/* CviPacketCheckFunc */
void cvi_trace_element_on_packet (CviFinding *finding, gpointer user_data);

G_END_DECLS
