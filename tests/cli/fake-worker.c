/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Stands in for cvi-gst-worker where the tests are about the supervisor: what
 * it finds depends on the name of the file, and on whether it is there. It
 * appends every path that it is given to $CVI_FAKE_LOG, and takes
 * $CVI_FAKE_DELAY_MS for each. After as many of them as the file $CVI_FAKE_HOLD
 * says it waits at each as long as that file is there; at one with "held" in
 * its name until the file $CVI_FAKE_GATE is there. Two at work at once meet in
 * the file $CVI_FAKE_ALONE; with $CVI_FAKE_PROGRESS half of each file is told
 * to be read before; $CVI_FAKE_CODEC is its video's codec. Of the sandbox it
 * lacks what $CVI_FAKE_MISSING says. With $CVI_FAKE_HANG it does not answer
 * what is asked without a file, nor does a child of its. Of a file with "timed"
 * in its name it tells as much as of a real one: a length, streams, findings at
 * places. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/fixity/cvi-verify-file.h"
#include "tools/pool/cvi-wire.h"

static const struct {
  const char *name;
  CviRuleId rule;
} findings[] = {
  { "corrupt", CVI_RULE_DECODE_ERROR },
  { "gap", CVI_RULE_TIME_GAP },
  { "encrypted", CVI_RULE_STREAM_ENCRYPTED },
  { "unreadable", CVI_RULE_IO_ERROR },
  { "always-written", CVI_RULE_IO_CHANGED },
};

/* Returns: the how many-th path of the log it has become */
static guint64
note_path (const char *path)
{
  const char *log = getenv ("CVI_FAKE_LOG");
  FILE *file = log ? fopen (log, "a+e") : NULL;
  guint64 number = 0;
  long end;

  if (!file)
    return 0;
  fprintf (file, "%s\n", path);
  fflush (file);
  /* Others may have gone on writing. */
  end = ftell (file);
  rewind (file);
  while (end-- > 0)
    number += fgetc (file) == '\n';
  fclose (file);
  return number;
}

static void
wait_while_held (guint64 number)
{
  const char *hold = getenv ("CVI_FAKE_HOLD");

  while (hold) {
    g_autofree char *text = NULL;

    if (!g_file_get_contents (hold, &text, NULL, NULL) ||
        number <= g_ascii_strtoull (text, NULL, 10))
      return;
    g_usleep (10 * 1000);
  }
}

/* What the file's hardware decoders may do, in the file $CVI_FAKE_HW. */
static void
note_hardware (GVariant *options)
{
  const char *path = getenv ("CVI_FAKE_HW");
  const char *hw = "?";

  g_variant_lookup (options, "hw", "&s", &hw);
  if (path && !g_file_set_contents (path, hw, -1, NULL))
    exit (EXIT_FAILURE);
}

/* Has @path been given only once so far? */
static gboolean
is_new (const char *path)
{
  const char *log = getenv ("CVI_FAKE_LOG");
  g_autofree char *text = NULL;
  const char *found;

  if (!log || !g_file_get_contents (log, &text, NULL, NULL))
    return TRUE;
  found = strstr (text, path);
  return !found || !strstr (found + 1, path);
}

static void
wait_as_asked (const char *name)
{
  const char *delay = getenv ("CVI_FAKE_DELAY_MS");
  const char *gate = getenv ("CVI_FAKE_GATE");

  if (strstr (name, "crash"))
    raise (SIGABRT);
  if (strstr (name, "hang")) {
    while (TRUE)
      pause ();
  }
  /* Until the test makes $CVI_FAKE_GATE. */
  while (gate && strstr (name, "held") && access (gate, F_OK) != 0)
    g_usleep (10 * 1000);
  if (delay)
    g_usleep ((gulong)g_ascii_strtoull (delay, NULL, 10) * 1000);
}

/* Is another worker at work right now? Makes $CVI_FAKE_ALONE while it is. */
static gboolean
is_alone (void)
{
  const char *mark = getenv ("CVI_FAKE_ALONE");
  int fd;

  if (!mark)
    return TRUE;
  fd = open (mark, O_CREAT | O_EXCL | O_CLOEXEC | O_WRONLY, 0600);
  if (fd >= 0)
    close (fd);
  return fd >= 0;
}

#define SECOND G_GUINT64_CONSTANT (1000000000)

