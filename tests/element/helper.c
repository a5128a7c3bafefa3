/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/element/helper.h"

#include "plugin/element/cvi-message.h"
#include "plugin/element/gstcvicheck.h"

void
cvi_test_register (void)
{
  g_assert_true (GST_ELEMENT_REGISTER (cvicheck, NULL));
}

GstHarness *
cvi_test_harness (const char *caps)
{
  GstHarness *harness = gst_harness_new ("cvicheck");
  GstBus *bus = gst_bus_new ();

  gst_element_set_bus (harness->element, bus);
  gst_object_unref (bus);
  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

void
cvi_test_harness_free (GstHarness *harness)
{
  gst_element_set_bus (harness->element, NULL);
  gst_harness_teardown (harness);
}

GstFlowReturn
cvi_test_push (GstHarness *harness, guint64 pts, guint64 duration, guint flags)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 1, NULL);

  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = duration;
  GST_BUFFER_FLAG_SET (buffer, flags);
  return gst_harness_push (harness, buffer);
}

void
cvi_test_push_run (
    GstHarness *harness, guint64 start, guint64 duration, guint n)
{
  for (guint i = 0; i < n; i++)
    fail_unless_equals_int (
        cvi_test_push (harness, start + i * duration, duration, 0),
        GST_FLOW_OK);
}

GstMessage *
cvi_test_pop_named (GstBus *bus, const char *name)
{
  GstMessage *message;

  while ((message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT))) {
    if (gst_message_has_name (message, name))
      return message;
    gst_message_unref (message);
  }
  return NULL;
}

CviFinding *
cvi_test_pop_finding (GstBus *bus)
{
  GstMessage *message = cvi_test_pop_named (bus, CVI_MESSAGE_FINDING);
  CviFinding *finding;

  if (!message)
    return NULL;
  finding = cvi_finding_from_structure (gst_message_get_structure (message));
  fail_unless (finding != NULL);
  gst_message_unref (message);
  return finding;
}

CviFinding *
cvi_test_expect (GstBus *bus, const char *rule, CviSeverity severity)
{
  CviFinding *finding = cvi_test_pop_finding (bus);

  fail_unless (finding != NULL, "no finding, but %s expected", rule);
  fail_unless_equals_string (finding->rule->id, rule);
  fail_unless_equals_string (cvi_severity_to_string (finding->severity),
      cvi_severity_to_string (severity));
  return finding;
}

void
cvi_test_expect_none (GstBus *bus)
{
  g_autoptr (CviFinding) finding = cvi_test_pop_finding (bus);

  fail_unless (finding == NULL, "unexpected %s: %s",
      finding ? finding->rule->id : "", finding ? finding->message : "");
}

guint64
cvi_test_stat (GstElement *check, const char *field)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 value;

  g_object_get (check, "stats", &stats, NULL);
  fail_unless (gst_structure_has_name (stats, "application/x-cvicheck-stats"));
  fail_unless (
      gst_structure_get_uint64 (stats, field, &value), "no stat %s", field);
  return value;
}

void
cvi_test_assert_verdict (GstElement *check, const char *verdict)
{
  g_autofree char *is = NULL;

  g_object_get (check, "verdict", &is, NULL);
  fail_unless_equals_string (is, verdict);
}

gboolean
cvi_test_have (const char *const *names)
{
  for (guint i = 0; names[i]; i++) {
    GstElementFactory *factory = gst_element_factory_find (names[i]);

    if (!factory) {
      g_printerr ("skipped: no element %s\n", names[i]);
      return FALSE;
    }
    gst_object_unref (factory);
  }
  return TRUE;
}
