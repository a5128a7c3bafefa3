/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tests/structure/bytes.h"

/* Small MPEG transport streams: H.264 and AC-3, a PES packet each for every
 * frame of 40 ms. */

#define TS_PACKET 188
#define TS_FRAMES 25
#define TS_VIDEO_PACKETS 6 /* of a frame; its sound takes two more */
#define TS_FRAME_PACKETS (TS_VIDEO_PACKETS + 2)
#define TS_VIDEO 0x100
#define TS_AUDIO 0x101

/**
 * TsMaker: a stream that is being written.
 * @prefix, @trailer: bytes before and behind each packet
 */
typedef struct {
  GByteArray *out;
  guint prefix;
  guint trailer;
  guint8 cc[0x2000];
  guint ca; /* bytes of CA descriptor in the PMT */
} TsMaker;

TsMaker *ts_maker_new (guint prefix, guint trailer);
void ts_maker_free (TsMaker *maker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TsMaker, ts_maker_free)

/* One packet; what @len lacks to a packet is stuffing. */
void ts_put_packet (TsMaker *maker, guint pid, gboolean start, guint8 flags,
    const guint8 *data, gsize len);
/* PAT and PMT */
void ts_put_tables (TsMaker *maker);
/* @total: bytes of the whole PES packet; @bounded: says so */
void ts_put_pes (TsMaker *maker, guint pid, guint8 id, guint64 pts, gsize total,
    gboolean bounded);
/* A picture with a DTS */
void ts_put_picture (TsMaker *maker, guint64 pts, guint64 dts);
/* A PES packet of AC-3 with these bytes */
void ts_put_sound (TsMaker *maker, guint64 pts, const guint8 *data, gsize len);
/* A packet with nothing but a PCR (1/90000 s). @announced: as discontinuity */
void ts_put_clock (TsMaker *maker, guint64 pcr, gboolean announced);
/* Frame number @i of video and audio; @base: PTS of the first one */
void ts_put_frame (TsMaker *maker, guint i, guint64 base);

/* Returns: (transfer full): tables, then TS_FRAMES frames */
TsMaker *ts_new (guint prefix, guint trailer, guint64 base);
