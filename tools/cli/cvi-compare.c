/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-compare.h"

#include <string.h>

#define SECOND G_GUINT64_CONSTANT (1000000000)
/* Of damage the first places are told; the record has all. */
#define MAX_TOLD 8
/* Frame durations that differ by no more are of one rate... */
#define SAME_RATE 200 /* 1/200 */
/* ... and by no more than this they are known so well that frames can be
 * counted exactly. Between the two they may be 30 and 29.97 a second, which
 * timestamps rounded to 1 ms (Matroska) do not tell apart: 1/500 of the frames
 * then says nothing. */
#define EXACT_RATE 10000
#define UNSURE_FRAMES 500

typedef struct {
  const CviResult *a;
  const CviResult *b;
  const CviCompareLimits *limits;
  GPtrArray *differences;
} Compare;

/* A stream that both files have. */
typedef struct {
  const CviStream *a;
  const CviStream *b;
  gboolean shorter; /* told as a loss */
} Pair;

const char *
cvi_difference_kind_to_string (CviDifferenceKind kind)
{
  static const char *const names[] = { "lost", "unchecked", "note" };

  g_return_val_if_fail (kind < CVI_N_DIFFERENCES, NULL);

  return names[kind];
}

void
cvi_difference_free (CviDifference *difference)
{
  if (!difference)
    return;
  g_free (difference->stream);
  g_free (difference->message);
  g_free (difference);
}

static void add (Compare *compare, CviDifferenceKind kind, const char *what,
    const char *stream, const char *format, ...) G_GNUC_PRINTF (5, 6);

static void
add (Compare *compare, CviDifferenceKind kind, const char *what,
    const char *stream, const char *format, ...)
{
  CviDifference *difference = g_new0 (CviDifference, 1);
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  difference->kind = kind;
  difference->what = what;
  difference->stream = g_strdup (stream);
  difference->message = cvi_sanitise_text (message, -1, 512);
  g_ptr_array_add (compare->differences, difference);
}

static double
seconds (guint64 ns)
{
  return (double)ns / (double)SECOND;
}

static const CviStream *
find_stream (const CviResult *result, const char *id)
{
  for (guint i = 0; i < result->streams->len; i++) {
    const CviStream *stream = g_ptr_array_index (result->streams, i);

    if (strcmp (stream->id, id) == 0)
      return stream;
  }
  return NULL;
}

static gboolean
is_media (const CviStream *stream)
{
  return strcmp (stream->kind, "video") == 0 ||
         strcmp (stream->kind, "audio") == 0;
}

static gboolean
has_span (const CviStream *stream)
{
  return stream->start_ns != CVI_NONE && stream->end_ns != CVI_NONE &&
         stream->end_ns >= stream->start_ns;
}

static guint64
get_length (const CviStream *stream)
{
  return has_span (stream) ? stream->end_ns - stream->start_ns
                           : stream->duration_ns;
}

/* Is there a finding of the same rule in @result? */
static gboolean
has_rule (const CviResult *result, const CviRule *rule)
{
  for (guint i = 0; i < result->findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (result->findings, i);

    if (finding->rule == rule && finding->severity >= CVI_SEVERITY_WARNING)
      return TRUE;
  }
  return FALSE;
}

static void
add_finding (
    Compare *compare, CviDifferenceKind kind, const CviFinding *finding)
{
  add (compare, kind, "damage", finding->stream, "%s: %s", finding->rule->id,
      finding->message);
}

/* Why B is corrupt or suspicious. What A looks suspicious for as well may have
 * come from there. */
static void
compare_damage (Compare *compare)
{
  const CviResult *b = compare->b;
  gboolean corrupt = b->verdict == CVI_VERDICT_CORRUPT;
  guint n_told = 0, n_more = 0;

  if (!corrupt && b->verdict != CVI_VERDICT_SUSPICIOUS)
    return;
  for (guint i = 0; i < b->findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (b->findings, i);

    if (corrupt ? !cvi_finding_is_damage (finding)
                : finding->rule->rule_class != CVI_RULE_MEDIA ||
                      finding->severity < CVI_SEVERITY_WARNING)
      continue;
    if (!corrupt && has_rule (compare->a, finding->rule))
      add_finding (compare, CVI_DIFFERENCE_NOTE, finding);
    else if (n_told++ < MAX_TOLD)
      add_finding (compare, CVI_DIFFERENCE_LOST, finding);
    else
      n_more++;
  }
  if (n_more > 0)
    add (compare, CVI_DIFFERENCE_LOST, "damage", NULL, "%u more findings",
        n_more);
}

