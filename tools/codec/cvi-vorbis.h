/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * CviVorbisCheck: the first bits of Vorbis packets (Vorbis I specification,
 * section 4.3.1): a packet of sound is none of a header, its mode is one of the
 * setup header's, and its window fits those beside it. libvorbis passes over
 * the first two, and takes any window. Not thread-safe.
 */
typedef struct _CviVorbisCheck CviVorbisCheck;

/* @caps: with "streamheader" if it is known; else the headers come as packets
 */
CviVorbisCheck *cvi_vorbis_check_new (GstCaps *caps);
void cvi_vorbis_check_free (CviVorbisCheck *check);

/**
 * cvi_vorbis_check_packet:
 * @data: one packet, hostile: sound or a header
 * @fault: (out): static text, what is wrong
 *
 * A window is judged once the next packet is there, by both its neighbours: at
 * a place where streams were joined only one of them contradicts. Returns:
 * FALSE if the packet, or the one before it, is damaged
 */
gboolean cvi_vorbis_check_packet (
    CviVorbisCheck *check, const guint8 *data, gsize size, const char **fault);

G_END_DECLS
