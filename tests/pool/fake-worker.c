/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Stands in for cvi-gst-worker: what it does to a file is in the file's name,
 * what it does before is in its own. Without GStreamer. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugin/core/cvi-verdict.h"
#include "tests/pool/fake-worker.h"

#define FD 3
#define MIB (1024u * 1024u)

#ifdef __SANITIZE_ADDRESS__
/* The search for leaks at exit runs in a process of its own, which would be
 * taken for one that was left over. */
__attribute__ ((visibility ("default"))) const char *__asan_default_options (
    void);

const char *
__asan_default_options (void)
{
  return "detect_leaks=0";
}
#endif

static char **roots;
static gboolean used; /* has been given a file */

/* Memory of an earlier file that this process has not given back. */
static guint8 *kept;

void
send_or_die (CviWireType type, GVariant *body)
{
  if (!cvi_wire_send (FD, type, body, NULL))
    _exit (1);
}

static void
send_raw (const void *data, gsize size)
{
  if (send (FD, data, size, MSG_NOSIGNAL) != (ssize_t)size)
    _exit (1);
}

void
send_finding (Job *job, CviFinding *finding)
{
  send_or_die (
      CVI_WIRE_FINDING, g_variant_new ("(t@" CVI_FINDING_VARIANT ")", job->id,
                            cvi_finding_to_variant (finding)));
  cvi_result_add (job->result, finding);
}

static void
send_progress (Job *job, guint64 n)
{
  send_or_die (CVI_WIRE_PROGRESS,
      g_variant_new ("(tttt)", job->id, n, n * 1000, n * 40000000));
}

void
send_result (Job *job)
{
  send_or_die (
      CVI_WIRE_RESULT, g_variant_new ("(t@" CVI_RESULT_VARIANT ")", job->id,
                           cvi_result_to_variant (job->result)));
}

static void
find_damage (Job *job)
{
  send_finding (job, cvi_finding_new (CVI_RULE_DECODE_ERROR, "video/0",
                         "damage at the start"));
}

static void
find_gap (Job *job)
{
  send_finding (job, cvi_finding_new (CVI_RULE_TIME_GAP, "video/0", "a gap"));
}

/* Ends by @signum as a program would that does not handle it. */
void
die_by (int signum)
{
  signal (signum, SIG_DFL);
  raise (signum);
  _exit (99);
}

static void
act_segv (Job *job)
{
  find_gap (job);
  die_by (SIGSEGV);
}

static void
act_damaged_segv (Job *job)
{
  find_damage (job);
  die_by (SIGSEGV);
}

static void
act_abort (Job *job)
{
  die_by (SIGABRT);
}

static void
act_shot (Job *job)
{
  die_by (SIGKILL);
}

static void
act_greedy (Job *job)
{
  send_finding (
      job, cvi_finding_new (CVI_RULE_PROCESS_OUT_OF_MEMORY, NULL, "no memory"));
  die_by (SIGTRAP);
}

/* As a sandbox ends it. */
static void
act_forbidden (Job *job)
{
  die_by (SIGSYS);
}

static void
act_exit3 (Job *job)
{
  _exit (3);
}

static void
act_exit0 (Job *job)
{
  _exit (0);
}

static void
act_hang (Job *job)
{
  send_progress (job, 1);
  while (TRUE)
    pause ();
}

/* With a child of its own, which must not be left over. */
static void
act_family (Job *job)
{
  if (fork () == 0) {
    while (TRUE)
      pause ();
  }
  die_by (SIGSEGV);
}

static void
act_slow (Job *job)
{
  for (guint i = 1; i <= 60; i++) {
    g_usleep (50 * 1000);
    send_progress (job, i);
  }
  send_result (job);
}

static void
act_nap (Job *job)
{
  send_progress (job, 1);
  g_usleep (5 * G_USEC_PER_SEC);
  send_result (job);
}

static void
act_endless (Job *job)
{
  for (guint64 i = 1;; i++) {
    send_progress (job, i);
    g_usleep (20 * 1000);
  }
}

