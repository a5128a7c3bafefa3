/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-ebml.h"

#include <math.h>
#include <string.h>

#define MAX_HEADER 12
#define MAX_STRING 255

gsize
cvi_ebml_parse_vint (const guint8 *data, gsize len, guint64 *value)
{
  gsize n;
  guint64 v;

  if (len == 0 || data[0] == 0)
    return 0;
  n = (gsize)__builtin_clz (data[0]) - 23;
  if (n > len)
    return 0;
  v = data[0] & (0xffu >> n);
  for (gsize i = 1; i < n; i++)
    v = v << 8 | data[i];
  *value = v == (G_GUINT64_CONSTANT (1) << (7 * n)) - 1 ? CVI_EBML_UNKNOWN : v;
  return n;
}

gboolean
cvi_ebml_read (CviWalk *walk, guint64 pos, guint64 end, CviEbml *element)
{
  guint64 limit = MIN (end, cvi_walk_get_size (walk));
  const guint8 *data;
  guint64 ignored;
  gsize len, id_len, size_len;

  if (pos >= limit)
    return FALSE;
  len = (gsize)MIN (limit - pos, MAX_HEADER);
  data = cvi_walk_peek (walk, pos, len);
  if (!data)
    return FALSE;

  id_len = cvi_ebml_parse_vint (data, len, &ignored);
  if (id_len == 0 || id_len > 4)
    return FALSE;
  size_len = cvi_ebml_parse_vint (data + id_len, len - id_len, &element->size);
  if (size_len == 0)
    return FALSE;

  element->id = 0;
  for (gsize i = 0; i < id_len; i++)
    element->id = element->id << 8 | data[i];
  element->offset = pos;
  element->data = pos + id_len + size_len;
  return TRUE;
}

gboolean
cvi_ebml_uint (CviWalk *walk, const CviEbml *element, guint64 *value)
{
  const guint8 *data;

  if (element->size > 8)
    return FALSE;
  *value = 0;
  if (element->size == 0)
    return TRUE;
  data = cvi_walk_peek (walk, element->data, (gsize)element->size);
  for (gsize i = 0; data && i < element->size; i++)
    *value = *value << 8 | data[i];
  return data != NULL;
}

gboolean
cvi_ebml_float (CviWalk *walk, const CviEbml *element, double *value)
{
  const guint8 *data;

  *value = 0;
  if (element->size == 0)
    return TRUE;
  if (element->size != 4 && element->size != 8)
    return FALSE;
  data = cvi_walk_peek (walk, element->data, (gsize)element->size);
  if (!data)
    return FALSE;
  if (element->size == 4) {
    guint32 bits = cvi_be32 (data);
    float f;

    memcpy (&f, &bits, sizeof f);
    *value = (double)f;
  } else {
    guint64 bits = cvi_be64 (data);

    memcpy (value, &bits, sizeof *value);
  }
  return isfinite (*value);
}

char *
cvi_ebml_string (CviWalk *walk, const CviEbml *element)
{
  const guint8 *data;

  if (element->size == 0 || element->size > MAX_STRING)
    return NULL;
  data = cvi_walk_peek (walk, element->data, (gsize)element->size);
  return data ? g_strndup ((const char *)data, (gsize)element->size) : NULL;
}

guint64
cvi_ebml_visit (CviWalk *walk, const CviEbml *parent, CviEbmlVisitor visitor,
    gpointer user_data)
{
  guint64 ends[CVI_EBML_MAX_DEPTH];
  guint64 pos = parent->data;
  guint depth = 0;

  ends[0] = parent->data + parent->size;
  while (!cvi_walk_failed (walk)) {
    CviEbml element;
    guint64 end;

    while (pos >= ends[depth]) {
      if (depth == 0)
        return CVI_NONE;
      depth--;
    }
    if (!cvi_ebml_read (walk, pos, ends[depth], &element))
      break;
    end = cvi_ebml_end (&element, CVI_NONE);
    if (end > ends[depth])
      return pos;
    pos = end;
    if (visitor (&element, depth, user_data) &&
        depth + 1 < CVI_EBML_MAX_DEPTH) {
      pos = element.data;
      ends[++depth] = end;
    }
  }
  return cvi_walk_failed (walk) ? CVI_NONE : pos;
}
