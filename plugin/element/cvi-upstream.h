/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * CviElementClass: what an element is, as far as messages of it go. Bins are
 * CVI_ELEMENT_OTHER (decodebin calls itself a decoder, too), but for sources
 * and demuxers that happen to be bins.
 */
typedef enum {
  CVI_ELEMENT_OTHER,
  CVI_ELEMENT_SOURCE,
  CVI_ELEMENT_DEMUXER,
  CVI_ELEMENT_PARSER,
  CVI_ELEMENT_DECODER
} CviElementClass;

/* Told by the klass of the element's metadata. */
CviElementClass cvi_element_classify (GstElement *element);

/* Returns: (transfer full): the name of its factory; of an element that none
 * has made a text that says so */
char *cvi_element_dup_factory (GstElement *element);

/**
 * CviUpstream: a snapshot of the elements that data may have passed before it
 * reached an element, nearest first, followed through ghost pads and out of
 * bins along the pads' internal links. At most CVI_UPSTREAM_MAX_PADS pads are
 * looked at.
 */
typedef struct _CviUpstream CviUpstream;

#define CVI_UPSTREAM_MAX_PADS 512

/**
 * cvi_upstream_new: (any thread, no object lock held)
 * @element: where to start; not part of the result
 */
CviUpstream *cvi_upstream_new (GstElement *element);
void cvi_upstream_free (CviUpstream *upstream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviUpstream, cvi_upstream_free)

/* Returns: (transfer none) (element-type GstElement): nearest first; bins that
 * the path leaves or enters are among them */
GPtrArray *cvi_upstream_get_elements (CviUpstream *upstream);

/**
 * cvi_upstream_contains:
 * @object: source of a message
 *
 * Returns: whether @object is an upstream element, a pad of one, or a bin
 * that holds an upstream element but not the element that was started from
 */
gboolean cvi_upstream_contains (CviUpstream *upstream, GstObject *object);

/* Returns: (transfer none) (nullable): the nearest decoder */
GstElement *cvi_upstream_get_decoder (CviUpstream *upstream);

G_END_DECLS
