/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include "plugin/element/cvi-trace-report.h"
#include "plugin/element/cvi-upstream.h"

G_BEGIN_DECLS

/**
 * CviTraceElement: what the tracer knows of one element of the application.
 *
 * Holds a log tap that claims the element and, for each source pad of a
 * decoder, a cvicheck that is linked to nothing: probes hand it what passes the
 * pad, so that the tracer judges as cvicheck does. Reference-counted: the
 * probes hold references. Never references the element.
 */
typedef struct _CviTraceElement CviTraceElement;

/* @report: lives longer. Probes the pads that @element has.
 * @element_class: of CVI_ELEMENT_OTHER only messages and log lines are taken
 * @check_packets: look into the packets of coded streams */
CviTraceElement *cvi_trace_element_new (GstElement *element,
    CviElementClass element_class, CviTraceReport *report,
    gboolean check_packets);
CviTraceElement *cvi_trace_element_ref (CviTraceElement *self);
void cvi_trace_element_unref (CviTraceElement *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviTraceElement, cvi_trace_element_unref)

/* Probes a pad that the element got later. A pad is probed once. */
void cvi_trace_element_add_pad (CviTraceElement *self, GstPad *pad);

/* An element may be renamed until it has a parent. */
void cvi_trace_element_set_name (CviTraceElement *self, GstElement *element);

/* @pad, which may be any pad, asks for @size bytes at @offset of what is
 * upstream. */
void cvi_trace_element_pull (GstPad *pad, guint64 offset, guint64 size);

/* An ERROR, WARNING or QOS message of the element's. */
void cvi_trace_element_message (CviTraceElement *self, GstMessage *message);

/* Reports log lines that have come in. */
void cvi_trace_element_drain (CviTraceElement *self);

/**
 * cvi_trace_element_end:
 *
 * The element went to READY, or the process ends: writes what is known of its
 * streams and begins anew. Any thread; data may still flow.
 */
void cvi_trace_element_end (CviTraceElement *self);
/* The element is being disposed of: the same, and no line at its address is its
 * own any more. */
void cvi_trace_element_gone (CviTraceElement *self);

G_END_DECLS
