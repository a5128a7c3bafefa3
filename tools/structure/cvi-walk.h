/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/structure/cvi-structure.h"

G_BEGIN_DECLS

/* What a container walker (one file a container, one row in
 * cvi-structure.c's table) works with. */

/* Largest span cvi_walk_peek() gives. Bounded, so that a hostile size field
 * cannot make the worker allocate. */
#define CVI_WALK_MAX_PEEK (1024u * 1024)

/**
 * CviWalk: one walk over one file: a bounded reader and a place to report.
 * Not thread-safe.
 */
typedef struct _CviWalk CviWalk;

/**
 * CviContainer: one container format.
 * @name: of the record's `container` field
 * @probe: how surely @head (the first @len bytes, at most 64 KiB) is this
 *   container: 0 no, 100 certain. Runs on hostile bytes
 * @walk: does the work; reports through the functions below
 * @extensions: (nullable): file name extensions, separated by spaces. A score
 *   below CVI_PROBE_LIKELY counts only together with one of them; at equal
 *   scores they decide
 */
typedef struct {
  const char *name;
  guint (*probe) (const guint8 *head, gsize len, guint64 file_size);
  void (*walk) (CviWalk *walk);
  const char *extensions;
} CviContainer;
#define CVI_PROBE_LIKELY 50
#define CVI_PROBE_HEAD (64u * 1024)

guint64 cvi_walk_get_size (CviWalk *walk);

/**
 * cvi_walk_peek:
 * @len: 1 to CVI_WALK_MAX_PEEK bytes
 *
 * Returns: (nullable): @len bytes at @offset, valid until the next peek; NULL
 * if they are not all inside the file, or reading failed (then an io:: finding
 * was made and cvi_walk_failed() is TRUE), or the walk was cancelled
 */
const guint8 *cvi_walk_peek (CviWalk *walk, guint64 offset, gsize len);

/**
 * cvi_walk_read:
 * @buffer: @len bytes long
 *
 * For tables that must stay in memory: reads past the peek buffer. The caller
 * bounds @len. Returns: FALSE where cvi_walk_peek() returns NULL
 */
gboolean cvi_walk_read (
    CviWalk *walk, guint64 offset, gsize len, guint8 *buffer);

/* The storage failed or the caller cancelled: leave the walker. */
gboolean cvi_walk_failed (CviWalk *walk);

/**
 * cvi_walk_report:
 * @stream: (nullable)
 * @time_ns, @offset: or CVI_NONE
 *
 * Reports with the rule's severity and certainty. Returns: (transfer none):
 * nothing; use cvi_walk_report_full() to set them.
 */
void cvi_walk_report (CviWalk *walk, CviRuleId rule, const char *stream,
    guint64 time_ns, guint64 offset, const char *format, ...)
    G_GNUC_PRINTF (6, 7);
/* @finding: (transfer full) */
void cvi_walk_report_full (CviWalk *walk, CviFinding *finding);

/* Returns: (transfer none): a new stream of @kind, numbered among its kind;
 * its fields may be filled in at any time during the walk. NULL if there are
 * CVI_RESULT_MAX_STREAMS already. */
CviStructureStream *cvi_walk_add_stream (
    CviWalk *walk, const char *kind, const char *codec);
void cvi_walk_set_duration (CviWalk *walk, guint64 duration_ns);
/* See CviStructureInfo's mask_offset. */
void cvi_walk_set_mask (CviWalk *walk, guint64 offset, guint size);

/**
 * CviPayload: a run of coded payload bytes.
 * @stream: (nullable); @time_ns: of its first byte, or CVI_NONE
 * @zero_run: a run of so many zero bytes inside it is damage; 0 = no check
 *   (raw audio or video, padding). CVI_ZERO_RUN_DEFAULT unless the codec's
 *   syntax forbids shorter ones; at least CVI_ZERO_RUN_MIN. A run that touches
 *   the payload's border is judged by the highest limit of the payloads that
 *   it touches, and by CVI_ZERO_RUN_DEFAULT at least.
 */
typedef struct {
  guint64 offset;
  guint64 size;
  const char *stream;
  guint64 time_ns;
  guint zero_run;
} CviPayload;
#define CVI_ZERO_RUN_DEFAULT 4096
#define CVI_ZERO_RUN_MIN 16

/**
 * cvi_walk_payload:
 *
 * Reads the span (in blocks) and looks for zero runs. A run that crosses the
 * border of two adjacent payloads is seen as one. What lies behind the end of
 * the file is left out: that is the caller's to report. Returns: FALSE if the
 * walk should end (failed or cancelled).
 */
gboolean cvi_walk_payload (CviWalk *walk, const CviPayload *payload);

/* For walkers that read payload in ways of their own: tells where it lies, as
 * cvi_walk_payload() does. Costs nothing where nobody asks. */
void cvi_walk_tell_payload (CviWalk *walk, guint64 offset, guint64 size,
    const char *stream, guint64 time_ns);

/* Does anybody ask where payload lies? */
gboolean cvi_walk_wants_payload (CviWalk *walk);
/* What was told as of @label is of @stream. */
void cvi_walk_name_payload (
    CviWalk *walk, const char *label, const char *stream);

/* Little helpers: unaligned big- and little-endian reads are GLib-free inline
 * functions so that walkers need no casts. */
static inline guint16
cvi_be16 (const guint8 *p)
{
  return (guint16)(p[0] << 8 | p[1]);
}
static inline guint32
cvi_be24 (const guint8 *p)
{
  return (guint32)p[0] << 16 | (guint32)p[1] << 8 | p[2];
}
static inline guint32
cvi_be32 (const guint8 *p)
{
  return (guint32)p[0] << 24 | cvi_be24 (p + 1);
}
static inline guint64
cvi_be64 (const guint8 *p)
{
  return (guint64)cvi_be32 (p) << 32 | cvi_be32 (p + 4);
}
static inline guint16
cvi_le16 (const guint8 *p)
{
  return (guint16)(p[1] << 8 | p[0]);
}
static inline guint32
cvi_le32 (const guint8 *p)
{
  return (guint32)p[3] << 24 | (guint32)p[2] << 16 | (guint32)p[1] << 8 | p[0];
}
static inline guint64
cvi_le64 (const guint8 *p)
{
  return (guint64)cvi_le32 (p + 4) << 32 | cvi_le32 (p);
}

G_END_DECLS
