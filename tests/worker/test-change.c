/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Files that change while they are checked, and what the check tells while it
 * runs. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <glib/gstdio.h>
#include <gst/gst.h>

#include "plugin/element/gstcvicheck.h"
#include "tools/worker/cvi-check.h"

#define CLIP "h264-aac.mp4"

static const char *media;
static char *folder;

/* One check, and what is done to its file in the middle of it. */
typedef struct {
  const char *path;
  void (*act) (const char *path);
  guint64 duration_ns;
  GMutex lock;
  GString *decoders; /* under lock */
} Run;

static void
ignore_finding (const CviFinding *finding, gpointer user_data)
{
}

static void
ignore_progress (
    guint64 buffers, guint64 bytes, guint64 position_ns, gpointer user_data)
{
}

static void
note_decoder (const char *stream, const char *factory, gboolean others,
    gboolean hardware, gpointer user_data)
{
  Run *run = user_data;

  g_mutex_lock (&run->lock);
  g_string_append_printf (
      run->decoders, "%s %s %s;", stream, factory, others ? "others" : "-");
  g_mutex_unlock (&run->lock);
}

/* The container has been walked, nothing decoded yet. */
static void
act_now (guint64 duration_ns, gpointer user_data)
{
  Run *run = user_data;

  run->duration_ns = duration_ns;
  if (run->act)
    run->act (run->path);
}

static CviResult *
check (Run *run, const CviCheckJob *job)
{
  static const CviCheckCallbacks callbacks = { ignore_finding, ignore_progress,
    note_decoder, act_now };
  CviResult *result;

  run->path = job->path;
  run->decoders = g_string_new (NULL);
  g_mutex_init (&run->lock);
  result = cvi_check_file (job, &callbacks, run);
  g_mutex_clear (&run->lock);
  g_assert_cmpuint (run->duration_ns, >, 0);
  return result;
}

static char *
copy_clip (const char *name)
{
  g_autofree char *from = g_build_filename (media, CLIP, NULL);
  g_autofree char *data = NULL;
  char *to = g_build_filename (folder, name, NULL);
  gsize size;

  g_assert_true (g_file_get_contents (from, &data, &size, NULL));
  g_assert_true (g_file_set_contents (to, data, (gssize)size, NULL));
  return to;
}

static void
append (const char *path)
{
  int fd = open (path, O_WRONLY | O_APPEND | O_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, "more", 4), ==, 4);
  close (fd);
}

