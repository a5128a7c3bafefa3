/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/structure/cvi-walk.h"

G_BEGIN_DECLS

/* What the files of the Ogg walker share (RFC 3533). */

/**
 * CviOggCodec: what a stream's first packet says.
 * @kind, @codec: static; @kind is NULL for a stream of metadata
 * @num, @den: granules, or frames, in @den/@num seconds; @num 0: unknown
 * @shift: a granule is a key frame's number << shift plus a count from there
 * @skip: granules before time 0
 * @raw: uncompressed
 */
typedef struct {
  const char *kind;
  const char *codec;
  guint64 num;
  guint64 den;
  guint shift;
  guint64 skip;
  gboolean raw;
} CviOggCodec;

/* Returns: FALSE if the codec is unknown */
gboolean cvi_ogg_identify (const guint8 *packet, gsize len, CviOggCodec *codec);

/* Returns: time in ns, or CVI_NONE */
guint64 cvi_ogg_time (const CviOggCodec *codec, guint64 granule);

G_END_DECLS
