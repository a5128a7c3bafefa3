/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-containers.h"

#include <string.h>

#include "tools/structure/cvi-crc.h"
#include "tools/structure/cvi-ogg-private.h"

#define HEADER 27
#define MAX_PAGE (HEADER + 255 + 255 * 255)
#define ZEROS 4096
#define NO_GRANULE G_MAXUINT64
/* CRCs are computed over so many times the file's bytes at most: only a hostile
 * file needs more than twice. */
#define CRC_PASSES 8
/* Most streams at a time. */
#define MAX_STREAMS 256

enum { FLAG_CONTINUED = 1, FLAG_FIRST = 2, FLAG_LAST = 4 };

/**
 * Stream: one logical stream.
 * @has_sequence: @sequence is what the next page must carry
 * @open: the last page ended inside a packet
 * @early: a page before time 0 was there
 */
typedef struct {
  guint32 serial;
  gboolean has_sequence;
  guint32 sequence;
  gboolean open;
  gboolean ended;
  gboolean early;
  guint64 granule;
  guint64 time_ns;
  CviOggCodec codec;
  CviStructureStream *stream;
} Stream;

/* One page: @data of @size bytes, the body from @body on. */
typedef struct {
  const guint8 *data;
  gsize size;
  gsize body;
  guint8 flags;
  guint64 granule;
  guint32 serial;
  guint32 sequence;
  gboolean whole; /* the last packet ends here */
} Page;

/**
 * Ogg: one walk.
 * @streams: of the current link of a chained file; @n_links: links before it
 * @link_ns: time at which it begins
 * @crc_bytes: of all pages whose CRC was computed
 * @end_ns: latest time
 * @time_ns: newest time
 */
typedef struct {
  CviWalk *walk;
  guint64 size;
  GArray *streams;
  guint n_links;
  guint64 crc_bytes;
  guint64 link_ns;
  guint64 end_ns;
  guint64 time_ns;
} Ogg;

static guint
ogg_probe (const guint8 *head, gsize len, guint64 file_size)
{
  const guint8 *found;

  if (len >= HEADER && memcmp (head, "OggS", 5) == 0)
    return 95;
  found = memmem (head, len, "OggS", 5);
  return found ? 30 : 0;
}

static Stream *
find_stream (Ogg *self, guint32 serial)
{
  for (guint i = self->streams->len; i > 0; i--) {
    Stream *stream = &g_array_index (self->streams, Stream, i - 1);

    if (stream->serial == serial)
      return stream;
  }
  return NULL;
}

static const char *
stream_id (const Stream *stream)
{
  return stream && stream->stream ? stream->stream->id : NULL;
}

static void
report (Ogg *self, CviRuleId rule, CviSeverity severity, const Stream *stream,
    guint64 offset, const char *text)
{
  CviFinding *finding = cvi_finding_new (rule, stream_id (stream), "%s", text);

  finding->severity = severity;
  finding->offset = offset;
  finding->start_ns = finding->end_ns = self->time_ns;
  cvi_walk_report_full (self->walk, finding);
}

/* Returns: FALSE if no whole page is at @pos. *@cut: because the file ends */
static gboolean
read_page (Ogg *self, guint64 pos, Page *page, gboolean *cut)
{
  gsize len = (gsize)MIN (self->size - pos, MAX_PAGE);
  const guint8 *data = len > 4 ? cvi_walk_peek (self->walk, pos, len) : NULL;
  gsize body;

  *cut = FALSE;
  if (!data || memcmp (data, "OggS", 5) != 0)
    return FALSE;
  *cut = TRUE;
  if (len < HEADER || len < HEADER + (gsize)data[26])
    return FALSE;
  body = HEADER + data[26];
  page->size = body;
  for (gsize i = HEADER; i < body; i++)
    page->size += data[i];
  if (page->size > len)
    return FALSE;
  *cut = FALSE;
  page->data = data;
  page->body = body;
  page->flags = data[5];
  page->granule = cvi_le64 (data + 6);
  page->serial = cvi_le32 (data + 14);
  page->sequence = cvi_le32 (data + 18);
  page->whole = data[26] == 0 || data[body - 1] < 255;
  return TRUE;
}

static gboolean
is_sound (Ogg *self, const Page *page)
{
  static const guint8 none[4] = { 0 };
  guint32 crc;

  /* Pages that claim each other's bytes are no pages. */
  if (self->crc_bytes > CRC_PASSES * self->size)
    return FALSE;
  self->crc_bytes += page->size;
  crc = cvi_crc32_be (0, page->data, 22);
  crc = cvi_crc32_be (crc, none, sizeof none);
  crc = cvi_crc32_be (crc, page->data + 26, page->size - 26);
  return crc == cvi_le32 (page->data + 22);
}

static gboolean
all_ended (Ogg *self)
{
  for (guint i = 0; i < self->streams->len; i++) {
    if (!g_array_index (self->streams, Stream, i).ended)
      return FALSE;
  }
  return self->streams->len > 0;
}

