/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Which decoders are taken, with a pretended piece of hardware at hand. */
#include <string.h>

#include "tools/worker/cvi-decoders.h"

typedef GstElement PretendDec;
typedef GstElementClass PretendDecClass;
GType pretend_dec_get_type (void);
G_DEFINE_TYPE (PretendDec, pretend_dec, GST_TYPE_ELEMENT)

static void
pretend_dec_class_init (PretendDecClass *klass)
{
  g_autoptr (GstCaps) sink =
      gst_caps_from_string ("video/x-vp8; video/x-pretended");
  g_autoptr (GstCaps) src = gst_caps_from_string ("video/x-raw");

  gst_element_class_set_static_metadata (klass, "Pretended decoder",
      "Codec/Decoder/Video/Hardware", "Decodes nothing", "cvi");
  gst_element_class_add_pad_template (
      klass, gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, sink));
  gst_element_class_add_pad_template (
      klass, gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, src));
}

static void
pretend_dec_init (PretendDec *self)
{
}

/* Returns: names of the decoders for @media_type, the one to take first */
static char *
decoders_for (const char *media_type, CviHw hw)
{
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple (media_type);
  GList *found = cvi_find_decoders (caps, hw, NULL);
  GString *names = g_string_new (" ");

  for (GList *l = found; l; l = l->next)
    g_string_append_printf (names, "%s ", GST_OBJECT_NAME (l->data));
  gst_plugin_feature_list_free (found);
  return g_string_free (names, FALSE);
}

/* Hardware conceals: where software can, it decodes. */
static void
test_auto (void)
{
  g_autofree char *both = decoders_for ("video/x-vp8", CVI_HW_AUTO);
  g_autofree char *one = decoders_for ("video/x-pretended", CVI_HW_AUTO);

  g_assert_true (g_str_has_prefix (both, " vp8dec "));
  g_assert_nonnull (strstr (both, " pretenddec "));
  g_assert_cmpstr (one, ==, " pretenddec ");
}

static void
test_off (void)
{
  g_autofree char *both = decoders_for ("video/x-vp8", CVI_HW_OFF);
  g_autofree char *one = decoders_for ("video/x-pretended", CVI_HW_OFF);

  g_assert_true (g_str_has_prefix (both, " vp8dec "));
  g_assert_null (strstr (both, " pretenddec "));
  g_assert_cmpstr (one, ==, " ");
}

static void
test_require (void)
{
  g_autofree char *both = decoders_for ("video/x-vp8", CVI_HW_REQUIRE);

  g_assert_cmpstr (both, ==, " pretenddec ");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_assert_true (gst_element_register (
      NULL, "pretenddec", GST_RANK_PRIMARY + 100, pretend_dec_get_type ()));
  g_test_add_func ("/decoders/auto", test_auto);
  g_test_add_func ("/decoders/off", test_off);
  g_test_add_func ("/decoders/require", test_require);
  return g_test_run ();
}
