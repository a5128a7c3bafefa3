/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/structure/cvi-frame-head.h"
#include "tools/structure/cvi-nal.h"

G_BEGIN_DECLS

/* ISO base media file format (ISO/IEC 14496-12) and QuickTime: shared by the
 * cvi-isobmff-*.c files. */

#define CVI_FOURCC(a, b, c, d)                                                 \
  ((guint32)(a) << 24 | (guint32)(b) << 16 | (guint32)(c) << 8 | (guint32)(d))

/* A moov (sample tables included) larger than this is not read into memory: a
 * day of 60 frames a second needs about 40 MiB. */
#define CVI_ISO_MAX_MOOV (128u * 1024 * 1024)
/* A moof larger than this is damage: it describes seconds. */
#define CVI_ISO_MAX_MOOF (16u * 1024 * 1024)
#define CVI_ISO_MAX_ENTRIES 8
#define CVI_ISO_MAX_EXTENTS 65536
/* Times are kept within this, so that sums of three cannot overflow. */
#define CVI_ISO_MAX_TICKS (G_GINT64_CONSTANT (1) << 61)

/**
 * CviBox: one box.
 * @offset: of its first byte in the file
 * @size: as declared, header included; 0 only for "to the end of the file"
 * @header: length of the header (8 or 16)
 * @body, @len: content in memory; NULL for a box at top level
 */
typedef struct {
  guint32 type;
  guint64 offset;
  guint64 size;
  guint header;
  const guint8 *body;
  gsize len;
} CviBox;

/* Children of a box in memory. @bad is set once a size contradicts the parent
 * or a type is no FourCC; @pos is then the offending header's place. With
 * @any_type types are not looked at (sample descriptions: QuickTime puts
 * numbers there). */
typedef struct {
  const guint8 *data;
  gsize len;
  gsize pos;
  guint64 offset;
  gboolean any_type;
  gboolean bad;
} CviBoxIter;

/* A table of @count rows inside the moov's memory; @count is already bounded
 * by what is there. */
typedef struct {
  const guint8 *data;
  guint32 count;
  gboolean seen;
} CviIsoTable;

/* One sample description. */
typedef struct {
  guint32 format;
  CviNalCodec nal;
  guint nal_length; /* bytes of a NAL unit's length field */
  CviFrameHead head;
  guint8 object_type; /* of MPEG-4 systems, 0 if none */
  guint zero_run;
  gboolean encrypted;
} CviIsoEntry;

typedef struct {
  CviStructureStream *stream; /* NULL if there are too many */
  guint32 id;
  guint32 handler;
  guint32 timescale;
  guint64 duration; /* of the media, in ticks; 0 if unknown */
  gint64 shift;     /* ticks from composition to presentation time */
  gboolean external;
  guint64 offset; /* of the trak box */

  CviIsoEntry entries[CVI_ISO_MAX_ENTRIES];
  guint n_entries;

  CviIsoTable stts, ctts, stsc, stsz, chunks, stss;
  gboolean co64;
  guint size_bits;     /* of one stsz or stz2 row */
  guint32 sample_size; /* of every sample, 0 if the table tells */
  guint32 n_samples;

  /* movie extends: defaults of trex */
  guint32 default_entry, default_duration, default_size;
  gint64 next_dts;       /* where the next fragment should continue, ticks */
  gint64 last_duration;  /* of the last sample */
  guint64 last_fragment; /* number of the last one with this track, 0: none */
  guint64 n_fragment_samples;

  /* samples behind the end of the file */
  guint64 n_lost;
  guint64 lost_ns;
  guint64 end_ns; /* latest end of a sample, lost ones included */
} CviIsoTrack;

typedef struct {
  guint64 offset;
  guint64 end; /* as declared; may lie behind the end of the file */
} CviIsoExtent;

