/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CVI_READ_RING 64
/* Bytes of each end that a unit is known by, besides its size. */
#define CVI_READ_RING_BYTES 32

/* CviReadRing: the last units of coded data that were read to their end without
 * a fault. Zeroed memory is an empty one. */
typedef struct {
  guint64 prints[CVI_READ_RING];
  guint n;
} CviReadRing;

static inline guint64
cvi_read_ring_mix (guint64 print, const guint8 *data, gsize size)
{
  for (gsize i = 0; i < size; i++)
    print = (print ^ data[i]) * G_GUINT64_CONSTANT (0x100000001b3);
  return print;
}

/* What tells the unit from others; zeros behind it do not count, since not
 * every reader takes them for a part of it. */
static inline guint64
cvi_read_ring_print (const guint8 *data, gsize size)
{
  guint64 print = G_GUINT64_CONSTANT (0xcbf29ce484222325);
  gsize part;

  while (size > 0 && data[size - 1] == 0)
    size--;
  part = MIN (size, CVI_READ_RING_BYTES);
  print = cvi_read_ring_mix (print ^ size, data, part);
  return cvi_read_ring_mix (print, data + size - part, part);
}

static inline void
cvi_read_ring_add (CviReadRing *ring, const guint8 *data, gsize size)
{
  ring->prints[ring->n++ % CVI_READ_RING] = cvi_read_ring_print (data, size);
}

static inline gboolean
cvi_read_ring_has (const CviReadRing *ring, const guint8 *data, gsize size)
{
  guint64 print = cvi_read_ring_print (data, size);

  for (guint i = 0; i < MIN (ring->n, CVI_READ_RING); i++) {
    if (ring->prints[i] == print)
      return TRUE;
  }
  return FALSE;
}

G_END_DECLS
