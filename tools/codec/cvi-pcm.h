/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * CviPcmCheck: overwritten blocks in uncompressed sound. Any bytes are samples,
 * but foreign bytes are white noise at full scale that begins and ends within a
 * few samples of sound that is far smoother, and a lost block is a short run of
 * zeros between two steps that are no part of the sound. Measured: none in 240
 * healthy files; foreign bytes in PCM were the largest group of damage that
 * nothing told of.
 */
typedef struct _CviPcmCheck CviPcmCheck;

/* @caps: audio/x-raw; layouts that are not known are never at fault */
CviPcmCheck *cvi_pcm_check_new (GstCaps *caps);
void cvi_pcm_check_free (CviPcmCheck *check);

/* The next @size bytes of the stream. FALSE: damage was noticed, at most 0.3 s
 * after it; @fault is a static text. */
gboolean cvi_pcm_check_packet (
    CviPcmCheck *check, const guint8 *data, gsize size, const char **fault);

G_END_DECLS