/* A first page behind others begins a new link of a chained file. */
static Stream *
begin_stream (Ogg *self, const Page *page)
{
  Stream fresh = { .serial = page->serial, .time_ns = CVI_NONE };

  if (all_ended (self)) {
    self->link_ns = self->end_ns;
    self->n_links++;
    g_array_set_size (self->streams, 0);
  }
  if (self->streams->len >= MAX_STREAMS)
    return NULL;
  fresh.granule = NO_GRANULE;
  if (!cvi_ogg_identify (
          page->data + page->body, page->size - page->body, &fresh.codec)) {
    fresh.codec.kind = "data";
    fresh.codec.codec = NULL;
  }
  /* A later link carries the streams of the first one on. */
  if (fresh.codec.kind && self->n_links == 0)
    fresh.stream =
        cvi_walk_add_stream (self->walk, fresh.codec.kind, fresh.codec.codec);
  g_array_append_val (self->streams, fresh);
  return &g_array_index (self->streams, Stream, self->streams->len - 1);
}

static void
check_sequence (Ogg *self, Stream *stream, const Page *page, guint64 offset)
{
  gboolean continued = (page->flags & FLAG_CONTINUED) != 0;

  if (stream->has_sequence && page->sequence != stream->sequence) {
    g_autofree char *text =
        g_strdup_printf ("page %u of stream %08x follows page %u",
            page->sequence, stream->serial, stream->sequence - 1);

    report (self, CVI_RULE_CONTAINER_CONTINUITY, CVI_SEVERITY_ERROR, stream,
        offset, text);
  } else if (stream->has_sequence && continued != stream->open &&
             page->data[26] > 0) {
    report (self, CVI_RULE_CONTAINER_CONTINUITY, CVI_SEVERITY_ERROR, stream,
        offset,
        continued ? "a page goes on with a packet that is not there"
                  : "a packet is not continued");
  }
  stream->has_sequence = TRUE;
  stream->sequence = page->sequence + 1;
  stream->open = !page->whole;
}

/* A cut that copies packets (ffmpeg -ss -c copy; measured) keeps those from the
 * key frame or the page before on, and gives them negative times. oggdemux
 * counts such a first page from 0, and steps back behind it. */
static gboolean
is_before_zero (Stream *stream, guint64 granule)
{
  if (granule <= G_MAXINT64 ||
      (stream->granule != NO_GRANULE && stream->granule > 0))
    return FALSE;
  stream->early = TRUE;
  return TRUE;
}

static void
check_granule (Ogg *self, Stream *stream, const Page *page, guint64 offset)
{
  gboolean first;
  guint64 time;

  if (page->granule == NO_GRANULE || is_before_zero (stream, page->granule))
    return;
  if (stream->granule != NO_GRANULE &&
      (gint64)page->granule < (gint64)stream->granule)
    report (self, CVI_RULE_TIME_BACKWARDS, CVI_SEVERITY_WARNING, stream, offset,
        "a page's granule position is lower than the one before");
  first = stream->granule == NO_GRANULE || stream->granule == 0;
  stream->granule = page->granule;
  time = cvi_ogg_time (&stream->codec, page->granule);
  if (time == CVI_NONE || time > G_MAXINT64 - self->link_ns)
    return;
  if (first && page->granule > 0 && stream->stream)
    stream->stream->settled_ns = time;
  time += self->link_ns;
  stream->time_ns = self->time_ns = time;
  self->end_ns = MAX (self->end_ns, time);
  if (stream->stream)
    stream->stream->last_ns = time;
}

static void
walk_page (Ogg *self, const Page *page, guint64 pos)
{
  Stream *stream = find_stream (self, page->serial);
  CviPayload payload;
  gboolean coded;

  if (page->flags & FLAG_FIRST)
    stream = begin_stream (self, page);
  else if (!stream && self->streams->len < MAX_STREAMS)
    report (self, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR, NULL, pos,
        "a page belongs to a stream that was not begun");
  if (!stream)
    return;
  check_sequence (self, stream, page, pos);
  check_granule (self, stream, page, pos);
  if (page->flags & FLAG_LAST)
    stream->ended = TRUE;

  /* Headers may hold padding; they come before the first granule. */
  coded = stream->codec.num > 0 && !stream->codec.raw &&
          stream->granule != NO_GRANULE && stream->granule > 0;
  payload = (CviPayload){
    pos + page->body,
    page->size - page->body,
    stream_id (stream),
    stream->time_ns,
    coded ? CVI_ZERO_RUN_DEFAULT : 0,
  };
  cvi_walk_payload (self->walk, &payload);
}

