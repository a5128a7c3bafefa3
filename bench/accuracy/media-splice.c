/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench/accuracy/media-damage.h"

#include <gio/gio.h>
#include <string.h>

#define WANTED_NS (2 * (gint64)G_TIME_SPAN_SECOND * 1000)
#define SHORTEST_NS (WANTED_NS / 8)
/* Footage that stays before the cut, so that there is something to judge. */
#define LEAD_IN_NS (WANTED_NS / 8)
#define LONGEST_NS (WANTED_NS * 2)
#define NO_TIME G_MININT64
#define MAX_RANGES 256

/* Packets of the leading stream to leave out: @first to @end, without it. */
typedef struct {
  guint first;
  guint key; /* the sync point that follows */
  guint end; /* behind the frames that lead up to the sync point */
  MediaGap gap;
} Cut;

static const MediaPacket *
packet_at (const MediaStream *stream, guint index)
{
  return &g_array_index (stream->packets, MediaPacket, index);
}

static gboolean
is_used (const MediaStream *stream)
{
  return stream->packets->len > 0 && !stream->still;
}

/* The stream that decides where to cut: the video, else the first audio.
 * NULL where there are two videos, whose sync points need not agree. */
static const MediaStream *
leading_stream (const MediaTable *table)
{
  const MediaStream *lead = NULL;

  for (guint i = 0; i < table->streams->len; i++) {
    const MediaStream *stream = g_ptr_array_index (table->streams, i);
    gboolean video = strcmp (stream->type, "video") == 0;

    if (!is_used (stream))
      continue;
    if (video && lead && strcmp (lead->type, "video") == 0)
      return NULL;
    if (!lead || video)
      lead = stream;
  }
  return lead;
}

static gboolean
has_all_times (const MediaStream *stream)
{
  for (guint i = 0; i < stream->packets->len; i++) {
    if (packet_at (stream, i)->pts_ns == NO_TIME)
      return FALSE;
  }
  return TRUE;
}

/* For each packet the one shown last among those before it. */
static guint *
last_shown_before (const MediaStream *stream)
{
  guint *last = g_new0 (guint, stream->packets->len + 1);

  for (guint i = 1; i < stream->packets->len; i++) {
    last[i] = last[i - 1];
    if (packet_at (stream, i - 1)->pts_ns > packet_at (stream, last[i])->pts_ns)
      last[i] = i - 1;
  }
  return last;
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 one = *(const gint64 *)a;
  gint64 two = *(const gint64 *)b;

  return (one > two) - (one < two);
}

/* Median time between frames as they are shown. ffprobe's durations are those
 * of fields in some streams, and are missing in others. */
static gint64
typical_frame (const MediaStream *stream)
{
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (guint i = 0; i < stream->packets->len; i++)
    g_array_append_val (times, packet_at (stream, i)->pts_ns);
  g_array_sort (times, compare_times);
  for (guint i = 0; i + 1 < times->len; i++)
    g_array_index (times, gint64, i) =
        g_array_index (times, gint64, i + 1) - g_array_index (times, gint64, i);
  g_array_set_size (times, times->len - 1);
  g_array_sort (times, compare_times);
  return g_array_index (times, gint64, times->len / 2);
}

/* The cut before the sync point @key that is nearest to the wanted length. It
 * begins where all earlier packets are shown before all that go. */
static gboolean
best_cut (const MediaStream *stream, const guint *last, gint64 frame_ns,
    guint key, Cut *best)
{
  gint64 end_ns = packet_at (stream, key)->pts_ns;
  gint64 first_ns = packet_at (stream, 0)->pts_ns;
  gint64 lowest = end_ns;
  gint64 distance = G_MAXINT64;
  guint end = key + 1;

  for (; end < stream->packets->len && packet_at (stream, end)->pts_ns < end_ns;
       end++)
    lowest = MIN (lowest, packet_at (stream, end)->pts_ns);
  for (guint first = key - 1; first > 0; first--) {
    const MediaPacket *before = packet_at (stream, last[first]);
    gint64 start_ns = before->pts_ns + frame_ns;
    gint64 length = end_ns - start_ns;

    lowest = MIN (lowest, packet_at (stream, first)->pts_ns);
    if (length > LONGEST_NS || start_ns < first_ns + LEAD_IN_NS)
      break;
    if (before->pts_ns >= lowest || length < SHORTEST_NS ||
        ABS (length - WANTED_NS) >= distance)
      continue;
    distance = ABS (length - WANTED_NS);
    *best = (Cut){ first, key, end, { start_ns, end_ns, frame_ns } };
  }
  return distance != G_MAXINT64;
}

