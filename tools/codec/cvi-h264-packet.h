/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/codec/cvi-h264-private.h"
#include "tools/codec/cvi-read-ring.h"

G_BEGIN_DECLS

/* A NAL unit that is longer is no video's. */
#define CVI_H264_MAX_NAL (64u << 20)
#define CVI_H264_NO_PICTURE G_MAXUINT

struct _CviH264Check {
  GstH264NalParser *parser;
  GstH264SliceHdr header;
  CviH264Slice slice;
  gboolean avc;
  guint length_size;   /* of a NAL unit's length; 0: not known */
  GByteArray *pending; /* byte stream: from the last start code on */
  gboolean in_nal;     /* there was one */
  GByteArray *rbsp;
  CviH264Mb *mbs;
  guint width;
  guint next_mb;    /* where the picture's next slice begins */
  guint n_whole;    /* pictures */
  gboolean proven;  /* a slice has passed */
  gboolean told;    /* the fault */
  CviReadRing read; /* slices of pictures that no other refers to */
  gboolean unread;  /* something was passed by that a decoder might tell of */
  char fault[160];
};

/* The slice of self->header has been read without a fault. */
void cvi_h264_note_read (CviH264Check *self, const GstH264NalUnit *nal);
void cvi_h264_take_nal (CviH264Check *self, GstH264NalUnit *nal);
/* @start, @end: of a NAL unit with its start code */
void cvi_h264_take_range (
    CviH264Check *self, const guint8 *data, guint start, guint end);
/* Returns: index of the 1 of the next start code from @at on, or @size */
guint cvi_h264_find_start_code (const guint8 *data, guint size, guint at);
/* Takes the parameter sets of an avcC box. */
void cvi_h264_take_codec_data (CviH264Check *self, GstBuffer *buffer);

G_END_DECLS
