/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What passes for a small JPEG picture. */
#include "tools/pool/cvi-jpeg.h"

#include <string.h>

#define SOF(height, width)                                                     \
  0xff, 0xc0, 0, 11, 8, 0, height, 0, width, 1, 1, 0x11, 0
#define SOS 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0
#define COMMENT 0xff, 0xfe, 0, 4, 'h', 'i'

/* A change of one byte of the sound picture. */
typedef struct {
  const char *what;
  guint at;
  guint8 value;
  gboolean passes;
} Change;

static const guint8 sound[] = { 0xff, 0xd8, COMMENT, SOF (90, 160), SOS, 0x55,
  0xff, 0xd9 };

static const Change changes[] = {
  { "SOI", 1, 0xd9, FALSE },
  { "marker", 2, 0, FALSE },
  { "comment's end", 5, 200, FALSE },
  { "comment's length", 5, 1, FALSE },
  { "comment of two bytes more", 5, 6, FALSE },
  { "application data", 3, 0xe1, TRUE },
  { "progressive", 9, 0xc2, FALSE },
  { "no frame header", 9, 0xdb, FALSE },
  { "12 bits", 12, 12, FALSE },
  { "high", 13, 2, FALSE },
  { "no height", 14, 0, FALSE },
  { "wide", 15, 1, FALSE },
  { "no width", 16, 0, FALSE },
  { "four components", 17, 4, FALSE },
  { "three components in the room of one", 17, 3, FALSE },
  { "scan's length", 24, 100, FALSE },
  { "scan", 31, 0xff, TRUE },
  { "EOI", 33, 0xd8, FALSE },
};

static void
test_changes (void)
{
  g_assert_true (cvi_jpeg_is_picture (sound, sizeof sound, 320));
  g_assert_true (cvi_jpeg_is_picture (sound, sizeof sound, 160));
  g_assert_false (cvi_jpeg_is_picture (sound, sizeof sound, 159));
  for (gsize i = 0; i < G_N_ELEMENTS (changes); i++) {
    guint8 data[sizeof sound];
    gboolean passes;

    memcpy (data, sound, sizeof sound);
    g_assert_cmpuint (data[changes[i].at], !=, changes[i].value);
    data[changes[i].at] = changes[i].value;
    passes = cvi_jpeg_is_picture (data, sizeof data, 320);
    if (passes != changes[i].passes)
      g_error ("%s: %d", changes[i].what, passes);
  }
}

/* No part of it is one: bytes behind the end are not looked at. */
static void
test_cut (void)
{
  for (gsize len = 0; len < sizeof sound; len++) {
    g_autofree guint8 *data = g_memdup2 (sound, len);

    g_assert_false (cvi_jpeg_is_picture (data, len, 320));
    if (len < 2)
      continue;
    data[len - 2] = 0xff;
    data[len - 1] = 0xd9;
    g_assert_cmpint (cvi_jpeg_is_picture (data, len, 320), ==, len > 32);
  }
}

static void
test_second_frame (void)
{
  static const guint8 twice[] = { 0xff, 0xd8, SOF (90, 160), SOF (90, 160), SOS,
    0x55, 0xff, 0xd9 };

  g_assert_false (cvi_jpeg_is_picture (twice, sizeof twice, 320));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/jpeg/changes", test_changes);
  g_test_add_func ("/jpeg/cut", test_cut);
  g_test_add_func ("/jpeg/second-frame", test_second_frame);
  return g_test_run ();
}
