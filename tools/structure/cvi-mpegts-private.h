/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-continuity.h"
#include "tools/structure/cvi-pts.h"
#include "tools/structure/cvi-walk.h"

G_BEGIN_DECLS

/* What the files of the MPEG-TS walker share. Names and numbers of clauses are
 * those of ISO/IEC 13818-1. */

#define CVI_TS_PACKET 188
#define CVI_TS_SYNC 0x47
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

/* The times of one stream; see cvi-mpegts-time.c. */
typedef struct _CviTsClock CviTsClock;

/* Longest header that tells a frame's size and duration. */
#define CVI_TS_AUDIO_HEAD 7

/**
 * CviTsAudio: where the frames of one stream of sound begin.
 * @synced: it is known; @head, @n_head: what has come of a frame's header
 * @skip: bytes to the next frame
 * @pts_ns: the PES packet's time, until a frame has taken it, or CVI_NONE
 * @frame_ns: time of the frame whose header is being read; @next_ns: where the
 *   one behind the last begins; both may be CVI_NONE
 */
typedef struct {
  gboolean synced;
  guint8 head[CVI_TS_AUDIO_HEAD];
  guint n_head;
  guint skip;
  guint64 pts_ns;
  guint64 frame_ns;
  guint64 next_ns;
} CviTsAudio;

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
 * @clock: (nullable): its times, if it is sound or pictures
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
  CviTsClock *clock;
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
/* Tells by what names the streams go whose payload was told of by PID. */
void cvi_ts_name_payload (CviTs *self);
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

/* cvi-mpegts-time.c */
/* Times count from the earliest of the streams' first. @pos: of the first
 * packet. */
void cvi_ts_find_base (CviTs *self, guint64 pos);
/* A PES packet with a PTS, already noted in @pid. @step: from the one before it
 * in the file (1/90000 s); @delay: from DTS to PTS */
void cvi_ts_clock_pes (CviTs *self, CviTsPid *pid, gint64 step, gint64 delay);
/* One without. */
void cvi_ts_clock_pes_without (CviTsPid *pid);
/* Payload of the PES packet that was begun. */
void cvi_ts_clock_data (CviTsPid *pid, const guint8 *data, gsize len);
/* Times of @pid start anew. */
void cvi_ts_clock_break (CviTsPid *pid);
/* A new program clock was announced: each stream may step once. */
void cvi_ts_clock_excuse (CviTs *self);
/* Tells what still waits. */
void cvi_ts_clock_end (CviTsClock *clock);
/* @clock: (nullable) */
void cvi_ts_clock_free (CviTsClock *clock);

/* cvi-mpegts-audio.c */
gboolean cvi_ts_audio_knows (const char *codec);
/* Bytes are missing: frames are looked for in the next PES packet. */
void cvi_ts_audio_lose (CviTsAudio *audio);
/* A PES packet begins. @pts_ns: or CVI_NONE */
void cvi_ts_audio_begin (CviTsAudio *audio, guint64 pts_ns);
/* Pushes the frames that begin in @data. @codec: one that is known */
void cvi_ts_audio_feed (CviTsAudio *audio, const char *codec,
    const guint8 *data, gsize len, CviContinuity *continuity);

G_END_DECLS