static void
add_timed_stream (CviResult *result, const char *id, const char *kind,
    const char *codec, guint64 duration_ns, const char *reason)
{
  CviStream *stream = cvi_stream_new (id, kind);

  stream->codec = g_strdup (codec);
  stream->frames = 2500;
  stream->duration_ns = duration_ns;
  stream->checked = !reason;
  stream->reason = g_strdup (reason);
  g_ptr_array_add (result->streams, stream);
}

/* A file of 100 s: a picture, sound of 50 s and sound that is not checked. What
 * was found by the name is at 25 s, in a corrupt file also from 60 s to 70 s,
 * and at a byte. */
static void
add_times (CviResult *result, const char *name)
{
  gboolean mkv = g_str_has_suffix (name, ".mkv");

  result->container = g_strdup (mkv ? "matroska" : "iso-bmff");
  result->duration_ns = 100 * SECOND;
  add_timed_stream (
      result, "video/0", "video", mkv ? "VP9" : "H.264", 100 * SECOND, NULL);
  add_timed_stream (result, "audio/0", "audio", "AAC", 50 * SECOND, NULL);
  add_timed_stream (result, "audio/1", "audio", "DTS", CVI_NONE, "no decoder");
  for (guint i = 0; i < result->findings->len; i++) {
    CviFinding *finding = g_ptr_array_index (result->findings, i);

    finding->start_ns = finding->end_ns = 25 * SECOND;
  }
  if (strstr (name, "corrupt")) {
    CviFinding *gap =
        cvi_finding_new (CVI_RULE_TIME_GAP, "video/0", "10 s missing");
    CviFinding *index =
        cvi_finding_new (CVI_RULE_CONTAINER_INDEX, NULL, "no such place");

    gap->start_ns = 60 * SECOND;
    gap->end_ns = 70 * SECOND;
    cvi_result_add (result, gap);
    index->offset = 1;
    cvi_result_add (result, index);
  }
}

static CviResult *
check (const char *path, CviMode mode)
{
  g_autofree char *name = g_path_get_basename (path);
  CviResult *result = cvi_result_new (path, mode);
  guint64 number = note_path (path);

  if (!is_alone ())
    cvi_result_add (result,
        cvi_finding_new (CVI_RULE_DECODE_ERROR, "video/0", "not alone"));
  wait_as_asked (name);
  wait_while_held (number);
  if (getenv ("CVI_FAKE_ALONE"))
    unlink (getenv ("CVI_FAKE_ALONE"));
  for (guint i = 0; i < G_N_ELEMENTS (findings); i++) {
    if (strstr (name, findings[i].name))
      cvi_result_add (result,
          cvi_finding_new (findings[i].rule, "video/0", "said the file name"));
  }
  if (strstr (name, "once-written") && is_new (path))
    cvi_result_add (
        result, cvi_finding_new (CVI_RULE_IO_CHANGED, NULL, "once"));
  if (access (path, R_OK) < 0)
    cvi_result_add (result, cvi_finding_from_errno (errno));
  if (strstr (name, "timed"))
    add_times (result, name);
  return result;
}

/* Of each file 50 frames and two seconds, for a second of CPU time. */
static void
add_stream (CviResult *result, const char *codec)
{
  CviStream *stream = cvi_stream_new ("video/0", "video");

  stream->codec = g_strdup (codec);
  stream->frames = 50;
  stream->duration_ns = 2 * G_GUINT64_CONSTANT (1000000000);
  stream->checked = TRUE;
  g_ptr_array_add (result->streams, stream);
  result->cpu_s = 1;
}

static void
send_frame (int fd, CviWireType type, GVariant *body)
{
  if (!cvi_wire_send (fd, type, body, NULL))
    exit (EXIT_FAILURE);
}

/* As the true worker: a hash of what was asked for, unless the name says that
 * the file has none. */
static void
send_hashes (int fd, guint64 job, const char *path, GVariant *options)
{
  g_autoptr (CviReadGate) gate = cvi_read_gate_new (0);
  g_autoptr (CviLook) look = cvi_look_new (0, path);
  const char *hash = "none";

  g_variant_lookup (options, "hash", "&s", &hash);
  g_variant_lookup (options, "hash-block", "t", &look->block_size);
  look->sha256 = g_str_equal (hash, "sha256");
  if (g_str_equal (hash, "none") || strstr (path, "hashless"))
    return;
  cvi_look_run (look, gate);
  if (look->now)
    send_frame (fd, CVI_WIRE_HASHES,
        g_variant_new ("(t@" CVI_FIXITY_VARIANT ")", job,
            cvi_fixity_to_variant (look->now)));
}

