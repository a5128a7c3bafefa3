/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "plugin/core/cvi-verdict.h"
#include "tools/cli/cvi-compare.h"

#define MS G_GUINT64_CONSTANT (1000000)
#define FRAME (40 * MS)

static const CviCompareLimits limits = { 250 * MS, 100 * MS };

static CviStream *
add_stream (CviResult *result, const char *id, guint64 start, guint64 end)
{
  g_autofree char *kind = g_strndup (id, strcspn (id, "/"));
  CviStream *stream = cvi_stream_new (id, kind);

  stream->codec = g_strdup ("Codec");
  stream->start_ns = start;
  stream->end_ns = end;
  stream->duration_ns = end - start;
  stream->frame_ns = FRAME;
  stream->frames = (end - start) / FRAME;
  stream->checked = TRUE;
  g_ptr_array_add (result->streams, stream);
  return stream;
}

static CviStream *
get_stream (CviResult *result, guint i)
{
  return g_ptr_array_index (result->streams, i);
}

/* Ten seconds of picture and sound. */
static CviResult *
make_file (const char *path)
{
  CviResult *result = cvi_result_new (path, CVI_MODE_DEEP);

  add_stream (result, "video/0", 0, 10000 * MS);
  add_stream (result, "audio/0", 0, 10000 * MS);
  return result;
}

/* The differences as one line: kind, what and stream of each. */
static char *
tell (CviResult *a, CviResult *b)
{
  g_autoptr (GPtrArray) differences = NULL;
  GString *line = g_string_new (NULL);

  cvi_result_judge (a);
  cvi_result_judge (b);
  differences = cvi_compare (a, b, &limits);
  for (guint i = 0; i < differences->len; i++) {
    const CviDifference *difference = g_ptr_array_index (differences, i);

    g_assert_cmpstr (difference->message, !=, "");
    g_string_append_printf (line, "%s%s %s %s", i > 0 ? ", " : "",
        cvi_difference_kind_to_string (difference->kind), difference->what,
        difference->stream ? difference->stream : "-");
  }
  return g_string_free (line, FALSE);
}

static void
assert_told (CviResult *a, CviResult *b, const char *expected)
{
  g_autofree char *line = tell (a, b);

  g_assert_cmpstr (line, ==, expected);
}

typedef void (*Change) (CviResult *a, CviResult *b);

static void
change_nothing (CviResult *a, CviResult *b)
{
}

static void
end_within (CviResult *a, CviResult *b)
{
  get_stream (b, 0)->end_ns -= 240 * MS;
  get_stream (b, 0)->frames -= 6;
}

static void
end_early (CviResult *a, CviResult *b)
{
  get_stream (b, 0)->end_ns -= 280 * MS;
  get_stream (b, 0)->frames -= 7;
}

static void
end_late (CviResult *a, CviResult *b)
{
  for (guint i = 0; i < 2; i++)
    get_stream (b, i)->end_ns += 280 * MS;
}

static void
start_elsewhere (CviResult *a, CviResult *b)
{
  for (guint i = 0; i < 2; i++) {
    get_stream (b, i)->start_ns += 3600000 * MS;
    get_stream (b, i)->end_ns += 3600000 * MS;
  }
}

static void
move_sound (CviResult *b, gint64 by)
{
  get_stream (b, 1)->start_ns += by;
  get_stream (b, 1)->end_ns += by;
}

static void
sound_within (CviResult *a, CviResult *b)
{
  move_sound (b, 90 * MS);
}

static void
sound_late (CviResult *a, CviResult *b)
{
  move_sound (b, 110 * MS);
}

static void
sound_early (CviResult *a, CviResult *b)
{
  start_elsewhere (a, b);
  move_sound (b, -110 * (gint64)MS);
}

/* The sound was late in the source and has lost that. */
static void
sound_moved_back (CviResult *a, CviResult *b)
{
  move_sound (a, 1000 * MS);
}

/* 0.2 s longer and 0.2 s shorter: each within, together not. */
static void
ends_apart (CviResult *a, CviResult *b)
{
  get_stream (b, 0)->end_ns -= 200 * MS;
  get_stream (b, 0)->frames -= 5;
  get_stream (b, 1)->end_ns += 200 * MS;
}