typedef struct {
  CviWalk *walk;
  guint64 size; /* of the file */
  guint8 *moov; /* its body */
  gsize moov_len;
  guint64 moov_offset; /* of its body */
  guint32 timescale;
  guint64 duration;     /* ticks of @timescale */
  GPtrArray *tracks;    /* CviIsoTrack */
  GArray *mdats;        /* CviIsoExtent */
  guint64 budget;       /* payload bytes that may still be read */
  gboolean has_moov;    /* even if cut */
  gboolean image;       /* HEIF: needs no moov */
  gboolean hide_length; /* of the movie, from demuxers: CviStructureInfo */
  gboolean cut;         /* the last mdat is longer than the file */

  guint32 sequence; /* of the last fragment */
  guint32 step;     /* between sequence numbers, 0 until known */
  guint64 n_fragments;
  guint64 last_jump; /* fragment before which a sequence number is missing */
  GArray *moofs;     /* their offsets, guint64 */
} CviIso;

/* cvi-isobmff-box.c */

/* Can @type be a box type: printable, or the copyright sign that QuickTime
 * uses */
gboolean cvi_iso_is_type (guint32 type);
/* @text: 5 bytes at least. Returns: @text */
const char *cvi_iso_type_name (guint32 type, char *text);
/* The children of @box from byte @skip of its body on. */
void cvi_box_iter_init (CviBoxIter *iter, const CviBox *box, gsize skip);
gboolean cvi_box_iter_next (CviBoxIter *iter, CviBox *box);
/* ticks of @timescale in ns, saturating below CVI_NONE; 0 if negative */
guint64 cvi_iso_time (gint64 ticks, guint32 timescale);
const char *cvi_iso_stream_id (const CviIsoTrack *track);

/* cvi-isobmff-tail.c: what is no box */

/* Returns: where from @from on a moov or moof with the child that must come
 * first begins, or CVI_NONE */
guint64 cvi_iso_find_anchor (CviIso *iso, guint64 from, gboolean moov_only);
void cvi_iso_report_tail (CviIso *iso, guint64 from);
void cvi_iso_report_garbage (CviIso *iso, guint64 from, guint64 to);

/* cvi-isobmff-moov.c: fills in tracks from the moov's body in memory. */
void cvi_iso_parse_moov (CviIso *iso);

/* cvi-isobmff-entry.c: sample descriptions */
void cvi_iso_parse_stsd (CviIso *iso, CviIsoTrack *track, const CviBox *box);

/* cvi-isobmff-tables.c: what sample tables say of each other. */
void cvi_iso_check_tables (CviIso *iso, CviIsoTrack *track);

/* cvi-isobmff-samples.c: the samples of all tracks in file order. */
void cvi_iso_walk_samples (CviIso *iso);

/**
 * cvi_iso_check_sample: reads one sample (or a run of samples of a codec
 * without NAL units)
 *
 * Returns: FALSE if the walk should end
 */
gboolean cvi_iso_check_sample (CviIso *iso, CviIsoTrack *track, guint entry,
    guint64 offset, guint64 size, guint64 time_ns);
/* Notes a sample behind the end of the file. */
void cvi_iso_lose (CviIsoTrack *track, guint64 n_samples, guint64 time_ns);
/* Notes that a sample which is there ends at @end_ns. */
void cvi_iso_keep (CviIsoTrack *track, guint64 end_ns);
/* Reports what was lost. Returns: whether anything was */
gboolean cvi_iso_report_lost (CviIso *iso);

/* cvi-isobmff-fragments.c: @box is a moof at top level. Returns: FALSE if the
 * walk should end */
gboolean cvi_iso_walk_fragment (CviIso *iso, const CviBox *box);
/* After the last fragment: what is known of the streams now. */
void cvi_iso_finish_fragments (CviIso *iso);

/* cvi-isobmff-index.c: a segment index and a random access index at top level,
 * with their content in memory. The latter after all fragments. */
void cvi_iso_check_sidx (CviIso *iso, const CviBox *box);
void cvi_iso_check_mfra (CviIso *iso, const CviBox *box);
CviIsoTrack *cvi_iso_find_track (CviIso *iso, guint32 id);

G_END_DECLS
