/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench/accuracy/media-damage.h"
#include "tests/media/cvi-damage.h"

#include <stdlib.h>
#include <string.h>

#define EXIT_USAGE 2
#define EXIT_NOT_APPLICABLE 3

typedef struct {
  guint64 seed;
  const char *in;
  const char *out;
  GArray *spots;
  MediaGap gap;
} Job;

typedef gboolean (*Damage) (
    GByteArray *data, GRand *random, GArray *spots, GError **error);

static GRand *
seeded (guint64 seed)
{
  guint32 halves[] = { (guint32)seed, (guint32)(seed >> 32) };

  return g_rand_new_with_seed_array (halves, G_N_ELEMENTS (halves));
}

static GByteArray *
read_bytes (const char *path, GError **error)
{
  char *text;
  gsize len;

  if (!g_file_get_contents (path, &text, &len, error))
    return NULL;
  if (len > G_MAXINT32) {
    g_free (text);
    media_damage_refuse (error, "too large to damage in memory");
    return NULL;
  }
  return g_byte_array_new_take ((guint8 *)text, len);
}

static gboolean
write_bytes (const Job *job, const GByteArray *data, GError **error)
{
  return g_file_set_contents_full (job->out, (const char *)data->data,
      data->len, G_FILE_SET_CONTENTS_NONE, 0644, error);
}

static gboolean
damage_bytes (Job *job, Damage damage, GError **error)
{
  g_autoptr (GByteArray) data = read_bytes (job->in, error);
  g_autoptr (GRand) random = seeded (job->seed);

  return data && damage (data, random, job->spots, error) &&
         write_bytes (job, data, error);
}

static gboolean
damage_stream (Job *job, const char *type, GError **error)
{
  g_autoptr (GByteArray) data = read_bytes (job->in, error);
  g_autoptr (GRand) random = seeded (job->seed);
  g_autoptr (MediaTable) table = NULL;

  if (!data || !(table = media_table_read (job->in, error)))
    return FALSE;
  return media_hit_stream (data, table, type, random, job->spots, error) &&
         write_bytes (job, data, error);
}

static gboolean
lose_packets (Job *job, GError **error)
{
  return damage_bytes (job, media_ts_lose_packets, error);
}

static gboolean
drop_fragment (Job *job, GError **error)
{
  return damage_bytes (job, media_drop_fragment, error);
}

static gboolean
drop_cluster (Job *job, GError **error)
{
  return damage_bytes (job, media_drop_cluster, error);
}

static gboolean
hit_audio (Job *job, GError **error)
{
  return damage_stream (job, "audio", error);
}

static gboolean
hit_video (Job *job, GError **error)
{
  return damage_stream (job, "video", error);
}

static gboolean
splice (Job *job, GError **error)
{
  g_autoptr (GRand) random = seeded (job->seed);

  return media_splice (job->in, job->out, random, &job->gap, error);
}

static gboolean
remux (Job *job, GError **error)
{
  g_autoptr (GRand) random = seeded (job->seed);

  return media_splice (job->in, job->out, random, NULL, error);
}

static const struct {
  const char *name;
  gboolean (*make) (Job *job, GError **error);
  gboolean control; /* harms nothing, and is not among the kinds */
  const char *text;
} kinds[] = {
  { "ts-loss", lose_packets, FALSE, "0.5 % of a transport stream's packets" },
  { "missing-fragment", drop_fragment, FALSE, "one fragment of an MP4 file" },
  { "missing-cluster", drop_cluster, FALSE, "one Cluster of a Matroska file" },
  { "audio-random", hit_audio, FALSE, "512 random bytes in audio packets" },
  { "video-random", hit_video, FALSE, "512 random bytes in video packets" },
  { "splice", splice, FALSE, "2 s of footage left out cleanly" },
  { "remux", remux, TRUE,
      "control: what splicing does, with nothing left out" },
};

static gboolean
make_copy (const char *kind, Job *job, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (strcmp (kinds[i].name, kind) == 0)
      return kinds[i].make (job, error);
  }
  return cvi_damage_file (
      kind, job->seed, job->in, job->out, job->spots, error);
}

