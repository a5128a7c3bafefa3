/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "plugin/core/cvi-json-depth.h"
#include "tools/cli/cvi-ask-worker.h"
#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-hw-devices.h"
#include "tools/cli/cvi-open-store.h"
#include "tools/cli/cvi-paths.h"
#include "tools/cli/cvi-say.h"
#include "tools/cli/cvi-settings.h"
#include "tools/pool/cvi-pool.h"

#define NAME_WIDTH 18

static void
print_decoders (JsonArray *decoders)
{
  puts ("\nDecoders, the preferred one first (* hardware):");
  for (guint i = 0; i < json_array_get_length (decoders); i++) {
    JsonObject *row = json_array_get_object_element (decoders, i);
    JsonArray *elements = json_object_get_array_member (row, "elements");
    guint n = elements ? json_array_get_length (elements) : 0;

    printf ("  %-*s", NAME_WIDTH,
        json_object_get_string_member_with_default (row, "codec", "?"));
    for (guint k = 0; k < n; k++) {
      JsonObject *element = json_array_get_object_element (elements, k);

      printf ("%s%s%s", k > 0 ? ", " : "",
          json_object_get_string_member_with_default (element, "name", "?"),
          json_object_get_boolean_member_with_default (
              element, "hardware", FALSE)
              ? "*"
              : "");
    }
    puts (n > 0 ? "" : "none: such streams cannot be checked");
  }
}

static void
print_missing (JsonArray *missing)
{
  guint n = json_array_get_length (missing);

  puts (n > 0 ? "\nMissing:" : "\nMissing: nothing");
  for (guint i = 0; i < n; i++) {
    JsonObject *row = json_array_get_object_element (missing, i);

    printf ("  %s: install %s\n",
        json_object_get_string_member_with_default (row, "what", "?"),
        json_object_get_string_member_with_default (row, "package", "?"));
  }
}

static void
print_hardware_decoder (JsonObject *row, const char *device)
{
  JsonArray *types = json_object_get_array_member (row, "types");
  gint64 width = json_object_get_int_member_with_default (row, "max_width", 0);
  gint64 height =
      json_object_get_int_member_with_default (row, "max_height", 0);

  if (device)
    printf ("  %s (plugin %s)\n", device,
        json_object_get_string_member_with_default (row, "plugin", "?"));
  printf ("    %-*s", NAME_WIDTH + 6,
      json_object_get_string_member_with_default (row, "name", "?"));
  for (guint i = 0; i < json_array_get_length (types); i++)
    printf (
        "%s%s", i > 0 ? ", " : " ", json_array_get_string_element (types, i));
  if (width > 0 && height > 0)
    printf (", up to %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT, width, height);
  putchar ('\n');
}

/* Sorted by plugin and name, so that those of a device come together, mostly.
 */
static void
print_hardware (JsonObject *hardware)
{
  JsonArray *decoders = json_object_get_array_member (hardware, "decoders");
  JsonArray *support = json_object_get_array_member (hardware, "support");
  const char *before = NULL;

  puts (json_array_get_length (decoders) > 0 ? "\nHardware decoders:"
                                             : "\nHardware decoders: none");
  for (guint i = 0; i < json_array_get_length (decoders); i++) {
    JsonObject *row = json_array_get_object_element (decoders, i);
    const char *device =
        json_object_get_string_member_with_default (row, "device", "?");

    print_hardware_decoder (
        row, g_strcmp0 (device, before) == 0 ? NULL : device);
    before = device;
  }
  for (guint i = 0; i < json_array_get_length (support); i++) {
    JsonObject *row = json_array_get_object_element (support, i);
    const char *problem =
        json_object_get_string_member_with_default (row, "problem", "?");

    if (*problem)
      printf ("  %-*s%s\n", NAME_WIDTH,
          json_object_get_string_member_with_default (row, "name", "?"),
          problem);
  }
}

static void
print_sandbox (JsonObject *sandbox)
{
  gint64 abi =
      json_object_get_int_member_with_default (sandbox, "landlock_abi", 0);
  const char *missing =
      json_object_get_string_member_with_default (sandbox, "missing", "?");

  puts ("\nSandbox, as far as the kernel offers it:");
  printf ("  %-*s%s\n", NAME_WIDTH, "no_new_privs",
      json_object_get_boolean_member_with_default (
          sandbox, "no_new_privs", FALSE)
          ? "yes"
          : "no");
  if (abi > 0)
    printf (
        "  %-*syes (ABI %" G_GINT64_FORMAT ")\n", NAME_WIDTH, "Landlock", abi);
  else
    printf ("  %-*sno\n", NAME_WIDTH, "Landlock");
  printf ("  %-*s%s\n", NAME_WIDTH, "seccomp",
      json_object_get_boolean_member_with_default (sandbox, "seccomp", FALSE)
          ? "yes"
          : "no");
  if (!missing || *missing)
    printf ("  %-*sno: %s\n", NAME_WIDTH, "complete", missing ? missing : "?");
  else
    printf ("  %-*syes\n", NAME_WIDTH, "complete");
}

static void
print_row (const char *name, const char *value)
{
  printf ("%-*s%s\n", NAME_WIDTH + 2, name, value);
}

static void
print_table (CviSettings *settings, const char *worker, JsonObject *answer)
{
  g_autofree char *store = cvi_choose_store (settings);
  g_autofree char *config = cvi_settings_config_path ();
  g_autofree char *cpus = g_strdup_printf ("%u", cvi_pool_default_workers ());

  print_row ("cvi-gst", PACKAGE_VERSION);
  print_row ("GStreamer",
      json_object_get_string_member_with_default (answer, "gstreamer", "?"));
  print_row ("Worker", worker);
  print_row ("Store", store);
  print_row ("Configuration", config);
  print_row ("CPUs", cpus);
  print_decoders (json_object_get_array_member (answer, "decoders"));
  print_missing (json_object_get_array_member (answer, "missing"));
  print_hardware (json_object_get_object_member (answer, "hardware"));
  print_sandbox (json_object_get_object_member (answer, "sandbox"));
}

static gboolean
has_member (JsonObject *object, const char *name, JsonNodeType type)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && json_node_get_node_type (node) == type;
}

