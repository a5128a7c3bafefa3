/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-isobmff.h"

#include <string.h>

/* Zero padding up to this is what writers leave behind. */
#define MAX_PADDING (64u * 1024)
#define BLOCK CVI_WALK_MAX_PEEK
/* size and type of a box and of its first child */
#define PATTERN 16

/* A moov or moof with the child that must come first stands at @p. */
static gboolean
is_anchor (const guint8 *p, gboolean moov_only)
{
  guint32 type = cvi_be32 (p + 4);
  guint32 child = cvi_be32 (p + 12);

  if (cvi_be32 (p) < 16)
    return FALSE;
  if (type == CVI_FOURCC ('m', 'o', 'o', 'v'))
    return child == CVI_FOURCC ('m', 'v', 'h', 'd');
  return !moov_only && type == CVI_FOURCC ('m', 'o', 'o', 'f') &&
         child == CVI_FOURCC ('m', 'f', 'h', 'd');
}

guint64
cvi_iso_find_anchor (CviIso *iso, guint64 from, gboolean moov_only)
{
  guint64 pos = from;

  while (pos < iso->size && iso->size - pos >= PATTERN) {
    gsize len = (gsize)MIN (iso->size - pos, BLOCK);
    const guint8 *p = cvi_walk_peek (iso->walk, pos, len);
    const guint8 *end, *at;

    if (!p)
      return CVI_NONE;
    end = p + len - PATTERN;
    for (at = p; at <= end; at++) {
      at = memmem (at + 4, (gsize)(end - at) + 3, "moo", 3);
      if (!at)
        break;
      at -= 4;
      if (is_anchor (at, moov_only))
        return pos + (guint64)(at - p);
    }
    pos += len - PATTERN + 1;
  }
  return CVI_NONE;
}

/* How many bytes from @from on are zero, at most to the end of the file. */
static guint64
count_zeros (CviIso *iso, guint64 from)
{
  guint64 pos = from;

  while (pos < iso->size) {
    gsize len = (gsize)MIN (iso->size - pos, BLOCK);
    const guint8 *p = cvi_walk_peek (iso->walk, pos, len);
    gsize n = 0;

    while (p && n < len && p[n] == 0)
      n++;
    pos += n;
    if (n < len)
      break;
  }
  return pos - from;
}

static gboolean
is_tag (CviIso *iso, guint64 from)
{
  const guint8 *p = cvi_walk_peek (iso->walk, from, 8);

  return p &&
         (memcmp (p, "ID3", 3) == 0 || memcmp (p, "TAG", 3) == 0 ||
             memcmp (p, "APETAGEX", 8) == 0 || memcmp (p, "LYRICSBE", 8) == 0);
}

void
cvi_iso_report_tail (CviIso *iso, guint64 from)
{
  guint64 left = iso->size - from;
  gboolean zero = count_zeros (iso, from) == left;
  CviFinding *finding;

  finding = cvi_finding_new (CVI_RULE_CONTAINER_TRAILING_DATA, NULL,
      "%" G_GUINT64_FORMAT " %s follow the last box", left,
      zero ? "zero bytes" : "bytes");
  finding->offset = from;
  if (left < 8 || (zero && left <= MAX_PADDING) || is_tag (iso, from))
    finding->severity = CVI_SEVERITY_INFO;
  cvi_walk_report_full (iso->walk, finding);
}

void
cvi_iso_report_garbage (CviIso *iso, guint64 from, guint64 to)
{
  guint64 zeros = count_zeros (iso, from);

  cvi_walk_report (iso->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL, CVI_NONE,
      from, "%" G_GUINT64_FORMAT " %s where a box should begin", to - from,
      zeros >= to - from ? "zero bytes" : "foreign bytes");
}
