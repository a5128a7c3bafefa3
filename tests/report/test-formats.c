/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* YAML, JUnit, SARIF, Prometheus and HTML, piece by piece. */
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

#include "tests/report/fixture.h"

/* The scalar that follows the key @key in @text, from the @nth on. */
static char *
yaml_value (const char *text, const char *key, guint nth)
{
  yaml_parser_t parser;
  yaml_event_t event;
  gboolean next = FALSE;
  char *value = NULL;
  gboolean done = FALSE;

  g_assert_true (yaml_parser_initialize (&parser));
  yaml_parser_set_input_string (
      &parser, (const unsigned char *)text, strlen (text));
  while (!done) {
    g_assert_true (yaml_parser_parse (&parser, &event));
    done = event.type == YAML_STREAM_END_EVENT;
    if (event.type == YAML_SCALAR_EVENT) {
      const char *scalar = (const char *)event.data.scalar.value;

      if (next && !value)
        value = g_strdup (scalar);
      next = g_str_equal (scalar, key) && nth-- == 0;
    }
    yaml_event_delete (&event);
  }
  yaml_parser_delete (&parser);
  return value;
}

static guint
count (const char *text, const char *part)
{
  guint n = 0;

  for (const char *p = text; (p = strstr (p, part)); p += strlen (part))
    n++;
  return n;
}

static void
test_yaml_names (void)
{
  static const char *const names[] = { "/plain.mkv", "/: - # 'x' \"y\".mkv",
    "/new\nline.mkv", "/\xe2\x80\xae.mkv", "/\xe6\x97\xa5.mkv",
    "/\xf0\x9f\x8e\xac.mkv", "/\033.mkv", "/ \t.mkv " };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *text =
        fixture_write_one ("yaml", fixture_corrupt (names[i]));
    g_autofree char *path = yaml_value (text, "path", 0);

    g_assert_cmpstr (path, ==, names[i]);
  }
}

/* YAML 1.1 takes "1e-05" for a text. */
static void
test_yaml_numbers (void)
{
  CviResult *result = fixture_corrupt ("/a.mkv");
  g_autofree char *text = NULL;
  g_autofree char *damage = NULL;
  g_autofree char *confidence = NULL;
  g_autofree char *cpu_s = NULL;

  result->damage = 1e-5;
  result->confidence = 1.5e-7;
  result->cpu_s = 0.0 / 0.0;
  text = fixture_write_one ("yaml", result);
  damage = yaml_value (text, "damage", 0);
  confidence = yaml_value (text, "confidence", 0);
  cpu_s = yaml_value (text, "cpu_s", 0);
  g_assert_nonnull (strchr (damage, '.'));
  g_assert_cmpfloat (g_ascii_strtod (damage, NULL), ==, 1e-5);
  g_assert_nonnull (strchr (confidence, '.'));
  g_assert_cmpfloat (g_ascii_strtod (confidence, NULL), ==, 1.5e-7);
  g_assert_cmpstr (cpu_s, ==, "null");
}

/* Many records are one document. */
static void
test_yaml_sequence (void)
{
  for (guint n = 0; n < 4; n++) {
    g_autoptr (GPtrArray) results =
        g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_result_free);
    g_autofree char *text = NULL;
    g_autofree char *last = NULL;

    for (guint i = 0; i < n; i++)
      g_ptr_array_add (results, fixture_corrupt ("/a.mkv"));
    text = fixture_write ("yaml", results, 1);
    g_assert_cmpuint (count (text, "---"), ==, 0);
    g_assert_cmpuint (count (text, "\n..."), ==, 0);
    last = yaml_value (text, "path", n - 1);
    g_assert_cmpstr (last, ==, n > 0 ? "/a.mkv" : NULL);
  }
}

static char *
junit_of (CviVerdict verdict)
{
  CviResult *result = verdict == CVI_VERDICT_HEALTHY
                          ? fixture_result ("/a.mkv")
                          : fixture_corrupt ("/a.mkv");

  result->verdict = verdict;
  return fixture_write_one ("junit", result);
}

