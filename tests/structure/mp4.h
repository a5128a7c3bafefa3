/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tests/structure/bytes.h"

/* A small MP4 with an H.264 track of 25 and an AAC track of 50 samples a
 * second, each in chunks of 5 samples. */

#define MP4_CHUNKS 4
#define MP4_CHUNK_SAMPLES 5
#define MP4_SAMPLES (MP4_CHUNKS * MP4_CHUNK_SAMPLES)
#define MP4_VIDEO_SIZE 600 /* bytes of a sample */
#define MP4_AUDIO_SIZE 200

typedef struct {
  gboolean moov_last;
  gboolean large_mdat; /* 64-bit size */
  gboolean open_mdat;  /* size 0; needs moov first */
  gboolean oddities;   /* free, uuid, unreferenced bytes, sidx, udta */
  gboolean quicktime;  /* no ftyp, meta without version */
  const char *video;   /* FourCC, NULL for avc1 */
} Mp4Options;

/* Returns: index of the box's size field, for box_end() */
gsize box_begin (GByteArray *out, const char *type);
void box_end (GByteArray *out, gsize at);

/* One sample of two NAL units. */
void put_avc_sample (GByteArray *out, gsize size, guint32 seed);

GByteArray *mp4_new (const Mp4Options *options);

/* Fragmented: an init segment and @n fragments of one second each, 5 samples
 * in each. */
GByteArray *mp4_new_fragmented (guint n);
/* Appends fragment number @sequence that begins at second @second. */
void mp4_put_fragment (GByteArray *out, guint32 sequence, guint32 second);
