/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "tools/worker/cvi-read-tap.h"

#define FILE_SIZE 10000

typedef struct {
  char *path;
  GstElement *source;
  GstPad *pad;
  CviReadTap *tap;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  g_autofree char *data = g_malloc0 (FILE_SIZE);
  int fd = g_file_open_tmp ("cvi-read-tap-XXXXXX", &f->path, NULL);

  g_assert_cmpint (fd, >=, 0);
  close (fd);
  g_assert_true (g_file_set_contents (f->path, data, FILE_SIZE, NULL));
  f->source = gst_object_ref_sink (gst_element_factory_make ("filesrc", NULL));
  g_object_set (f->source, "location", f->path, NULL);
  f->pad = gst_element_get_static_pad (f->source, "src");
  f->tap = cvi_read_tap_new (f->source);
  gst_element_set_state (f->source, GST_STATE_READY);
  g_assert_true (gst_pad_activate_mode (f->pad, GST_PAD_MODE_PULL, TRUE));
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  gst_element_set_state (f->source, GST_STATE_NULL);
  cvi_read_tap_free (f->tap);
  gst_object_unref (f->pad);
  gst_object_unref (f->source);
  g_unlink (f->path);
  g_free (f->path);
}

static void
pull (Fixture *f, guint64 offset, guint size)
{
  GstBuffer *buffer = NULL;

  if (gst_pad_get_range (f->pad, offset, size, &buffer) == GST_FLOW_OK)
    gst_buffer_unref (buffer);
}

static void
assert_past_end (Fixture *f, gboolean expected, guint64 offset, guint64 missing)
{
  CviPastEnd seen = cvi_read_tap_get_past_end (f->tap);

  g_assert_cmpint (seen.missing > 0, ==, expected);
  g_assert_cmpuint (seen.missing, ==, missing);
  if (expected)
    g_assert_cmpuint (seen.offset, ==, offset);
}

static void
test_inside (Fixture *f, gconstpointer unused)
{
  pull (f, 0, 1000);
  pull (f, FILE_SIZE - 1000, 1000);
  assert_past_end (f, FALSE, 0, 0);
  g_assert_cmpuint (cvi_read_tap_get_bytes (f->tap), ==, 2000);
}

/* Of what is read only the masked bytes are zeros, and the file stays. */
static void
test_mask (Fixture *f, gconstpointer unused)
{
  static const struct {
    guint64 offset;
    guint size;
  } reads[] = { { 0, 100 }, { 90, 20 }, { 100, 4 }, { 102, 50 }, { 104, 10 } };
  char data[FILE_SIZE];

  memset (data, 7, sizeof data);
  g_assert_true (g_file_set_contents (f->path, data, FILE_SIZE, NULL));
  gst_element_set_state (f->source, GST_STATE_NULL);
  gst_element_set_state (f->source, GST_STATE_READY);
  g_assert_true (gst_pad_activate_mode (f->pad, GST_PAD_MODE_PULL, TRUE));
  cvi_read_tap_set_mask (f->tap, 100, 4);
  for (guint i = 0; i < G_N_ELEMENTS (reads); i++) {
    GstBuffer *buffer = NULL;
    GstMapInfo map;

    g_assert_cmpint (
        gst_pad_get_range (f->pad, reads[i].offset, reads[i].size, &buffer), ==,
        GST_FLOW_OK);
    g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
    g_assert_cmpuint (map.size, ==, reads[i].size);
    for (guint64 at = 0; at < map.size; at++) {
      guint64 pos = reads[i].offset + at;

      g_assert_cmpint (map.data[at], ==, pos >= 100 && pos < 104 ? 0 : 7);
    }
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
}

/* A request that begins at or behind the end asks whether there is more. */
static void
test_behind (Fixture *f, gconstpointer unused)
{
  pull (f, FILE_SIZE, 8);
  pull (f, FILE_SIZE + 5, 8);
  assert_past_end (f, FALSE, 0, 0);
}

static void
test_blocks (Fixture *f, gconstpointer unused)
{
  pull (f, FILE_SIZE - 100, 4096);
  pull (f, 0, 65536);
  assert_past_end (f, FALSE, 0, 0);
}

static void
test_past (Fixture *f, gconstpointer unused)
{
  pull (f, FILE_SIZE - 700, 1000);
  pull (f, FILE_SIZE - 100, 1000);
  assert_past_end (f, TRUE, FILE_SIZE - 700, 300);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add (
      "/read-tap/inside", Fixture, NULL, set_up, test_inside, tear_down);
  g_test_add ("/read-tap/mask", Fixture, NULL, set_up, test_mask, tear_down);
  g_test_add (
      "/read-tap/behind", Fixture, NULL, set_up, test_behind, tear_down);
  g_test_add (
      "/read-tap/blocks", Fixture, NULL, set_up, test_blocks, tear_down);
  g_test_add ("/read-tap/past", Fixture, NULL, set_up, test_past, tear_down);
  return g_test_run ();
}
