/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-flv.h"

#include <math.h>
#include <string.h>

/* Action Message Format 0 markers */
enum { AMF_NUMBER = 0, AMF_STRING = 2, AMF_OBJECT = 3, AMF_ARRAY = 8 };

static double
read_number (const guint8 *p)
{
  guint64 bits = cvi_be64 (p);
  double value;

  memcpy (&value, &bits, sizeof value);
  return isfinite (value) && value > 0 && value < 1e15 ? value : 0;
}

/* Size of a value without parts, marker included; 0 for any other. */
static gsize
simple_size (const guint8 *p, gsize len)
{
  switch (p[0]) {
    case AMF_NUMBER:
      return 9;
    case 1: /* boolean */
      return 2;
    case AMF_STRING:
      return len >= 3 ? 3 + (gsize)cvi_be16 (p + 1) : 0;
    case 5: /* null */
    case 6: /* undefined */
      return 1;
    case 11: /* date */
      return 11;
    default:
      return 0;
  }
}

static void
read_property (
    CviFlv *flv, const guint8 *name, gsize name_len, const guint8 *value)
{
  if (value[0] != AMF_NUMBER)
    return;
  if (name_len == 8 && memcmp (name, "duration", 8) == 0)
    flv->duration_s = read_number (value + 1);
  else if (name_len == 8 && memcmp (name, "filesize", 8) == 0)
    flv->file_size = read_number (value + 1);
}

void
cvi_flv_read_script (CviFlv *flv, const guint8 *data, gsize len)
{
  gsize pos = 13;

  /* string "onMetaData", then an object or an array with a count before */
  if (len < pos + 5 || data[0] != AMF_STRING ||
      memcmp (data + 1, "\0\12onMetaData", 12) != 0)
    return;
  if (data[pos] == AMF_ARRAY)
    pos += 5;
  else if (data[pos] == AMF_OBJECT)
    pos += 1;
  else
    return;

  while (len - pos >= 3) {
    gsize name_len = cvi_be16 (data + pos);
    const guint8 *name = data + pos + 2;
    gsize size;

    if (name_len >= len - pos - 2)
      return;
    pos += 2 + name_len;
    size = simple_size (data + pos, len - pos);
    /* the numbers wanted here come before nested values in practice */
    if (size == 0 || size > len - pos)
      return;
    read_property (flv, name, name_len, data + pos);
    pos += size;
  }
}