static void
frames_gone (CviResult *a, CviResult *b)
{
  get_stream (b, 0)->frames -= 7;
}

/* Timestamps rounded to 1 ms: one frame in 500 says nothing. */
static void
rounded_rate (CviResult *a, CviResult *b)
{
  get_stream (a, 0)->frames = get_stream (b, 0)->frames = 100000;
  get_stream (b, 0)->frame_ns += 20000;
  get_stream (b, 0)->frames -= 200;
}

static void
rounded_rate_frames_gone (CviResult *a, CviResult *b)
{
  rounded_rate (a, b);
  get_stream (b, 0)->frames -= 7;
}

static void
half_the_rate (CviResult *a, CviResult *b)
{
  get_stream (b, 0)->frame_ns *= 2;
  get_stream (b, 0)->frames /= 2;
}

static void
no_rate (CviResult *a, CviResult *b)
{
  get_stream (b, 0)->frame_ns = CVI_NONE;
  get_stream (b, 0)->frames -= 100;
}

static void
no_sound (CviResult *a, CviResult *b)
{
  g_ptr_array_set_size (b->streams, 1);
}

static void
empty_sound (CviResult *a, CviResult *b)
{
  get_stream (b, 1)->frames = 0;
}

static void
more_streams (CviResult *a, CviResult *b)
{
  add_stream (b, "audio/1", 0, 10000 * MS);
  add_stream (a, "data/0", 0, 10000 * MS);
  add_stream (a, "subtitle/0", 0, 10000 * MS);
}

static void
sound_not_checked (CviResult *a, CviResult *b)
{
  get_stream (b, 1)->checked = FALSE;
}

static void
no_times (CviResult *a, CviResult *b)
{
  get_stream (b, 1)->start_ns = get_stream (b, 1)->end_ns = CVI_NONE;
}

static void
no_length (CviResult *a, CviResult *b)
{
  no_times (a, b);
  get_stream (b, 1)->duration_ns = CVI_NONE;
}

/* What only a worker that has been taken over would say. */
static void
hostile_times (CviResult *a, CviResult *b)
{
  get_stream (b, 1)->start_ns = G_MAXUINT64 - 2;
  get_stream (b, 1)->end_ns = G_MAXUINT64 - 1;
  get_stream (a, 0)->frame_ns = 0;
}

static void
find (CviResult *result, CviRuleId rule)
{
  cvi_result_add (result, cvi_finding_new (rule, "video/0", "found"));
}

static void
b_corrupt (CviResult *a, CviResult *b)
{
  find (b, CVI_RULE_DECODE_ERROR);
  find (b, CVI_RULE_TIME_GAP);
}

static void
b_suspicious (CviResult *a, CviResult *b)
{
  find (b, CVI_RULE_TIME_GAP);
}

static void
both_suspicious (CviResult *a, CviResult *b)
{
  find (a, CVI_RULE_TIME_GAP);
  find (b, CVI_RULE_TIME_GAP);
}

static void
a_corrupt (CviResult *a, CviResult *b)
{
  find (a, CVI_RULE_DECODE_ERROR);
}

/* Where the damage begins, one stream has come farther than the other. */
static void
a_corrupt_early (CviResult *a, CviResult *b)
{
  find (a, CVI_RULE_DECODE_ERROR);
  get_stream (a, 0)->end_ns -= 800 * MS;
  get_stream (a, 0)->frames -= 20;
  get_stream (a, 1)->end_ns -= 1100 * MS;
}

static void
b_unreadable (CviResult *a, CviResult *b)
{
  find (b, CVI_RULE_IO_VANISHED);
  g_ptr_array_set_size (b->streams, 0);
}

static void
b_crashed (CviResult *a, CviResult *b)
{
  find (b, CVI_RULE_PROCESS_CRASHED);
  g_ptr_array_set_size (b->streams, 0);
}

static void
nothing_in_a (CviResult *a, CviResult *b)
{
  g_ptr_array_set_size (a->streams, 0);
  g_ptr_array_set_size (b->streams, 0);
}

static void
quick (CviResult *a, CviResult *b)
{
  a->mode = b->mode = CVI_MODE_QUICK;
  get_stream (b, 0)->frames = 20;
}

