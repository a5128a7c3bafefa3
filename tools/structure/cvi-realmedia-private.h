/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/structure/cvi-walk.h"

G_BEGIN_DECLS

/* What the files of the RealMedia walker share: chunks of a name, a size and a
 * version, of which DATA holds packets. All numbers are big-endian. */

#define CVI_RM_CHUNK 10
#define CVI_RM_MAX_STREAMS 256
/* Most packets whose places are remembered for the index. */
#define CVI_RM_MAX_PACKETS (1024u * 1024)

typedef struct {
  char name[5];
  guint64 offset;
  guint32 size;
} CviRmChunk;

typedef struct {
  guint number;
  CviStructureStream *stream;
} CviRmStream;

/**
 * CviRm: one walk.
 * @packets: (element-type guint64): their offsets, ascending
 * @data_offset, @index_offset: by the header, 0 if it does not say
 * @cut: the file ends too early
 */
typedef struct {
  CviWalk *walk;
  guint64 size;
  guint64 time_ns;
  guint64 data_offset;
  guint64 index_offset;
  gboolean cut;
  guint n_streams;
  CviRmStream streams[CVI_RM_MAX_STREAMS];
  GArray *packets;
} CviRm;

/* cvi-realmedia.c. Returns: FALSE if no known chunk is at @pos */
gboolean cvi_rm_read_chunk (CviRm *self, guint64 pos, CviRmChunk *chunk);

/* cvi-realmedia-packet.c; chunks are inside the file */
void cvi_rm_read_properties (CviRm *self, const CviRmChunk *chunk);
void cvi_rm_read_stream (CviRm *self, const CviRmChunk *chunk);
/* Returns: the number of packets from @pos on; @end may lie behind the file.
 * *@damaged: some were lost */
guint64 cvi_rm_walk_packets (
    CviRm *self, guint64 pos, guint64 end, gboolean *damaged);

G_END_DECLS