static void
test_junit_outcomes (void)
{
  static const char *const outcomes[CVI_N_VERDICTS] = {
    [CVI_VERDICT_CORRUPT] = "<failure",
    [CVI_VERDICT_INCOMPLETE] = "<error",
    [CVI_VERDICT_UNREADABLE] = "<error",
    [CVI_VERDICT_UNSUPPORTED] = "<skipped",
    [CVI_VERDICT_SKIPPED] = "<skipped",
  };

  for (guint i = 0; i < CVI_N_VERDICTS; i++) {
    g_autofree char *text = junit_of (i);
    guint n = count (text, "<failure") + count (text, "<error") +
              count (text, "<skipped");

    g_assert_cmpuint (n, ==, outcomes[i] ? 1 : 0);
    if (outcomes[i])
      g_assert_nonnull (strstr (text, outcomes[i]));
    g_assert_cmpuint (count (text, "<testcase"), ==, 1);
    /* A warning of a file that passes is told of. */
    if (i == CVI_VERDICT_SUSPICIOUS)
      g_assert_nonnull (strstr (text, "<system-out>warning time::gap"));
  }
}

static JsonObject *
sarif_run (JsonNode *node)
{
  JsonObject *log = json_node_get_object (node);

  return json_array_get_object_element (
      json_object_get_array_member (log, "runs"), 0);
}

static void
test_sarif_results (void)
{
  g_autoptr (GPtrArray) results =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_result_free);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonArray *told;
  JsonObject *result;
  static const char *const levels[] = { "warning", "error", "warning" };

  g_ptr_array_add (results, fixture_result ("/fine.mkv"));
  g_ptr_array_add (results, fixture_corrupt ("/a b.mkv"));
  g_ptr_array_add (results, fixture_unreadable ("/c.mkv"));
  text = fixture_write ("sarif", results, 1);
  node = json_from_string (text, &error);
  g_assert_no_error (error);
  told = json_object_get_array_member (sarif_run (node), "results");
  g_assert_cmpuint (json_array_get_length (told), ==, 4);
  for (guint i = 0; i < 3; i++) {
    result = json_array_get_object_element (told, i);
    g_assert_cmpstr (
        json_object_get_string_member (result, "level"), ==, levels[i]);
  }
  g_assert_nonnull (strstr (text, "\"uri\":\"file:///a%20b.mkv\""));
  g_assert_nonnull (strstr (text, "\"region\":{\"byteOffset\":4096}"));
  g_assert_nonnull (strstr (text, "\"occurrenceCount\":12"));
}

/* A record without findings is a result that is no alert. */
static void
test_sarif_passed (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonObject *result;
  CviResult *incomplete = fixture_result ("/a.mkv");

  incomplete->verdict = CVI_VERDICT_INCOMPLETE;
  text = fixture_write_one ("sarif", incomplete);
  node = json_from_string (text, &error);
  g_assert_no_error (error);
  result = json_array_get_object_element (
      json_object_get_array_member (sarif_run (node), "results"), 0);
  g_assert_cmpstr (json_object_get_string_member (result, "kind"), ==, "open");
  g_assert_cmpstr (json_object_get_string_member (result, "level"), ==, "none");
}

static void
test_prometheus_sums (void)
{
  g_autoptr (GPtrArray) results =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_result_free);
  g_autofree char *text = NULL;
  CviResult *old = fixture_corrupt ("/old.mkv");

  old->scanned_at = 1600000000;
  /* More than 64 bits is the most that they hold. */
  old->size = G_MAXUINT64 - 1;
  g_ptr_array_add (results, fixture_corrupt ("/new.mkv"));
  g_ptr_array_add (results, old);
  text = fixture_write ("prometheus", results, 2.5);
  g_assert_nonnull (strstr (text, "\ncvi_files{verdict=\"corrupt\"} 2\n"));
  g_assert_nonnull (strstr (
      text, "\ncvi_files_bytes{verdict=\"corrupt\"} 18446744073709551615\n"));
  g_assert_nonnull (
      strstr (text, "\ncvi_findings{rule=\"decode::error\"} 24\n"));
  g_assert_nonnull (
      strstr (text, "\ncvi_oldest_result_timestamp_seconds 1600000000\n"));
  g_assert_nonnull (
      strstr (text, "\ncvi_newest_result_timestamp_seconds 1700000100\n"));
  g_assert_nonnull (strstr (text, "\ncvi_scan_duration_seconds 2.500\n"));
  /* No scan has told its end. */
  g_assert_null (strstr (text, "cvi_scan_exit_status"));
}

static void
test_prometheus_nothing (void)
{
  g_autoptr (GPtrArray) results = g_ptr_array_new ();
  g_autofree char *text = fixture_write ("prometheus", results, 0);

  g_assert_nonnull (strstr (text, "\ncvi_files{verdict=\"corrupt\"} 0\n"));
  g_assert_null (strstr (text, "timestamp_seconds"));
  g_assert_null (strstr (text, "duration"));
}