/* Returns: FALSE if what is known of @result's streams is no basis */
static gboolean
look_at (Compare *compare, const CviResult *result, const char *name)
{
  const CviFinding *first = NULL;
  gboolean given_up = result->verdict == CVI_VERDICT_UNREADABLE ||
                      result->verdict == CVI_VERDICT_INCOMPLETE;

  for (guint i = 0; i < result->findings->len && !first; i++) {
    const CviFinding *finding = g_ptr_array_index (result->findings, i);

    if (finding->severity > CVI_SEVERITY_INFO)
      first = finding;
  }
  if (given_up || result->verdict == CVI_VERDICT_UNSUPPORTED)
    add (compare, CVI_DIFFERENCE_UNCHECKED, "check", NULL, "%s is %s: %s", name,
        cvi_verdict_to_string (result->verdict),
        first ? first->message : "no reason given");
  return !given_up;
}

/* What a damaged source still held cannot be told from what it shows. */
static void
look_at_source (Compare *compare)
{
  if (compare->a->verdict == CVI_VERDICT_CORRUPT)
    add (compare, CVI_DIFFERENCE_UNCHECKED, "check", NULL,
        "A is corrupt: B can only be held against what is left of it");
  else if (compare->a->verdict == CVI_VERDICT_SUSPICIOUS)
    add (compare, CVI_DIFFERENCE_NOTE, "check", NULL, "A is suspicious");
}

static void
compare_length (Compare *compare, Pair *pair)
{
  guint64 a = get_length (pair->a);
  guint64 b = get_length (pair->b);
  guint64 limit = compare->limits->length_ns;

  if (a == CVI_NONE || b == CVI_NONE) {
    if (pair->a->frames > 0)
      add (compare, CVI_DIFFERENCE_UNCHECKED, "duration", pair->a->id,
          "length in %s is not known", a == CVI_NONE ? "A" : "B");
  } else if (a > b && a - b > limit) {
    pair->shorter = TRUE;
    add (compare, CVI_DIFFERENCE_LOST, "duration", pair->a->id,
        "%.3f s long in B, %.3f s in A", seconds (b), seconds (a));
  } else if (b > a && b - a > limit) {
    add (compare, CVI_DIFFERENCE_NOTE, "duration", pair->a->id,
        "longer in B: %.3f s, %.3f s in A", seconds (b), seconds (a));
  }
}

static gboolean
counts_frames (const CviResult *result)
{
  return result->mode == CVI_MODE_DEEP || result->mode == CVI_MODE_FULL;
}

/* Frame rates are told by the cadence, which frames that are missing here and
 * there do not change. */
static void
compare_frames (Compare *compare, const Pair *pair)
{
  guint64 a = pair->a->frame_ns;
  guint64 b = pair->b->frame_ns;
  guint64 differ = a > b ? a - b : b - a;
  guint64 allowed;

  if (!counts_frames (compare->a))
    return;
  if (a == CVI_NONE || b == CVI_NONE || a == 0 || b == 0) {
    if (pair->a->frames > 1)
      add (compare, CVI_DIFFERENCE_NOTE, "frames", pair->a->id,
          "frame rate is not known: compared by length alone");
    return;
  }
  if (differ > a / SAME_RATE) {
    add (compare, CVI_DIFFERENCE_NOTE, "frames", pair->a->id,
        "%.3f frames a second in B, %.3f in A: compared by length alone",
        (double)SECOND / (double)b, (double)SECOND / (double)a);
    return;
  }
  allowed = compare->limits->length_ns / a;
  if (differ > a / EXACT_RATE)
    allowed += pair->a->frames / UNSURE_FRAMES;
  /* Where the length tells of the loss, the frames say nothing new. */
  if (!pair->shorter && pair->a->frames > pair->b->frames &&
      pair->a->frames - pair->b->frames > allowed)
    add (compare, CVI_DIFFERENCE_LOST, "frames", pair->a->id,
        "%" G_GUINT64_FORMAT " frames in B, %" G_GUINT64_FORMAT " in A",
        pair->b->frames, pair->a->frames);
}

/* How much later than @of @time is (ns). Times come from a worker and may be
 * anything: beyond half of the range they say nothing. */
static gint64
after (guint64 time, guint64 of)
{
  return (gint64)MIN (time, G_MAXINT64 / 4) - (gint64)MIN (of, G_MAXINT64 / 4);
}

static gboolean
is_more (gint64 moved, guint64 limit)
{
  return (guint64)ABS (moved) > limit;
}

/* @pair against @base, which both files have as well. Where a damaged A ends is
 * where the damage has let each stream come to. */
