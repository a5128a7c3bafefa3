/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/structure/cvi-walk.h"

G_BEGIN_DECLS

/* What the files of the ASF walker share. Names and sections are those of the
 * Advanced Systems Format specification, revision 01.20. */

#define CVI_ASF_OBJECT 24 /* bytes of an object's header */
#define CVI_ASF_MAX_STREAMS 128

/**
 * CviAsfStream: one stream and the media object that is being received.
 * @known: the header declares it
 * @number: of the last object, -1 if unknown
 * @size, @got: of that object; @size 0 if not told
 */
typedef struct {
  gboolean known;
  CviStructureStream *stream;
  guint zero_run;
  int number;
  guint32 size;
  guint32 got;
  guint64 n_objects;
} CviAsfStream;

/**
 * CviAsf: one walk.
 * @packet_size: of every data packet, 0 if the header does not say
 * @n_packets: declared
 * @preroll_ns: what presentation times begin with
 * @broadcast: sizes and counts were not known when the header was written
 */
typedef struct {
  CviWalk *walk;
  guint64 size;
  guint64 declared_size;
  guint32 packet_size;
  guint64 n_packets;
  guint64 preroll_ns;
  gboolean broadcast;
  gboolean encrypted;
  guint64 time_ns;
  CviAsfStream streams[CVI_ASF_MAX_STREAMS];
} CviAsf;

/* One object's header. */
typedef struct {
  guint8 guid[16];
  guint64 offset;
  guint64 size;
} CviAsfObject;

/* Returns: FALSE if none can be at @pos; it may reach behind @end */
gboolean cvi_asf_read_object (
    CviWalk *walk, guint64 pos, guint64 end, CviAsfObject *object);

/* cvi-asf-header.c: the objects inside the Header Object. */
void cvi_asf_read_header (CviAsf *self, guint64 pos, guint64 end);

/* cvi-asf-packet.c: one data packet. Returns: (nullable): what is wrong with
 * it; static */
const char *cvi_asf_check_packet (
    CviAsf *self, const guint8 *packet, guint64 offset);
/* After lost packets: nothing is expected of the next ones. */
void cvi_asf_forget (CviAsf *self);

G_END_DECLS