static void
act_eats (Job *job)
{
  for (guint i = 1; i <= 1024; i++) {
    guint8 *block = malloc (MIB);

    if (!block)
      _exit (4);
    memset (block, (int)i, MIB);
    kept = block;
    send_progress (job, i);
    g_usleep (5000);
  }
  while (TRUE)
    pause ();
}

/* Stays below the limit, but only just, and keeps it. */
static void
act_keeps (Job *job)
{
  gsize size = 110 * MIB;

  if (kept)
    size += 110 * MIB;
  kept = malloc (size);
  if (!kept)
    _exit (4);
  memset (kept, 1, size);
  /* Long enough for a look at its memory to fall into it. */
  g_usleep (600 * 1000);
  send_result (job);
}

static void
act_garbage (Job *job)
{
  send_raw ("this is no frame at all", 23);
  while (TRUE)
    pause ();
}

static void
act_oversized (Job *job)
{
  send_raw ("CVI1\x04\0\0\0\xff\xff\xff\x7f", 12);
  while (TRUE)
    pause ();
}

static void
act_unknown_type (Job *job)
{
  send_raw ("CVI1\x63\0\0\0\x01\0\0\0\0", 13);
  while (TRUE)
    pause ();
}

static void
act_nonnormal (Job *job)
{
  send_raw ("CVI1\x04\0\0\0\x04\0\0\0\xff\xff\xff\xff", 16);
  while (TRUE)
    pause ();
}

static void
act_supervisor_type (Job *job)
{
  send_or_die (CVI_WIRE_QUIT, g_variant_new ("()"));
  while (TRUE)
    pause ();
}

static void
act_bad_finding (Job *job)
{
  send_or_die (CVI_WIRE_FINDING,
      g_variant_new ("(t(sydstttts))", job->id, "no::such-rule", 1, 0.5, "",
          CVI_NONE, CVI_NONE, CVI_NONE, (guint64)1, "made up"));
  while (TRUE)
    pause ();
}

static void
act_twice (Job *job)
{
  send_result (job);
  send_result (job);
}

static void
act_other_job (Job *job)
{
  job->id += 1000;
  send_result (job);
  while (TRUE)
    pause ();
}

static void
act_close (Job *job)
{
  close (FD);
  while (TRUE)
    pause ();
}

static void
act_cut (Job *job)
{
  find_damage (job);
  send_raw ("CVI1\x05\0\0\0\x20", 9);
  _exit (0);
}

static void
act_late_crash (Job *job)
{
  send_result (job);
  die_by (SIGSEGV);
}

