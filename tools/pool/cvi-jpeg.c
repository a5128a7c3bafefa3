/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-jpeg.h"

/* ITU-T T.81, Table B.1 */
#define MARKER_SOF0 0xc0
#define MARKER_DHT 0xc4
#define MARKER_SOI 0xd8
#define MARKER_EOI 0xd9
#define MARKER_SOS 0xda
#define MARKER_DQT 0xdb
#define MARKER_DRI 0xdd
#define MARKER_APP0 0xe0
#define MARKER_APP15 0xef
#define MARKER_COM 0xfe

#define MIN_SOF_SIZE 8 /* without components; B.2.2 */

static guint
read_16 (const guint8 *data)
{
  return (guint)data[0] << 8 | data[1];
}

/* @data: of a frame header, behind its length. Returns: FALSE for one that is
 * larger than @max_side or of another kind than what the worker makes */
static gboolean
is_small_frame (const guint8 *data, gsize len, guint max_side)
{
  guint height, width, n_components;

  if (len < MIN_SOF_SIZE - 2)
    return FALSE;
  height = read_16 (data + 1);
  width = read_16 (data + 3);
  n_components = data[5];
  return data[0] == 8 && height > 0 && height <= max_side && width > 0 &&
         width <= max_side && (n_components == 1 || n_components == 3) &&
         len == MIN_SOF_SIZE - 2 + 3 * (gsize)n_components;
}

static gboolean
may_come_before_scan (guint8 marker)
{
  return marker == MARKER_DHT || marker == MARKER_DQT || marker == MARKER_DRI ||
         marker == MARKER_COM ||
         (marker >= MARKER_APP0 && marker <= MARKER_APP15);
}

gboolean
cvi_jpeg_is_picture (const guint8 *data, gsize len, guint max_side)
{
  gboolean has_frame = FALSE;
  gsize at = 2;

  g_return_val_if_fail (data != NULL || len == 0, FALSE);

  if (len < 4 || data[0] != 0xff || data[1] != MARKER_SOI ||
      data[len - 2] != 0xff || data[len - 1] != MARKER_EOI)
    return FALSE;
  /* A marker and a length fit before the EOI. */
  while (len - at >= 6) {
    guint8 marker = data[at + 1];
    gsize size = read_16 (data + at + 2);

    if (data[at] != 0xff || size < 2 || size > len - at - 4)
      return FALSE;
    if (marker == MARKER_SOS)
      return has_frame;
    if (marker == MARKER_SOF0) {
      if (has_frame || !is_small_frame (data + at + 4, size - 2, max_side))
        return FALSE;
      has_frame = TRUE;
    } else if (!may_come_before_scan (marker)) {
      return FALSE;
    }
    at += 2 + size;
  }
  return FALSE;
}
