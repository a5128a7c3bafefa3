/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/element/cvi-log-table.h"

#include <string.h>

#define ANY NULL

#define REPORT(category, level, text, rule, severity, certainty)               \
  {                                                                            \
    category, GST_LEVEL_##level, text, CVI_LOG_REPORT, CVI_RULE_##rule,        \
        CVI_SEVERITY_##severity, certainty                                     \
  }
#define BENIGN(category, level, text)                                          \
  {                                                                            \
    category, GST_LEVEL_##level, text, CVI_LOG_BENIGN                          \
  }
#define FRAGMENT(category, level, text)                                        \
  {                                                                            \
    category, GST_LEVEL_##level, text, CVI_LOG_FRAGMENT                        \
  }

/* A decoder: every ERROR is damage. */
#define DECODER(category)                                                      \
  REPORT (category, ERROR, ANY, DECODE_ERROR, ERROR, 0.95)
/* A demuxer or parser: every ERROR is damage of the container. */
#define DEMUXER(category)                                                      \
  REPORT (category, ERROR, ANY, CONTAINER_STRUCTURE, ERROR, 0.9)
/* A parser of coded video: what it cannot read is damage of the stream, but for
 * supplemental information: h264parse drops encoders' user data (measured on an
 * untouched transport stream of x264's). */
#define PARSER(category)                                                       \
  BENIGN (category, ERROR, "*caps without codec_data or stream-format*"),      \
      BENIGN (category, ERROR, "*caps with codec_data but no stream-format*"), \
      BENIGN (category, WARNING, "broken/invalid nal *SEI*will be dropped"),   \
      REPORT (category, ERROR, ANY, DECODE_ERROR, ERROR, 0.85),                \
      REPORT (category, WARNING, "broken/invalid nal *will be dropped*",       \
          DECODE_ERROR, ERROR, 0.85)

/* The first row of a category that fits a line wins. Measured on about 170
 * healthy files of as many kinds: no row below matched a line of theirs.
 * FFmpeg's WARNING arrives as INFO (gst-libav maps it so), hence by text.
 */