/* "offset" and "length" span all places; they are left out of a splice, which
 * has times instead. */
static void
print_where (const char *kind, const Job *job)
{
  g_print ("{\"kind\": \"%s\", \"seed\": %" G_GUINT64_FORMAT, kind, job->seed);
  if (job->gap.end_ns)
    g_print (", \"gap_start_ns\": %" G_GINT64_FORMAT
             ", \"gap_end_ns\": %" G_GINT64_FORMAT
             ", \"frame_ns\": %" G_GINT64_FORMAT,
        job->gap.start_ns, job->gap.end_ns, job->gap.frame_ns);
  if (job->spots->len > 0) {
    const CviDamageSpot *first = &g_array_index (job->spots, CviDamageSpot, 0);
    const CviDamageSpot *last =
        &g_array_index (job->spots, CviDamageSpot, job->spots->len - 1);

    g_print (", \"offset\": %" G_GUINT64_FORMAT
             ", \"length\": %" G_GUINT64_FORMAT,
        first->offset, last->offset + last->length - first->offset);
  }
  g_print (", \"spots\": [");
  for (guint i = 0; i < job->spots->len; i++) {
    const CviDamageSpot *spot = &g_array_index (job->spots, CviDamageSpot, i);

    g_print ("%s{\"offset\": %" G_GUINT64_FORMAT
             ", \"length\": %" G_GUINT64_FORMAT "}",
        i ? ", " : "", spot->offset, spot->length);
  }
  g_print ("]}\n");
}

static void
print_kinds (void)
{
  const char *const *names = cvi_damage_kinds ();

  for (gsize i = 0; names[i]; i++)
    g_print ("%s\n", names[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (!kinds[i].control)
      g_print ("%s\n", kinds[i].name);
  }
}

static void
print_help (void)
{
  const char *const *names = cvi_damage_kinds ();

  g_print ("usage: damage-media KIND SEED IN OUT   write a damaged copy, print "
           "where as JSON\n"
           "       damage-media --list             names of the kinds\n"
           "Exits with %d where a kind means nothing in the file.\n\n",
      EXIT_NOT_APPLICABLE);
  for (gsize i = 0; names[i]; i++)
    g_print ("  %-16s %s\n", names[i], cvi_damage_describe (names[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    g_print ("  %-16s %s\n", kinds[i].name, kinds[i].text);
}

static int
status_for (const GError *error)
{
  if (g_error_matches (
          error, MEDIA_DAMAGE_ERROR, MEDIA_DAMAGE_ERROR_NOT_APPLICABLE) ||
      g_error_matches (error, CVI_DAMAGE_ERROR, CVI_DAMAGE_ERROR_TOO_SMALL) ||
      g_error_matches (error, CVI_DAMAGE_ERROR, CVI_DAMAGE_ERROR_NO_CHANGE))
    return EXIT_NOT_APPLICABLE;
  return EXIT_FAILURE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GArray) spots = g_array_new (FALSE, FALSE, sizeof (CviDamageSpot));
  g_autoptr (GError) error = NULL;
  Job job = { .spots = spots };

  if (argc == 2 && strcmp (argv[1], "--list") == 0) {
    print_kinds ();
    return EXIT_SUCCESS;
  }
  if (argc == 2 && strcmp (argv[1], "--help") == 0) {
    print_help ();
    return EXIT_SUCCESS;
  }
  if (argc != 5 || !g_ascii_string_to_unsigned (
                       argv[2], 10, 0, G_MAXUINT64, &job.seed, NULL)) {
    g_printerr ("usage: damage-media KIND SEED IN OUT | --list | --help\n");
    return EXIT_USAGE;
  }
  job.in = argv[3];
  job.out = argv[4];
  if (!make_copy (argv[1], &job, &error)) {
    g_printerr ("damage-media: %s: %s\n", job.in, error->message);
    return status_for (error);
  }
  print_where (argv[1], &job);
  return EXIT_SUCCESS;
}
