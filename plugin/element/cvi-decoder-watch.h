/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include "plugin/element/cvi-log-tap.h"

G_BEGIN_DECLS

/**
 * CviDecoderWatch: a log tap together with the probes on the decoder upstream
 * of an element that tell the tap which packet is being decoded. Counts the
 * packets, too.
 */
typedef struct _CviDecoderWatch CviDecoderWatch;

CviDecoderWatch *cvi_decoder_watch_new (void);
/* Takes the probes off. */
void cvi_decoder_watch_free (CviDecoderWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviDecoderWatch, cvi_decoder_watch_free)

/**
 * cvi_decoder_watch_update: (any thread)
 * @element: whose upstream is watched
 *
 * Looks who is upstream now: claims all of them for the tap and moves the
 * probes if the nearest decoder is another one than before.
 */
void cvi_decoder_watch_update (CviDecoderWatch *watch, GstElement *element);

/* Nobody is upstream any more: takes the probes off and drops the claims. (any
 * thread) */
void cvi_decoder_watch_forget (CviDecoderWatch *watch);

/* Returns: (transfer none): lives as long as the watch */
CviLogTap *cvi_decoder_watch_get_tap (CviDecoderWatch *watch);

/* What went into the decoder: buffers and bytes. (any thread) */
guint64 cvi_decoder_watch_get_packets (CviDecoderWatch *watch);
guint64 cvi_decoder_watch_get_bytes (CviDecoderWatch *watch);

G_END_DECLS