/* Is this the first attempt at the file? Remembered beside the registry. */
gboolean
is_first (Job *job)
{
  g_autofree char *name = g_path_get_basename (job->path);
  g_autofree char *mark =
      g_strconcat (g_getenv ("GST_REGISTRY"), ".", name, NULL);
  int fd = open (mark, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

  if (fd < 0)
    return FALSE;
  close (fd);
  return TRUE;
}

static void
act_flaky_segv (Job *job)
{
  find_gap (job);
  if (is_first (job))
    die_by (SIGSEGV);
  send_result (job);
}

static void
act_flaky_hang (Job *job)
{
  while (is_first (job))
    pause ();
  send_result (job);
}

/* Plugs a decoder that crashes, unless it is to be left out. */
static void
use_decoder (Job *job, const char *factory, gboolean others)
{
  gboolean left_out =
      g_strv_contains ((const char *const *)job->without, factory);

  for (guint pass = 0; pass < 2; pass++)
    send_or_die (
        CVI_WIRE_DECODER, g_variant_new ("(tssbb)", job->id, "video/0",
                              left_out ? "good-dec" : factory, others, FALSE));
  if (!left_out)
    die_by (SIGSEGV);
}

static void
act_other_decoder (Job *job)
{
  use_decoder (job, "bad-dec", TRUE);
  send_result (job);
}

/* The decoder that crashes has seen damage. */
static void
act_damage_other_decoder (Job *job)
{
  if (!*job->without)
    find_damage (job);
  act_other_decoder (job);
}

/* The other one does not take the stream. */
static void
act_unfit_decoder (Job *job)
{
  use_decoder (job, "bad-dec", TRUE);
  send_finding (job,
      cvi_finding_new (CVI_RULE_STREAM_UNSUPPORTED, "video/0", "not for me"));
  send_result (job);
}

static void
act_lone_decoder (Job *job)
{
  use_decoder (job, "bad-dec", FALSE);
}

static void
act_no_decoder (Job *job)
{
  use_decoder (job, "bad-dec", TRUE);
  find_gap (job);
  die_by (SIGABRT);
}

/* Says all that it can about decoders. */
static void
act_many_decoders (Job *job)
{
  for (guint i = 0; i < 1000; i++) {
    g_autofree char *name = g_strdup_printf ("dec\x1b%04u%0200u", i, i);

    send_or_die (CVI_WIRE_DECODER,
        g_variant_new ("(tssbb)", job->id, "video/0", name, TRUE, FALSE));
  }
  die_by (SIGSEGV);
}

/* Silent, but at work. */
static void
act_reads (Job *job)
{
  int fd = open ("/dev/zero", O_RDONLY | O_CLOEXEC);
  char block[8192];

  for (guint i = 0; i < 50; i++) {
    if (read (fd, block, sizeof block) <= 0)
      _exit (4);
    g_usleep (100 * 1000);
  }
  close (fd);
  send_result (job);
}

/* Says for ever what it has said. */
static void
act_chatter (Job *job)
{
  find_gap (job);
  while (TRUE) {
    send_progress (job, 7);
    send_or_die (
        CVI_WIRE_DURATION, g_variant_new ("(tt)", job->id, (guint64)7));
    find_gap (job);
    g_usleep (20 * 1000);
  }
}

/* Finds something new for ever. */
static void
act_flood (Job *job)
{
  for (guint64 i = 0;; i++) {
    CviFinding *finding = cvi_finding_new (CVI_RULE_TIME_GAP, "video/0",
        "gap %" G_GUINT64_FORMAT " of too many", i);

    finding->start_ns = finding->end_ns =
        i * 60 * G_GUINT64_CONSTANT (1000000000);
    send_or_die (
        CVI_WIRE_FINDING, g_variant_new ("(t@" CVI_FINDING_VARIANT ")", job->id,
                              cvi_finding_to_variant (finding)));
    cvi_finding_free (finding);
  }
}

static void
act_liar (Job *job)
{
  g_free (job->result->path);
  job->result->path = g_strdup ("/elsewhere");
  job->result->size = 1;
  job->result->mtime_ns = 2;
  job->result->verdict = CVI_VERDICT_CORRUPT;
  send_result (job);
}

static void
act_findings (Job *job)
{
  find_gap (job);
  find_damage (job);
  send_result (job);
}

static void
act_gap (Job *job)
{
  find_gap (job);
  send_result (job);
}

/* Is there a registry, as the workers need one? */
static void
act_registry (Job *job)
{
  if (!g_file_test (g_getenv ("GST_REGISTRY"), G_FILE_TEST_IS_REGULAR))
    find_damage (job);
  send_result (job);
}

/* As a sandbox would have it. */
static void
act_guarded (Job *job)
{
  g_autofree char *real = realpath (job->path, NULL);
  gboolean readable = FALSE;

  for (char **root = roots; *root; root++)
    readable |= real && g_str_has_prefix (real, *root);
  if (!readable)
    send_finding (job, cvi_finding_from_errno (EACCES));
  send_result (job);
}

static const Act acts[] = { { "guarded", act_guarded },
  { "registry", act_registry }, { "damaged-segv", act_damaged_segv },
  { "flaky-segv", act_flaky_segv }, { "flaky-hang", act_flaky_hang },
  { "damage-other-decoder", act_damage_other_decoder },
  { "other-decoder", act_other_decoder },
  { "unfit-decoder", act_unfit_decoder }, { "lone-decoder", act_lone_decoder },
  { "no-decoder", act_no_decoder }, { "many-decoders", act_many_decoders },
  { "reads", act_reads }, { "chatter", act_chatter }, { "flood", act_flood },
  { "segv", act_segv }, { "abort", act_abort }, { "shot", act_shot },
  { "greedy", act_greedy }, { "forbidden", act_forbidden },
  { "exit3", act_exit3 }, { "exit0", act_exit0 }, { "hang", act_hang },
  { "family", act_family }, { "slow", act_slow }, { "nap", act_nap },
  { "endless", act_endless }, { "eats", act_eats }, { "keeps", act_keeps },
  { "garbage", act_garbage }, { "oversized", act_oversized },
  { "unknown-type", act_unknown_type }, { "nonnormal", act_nonnormal },
  { "supervisor-type", act_supervisor_type },
  { "bad-finding", act_bad_finding }, { "twice", act_twice },
  { "other-job", act_other_job }, { "close", act_close }, { "cut", act_cut },
  { "late-crash", act_late_crash }, { "liar", act_liar },
  { "findings", act_findings }, { "gap", act_gap }, { NULL } };

static gboolean
find_act (const Act *table, Job *job)
{
  for (; table->word; table++) {
    if (strstr (job->path, table->word)) {
      table->act (job);
      return TRUE;
    }
  }
  return FALSE;
}

/* A picture of @side pixels, and @size bytes. */
static GVariant *
make_jpeg (guint8 side, gsize size)
{
  static const guint8 head[] = { 0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 0, 0, 0,
    1, 1, 0x11, 0, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0 };
  g_autofree guint8 *data = g_malloc0 (size);

  memcpy (data, head, sizeof head);
  data[7] = data[9] = side ? 0 : 2;
  data[8] = data[10] = side;
  data[size - 2] = 0xff;
  data[size - 1] = 0xd9;
  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data, size, 1);
}

