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

enum { PROP_PATH = 1, PROP_CUDA };

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  if (id == PROP_PATH)
    g_value_set_static_string (value, "/dev/pretended0");
  else
    g_value_set_uint (value, 3);
}

static void
pretend_dec_class_init (PretendDecClass *klass)
{
  g_autoptr (GstCaps) sink =
      gst_caps_from_string ("video/x-vp8; video/x-vp9; video/x-pretended");
  g_autoptr (GstCaps) src = gst_caps_from_string ("video/x-raw");
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  g_object_class_install_property (object_class, PROP_PATH,
      g_param_spec_string ("device-path", NULL, NULL, NULL, G_PARAM_READABLE));
  g_object_class_install_property (object_class, PROP_CUDA,
      g_param_spec_uint (
          "cuda-device-id", NULL, NULL, 0, 9, 0, G_PARAM_READABLE));
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

/* @without: (nullable)
 * Returns: names of the decoders for @media_type, the one to take first */
static char *
decoders_for (const char *media_type, const CviHwPolicy *policy,
    const char *const *without)
{
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple (media_type);
  GList *found;
  GString *names = g_string_new (" ");

  /* A stream in packets tells more than its type. */
  gst_caps_set_simple (caps, "width", G_TYPE_INT, 64, NULL);
  found = cvi_find_decoders (caps, policy, without);
  for (GList *l = found; l; l = l->next)
    g_string_append_printf (names, "%s ", GST_OBJECT_NAME (l->data));
  gst_plugin_feature_list_free (found);
  return g_string_free (names, FALSE);
}

typedef enum { FIRST, LATER, ALONE, NOT, NOTHING } Place;

/* Where the pretended decoder comes. @both: of a codec that software decodes
 * too, and whose packets are checked whole; @other: the same, and they are not;
 * @lone: of one that it alone decodes */
static const struct {
  CviHwPolicy policy;
  Place both, other, lone;
} rows[] = {
  { { CVI_HW_OFF, TRUE, TRUE }, NOT, NOT, NOTHING },
  /* Hardware conceals: it goes first where damage shows all the same. */
  { { CVI_HW_AUTO, TRUE, TRUE }, FIRST, LATER, ALONE },
  { { CVI_HW_AUTO, TRUE, FALSE }, LATER, LATER, ALONE },
  { { CVI_HW_AUTO, FALSE, TRUE }, NOT, NOT, NOTHING },
  { { CVI_HW_AUTO, TRUE, TRUE, TRUE }, LATER, LATER, ALONE },
  { { CVI_HW_REQUIRE, TRUE, FALSE }, FIRST, FIRST, ALONE },
  { { CVI_HW_REQUIRE, FALSE, FALSE }, NOT, NOT, NOTHING },
  { { CVI_HW_REQUIRE, TRUE, TRUE, TRUE }, LATER, LATER, ALONE },
  /* of a device: part of the name */
  { { CVI_HW_AUTO, TRUE, TRUE, FALSE, "tenddev" }, FIRST, LATER, ALONE },
  { { CVI_HW_AUTO, TRUE, TRUE, FALSE, "/dev/pretended0" }, FIRST, LATER,
      ALONE },
  { { CVI_HW_AUTO, TRUE, TRUE, FALSE, "pretended0" }, FIRST, LATER, ALONE },
  { { CVI_HW_AUTO, TRUE, TRUE, FALSE, "3" }, FIRST, LATER, ALONE },
  { { CVI_HW_AUTO, TRUE, TRUE, FALSE, "0" }, NOT, NOT, NOTHING },
  { { CVI_HW_AUTO, TRUE, TRUE, FALSE, "dev/pretended0" }, NOT, NOT, NOTHING },
  { { CVI_HW_AUTO, TRUE, TRUE, FALSE, "pretended1" }, NOT, NOT, NOTHING },
  { { CVI_HW_REQUIRE, TRUE, TRUE, FALSE, "other" }, NOTHING, NOTHING, NOTHING },
};

static void
check_place (const char *media_type, const CviHwPolicy *policy, Place place)
{
  g_autofree char *names = decoders_for (media_type, policy, NULL);
  gboolean is_in = strstr (names, " pretenddev7dec ") != NULL;

  g_test_message ("%s:%s", media_type, names);
  switch (place) {
    case FIRST:
      g_assert_true (g_str_has_prefix (names, " pretenddev7dec "));
      g_assert_cmpstr (names, !=, " pretenddev7dec ");
      break;
    case LATER:
      g_assert_true (is_in);
      g_assert_false (g_str_has_prefix (names, " pretenddev7dec "));
      break;
    case ALONE:
      g_assert_cmpstr (names, ==, " pretenddev7dec ");
      break;
    case NOT:
      g_assert_false (is_in);
      g_assert_cmpstr (names, !=, " ");
      break;
    case NOTHING:
      g_assert_cmpstr (names, ==, " ");
      break;
  }
}

static void
test_policy (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_test_message ("row %u", i);
    check_place ("video/x-vp8", &rows[i].policy, rows[i].both);
    check_place ("video/x-vp9", &rows[i].policy, rows[i].other);
    check_place ("video/x-pretended", &rows[i].policy, rows[i].lone);
  }
}