/* The text of the element that begins with @start. */
static char *
between (const char *text, const char *start, const char *end)
{
  const char *from = strstr (text, start);
  const char *to;

  g_assert_nonnull (from);
  from += strlen (start);
  to = strstr (from, end);
  g_assert_nonnull (to);
  return g_strndup (from, (gsize)(to - from));
}

static void
assert_allowed (const char *text, const char *start, const char *end)
{
  g_autofree char *content = between (text, start, end);
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *base64 = NULL;
  g_autofree char *source = NULL;
  guint8 digest[32];
  gsize len = sizeof digest;

  g_assert_cmpuint (strlen (content), >, 1000);
  g_checksum_update (sum, (const guchar *)content, -1);
  g_checksum_get_digest (sum, digest, &len);
  base64 = g_base64_encode (digest, len);
  source = g_strdup_printf ("-src 'sha256-%s'", base64);
  g_assert_nonnull (strstr (text, source));
}

/* The policy allows the page's own style and script, and nothing else. */
static void
test_html_policy (void)
{
  g_autofree char *text =
      fixture_write_one ("html", fixture_corrupt ("/a.mkv"));
  g_autofree char *policy =
      between (text, "Content-Security-Policy\" content=\"", "\"");

  g_assert_true (g_str_has_prefix (policy, "default-src 'none'; "));
  g_assert_null (strstr (policy, "unsafe"));
  assert_allowed (text, "<style>", "</style>");
  assert_allowed (text, "\n<script>", "</script>");
}

static void
test_html_data (void)
{
  g_autofree char *text = fixture_write_one (
      "html", fixture_corrupt ("/</script><b>&\xe2\x80\xa8.mkv"));
  g_autofree char *data = between (text, "id=\"records\">", "</script>");
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = json_from_string (data, &error);
  JsonObject *record;

  g_assert_no_error (error);
  g_assert_null (strpbrk (data, "<>&"));
  g_assert_null (strstr (data, "\xe2\x80\xa8"));
  record = json_array_get_object_element (json_node_get_array (node), 0);
  g_assert_cmpstr (json_object_get_string_member (record, "p"), ==,
      "/</script><b>&\\u2028.mkv");
  g_assert_cmpint (
      json_object_get_int_member (record, "v"), ==, CVI_VERDICT_CORRUPT);
  /* The fixed parts are small. */
  g_assert_cmpuint (strlen (text) - strlen (data), <, 200 * 1024);
}

/* Nothing is kept from record to record: the buffer of one is enough for any
 * number of them. */
static void
test_streaming (void)
{
  g_autoptr (CviResult) corrupt = fixture_corrupt ("/a.mkv");
  g_autoptr (GError) error = NULL;
  int fd = open ("/dev/null", O_WRONLY | O_CLOEXEC);

  for (guint i = 0; cvi_report_writers ()[i]; i++) {
    const CviReportWriter *writer = cvi_report_writers ()[i];
    g_autoptr (GString) out = g_string_new (NULL);
    gsize size = 0;

    for (guint n = 1; writer->record && n < 4; n++) {
      g_string_truncate (out, 0);
      writer->record (out, corrupt, n);
      if (n > 1)
        g_assert_cmpuint (out->len, ==, size);
      size = out->len;
    }
    /* And each can do without any of its hooks. */
    {
      g_autoptr (CviReport) report = cvi_report_new (writer, fd, &error);

      g_assert_no_error (error);
      g_assert_true (cvi_report_add (report, corrupt, TRUE, &error));
      g_assert_true (cvi_report_finish (report, 1, FALSE, &error));
    }
  }
  close (fd);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/report/formats/yaml/names", test_yaml_names);
  g_test_add_func ("/report/formats/yaml/numbers", test_yaml_numbers);
  g_test_add_func ("/report/formats/yaml/sequence", test_yaml_sequence);
  g_test_add_func ("/report/formats/junit/outcomes", test_junit_outcomes);
  g_test_add_func ("/report/formats/sarif/results", test_sarif_results);
  g_test_add_func ("/report/formats/sarif/passed", test_sarif_passed);
  g_test_add_func ("/report/formats/prometheus/sums", test_prometheus_sums);
  g_test_add_func (
      "/report/formats/prometheus/nothing", test_prometheus_nothing);
  g_test_add_func ("/report/formats/html/policy", test_html_policy);
  g_test_add_func ("/report/formats/html/data", test_html_data);
  g_test_add_func ("/report/formats/streaming", test_streaming);
  return g_test_run ();
}