static gboolean
choose_cut (const MediaStream *stream, GRand *random, Cut *chosen)
{
  g_autoptr (GArray) cuts = g_array_new (FALSE, FALSE, sizeof (Cut));
  g_autofree guint *last = last_shown_before (stream);
  gint64 frame_ns;

  if (stream->packets->len < 4)
    return FALSE;
  frame_ns = typical_frame (stream);
  for (guint key = 2; key + 1 < stream->packets->len; key++) {
    Cut cut;

    if (packet_at (stream, key)->key &&
        best_cut (stream, last, frame_ns, key, &cut))
      g_array_append_val (cuts, cut);
  }
  if (cuts->len == 0)
    return FALSE;
  *chosen = g_array_index (
      cuts, Cut, (guint)g_rand_int_range (random, 0, (gint32)cuts->len));
  return TRUE;
}

static gboolean
goes (const MediaStream *stream, guint index, const MediaStream *lead,
    const Cut *cut)
{
  gint64 pts_ns = packet_at (stream, index)->pts_ns;

  if (!cut)
    return FALSE;
  if (stream == lead)
    return index >= cut->first && index < cut->end && index != cut->key;
  return pts_ns >= cut->gap.start_ns && pts_ns < cut->gap.end_ns;
}

/* Packets that go, as an expression for ffmpeg's bit stream filter "noise";
 * their number in @gone. NULL where it would be too long. */