/* Is @name a list of objects? */
static gboolean
has_rows (JsonObject *object, const char *name)
{
  JsonArray *rows;

  if (!has_member (object, name, JSON_NODE_ARRAY))
    return FALSE;
  rows = json_object_get_array_member (object, name);
  for (guint i = 0; i < json_array_get_length (rows); i++) {
    if (!JSON_NODE_HOLDS_OBJECT (json_array_get_element (rows, i)))
      return FALSE;
  }
  return TRUE;
}

static gboolean
has_decoders (JsonObject *answer)
{
  JsonArray *decoders;

  if (!has_rows (answer, "decoders"))
    return FALSE;
  decoders = json_object_get_array_member (answer, "decoders");
  for (guint i = 0; i < json_array_get_length (decoders); i++) {
    if (!has_rows (json_array_get_object_element (decoders, i), "elements"))
      return FALSE;
  }
  return TRUE;
}

static gboolean
has_hardware (JsonObject *answer)
{
  JsonObject *hardware;
  JsonArray *decoders;

  if (!has_member (answer, "hardware", JSON_NODE_OBJECT))
    return FALSE;
  hardware = json_object_get_object_member (answer, "hardware");
  if (!has_rows (hardware, "decoders") || !has_rows (hardware, "support"))
    return FALSE;
  decoders = json_object_get_array_member (hardware, "decoders");
  for (guint i = 0; i < json_array_get_length (decoders); i++) {
    if (!has_member (json_array_get_object_element (decoders, i), "types",
            JSON_NODE_ARRAY))
      return FALSE;
  }
  return TRUE;
}

/* Another program under the worker's name must not look like a worker. */
static JsonObject *
check_answer (JsonParser *parser, const char *text, GError **error)
{
  JsonNode *root;
  JsonObject *answer;

  if (cvi_json_is_shallow (text, strlen (text)) &&
      !json_parser_load_from_data (parser, text, -1, error))
    return NULL;
  root = json_parser_get_root (parser);
  if (root && JSON_NODE_HOLDS_OBJECT (root)) {
    answer = json_node_get_object (root);
    if (has_decoders (answer) && has_rows (answer, "missing") &&
        has_hardware (answer) &&
        has_member (answer, "sandbox", JSON_NODE_OBJECT))
      return answer;
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "the worker's answer is not what this version expects");
  return NULL;
}

static gboolean
examine (CviSettings *settings, GError **error)
{
  g_autofree char *worker = cvi_worker_path ();
  g_autofree char *text = NULL;
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *answer;

  if (!cvi_hw_devices_check (settings, error))
    return FALSE;
  text = cvi_ask_worker ("--doctor",
      cvi_settings_get_list (settings, CVI_SETTING_HW_DEVICE), error);
  if (!text)
    return FALSE;
  answer = check_answer (parser, text, error);
  if (!answer)
    return FALSE;
  if (g_str_equal (
          cvi_settings_get_text (settings, CVI_SETTING_DOCTOR_FORMAT), "json"))
    fputs (text, stdout);
  else
    print_table (settings, worker, answer);
  return TRUE;
}

static int
run_doctor (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviSettings) settings = cvi_settings_new (
      CVI_FOR_DOCTOR, NULL, cvi_command_doctor.summary, argv, &error);

  if (settings && examine (settings, &error))
    return cvi_close_stdout ();
  cvi_say ("doctor: %s", error->message);
  return CVI_EXIT_USAGE;
}

const CviCommand cvi_command_doctor = {
  .name = "doctor",
  .summary = "Tell what this installation can check, and what is missing",
  .run = run_doctor,
};
