/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/codec/cvi-obu.h"

#define FORBIDDEN 0x80
#define HAS_EXTENSION 0x04
#define HAS_SIZE 0x02
#define TEMPORAL_DELIMITER 2
#define FRAME_HEADER 3
#define FRAME 6
/* Of leb128 (section 4.10.5). */
#define SIZE_BYTES 8

/* Returns: bytes of the size's own coding, 0 if it has no end */
static gsize
read_size (const guint8 *data, gsize size, guint64 *value)
{
  *value = 0;
  for (gsize i = 0; i < MIN (size, SIZE_BYTES); i++) {
    *value |= (guint64)(data[i] & 0x7f) << (7 * i);
    if ((data[i] & 0x80) == 0)
      return i + 1;
  }
  return 0;
}

/* Returns: bytes of the OBU's head, and of what follows it; 0 if its size is
 * wrong */
static gsize
read_head (const guint8 *data, gsize size, guint64 *payload)
{
  gsize head = data[0] & HAS_EXTENSION ? 2 : 1, coded;

  coded = size > head ? read_size (data + head, size - head, payload) : 0;
  return coded > 0 && *payload <= size - head - coded ? head + coded : 0;
}

gsize
cvi_obu_get_length (const guint8 *data, gsize size)
{
  guint64 payload;
  gsize head = data[0] & HAS_SIZE ? read_head (data, size, &payload) : 0;

  return head > 0 ? head + payload : size;
}

gboolean
cvi_obu_begins_frame (guint8 header)
{
  guint type = header >> 3 & 15;

  return type == FRAME_HEADER || type == FRAME;
}

gboolean
cvi_obu_check_unit (const guint8 *data, gsize size, const char **fault)
{
  *fault = NULL;
  while (size > 0) {
    guint8 header = data[0];
    guint64 payload;
    gsize head;

    if (header & FORBIDDEN) {
      *fault = "an AV1 OBU begins with a forbidden bit";
      return FALSE;
    }
    /* Only the last one of a unit may do without. */
    if (!(header & HAS_SIZE))
      return TRUE;
    head = read_head (data, size, &payload);
    if (head == 0 ||
        ((header >> 3 & 15) == TEMPORAL_DELIMITER && payload > 0)) {
      *fault = "an AV1 OBU has a wrong size";
      return FALSE;
    }
    data += head + payload;
    size -= head + payload;
  }
  return TRUE;
}