static const struct {
  const char *name;
  Change change;
  const char *told;
} rows[] = {
  { "same", change_nothing, "" },
  { "end-within", end_within, "" },
  { "end-early", end_early, "lost duration video/0" },
  { "end-late", end_late, "note duration video/0, note duration audio/0" },
  { "start-elsewhere", start_elsewhere, "" },
  { "sound-within", sound_within, "" },
  { "sound-late", sound_late, "lost sync audio/0" },
  { "sound-early", sound_early, "lost sync audio/0" },
  { "sound-moved-back", sound_moved_back, "lost sync audio/0" },
  { "ends-apart", ends_apart, "lost sync audio/0" },
  { "frames-gone", frames_gone, "lost frames video/0" },
  { "rounded-rate", rounded_rate, "" },
  { "rounded-rate-frames-gone", rounded_rate_frames_gone,
      "lost frames video/0" },
  { "half-the-rate", half_the_rate, "note frames video/0" },
  { "no-rate", no_rate, "note frames video/0" },
  { "no-sound", no_sound, "lost streams audio/0" },
  { "empty-sound", empty_sound, "lost frames audio/0" },
  { "more-streams", more_streams,
      "note streams data/0, lost streams subtitle/0, note streams audio/1" },
  { "sound-not-checked", sound_not_checked, "unchecked check audio/0" },
  { "no-times", no_times, "unchecked sync audio/0" },
  { "no-length", no_length,
      "unchecked duration audio/0, unchecked sync audio/0" },
  { "hostile-times", hostile_times,
      "note frames video/0, lost duration audio/0, lost sync audio/0" },
  { "b-corrupt", b_corrupt, "lost damage video/0" },
  { "b-suspicious", b_suspicious, "lost damage video/0" },
  { "both-suspicious", both_suspicious, "note damage video/0, note check -" },
  { "a-corrupt", a_corrupt, "unchecked check -" },
  { "a-corrupt-early", a_corrupt_early,
      "unchecked check -, note duration video/0, note duration audio/0" },
  { "b-unreadable", b_unreadable, "unchecked check -" },
  { "b-crashed", b_crashed, "unchecked check -" },
  { "nothing-in-a", nothing_in_a, "unchecked streams -" },
  { "quick", quick, "note frames -" },
};

static void
test_row (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (CviResult) a = make_file ("/a");
  g_autoptr (CviResult) b = make_file ("/b");

  rows[i].change (a, b);
  assert_told (a, b, rows[i].told);
}

/* A file full of damage makes no long list. */
static void
test_many_findings (void)
{
  g_autoptr (CviResult) a = make_file ("/a");
  g_autoptr (CviResult) b = make_file ("/b");
  g_autoptr (GPtrArray) differences = NULL;
  const CviDifference *last;

  for (guint i = 0; i < 100; i++)
    find (b, CVI_RULE_DECODE_ERROR);
  cvi_result_judge (b);
  differences = cvi_compare (a, b, &limits);
  g_assert_cmpuint (differences->len, ==, 9);
  last = g_ptr_array_index (differences, 8);
  g_assert_cmpstr (last->message, ==, "92 more findings");
}

/* Names and messages cannot draw on the terminal. */
static void
test_hostile_names (void)
{
  g_autoptr (CviResult) a = make_file ("/a\x1b[2J\n");
  g_autoptr (CviResult) b = make_file ("/b\xff");
  CviComparison comparison = { a, b, limits };
  g_autoptr (GPtrArray) differences = NULL;
  g_autofree char *text = NULL;
  g_autofree char *json = NULL;

  g_free (get_stream (a, 1)->codec);
  get_stream (a, 1)->codec = g_strdup ("\x1b[31m\n");
  no_sound (a, b);
  comparison.differences = differences = cvi_compare (a, b, &limits);
  text = cvi_comparison_to_text (&comparison);
  json = cvi_comparison_to_json (&comparison);
  g_assert_null (strchr (text, '\x1b'));
  g_assert_null (strchr (json, '\x1b'));
  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_nonnull (strstr (text, "/a\\x1b[2J\\n\n"));
  g_assert_nonnull (strstr (json, "\"replaces\":false"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strdup_printf ("/compare/%s", rows[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_row);
  }
  g_test_add_func ("/compare/many-findings", test_many_findings);
  g_test_add_func ("/compare/hostile-names", test_hostile_names);
  return g_test_run ();
}