static void
compare_sync (Compare *compare, const Pair *base, const Pair *pair)
{
  gint64 start, end;

  if (!has_span (base->a) || !has_span (base->b) || !has_span (pair->a) ||
      !has_span (pair->b)) {
    add (compare, CVI_DIFFERENCE_UNCHECKED, "sync", pair->a->id,
        "no times to hold against %s", base->a->id);
    return;
  }
  start = after (pair->b->start_ns, base->b->start_ns) -
          after (pair->a->start_ns, base->a->start_ns);
  end = after (pair->b->end_ns, base->b->end_ns) -
        after (pair->a->end_ns, base->a->end_ns);
  if (is_more (start, compare->limits->sync_ns))
    add (compare, CVI_DIFFERENCE_LOST, "sync", pair->a->id,
        "starts %.3f s %s against %s than in A", seconds ((guint64)ABS (start)),
        start > 0 ? "later" : "earlier", base->a->id);
  else if (!base->shorter && !pair->shorter &&
           compare->a->verdict != CVI_VERDICT_CORRUPT &&
           is_more (end, compare->limits->length_ns))
    add (compare, CVI_DIFFERENCE_LOST, "sync", pair->a->id,
        "ends %.3f s %s against %s than in A", seconds ((guint64)ABS (end)),
        end > 0 ? "later" : "earlier", base->a->id);
}

static void
compare_missing (Compare *compare, const CviStream *a)
{
  /* Time codes, positions and menus: few transcoders keep them. */
  gboolean data = !is_media (a) && strcmp (a->kind, "subtitle") != 0;

  add (compare, data ? CVI_DIFFERENCE_NOTE : CVI_DIFFERENCE_LOST, "streams",
      a->id, "B has no such stream (%s)", a->codec ? a->codec : a->kind);
}

/* Returns: whether the times of the pair can be compared */
static gboolean
compare_presence (Compare *compare, const CviStream *a, const CviStream *b)
{
  if (a->frames > 0 && b->checked && b->frames == 0) {
    add (compare, CVI_DIFFERENCE_LOST, "frames", a->id, "empty in B");
    return FALSE;
  }
  if (!is_media (a))
    return FALSE;
  if (a->checked && b->checked)
    return a->frames > 0;
  add (compare, CVI_DIFFERENCE_UNCHECKED, "check", a->id,
      "not checked in %s: %s", a->checked ? "B" : "A",
      a->checked ? (b->reason ? b->reason : "given up")
                 : (a->reason ? a->reason : "given up"));
  return FALSE;
}

static void
compare_streams (Compare *compare)
{
  Pair base = { NULL };

  for (guint i = 0; i < compare->a->streams->len; i++) {
    Pair pair = { .a = g_ptr_array_index (compare->a->streams, i) };

    pair.b = find_stream (compare->b, pair.a->id);
    if (!pair.b) {
      compare_missing (compare, pair.a);
      continue;
    }
    if (!compare_presence (compare, pair.a, pair.b))
      continue;
    compare_length (compare, &pair);
    if (strcmp (pair.a->kind, "video") == 0)
      compare_frames (compare, &pair);
    if (base.a)
      compare_sync (compare, &base, &pair);
    else
      base = pair;
  }
  for (guint i = 0; i < compare->b->streams->len; i++) {
    const CviStream *b = g_ptr_array_index (compare->b->streams, i);

    if (!find_stream (compare->a, b->id))
      add (compare, CVI_DIFFERENCE_NOTE, "streams", b->id,
          "A has no such stream (%s)", b->codec ? b->codec : b->kind);
  }
}

GPtrArray *
cvi_compare (
    const CviResult *a, const CviResult *b, const CviCompareLimits *limits)
{
  Compare compare = { a, b, limits };
  gboolean has_a, has_b;

  g_return_val_if_fail (a && b && limits, NULL);

  compare.differences =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_difference_free);
  compare_damage (&compare);
  look_at_source (&compare);
  has_a = look_at (&compare, a, "A");
  has_b = look_at (&compare, b, "B");
  if (!has_a || !has_b)
    return compare.differences;
  if (a->streams->len == 0)
    add (&compare, CVI_DIFFERENCE_UNCHECKED, "streams", NULL,
        "A shows no stream");
  if (!counts_frames (a))
    add (&compare, CVI_DIFFERENCE_NOTE, "frames", NULL,
        "mode %s does not count frames", cvi_mode_to_string (a->mode));
  compare_streams (&compare);
  return compare.differences;
}

guint
cvi_compare_count (GPtrArray *differences, CviDifferenceKind kind)
{
  guint n = 0;

  for (guint i = 0; i < differences->len; i++) {
    const CviDifference *difference = g_ptr_array_index (differences, i);

    n += difference->kind == kind;
  }
  return n;
}
