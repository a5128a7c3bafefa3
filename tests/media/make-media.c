/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Makes small healthy clips in many containers and codecs with GStreamer.
 */
#include "tests/media/media-clips.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <stdlib.h>
#include <string.h>

/* No clip needs more than a few seconds; a pipeline that hangs is a bug. */
#define CLIP_TIMEOUT (120 * GST_SECOND)

#define EXIT_USAGE 2

typedef enum {
  MADE,
  MISSING, /* an encoder or muxer is not installed */
  FAILED,
} Outcome;

/* The pipeline, or NULL with @missing (elements) or @error set. */
static GstElement *
parse_clip (const MediaClip *clip, char **missing, GError **error)
{
  GstParseContext *context = gst_parse_context_new ();
  g_autofree char *launch = media_clip_pipeline (clip);
  GstElement *pipeline = gst_parse_launch_full (
      launch, context, GST_PARSE_FLAG_FATAL_ERRORS, error);
  g_auto (GStrv) names = gst_parse_context_get_missing_elements (context);

  gst_parse_context_free (context);
  if (names && names[0]) {
    g_clear_error (error);
    gst_clear_object (&pipeline);
    *missing = g_strjoinv (" ", names);
    return NULL;
  }
  if (pipeline && *error)
    gst_clear_object (&pipeline);
  return pipeline;
}

static gboolean
run_pipeline (GstElement *pipeline, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, CLIP_TIMEOUT, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (!message) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_FAILED,
        "no end after %d s", (int)(CLIP_TIMEOUT / GST_SECOND));
    return FALSE;
  }
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, error, NULL);
    return FALSE;
  }
  return TRUE;
}

static GstPadProbeReturn
thin_out (GstPad *pad, GstPadProbeInfo *info, gpointer index)
{
  (void)pad;
  (void)info;
  return media_clip_keeps_frame ((*(guint *)index)++) ? GST_PAD_PROBE_OK
                                                      : GST_PAD_PROBE_DROP;
}

static void
thin_out_frames (GstElement *pipeline)
{
  g_autoptr (GstElement) thinned =
      gst_bin_get_by_name (GST_BIN (pipeline), MEDIA_CLIP_THINNED);
  g_autoptr (GstPad) pad =
      thinned ? gst_element_get_static_pad (thinned, "sink") : NULL;

  if (pad)
    gst_pad_add_probe (
        pad, GST_PAD_PROBE_TYPE_BUFFER, thin_out, g_new0 (guint, 1), g_free);
}

/* Writes beside the clip and renames at the end, so that a clip that is there
 * is whole. */
static gboolean
write_clip (GstElement *pipeline, const char *path, GError **error)
{
  g_autofree char *part = g_strconcat (path, ".part", NULL);
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "out");

  g_object_set (sink, "location", part, NULL);
  thin_out_frames (pipeline);
  /* For the ids in headers: the same whichever clips were made before. */
  g_random_set_seed (1);
  if (!run_pipeline (pipeline, error)) {
    (void)g_unlink (part);
    return FALSE;
  }
  if (g_rename (part, path) < 0) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
        "cannot rename to %s: %s", path, g_strerror (errno));
    return FALSE;
  }
  return TRUE;
}

static Outcome
make_clip (const MediaClip *clip, const char *folder)
{
  g_autofree char *path = g_build_filename (folder, clip->name, NULL);
  g_autofree char *missing = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = parse_clip (clip, &missing, &error);

  if (missing) {
    g_printerr (
        "make-media: %s left out, not installed: %s\n", clip->name, missing);
    return MISSING;
  }
  if (!pipeline || !write_clip (pipeline, path, &error)) {
    g_printerr ("make-media: %s: %s\n", clip->name,
        error ? error->message : "cannot build the pipeline");
    return FAILED;
  }
  return MADE;
}

static int
list_clips (void)
{
  int status = EXIT_SUCCESS;

  for (const MediaClip *clip = media_clips; clip->name; clip++) {
    g_autofree char *missing = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (GstElement) pipeline = parse_clip (clip, &missing, &error);

    if (missing) {
      g_print ("%s\tmissing %s\n", clip->name, missing);
    } else if (!pipeline) {
      g_print ("%s\terror %s\n", clip->name, error->message);
      status = EXIT_FAILURE;
    } else {
      g_print ("%s\tok\n", clip->name);
    }
  }
  return status;
}

static gboolean
is_wanted (const MediaClip *clip, char *const *names)
{
  return !names[0] || g_strv_contains ((const char *const *)names, clip->name);
}

static gboolean
names_are_known (char *const *names)
{
  for (; *names; names++) {
    const MediaClip *clip = media_clips;

    while (clip->name && strcmp (clip->name, *names) != 0)
      clip++;
    if (!clip->name) {
      g_printerr ("make-media: no such clip: %s\n", *names);
      return FALSE;
    }
  }
  return TRUE;
}

/* Makes the clips in @names, or all if there are none; the names of those that
 * were made go to the file @stamp, if any. */
static int
make_clips (const char *folder, char *const *names, const char *stamp)
{
  g_autoptr (GString) made = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  gboolean failed = FALSE;

  if (g_mkdir_with_parents (folder, 0755) < 0) {
    g_printerr ("make-media: %s: %s\n", folder, g_strerror (errno));
    return EXIT_FAILURE;
  }
  for (const MediaClip *clip = media_clips; clip->name; clip++) {
    Outcome outcome;

    if (!is_wanted (clip, names))
      continue;
    outcome = make_clip (clip, folder);
    if (outcome == MADE)
      g_string_append_printf (made, "%s\n", clip->name);
    failed = failed || outcome == FAILED;
  }
  if (failed)
    return EXIT_FAILURE;
  if (stamp && !g_file_set_contents (stamp, made->str, -1, &error)) {
    g_printerr ("make-media: %s\n", error->message);
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

int
main (int argc, char **argv)
{
  g_auto (GStrv) rest = NULL;
  g_autofree char *stamp = NULL;
  gboolean list = FALSE;
  const GOptionEntry entries[] = {
    { "list", 0, 0, G_OPTION_ARG_NONE, &list,
        "Print every clip and whether it can be made here", NULL },
    { "stamp", 0, 0, G_OPTION_ARG_FILENAME, &stamp,
        "Write the names of the clips made to FILE", "FILE" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rest, NULL,
        "FOLDER [CLIP...]" },
    { NULL },
  };
  g_autoptr (GOptionContext) options = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (options, entries, NULL);
  g_option_context_add_group (options, gst_init_get_option_group ());
  if (!g_option_context_parse (options, &argc, &argv, &error)) {
    g_printerr ("make-media: %s\n", error->message);
    return EXIT_USAGE;
  }
  if (list)
    return list_clips ();
  if (!rest || !rest[0]) {
    g_printerr ("usage: make-media [--list] [--stamp FILE] FOLDER [CLIP...]\n");
    return EXIT_USAGE;
  }
  if (!names_are_known (rest + 1))
    return EXIT_USAGE;
  return make_clips (rest[0], rest + 1, stamp);
}
