/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* The plugin file itself, as an application gets it. */
#include <string.h>
#include "tests/element/helper.h"

static GstPlugin *
load (void)
{
  g_autoptr (GError) error = NULL;
  GstPlugin *plugin =
      gst_plugin_load_file (g_getenv ("CVI_TEST_PLUGIN"), &error);

  g_assert_no_error (error);
  return plugin;
}

GST_START_TEST (test_description)
{
  GstPlugin *plugin = load ();
  GstElementFactory *factory = gst_element_factory_find ("cvicheck");
  const GList *templates;

  fail_unless_equals_string (gst_plugin_get_name (plugin), "cvicheck");
  fail_unless (factory != NULL);
  fail_unless_equals_string (
      gst_element_factory_get_metadata (factory, GST_ELEMENT_METADATA_KLASS),
      "Filter/Analyzer/Audio/Video");
  fail_unless_equals_int (
      gst_plugin_feature_get_rank (GST_PLUGIN_FEATURE (factory)),
      GST_RANK_NONE);
  templates = gst_element_factory_get_static_pad_templates (factory);
  fail_unless_equals_int (g_list_length ((GList *)templates), 2);
  for (const GList *l = templates; l; l = l->next) {
    GstStaticPadTemplate *template = l->data;

    fail_unless_equals_int (template->presence, GST_PAD_ALWAYS);
    fail_unless_equals_string (template->static_caps.string, "ANY");
  }
  gst_object_unref (factory);
  gst_object_unref (plugin);
}
GST_END_TEST

/* Every property says what it is and in which unit. */
GST_START_TEST (test_properties_are_described)
{
  static const char *const names[] = { "gap-threshold", "overlap-threshold",
    "summary-interval", "watch-messages", "watch-log", "fail-on", "stream-id",
    "verdict", "findings", "stats" };
  GstPlugin *plugin = load ();
  GstElement *check = gst_element_factory_make ("cvicheck", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    GParamSpec *spec =
        g_object_class_find_property (G_OBJECT_GET_CLASS (check), names[i]);

    fail_unless (spec != NULL, "%s", names[i]);
    fail_unless (strlen (g_param_spec_get_blurb (spec)) > 20);
    if (g_str_has_suffix (names[i], "-threshold"))
      fail_unless (strstr (g_param_spec_get_blurb (spec), "nanoseconds"));
  }
  gst_object_unref (check);
  gst_object_unref (plugin);
}
GST_END_TEST

GST_START_TEST (test_runs)
{
  GstPlugin *plugin = load ();
  GstElement *pipeline =
      gst_parse_launch ("fakesrc num-buffers=10 ! cvicheck ! fakesink", NULL);
  GstMessage *message;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (GST_ELEMENT_BUS (pipeline),
      GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_EOS);
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  gst_object_unref (plugin);
}
GST_END_TEST

static Suite *
plugin_suite (void)
{
  Suite *suite = suite_create ("plugin");
  TCase *tcase = tcase_create ("general");

  tcase_add_test (tcase, test_description);
  tcase_add_test (tcase, test_properties_are_described);
  tcase_add_test (tcase, test_runs);
  suite_add_tcase (suite, tcase);
  return suite;
}

GST_CHECK_MAIN (plugin)
