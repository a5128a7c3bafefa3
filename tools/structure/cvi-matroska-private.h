/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/structure/cvi-ebml.h"
#include "tools/structure/cvi-nal.h"

G_BEGIN_DECLS

/* What the files of the Matroska walker share. Element names and rules are
 * those of RFC 9559. */

typedef enum {
  CVI_MKV_EBML = 0x1A45DFA3,
  CVI_MKV_DOC_TYPE = 0x4282,
  CVI_MKV_VOID = 0xEC,
  CVI_MKV_CRC32 = 0xBF,

  CVI_MKV_SEGMENT = 0x18538067,
  CVI_MKV_SEEK_HEAD = 0x114D9B74,
  CVI_MKV_INFO = 0x1549A966,
  CVI_MKV_TRACKS = 0x1654AE6B,
  CVI_MKV_CLUSTER = 0x1F43B675,
  CVI_MKV_CUES = 0x1C53BB6B,
  CVI_MKV_ATTACHMENTS = 0x1941A469,
  CVI_MKV_CHAPTERS = 0x1043A770,
  CVI_MKV_TAGS = 0x1254C367,

  CVI_MKV_TIMESTAMP = 0xE7,
  CVI_MKV_SIMPLE_BLOCK = 0xA3,
  CVI_MKV_BLOCK_GROUP = 0xA0,
  CVI_MKV_POSITION = 0xA7,
  CVI_MKV_PREV_SIZE = 0xAB,
  CVI_MKV_SILENT_TRACKS = 0x5854,
  CVI_MKV_ENCRYPTED_BLOCK = 0xAF,

  CVI_MKV_BLOCK = 0xA1,
  CVI_MKV_BLOCK_DURATION = 0x9B,
  CVI_MKV_REFERENCE_BLOCK = 0xFB,
} CviMatroskaId;

/* Most tracks, SeekHead entries, clusters and cues that are remembered. */
#define CVI_MATROSKA_MAX_TRACKS 256
#define CVI_MATROSKA_MAX_SEEKS 64
#define CVI_MATROSKA_MAX_PLACES (1024u * 1024)
/* Most times that the walk looks ahead, far from where it is, to see whether
 * an element's end is one: a hostile file would ask for it every few bytes. */
#define CVI_MATROSKA_MAX_LOOKS 10000

/**
 * CviMatroskaTrack:
 * @private_data: its CodecPrivate (size 0: none)
 * @stream: (nullable): what is told of it
 * @zero_run: see CviPayload
 * @nal_codec, @nal_length: its frames are chains of such NAL units (not if
 *   they are compressed or encrypted)
 */
typedef struct {
  guint64 number;
  guint64 type;
  char *codec;
  CviEbml private_data;
  CviStructureStream *stream;
  guint64 frame_ns;
  guint zero_run;
  CviNalCodec nal_codec;
  guint nal_length;
  gboolean encoded;
  gboolean encrypted;
} CviMatroskaTrack;

typedef struct {
  guint32 id;
  guint64 offset;
} CviMatroskaSeek;

/**
 * CviMatroska: one walk.
 * @segment, @segment_end: content of the Segment, as declared (the end may lie
 *   behind the file's), @segment_end is the file's end if not declared
 * @scale: ns a tick; @duration_ns: of Info, or CVI_NONE
 * @cut: an element reaches past the end of the file
 * @damaged: places were lost, so that missing targets are a consequence
 * @crc_end: what lies before has had its CRC checked; overlapping elements are
 *   not checked again, so that hostile nesting costs one pass
 * @n_looks: looks ahead so far
 * @n_crc_clusters: Clusters with a CRC; @bad_clusters: (element-type
 *   CviFinding): the first whose CRC is wrong, judged when all are known
 * @cluster_*: state of the cluster that is walked; times in ticks
 * @time_ns: of the last block or cluster; @last_ns: end of the last block
 * @clusters, @cues: file offsets; @seeks: of CviMatroskaSeek
 */
typedef struct {
  CviWalk *walk;
  guint64 size;
  guint64 segment;
  guint64 segment_end;
  guint64 scale;
  guint64 duration_ns;
  gboolean has_tracks;
  gboolean cut;
  gboolean damaged;
  guint64 crc_end;
  guint n_looks;
  guint n_crc_clusters;
  GPtrArray *bad_clusters;

  GArray *tracks;
  CviMatroskaTrack *last_track;

  guint64 cluster_ticks;
  guint64 ticks_before[2];
  guint n_ticks;
  guint64 step_back_offset;
  guint64 cluster_offset;
  guint64 cluster_before;
  guint64 cluster_before_end;
  gint64 position_shift;
  gboolean has_shift;
  guint64 time_ns;
  guint64 last_ns;

  GArray *clusters;
  GArray *cues;
  GArray *seeks;
} CviMatroska;

/* cvi-matroska.c */

/* Is @id one of a child of Segment other than Void and CRC-32, or one that
 * ends a Segment? Such an ID never occurs inside a Cluster. */
gboolean cvi_matroska_is_level1 (guint32 id);

/**
 * cvi_matroska_lost:
 * @pos: where no element is; @resume: where the next one was found
 *
 * Reports the bytes between.
 */
void cvi_matroska_lost (
    CviMatroska *self, guint64 pos, guint64 resume, const char *why);

/* Counts a look ahead. Returns: FALSE if there were too many */
gboolean cvi_matroska_may_look (CviMatroska *self);

/* Returns: offset of the next child of Segment at or behind @pos, or @end */
guint64 cvi_matroska_find_level1 (CviMatroska *self, guint64 pos, guint64 end);

/* cvi-matroska-crc.c: checks the CRC-32 that @element begins with, if any. */
void cvi_matroska_check_crc (CviMatroska *self, const CviEbml *element);
/* After the walk: reports the Clusters whose CRC is wrong. */
void cvi_matroska_report_clusters (CviMatroska *self);

/* cvi-matroska-head.c: Info and Tracks; the offset of what is not an element
 * or does not fit, or CVI_NONE. */
guint64 cvi_matroska_read_info (CviMatroska *self, const CviEbml *info);
guint64 cvi_matroska_read_tracks (CviMatroska *self, const CviEbml *tracks);
void cvi_matroska_track_clear (CviMatroskaTrack *track);
CviMatroskaTrack *cvi_matroska_get_track (CviMatroska *self, guint64 number);

/* cvi-matroska-cluster.c: returns where the walk goes on. @end: of what
 * contains the cluster. */
guint64 cvi_matroska_walk_cluster (
    CviMatroska *self, const CviEbml *cluster, guint64 end);

/* cvi-matroska-block.c
 * @duration_ticks: CVI_NONE if not told
 * @sync: for a Block in a BlockGroup; a SimpleBlock says it itself */
void cvi_matroska_check_block (CviMatroska *self, const CviEbml *block,
    guint64 duration_ticks, gboolean sync);

/* cvi-matroska-index.c */
guint64 cvi_matroska_read_seek_head (CviMatroska *self, const CviEbml *head);
guint64 cvi_matroska_read_cues (CviMatroska *self, const CviEbml *cues);
/* After the walk: does everything point where it says? */
void cvi_matroska_check_index (CviMatroska *self);

G_END_DECLS
