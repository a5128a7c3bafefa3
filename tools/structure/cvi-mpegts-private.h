/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/structure/cvi-pts.h"
#include "tools/structure/cvi-walk.h"

G_BEGIN_DECLS

/* What the files of the MPEG-TS walker share. Names and numbers of clauses are
 * those of ISO/IEC 13818-1. */

#define CVI_TS_PACKET 188
#define CVI_TS_NULL_PID 0x1fff
#define CVI_TS_N_PIDS 8192
#define CVI_TS_MAX_STREAMS 256
/* section_length has 12 bits. */
#define CVI_TS_MAX_SECTION (3 + 4095)

/* One section that is being put together. @len 0: none is. */
typedef struct {
  guint len;
  guint8 data[CVI_TS_MAX_SECTION];
} CviTsSection;

/**
 * CviTsPes: the PES packets of one PID.
 * @open: one is being received; @broken: parts of it were lost already
 * @total: its length, 0 if unbounded; @got: so much came
 * @zeros: bytes of the run of packets with nothing but zeros in them
 */
typedef struct {
  gboolean open;
  gboolean broken;
  guint total;
  guint64 got;
  guint64 offset;
  guint64 zeros;
  guint64 zeros_offset;
  CviPts pts;
} CviTsPes;

/**
 * CviTsPid:
 * @cc: last continuity_counter, -1 if unknown
 * @duplicate: the last packet was one
 * @last_offset: of the last packet with payload
 * @section: tables come on it
 * @kind, @codec: (nullable): of the elementary stream on it; static
 * @stream: (nullable): what is told of it
 * @conditional: its PMT carries a CA descriptor for it
 * @pcr: last PCR in 1/27000000 s, CVI_NONE if unknown
 */
typedef struct {
  guint pid;
  int cc;
  gboolean duplicate;
  guint64 last_offset;
  guint64 packets;
  guint64 scrambled;
  CviTsSection *section;
  gboolean is_pmt;
  const char *kind;
  const char *codec;
  CviStructureStream *stream;
  gboolean conditional;
  gboolean encrypted;
  guint64 pcr;
  CviTsPes pes;
} CviTsPid;

/**
 * CviTs: one walk.
 * @packet: bytes from packet to packet; @prefix: bytes before the sync byte
 * @chunk, @chunk_offset: what lies in memory just now, and where from
 * @es: (element-type CviTsPid): elementary streams in the PMT's order
 * @settled: streams were told; later ones are told as they come
 * @time_ns: newest time
 */
typedef struct {
  CviWalk *walk;
  guint64 size;
  guint packet;
  guint prefix;
  const guint8 *chunk;
  guint64 chunk_offset;
  guint64 packets;
  CviTsPid *pids[CVI_TS_N_PIDS];
  GPtrArray *es;
  gboolean settled;
  gboolean has_pat;
  CviPtsBase base;
  guint64 time_ns;
} CviTs;

/* cvi-mpegts-packet.c */
CviTsPid *cvi_ts_get_pid (CviTs *self, guint pid);
/* @data: one packet of CVI_TS_PACKET bytes, its sync byte is right */
void cvi_ts_packet (CviTs *self, const guint8 *data, guint64 offset);
/* After bytes were lost: nothing is expected of the next packets. */
void cvi_ts_forget (CviTs *self);
/* Returns: (nullable): id of the stream on @pid, for findings */
const char *cvi_ts_stream_id (CviTs *self, CviTsPid *pid);
/* Tells the streams that had packets. */
void cvi_ts_settle (CviTs *self);

/* cvi-mpegts-psi.c */
void cvi_ts_feed_section (CviTs *self, CviTsPid *pid, const guint8 *data,
    gsize len, gboolean start, guint64 offset);

/* cvi-mpegts-codec.c: sets kind, codec and encrypted of @pid from its entry in
 * the PMT. */
void cvi_ts_identify (
    CviTsPid *pid, guint type, const guint8 *descriptors, gsize len);
gboolean cvi_ts_has_descriptor (
    const guint8 *descriptors, gsize len, guint8 tag);

/* cvi-mpegts-pes.c */
void cvi_ts_feed_pes (CviTs *self, CviTsPid *pid, const guint8 *data, gsize len,
    gboolean start, guint64 offset);
/* Judges the PES packet that ends here. @at_end: because the file does.
 * Returns: whether it lacks bytes */
gboolean cvi_ts_close_pes (CviTs *self, CviTsPid *pid, gboolean at_end);
void cvi_ts_check_pcr (CviTs *self, CviTsPid *pid, const guint8 *data,
    gboolean announced, guint64 offset);
/* Time of the newest PTS on @pid, or of the whole stream, or CVI_NONE. */
guint64 cvi_ts_time (CviTs *self, const CviTsPid *pid);

G_END_DECLS