/* By the name: pictures of two places, or what no worker may send. */
static void
serve_pictures (guint64 id, const char *path)
{
  gboolean swapped = strstr (path, "swapped") != NULL;
  gboolean beyond = strstr (path, "beyond") != NULL;
  GVariantBuilder list;

  send_or_die (CVI_WIRE_BEGIN, g_variant_new ("(ts)", id, "pictures"));
  if (strstr (path, "segv"))
    die_by (SIGSEGV);
  while (strstr (path, "hang"))
    pause ();
  if (strstr (path, "result")) {
    g_autoptr (CviResult) result = cvi_result_new (path, CVI_MODE_QUICK);

    send_result (&(Job){ .id = id, .result = result });
  }
  g_variant_builder_init (&list, G_VARIANT_TYPE ("a(ubtay)"));
  g_variant_builder_add (&list, "(ubt@ay)", swapped ? 1u : 0u, TRUE,
      (guint64)40, make_jpeg (160, 300));
  g_variant_builder_add (&list, "(ubt@ay)", 0u, FALSE, (guint64)80,
      make_jpeg (strstr (path, "wide") ? 0 : 120,
          strstr (path, "heavy") ? 12 * 1024 + 1 : 12 * 1024));
  g_variant_builder_add (&list, "(ubt@ay)", beyond ? 2u : 1u, FALSE,
      (guint64)120, make_jpeg (90, 300));
  send_or_die (
      CVI_WIRE_PICTURES, g_variant_new ("(ta(ubtay))",
                             strstr (path, "other") ? id + 1 : id, &list));
  pause ();
}

static void
read_hardware (GVariant *options, Job *job)
{
  const char *hw, *device;
  gboolean session;

  if (!g_variant_lookup (options, "hw", "&s", &hw) ||
      !g_variant_lookup (options, "hw-session", "b", &session) ||
      !g_variant_lookup (options, "hw-device", "&s", &device) ||
      (!session && *device))
    _exit (7);
  job->hw_off = strcmp (hw, "off") == 0;
  job->hardware = session && !job->hw_off;
  job->device = device;
}