/* Not even decoders that workers have died of give place to hardware that has
 * been in doubt. */
static void
test_last_resort (void)
{
  static const char *const without[] = { "vp8dec", "avdec_vp8", "vp9dec",
    "avdec_vp9", NULL };
  static const char *const types[] = { "video/x-vp8", "video/x-vp9" };
  const CviHwPolicy policies[] = { { CVI_HW_AUTO, TRUE, TRUE, TRUE },
    { CVI_HW_REQUIRE, TRUE, TRUE, TRUE } };

  for (guint i = 0; i < G_N_ELEMENTS (policies); i++) {
    for (guint t = 0; t < G_N_ELEMENTS (types); t++) {
      g_autofree char *names = decoders_for (types[t], &policies[i], without);

      g_test_message ("%s:%s", types[t], names);
      g_assert_true (g_str_has_suffix (names, " pretenddev7dec "));
      g_assert_cmpstr (names, !=, " pretenddev7dec ");
    }
  }
}

/* What needs no session, and nobody calls hardware. */
static void
test_sound (void)
{
  const CviHwPolicy policy = { .hw = CVI_HW_REQUIRE, .session = TRUE };
  g_autofree char *names = decoders_for ("audio/x-vorbis", &policy, NULL);

  g_assert_nonnull (strstr (names, " vorbisdec "));
}

static void
test_list (void)
{
  GList *all = cvi_hw_list (NULL);
  GList *own = cvi_hw_list ("pretenddev7");
  g_autofree char *device = NULL;

  g_assert_cmpuint (g_list_length (own), ==, 1);
  g_assert_cmpuint (g_list_length (all), >=, 1);
  for (GList *l = all; l; l = l->next)
    g_assert_true (cvi_factory_is_hardware (l->data));
  device = cvi_hw_device_of (own->data);
  g_assert_cmpstr (device, ==, "/dev/pretended0");
  g_assert_null (cvi_hw_list ("no such thing"));
  g_assert_null (cvi_hw_list (""));
  gst_plugin_feature_list_free (all);
  gst_plugin_feature_list_free (own);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_assert_true (gst_element_register (
      NULL, "pretenddev7dec", GST_RANK_PRIMARY + 100, pretend_dec_get_type ()));
  g_test_add_func ("/decoders/policy", test_policy);
  g_test_add_func ("/decoders/last-resort", test_last_resort);
  g_test_add_func ("/decoders/sound", test_sound);
  g_test_add_func ("/decoders/list", test_list);
  return g_test_run ();
}