/* Damage that is none. */
static void
overwrite (const char *path)
{
  static const char zeros[32768];
  int fd = open (path, O_WRONLY | O_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (pwrite (fd, zeros, sizeof zeros, 20000), ==, sizeof zeros);
  close (fd);
}

static void
replace (const char *path)
{
  g_autofree char *other = copy_clip ("other.mp4");

  g_assert_cmpint (g_rename (other, path), ==, 0);
}

static void
take_away (const char *path)
{
  g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
shorten (const char *path)
{
  g_assert_cmpint (truncate (path, 30000), ==, 0);
}

static const struct {
  const char *name;
  void (*act) (const char *path);
  CviVerdict verdict;
  CviRuleId rule;
} changes[] = {
  { "none", NULL, CVI_VERDICT_HEALTHY, CVI_N_RULES },
  { "append", append, CVI_VERDICT_INCOMPLETE, CVI_RULE_IO_CHANGED },
  { "overwrite", overwrite, CVI_VERDICT_INCOMPLETE, CVI_RULE_IO_CHANGED },
  { "replace", replace, CVI_VERDICT_INCOMPLETE, CVI_RULE_IO_CHANGED },
  { "shorten", shorten, CVI_VERDICT_INCOMPLETE, CVI_RULE_IO_CHANGED },
  { "take-away", take_away, CVI_VERDICT_UNREADABLE, CVI_RULE_IO_VANISHED },
};

static void
test_change (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autofree char *path = copy_clip ("clip.mp4");
  CviCheckJob job = { .path = path, .mode = CVI_MODE_DEEP, .hw = CVI_HW_OFF };
  Run run = { .act = changes[i].act };
  g_autoptr (CviResult) result = check (&run, &job);

  for (guint f = 0; f < result->findings->len; f++) {
    const CviFinding *finding = g_ptr_array_index (result->findings, f);

    g_test_message ("%s %s: %s", cvi_severity_to_string (finding->severity),
        finding->rule->id, finding->message);
  }
  g_assert_cmpstr (cvi_verdict_to_string (result->verdict), ==,
      cvi_verdict_to_string (changes[i].verdict));
  if (changes[i].rule < CVI_N_RULES)
    g_assert_nonnull (cvi_result_find (result, changes[i].rule));
  g_string_free (run.decoders, TRUE);
  g_unlink (path);
}

/* What the supervisor knows of the file counts. */
static void
test_listed (void)
{
  g_autofree char *path = copy_clip ("clip.mp4");
  CviCheckJob job = {
    .path = path, .mode = CVI_MODE_QUICK, .hw = CVI_HW_OFF, .listed = TRUE
  };
  struct stat status;

  g_assert_cmpint (stat (path, &status), ==, 0);
  job.size = (guint64)status.st_size;
  job.mtime_ns = status.st_mtim.tv_sec * G_GINT64_CONSTANT (1000000000) +
                 status.st_mtim.tv_nsec;
  for (guint i = 0; i < 2; i++) {
    Run run = { 0 };
    g_autoptr (CviResult) result = check (&run, &job);

    g_assert_cmpint (
        cvi_result_find (result, CVI_RULE_IO_CHANGED) != NULL, ==, i == 1);
    g_string_free (run.decoders, TRUE);
    job.mtime_ns--;
  }
  g_unlink (path);
}

/* Another decoder of the codec takes the place of one that is left out; one
 * that nothing can take the place of stays. */
static void
test_without (void)
{
  const char *const without[] = { "avdec_h264", "nonesuch", NULL };
  const char *const all[] = { "openh264dec", "avdec_h264", NULL };
  g_autofree char *path = g_build_filename (media, CLIP, NULL);
  CviCheckJob job = { .path = path, .mode = CVI_MODE_DEEP, .hw = CVI_HW_OFF };

  for (guint i = 0; i < 3; i++) {
    Run run = { 0 };
    g_autoptr (CviResult) result = check (&run, &job);

    g_test_message ("%s", run.decoders->str);
    g_assert_cmpstr (cvi_verdict_to_string (result->verdict), ==, "healthy");
    g_assert_nonnull (strstr (run.decoders->str,
        i == 1 ? "video/0 openh264dec others;" : "video/0 avdec_h264 others;"));
    g_assert_nonnull (strstr (run.decoders->str, "audio/0 "));
    g_string_free (run.decoders, TRUE);
    job.without = i == 0 ? without : all;
  }
}

int
main (int argc, char **argv)
{
  int status;

  gst_debug_remove_log_function (gst_debug_log_default);
  gst_init (&argc, &argv);
  GST_ELEMENT_REGISTER (cvicheck, NULL);
  g_test_init (&argc, &argv, NULL);
  media = g_getenv ("CVI_MEDIA");
  if (!media)
    g_error ("CVI_MEDIA must name the folder of clips");
  folder = g_dir_make_tmp ("cvi-change-XXXXXX", NULL);
  g_assert_nonnull (folder);
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++) {
    g_autofree char *name = g_strdup_printf ("/change/%s", changes[i].name);

    g_test_add_data_func (name, GUINT_TO_POINTER (i), test_change);
  }
  g_test_add_func ("/change/listed", test_listed);
  g_test_add_func ("/change/without", test_without);
  status = g_test_run ();
  g_rmdir (folder);
  g_free (folder);
  return status;
}