static void
serve_job (GVariant *body)
{
  g_autoptr (GVariant) wanted = NULL;
  g_autoptr (GVariant) path = g_variant_get_child_value (body, 1);
  g_autoptr (GVariant) options = g_variant_get_child_value (body, 3);
  g_autoptr (CviResult) result = NULL;
  g_auto (GStrv) without = NULL;
  Job job = { 0 };
  guint8 mode;

  g_variant_get_child (body, 0, "t", &job.id);
  g_variant_get_child (body, 2, "y", &mode);
  job.path = g_variant_get_bytestring (path);
  job.mode = (CviMode)mode;
  job.result = result = cvi_result_new (job.path, job.mode);

  wanted =
      g_variant_lookup_value (options, "thumbnails", G_VARIANT_TYPE ("a(st)"));
  if (wanted) {
    serve_pictures (job.id, job.path);
    return;
  }
  if (!g_variant_lookup (options, "without", "^as", &without))
    _exit (6);
  job.without = without;
  read_hardware (options, &job);

  if (strstr (job.path, "early-exit"))
    _exit (5);
  /* As a worker that does not see it any more. */
  if (strstr (job.path, "leaver") && used)
    _exit (0);
  used = TRUE;
  send_or_die (CVI_WIRE_BEGIN, g_variant_new ("(ts)", job.id, "first"));
  if (find_act (hw_acts, &job) || find_act (acts, &job))
    return;
  send_result (&job);
}

/* Leaves word of its surroundings where the registry would be. */
static int
warm_registry (void)
{
  const char *registry = g_getenv ("GST_REGISTRY");
  g_autofree char *text = g_strdup_printf ("update=%s fork=%s\n",
      g_getenv ("GST_REGISTRY_UPDATE") ? "set" : "unset",
      g_getenv ("GST_REGISTRY_FORK") ? "set" : "unset");
  g_autofree char *old = NULL;
  g_autofree char *all = NULL;

  if (!registry)
    return 1;
  g_file_get_contents (registry, &old, NULL, NULL);
  all = g_strconcat (old ? old : "", text, NULL);
  return g_file_set_contents (registry, all, -1, NULL) ? 0 : 1;
}

/* Is what a worker is promised true? */
static gboolean
is_set_up (void)
{
  return g_strcmp0 (g_getenv ("GST_REGISTRY_UPDATE"), "no") == 0 &&
         g_strcmp0 (g_getenv ("GST_REGISTRY_FORK"), "no") == 0 &&
         g_strcmp0 (g_getenv ("LC_ALL"), "C.UTF-8") == 0 &&
         g_getenv ("GST_REGISTRY") && !g_getenv ("GST_DEBUG") &&
         fcntl (FD + 1, F_GETFD) < 0;
}

/* Keeps what this worker may read. */
static gboolean
take_setup (void)
{
  g_autoptr (GVariant) body = NULL;
  g_autoptr (GVariant) paths = NULL;
  CviWireType type;

  body = cvi_wire_receive (FD, &type, NULL);
  if (!body || type != CVI_WIRE_SETUP)
    return FALSE;
  paths = g_variant_get_child_value (body, 1);
  roots = g_variant_dup_bytestring_array (paths, NULL);
  return TRUE;
}

/* LeakSanitizer looks for leaks from a process of its own, which a worker that
 * is killed at its end would leave behind; the tests count those. */
int __lsan_is_turned_off (void);

__attribute__ ((visibility ("default"))) int
__lsan_is_turned_off (void)
{
  return 1;
}

int
main (int argc, char **argv)
{
  g_autofree char *name = g_path_get_basename (argv[0]);
  const struct rlimit no_core = { 0, 0 };

  setpgid (0, 0);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  setrlimit (RLIMIT_CORE, &no_core);
  if (argc == 2 && strcmp (argv[1], "--warm-registry") == 0)
    return warm_registry ();
  if (argc != 3 || strcmp (argv[1], "--fd") != 0 || strcmp (argv[2], "3") != 0)
    return 2;
  if (!is_set_up () || strcmp (name, "dies") == 0)
    return 7;
  if (!take_setup ())
    return 8;
  send_or_die (CVI_WIRE_HELLO,
      g_variant_new ("(usss)",
          strcmp (name, "version") == 0 ? CVI_WIRE_PROTOCOL + 1
                                        : CVI_WIRE_PROTOCOL,
          "0", "none", strcmp (name, "bare") == 0 ? "a wall, a door" : ""));
  while (TRUE) {
    g_autoptr (GVariant) body = NULL;
    CviWireType type;

    body = cvi_wire_receive (FD, &type, NULL);
    if (!body || type != CVI_WIRE_JOB)
      return 0;
    serve_job (body);
  }
}