static guint64
half_of (const char *path)
{
  struct stat st;

  return stat (path, &st) == 0 ? (guint64)st.st_size / 2 : 0;
}

static void
serve_job (int fd, GVariant *body)
{
  g_autoptr (GVariant) options = g_variant_get_child_value (body, 3);
  g_autoptr (GVariant) path = g_variant_get_child_value (body, 1);
  g_autoptr (CviResult) result = NULL;
  guint64 job;
  guint8 mode;

  g_variant_get_child (body, 0, "t", &job);
  g_variant_get_child (body, 2, "y", &mode);
  note_hardware (options);
  send_frame (fd, CVI_WIRE_BEGIN, g_variant_new ("(ts)", job, "fake"));
  if (getenv ("CVI_FAKE_PROGRESS"))
    send_frame (fd, CVI_WIRE_PROGRESS,
        g_variant_new ("(tttt)", job, G_GUINT64_CONSTANT (1),
            half_of (g_variant_get_bytestring (path)), G_GUINT64_CONSTANT (0)));
  result = check (g_variant_get_bytestring (path), mode);
  if (getenv ("CVI_FAKE_CODEC"))
    add_stream (result, getenv ("CVI_FAKE_CODEC"));
  send_hashes (fd, job, g_variant_get_bytestring (path), options);
  send_frame (fd, CVI_WIRE_RESULT,
      g_variant_new (
          "(t@" CVI_RESULT_VARIANT ")", job, cvi_result_to_variant (result)));
}

static int
serve (int fd)
{
  const char *from_env = getenv ("CVI_FAKE_MISSING");
  const char *missing = from_env ? from_env : "";
  g_autoptr (GVariant) setup = NULL;
  CviWireType type;

  setup = cvi_wire_receive (fd, &type, NULL);
  if (!setup || type != CVI_WIRE_SETUP)
    return EXIT_FAILURE;
  send_frame (fd, CVI_WIRE_HELLO,
      g_variant_new ("(usss)", CVI_WIRE_PROTOCOL, "fake", "fake", missing));
  type = CVI_WIRE_JOB;
  while (type == CVI_WIRE_JOB) {
    g_autoptr (GVariant) body = cvi_wire_receive (fd, &type, NULL);

    if (!body)
      return EXIT_FAILURE;
    if (type == CVI_WIRE_JOB)
      serve_job (fd, body);
  }
  return EXIT_SUCCESS;
}

/* With a child, as one that has plugins looked at. */
static void
hang (void)
{
  if (fork () < 0)
    exit (EXIT_FAILURE);
  while (TRUE)
    pause ();
}

int
main (int argc, char **argv)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  setpgid (0, 0);
  if (argc == 3 && g_str_equal (argv[1], "--fd"))
    return serve ((int)g_ascii_strtoll (argv[2], NULL, 10));
  if (argc >= 2 && getenv ("CVI_FAKE_HANG") &&
      !g_str_equal (argv[1], "--warm-registry"))
    hang ();
  if (argc == 2 && g_str_equal (argv[1], "--doctor"))
    puts ("{\"gstreamer\":\"9.8.7\",\"decoders\":[{\"codec\":\"H.264\","
          "\"elements\":[{\"name\":\"fakedec\",\"hardware\":true}]},"
          "{\"codec\":\"VP8\",\"elements\":[]}],\"missing\":[{\"what\":"
          "\"all else\",\"package\":\"some-package\"}],"
          "\"hardware\":{\"decoders\":[{\"name\":\"fakedec\",\"plugin\":"
          "\"fake\",\"device\":\"/dev/fake\",\"types\":[\"video/x-h264\"],"
          "\"max_width\":4096,\"max_height\":2304}],\"support\":[{\"name\":"
          "\"NVDEC\",\"problem\":\"there is no /dev/nvidia\"},{\"name\":"
          "\"VA\",\"problem\":\"\"}]},\"sandbox\":"
          "{\"no_new_privs\":true,\"landlock_abi\":3,\"seccomp\":false,"
          "\"complete\":false,\"missing\":\"seccomp\"}}");
  return EXIT_SUCCESS;
}