/* clang-format off */
static const CviLogRow rows[] = {
  REPORT ("libav", ERROR, "mismatching checksum*", DECODE_CHECKSUM, ERROR,
      0.99),
  REPORT ("libav", ERROR, "*CRC mismatch*", DECODE_CHECKSUM, ERROR, 0.97),
  REPORT ("libav", ERROR, "*CRC error*", DECODE_CHECKSUM, ERROR, 0.97),
  REPORT ("libav", ERROR, "*crc check failed*", DECODE_CHECKSUM, ERROR, 0.97),
  REPORT ("libav", ERROR, "*checksum mismatch*", DECODE_CHECKSUM, ERROR, 0.97),
  /* the bytes of a hash, one by one, and what stands between them */
  FRAGMENT ("libav", ERROR, ""),
  FRAGMENT ("libav", ERROR, "??"),
  FRAGMENT ("libav", ERROR, " != "),
  /* a packet of headers only: odd, not damaged for sure */
  REPORT ("libav", ERROR, "no frame!*", DECODE_ERROR, WARNING, 0.6),
  REPORT ("libav", ERROR, ANY, DECODE_ERROR, ERROR, 0.95),
  REPORT ("libav", INFO, "concealing *", DECODE_CONCEALED, ERROR, 0.95),
  REPORT ("libav", INFO, "Invalid NAL unit *", DECODE_ERROR, ERROR, 0.85),
  REPORT ("libav", INFO, "*overread*", DECODE_ERROR, WARNING, 0.7),
  REPORT ("libav", INFO, "*corrupt*", DECODE_ERROR, WARNING, 0.7),
  REPORT ("libav", INFO, "*damaged*", DECODE_ERROR, WARNING, 0.7),
  REPORT ("libav", INFO, "*truncat*", DECODE_ERROR, WARNING, 0.7),

  /* Not of the data: the next decoder is tried. */
  BENIGN ("videodecoder", WARNING, "error: Failed to open decoder"),
  /* what GST_VIDEO_DECODER_ERROR and its audio twin log while they do not
   * post a message (max-errors) */
  REPORT ("videodecoder", WARNING, "error: *", DECODE_ERROR, ERROR, 0.92),
  DECODER ("videodecoder"),
  REPORT ("audiodecoder", WARNING, "error: *", DECODE_ERROR, ERROR, 0.92),
  DECODER ("audiodecoder"),

  DECODER ("a52dec"), DECODER ("adpcmdec"), DECODER ("av1dec"),
  DECODER ("dtsdec"), DECODER ("dvdec"), DECODER ("dvdlpcmdec"),
  DECODER ("faad"), DECODER ("flacdec"), DECODER ("gsmdec"),
  DECODER ("jpegdec"), DECODER ("mpeg2dec"), DECODER ("mpg123"),
  DECODER ("openjpegdec"), DECODER ("opusdec"),
  DECODER ("pngdec"), DECODER ("sirendec"), DECODER ("speexdec"),
  DECODER ("theoradec"), DECODER ("vorbisdec"), DECODER ("vp8dec"),
  DECODER ("vp9dec"), DECODER ("vpxdec"), DECODER ("wavpackdec"),
  DECODER ("webpdec"),

  DECODER ("openh264dec"),
  REPORT ("openh264dec", WARNING, "*DecodeCurrentAccessUnit() failed*",
      DECODE_ERROR, ERROR, 0.9),

  PARSER ("h264parse"), PARSER ("h265parse"), PARSER ("mpegvideoparse"),
  PARSER ("mpeg4videoparse"), PARSER ("vc1parse"), PARSER ("av1parse"),
  PARSER ("vp9parse"),

  DEMUXER ("asfdemux"),
  REPORT ("asfdemux", WARNING, "short read*", CONTAINER_TRUNCATED, ERROR, 0.9),
  REPORT ("asfdemux", WARNING, "Corrupted*", CONTAINER_STRUCTURE, ERROR, 0.85),
  DEMUXER ("avidemux"),
  REPORT ("avidemux", WARNING, "Short read at offset *", CONTAINER_TRUNCATED,
      ERROR, 0.95),
  DEMUXER ("dvdemux"),
  DEMUXER ("ebmlread"),
  DEMUXER ("flvdemux"),
  REPORT ("flvdemux", WARNING, "partial pull got * when expecting *",
      CONTAINER_TRUNCATED, ERROR, 0.95),
  REPORT ("flvdemux", WARNING, "*corrupt or truncated file*",
      CONTAINER_STRUCTURE, ERROR, 0.9),
  DEMUXER ("ivfparse"),
  DEMUXER ("matroskademux"),
  REPORT ("matroskademux", WARNING, "SeekHead reference lies outside file*",
      CONTAINER_TRUNCATED, ERROR, 0.9),
  REPORT ("matroskademux", WARNING, "Invalid lac*", CONTAINER_STRUCTURE, ERROR,
      0.8),
  REPORT ("matroskademux", WARNING, "*file might be corrupt*",
      CONTAINER_STRUCTURE, ERROR, 0.85),
  REPORT ("matroskademux", WARNING, "Invalid buffer timestamp*",
      CONTAINER_STRUCTURE, WARNING, 0.7),
  DEMUXER ("matroskareadcommon"),
  REPORT ("matroskareadcommon", WARNING, "Dropping short buffer at offset *",
      CONTAINER_TRUNCATED, ERROR, 0.95),
  DEMUXER ("mpegpsdemux"),
  DEMUXER ("mpegtsbase"),
  DEMUXER ("mpegtspacketizer"),
  DEMUXER ("mxf"),
  DEMUXER ("mxfdemux"),
  DEMUXER ("oggdemux"),
  DEMUXER ("qtdemux"),
  REPORT ("qtdemux", WARNING, "short read: *", CONTAINER_TRUNCATED, ERROR,
      0.95),
  REPORT ("qtdemux", WARNING, "*(broken file?)*", CONTAINER_STRUCTURE, ERROR,
      0.85),
  DEMUXER ("rmdemux"),
  DEMUXER ("tsdemux"),
  REPORT ("tsdemux", WARNING, "*CONTINUITY: Mismatch*", CONTAINER_CONTINUITY,
      ERROR, 0.9),
  DEMUXER ("wavparse"),
};
/* clang-format on */

/* Categories whose lines are about the packet in work: the rows make them
 * decode:: findings, and they are no parsers'. */
static gboolean
is_decoder (const CviLogRow *row)
{
  return g_str_has_prefix (cvi_rule (row->rule)->id, "decode::") &&
         !g_str_has_suffix (row->category, "parse");
}

static GHashTable *
build_index (void)
{
  GHashTable *table = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    CviLogCategory *category = g_hash_table_lookup (table, rows[i].category);

    if (!category) {
      category = g_new0 (CviLogCategory, 1);
      category->name = rows[i].category;
      category->rows = g_ptr_array_new ();
      g_hash_table_insert (table, (gpointer)category->name, category);
    }
    category->level = MAX (category->level, rows[i].level);
    if (rows[i].action == CVI_LOG_REPORT && is_decoder (&rows[i]))
      category->decoder = TRUE;
    g_ptr_array_add (category->rows, (gpointer)&rows[i]);
  }
  return table;
}

/* Lives as long as the process: the log function is never removed. */
static GHashTable *categories;

void
cvi_log_table_init (void)
{
  if (g_once_init_enter (&categories)) {
    GHashTable *table = build_index ();

    g_once_init_leave (&categories, table);
  }
}

const CviLogCategory *
cvi_log_table_get (const char *name)
{
  return g_hash_table_lookup (categories, name);
}

void
cvi_log_table_foreach (GFunc func, gpointer user_data)
{
  GHashTableIter iter;
  gpointer category;

  g_hash_table_iter_init (&iter, categories);
  while (g_hash_table_iter_next (&iter, NULL, &category))
    func (category, user_data);
}

const CviLogRow *
cvi_log_category_match (
    const CviLogCategory *category, GstDebugLevel level, const char *text)
{
  for (guint i = 0; i < category->rows->len; i++) {
    const CviLogRow *row = g_ptr_array_index (category->rows, i);

    if (row->level == level &&
        (!row->text || g_pattern_match_simple (row->text, text)))
      return row;
  }
  return NULL;
}