static char *
drop_expression (const MediaStream *stream, const MediaStream *lead,
    const Cut *cut, guint *gone)
{
  g_autoptr (GString) text = g_string_new ("noise=drop=0");
  guint ranges = 0;

  *gone = 0;
  for (guint i = 0; i < stream->packets->len; i++) {
    guint first = i;

    while (i < stream->packets->len && goes (stream, i, lead, cut))
      i++;
    if (i == first)
      continue;
    if (++ranges > MAX_RANGES)
      return NULL;
    *gone += i - first;
    g_string_append_printf (text, "+between(n\\,%u\\,%u)", first, i - 1);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static const char *
muxer_for (const MediaTable *table, const char *in)
{
  static const struct {
    const char *format;
    const char *muxer;
  } muxers[] = {
    { "mov,mp4,m4a,3gp,3g2,mj2", "mp4" },
    { "matroska,webm", "matroska" },
    { "mpegts", "mpegts" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (muxers); i++) {
    if (strcmp (muxers[i].format, table->format) == 0)
      return i == 0 && g_str_has_suffix (in, ".mov") ? "mov" : muxers[i].muxer;
  }
  return NULL;
}

/* Maps every stream that is used; how many packets each keeps to @kept. */
static gboolean
add_streams (GPtrArray *argv, const MediaTable *table, const MediaStream *lead,
    const Cut *cut, GArray *kept)
{
  for (guint i = 0; i < table->streams->len; i++) {
    const MediaStream *stream = g_ptr_array_index (table->streams, i);
    char *filter;
    guint gone;
    guint left;

    if (!is_used (stream))
      continue;
    filter = drop_expression (stream, lead, cut, &gone);
    if (!filter)
      return FALSE;
    g_ptr_array_add (argv, g_strdup ("-map"));
    g_ptr_array_add (argv, g_strdup_printf ("0:%u", i));
    g_ptr_array_add (argv, g_strdup_printf ("-bsf:%u", kept->len));
    g_ptr_array_add (argv, filter);
    left = stream->packets->len - gone;
    g_array_append_val (kept, left);
  }
  return TRUE;
}

static void
add_words (GPtrArray *argv, const char *const *words)
{
  for (; *words; words++)
    g_ptr_array_add (argv, g_strdup (*words));
}

static gboolean
remux (const char *in, const char *out, const MediaTable *table,
    const MediaStream *lead, const Cut *cut, GArray *kept, GError **error)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GSubprocess) ffmpeg = NULL;
  const char *muxer = muxer_for (table, in);

  if (!muxer)
    return media_damage_refuse (error, "no container with times to splice");
  add_words (argv, (const char *const[]){ "ffmpeg", "-nostdin", "-v", "quiet",
                       "-y", "-copyts", "-i", in, NULL });
  if (!add_streams (argv, table, lead, cut, kept))
    return media_damage_refuse (error, "too many pieces to take out");
  add_words (argv, (const char *const[]){ "-c", "copy", "-copyinkf", "-fflags",
                       "+bitexact", "-f", muxer, out, NULL });
  g_ptr_array_add (argv, NULL);
  ffmpeg = g_subprocess_newv ((const char *const *)argv->pdata,
      G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
      error);
  if (!ffmpeg)
    return FALSE;
  if (!g_subprocess_wait_check (ffmpeg, NULL, NULL))
    return media_damage_refuse (error, "ffmpeg cannot remux it");
  return TRUE;
}

/* Whether the copy holds just the packets it should; tells in @gap where the
 * footage is missing in the copy's own times. */
static gboolean
check_copy (const char *out, const GArray *kept, guint lead_place,
    const Cut *cut, MediaGap *gap, GError **error)
{
  g_autoptr (MediaTable) copy = media_table_read (out, error);
  const MediaStream *lead;

  if (!copy)
    return FALSE;
  for (guint i = 0; i < kept->len; i++) {
    const MediaStream *stream =
        i < copy->streams->len ? g_ptr_array_index (copy->streams, i) : NULL;

    if (!stream || stream->packets->len != g_array_index (kept, guint, i) ||
        !has_all_times (stream))
      return media_damage_refuse (error, "ffmpeg does not keep its packets");
  }
  if (!cut)
    return TRUE;
  lead = g_ptr_array_index (copy->streams, lead_place);
  gap->end_ns = packet_at (lead, cut->first)->pts_ns;
  /* There times begin anywhere; elsewhere 0 is the file's beginning, also if
   * nothing is shown yet. */
  if (strstr (copy->format, "mpeg"))
    gap->end_ns -= copy->start_ns;
  gap->start_ns = gap->end_ns - (cut->gap.end_ns - cut->gap.start_ns);
  gap->frame_ns = cut->gap.frame_ns;
  return TRUE;
}

/* Number of the output stream that @lead becomes. */
static guint
place_of (const MediaTable *table, const MediaStream *lead)
{
  guint place = 0;

  for (guint i = 0; i < table->streams->len; i++) {
    const MediaStream *stream = g_ptr_array_index (table->streams, i);

    if (stream == lead)
      break;
    place += is_used (stream);
  }
  return place;
}

gboolean
media_splice (const char *in, const char *out, GRand *random, MediaGap *gap,
    GError **error)
{
  g_autoptr (MediaTable) table = NULL;
  g_autoptr (GArray) kept = g_array_new (FALSE, FALSE, sizeof (guint));
  const MediaStream *lead;
  Cut cut;

  g_return_val_if_fail (in && out && random, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  table = media_table_read (in, error);
  if (!table)
    return FALSE;
  lead = leading_stream (table);
  if (!lead || !has_all_times (lead))
    return media_damage_refuse (error, "no stream with times leads it");
  if (gap && !choose_cut (lead, random, &cut))
    return media_damage_refuse (error, "no sync point with footage before it");
  return remux (in, out, table, lead, gap ? &cut : NULL, kept, error) &&
         check_copy (
             out, kept, place_of (table, lead), gap ? &cut : NULL, gap, error);
}
