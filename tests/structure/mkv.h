/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tests/structure/bytes.h"

/* Small Matroska files: an H.264 track (number 1) of 25 frames a second and an
 * Opus track (number 2) with as many blocks. */

#define MKV_CLUSTERS 5
#define MKV_BLOCKS 5 /* of each track, in a cluster */

typedef struct {
  gboolean live;      /* Segment and Clusters of unknown size, no index */
  gboolean crc;       /* in Tracks and Clusters */
  gboolean positions; /* Position and PrevSize */
  gboolean groups;    /* BlockGroup instead of SimpleBlock */
  gboolean no_tracks;
  gboolean encrypted;
  gboolean annexb; /* start codes instead of lengths */
  guint track;     /* number in the blocks, 0 for the right one */
  guint spike;     /* cluster with a wrong time, 0 for none */
  guint clusters;  /* 0 for MKV_CLUSTERS */
} MkvOptions;

/* Elements with sizes of eight bytes. */
void mkv_put_id (GByteArray *out, guint32 id);
void mkv_put_element (GByteArray *out, guint32 id, const void *data, gsize len);

/* A SimpleBlock or, by @options, a BlockGroup; @body: what follows the flags */
void mkv_put_block (GByteArray *out, const MkvOptions *options, guint track,
    gint16 time, guint8 flags, const GByteArray *body);

/* Returns: (transfer full): SeekHead, Info, Tracks, Void, Clusters, Cues */
GByteArray *mkv_new (const MkvOptions *options);
