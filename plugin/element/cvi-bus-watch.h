/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * CviBusWatch: hears the ERROR, WARNING and QOS messages of the whole pipeline
 * that an element is in, without taking anything from the application: it uses
 * the sync-message emission of the top-level bus, which is counted, and leaves
 * sync handler and watches alone.
 *
 * A message that the application's sync handler drops is not heard.
 */
typedef struct _CviBusWatch CviBusWatch;

/**
 * CviBusWatchFunc: (thread that posts the message)
 * @element: as given to cvi_bus_watch_new(), alive for the call
 *
 * Must not block, change states, or take the element's stream lock.
 */
typedef void (*CviBusWatchFunc) (GstElement *element, GstMessage *message);

/* @element: not referenced; the owner frees the watch before it goes */
CviBusWatch *cvi_bus_watch_new (GstElement *element, CviBusWatchFunc func);
void cvi_bus_watch_free (CviBusWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviBusWatch, cvi_bus_watch_free)

/**
 * cvi_bus_watch_attach: (any thread)
 *
 * Attaches to the bus of the outermost parent. Does nothing if attached to it
 * already or if there is none yet, so call it whenever the element may have
 * got a (new) parent.
 */
void cvi_bus_watch_attach (CviBusWatch *watch);
void cvi_bus_watch_detach (CviBusWatch *watch);

G_END_DECLS