/* Returns: where the next page is at or behind @pos, or the file's size */
static guint64
find_page (Ogg *self, guint64 pos)
{
  while (pos + 5 <= self->size) {
    gsize len = (gsize)MIN (self->size - pos, MAX_PAGE);
    const guint8 *data = cvi_walk_peek (self->walk, pos, len);
    const guint8 *hit = data ? memmem (data, len, "OggS", 5) : NULL;

    if (hit)
      return pos + (guint64)(hit - data);
    if (!data || pos + len == self->size)
      break;
    pos += len - 4;
  }
  return self->size;
}

/* After lost bytes, sequence numbers say nothing new. */
static void
forget (Ogg *self)
{
  for (guint i = 0; i < self->streams->len; i++)
    g_array_index (self->streams, Stream, i).has_sequence = FALSE;
}

static void
report_lost (Ogg *self, guint64 pos, guint64 next)
{
  gsize len = (gsize)MIN (next - pos, ZEROS);
  const guint8 *data = cvi_walk_peek (self->walk, pos, len);
  g_autofree char *text = NULL;

  if (!data)
    return;
  text = g_strdup_printf ("no page where one should be, %" G_GUINT64_FORMAT
                          " bytes lost",
      next - pos);
  if (len == ZEROS && data[0] == 0 && memcmp (data, data + 1, len - 1) == 0)
    report (self, CVI_RULE_CONTAINER_ZERO_FILLED, CVI_SEVERITY_ERROR, NULL, pos,
        text);
  else if (next == self->size && all_ended (self))
    report (self, CVI_RULE_CONTAINER_TRAILING_DATA, CVI_SEVERITY_WARNING, NULL,
        pos, text);
  else
    report (self, CVI_RULE_CONTAINER_SYNC_LOST, CVI_SEVERITY_ERROR, NULL, pos,
        text);
  forget (self);
}

/* Returns: where the next page is looked for */
static guint64
walk_bad_page (Ogg *self, const Page *page, guint64 pos)
{
  Stream *stream = find_stream (self, page->serial);
  guint64 end = pos + page->size;
  const guint8 *data;

  report (self, CVI_RULE_CONTAINER_CHECKSUM, CVI_SEVERITY_ERROR, stream, pos,
      "CRC-32 of a page does not match");
  data = end + 5 <= self->size ? cvi_walk_peek (self->walk, end, 5) : NULL;
  if (end != self->size && (!data || memcmp (data, "OggS", 5) != 0)) {
    /* Its size may be wrong as well. */
    forget (self);
    return find_page (self, pos + 4);
  }
  if (stream)
    stream->has_sequence = FALSE;
  return end;
}

static void
walk_file (Ogg *self)
{
  guint64 pos = 0;

  while (pos < self->size && !cvi_walk_failed (self->walk)) {
    gboolean cut;
    Page page;

    if (read_page (self, pos, &page, &cut)) {
      if (!is_sound (self, &page)) {
        pos = walk_bad_page (self, &page, pos);
        continue;
      }
      walk_page (self, &page, pos);
      pos += page.size;
    } else if (!cvi_walk_failed (self->walk)) {
      guint64 next = find_page (self, pos + 1);

      if (cut && next == self->size) {
        report (self, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL, NULL,
            self->size, "the file ends inside a page");
        return;
      }
      report_lost (self, pos, next);
      pos = next;
    }
  }
}

static void
check_ends (Ogg *self)
{
  guint open = 0, ended = 0, unfinished = 0;

  for (guint i = 0; i < self->streams->len; i++) {
    const Stream *stream = &g_array_index (self->streams, Stream, i);

    if (stream->ended)
      ended++;
    else
      open++;
    if (stream->open && !stream->ended)
      unfinished++;
    /* a cut behind the end */
    if (stream->early && stream->stream &&
        (stream->granule == NO_GRANULE || stream->granule == 0))
      stream->stream->unshown = "all of it lies before time 0";
  }
  if (unfinished > 0)
    report (self, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_ERROR, NULL,
        self->size, "the file ends inside a packet");
  else if (open > 0)
    /* Who does not write last pages writes none at all. */
    report (self, CVI_RULE_CONTAINER_TRUNCATED,
        ended > 0 ? CVI_SEVERITY_WARNING : CVI_SEVERITY_INFO, NULL, self->size,
        "not every stream has a last page");
}

static void
ogg_walk (CviWalk *walk)
{
  Ogg self = {
    .walk = walk,
    .size = cvi_walk_get_size (walk),
    .time_ns = CVI_NONE,
    .streams = g_array_new (FALSE, FALSE, sizeof (Stream)),
  };

  walk_file (&self);
  if (!cvi_walk_failed (walk)) {
    check_ends (&self);
    if (self.end_ns > 0)
      cvi_walk_set_duration (walk, self.end_ns);
  }
  g_array_unref (self.streams);
}

const CviContainer cvi_container_ogg = {
  "ogg",
  ogg_probe,
  ogg_walk,
  "ogg ogv oga ogm ogx opus spx",
};
