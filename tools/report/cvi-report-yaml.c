/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "tools/report/cvi-display.h"
#include "tools/report/cvi-record-json.h"
#include "tools/report/cvi-report-writers.h"

/* One sequence of the records that JSON has. Each record is a sequence of one,
 * by an emitter of its own: block sequences that follow each other are one, so
 * that nothing is kept in between. */

static int
write_out (void *data, unsigned char *buffer, size_t size)
{
  g_string_append_len (data, (const char *)buffer, (gssize)size);
  return 1;
}

/* The emitter owns @event from here on. It fails only for want of memory, and
 * where events come in a wrong order. */
static void
emit (yaml_emitter_t *emitter, yaml_event_t *event)
{
  if (!yaml_emitter_emit (emitter, event))
    g_error ("YAML: %s", emitter->problem ? emitter->problem : "no memory");
}

static void
emit_scalar (yaml_emitter_t *emitter, const char *text, gboolean quoted)
{
  yaml_event_t event;

  yaml_scalar_event_initialize (&event, NULL, NULL, (const yaml_char_t *)text,
      (int)strlen (text), !quoted, quoted,
      quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE);
  emit (emitter, &event);
}

/* YAML 1.1 wants a point in a number with an exponent. */
static void
emit_double (yaml_emitter_t *emitter, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  char *exponent;

  g_ascii_dtostr (text, sizeof text, value);
  exponent = strchr (text, 'e');
  if (exponent && !strchr (text, '.')) {
    g_autofree char *after = g_strdup (exponent);

    g_snprintf (
        exponent, (gulong)(text + sizeof text - exponent), ".0%s", after);
  }
  emit_scalar (emitter, text, FALSE);
}

static void
emit_value (yaml_emitter_t *emitter, JsonNode *node)
{
  char text[32];

  switch (json_node_get_value_type (node)) {
    case G_TYPE_STRING:
      emit_scalar (emitter, json_node_get_string (node), TRUE);
      break;
    case G_TYPE_INT64:
      g_snprintf (
          text, sizeof text, "%" G_GINT64_FORMAT, json_node_get_int (node));
      emit_scalar (emitter, text, FALSE);
      break;
    case G_TYPE_BOOLEAN:
      emit_scalar (
          emitter, json_node_get_boolean (node) ? "true" : "false", FALSE);
      break;
    default:
      emit_double (emitter, json_node_get_double (node));
      break;
  }
}

static void emit_node (yaml_emitter_t *emitter, JsonNode *node);

static void
emit_object (yaml_emitter_t *emitter, JsonObject *object)
{
  yaml_event_t event;
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  yaml_mapping_start_event_initialize (
      &event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE);
  emit (emitter, &event);
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &member)) {
    emit_scalar (emitter, name, FALSE);
    emit_node (emitter, member);
  }
  yaml_mapping_end_event_initialize (&event);
  emit (emitter, &event);
}

static void
emit_array (yaml_emitter_t *emitter, JsonArray *array)
{
  guint len = json_array_get_length (array);
  yaml_event_t event;

  yaml_sequence_start_event_initialize (&event, NULL, NULL, 1,
      len > 0 ? YAML_BLOCK_SEQUENCE_STYLE : YAML_FLOW_SEQUENCE_STYLE);
  emit (emitter, &event);
  for (guint i = 0; i < len; i++)
    emit_node (emitter, json_array_get_element (array, i));
  yaml_sequence_end_event_initialize (&event);
  emit (emitter, &event);
}

/* As deep as the record is, which is fixed. */
static void
emit_node (yaml_emitter_t *emitter, JsonNode *node)
{
  switch (json_node_get_node_type (node)) {
    case JSON_NODE_OBJECT:
      emit_object (emitter, json_node_get_object (node));
      break;
    case JSON_NODE_ARRAY:
      emit_array (emitter, json_node_get_array (node));
      break;
    case JSON_NODE_VALUE:
      emit_value (emitter, node);
      break;
    default:
      emit_scalar (emitter, "null", FALSE);
      break;
  }
}

/* Is there a character in @node that a terminal would obey? The emitter escapes
 * all that is not ASCII, or only some control characters. */
static gboolean
needs_escapes (JsonNode *node)
{
  g_autofree char *text = json_to_string (node, FALSE);

  for (const char *p = text; *p; p = g_utf8_next_char (p)) {
    if (cvi_display_is_unsafe (g_utf8_get_char (p)))
      return TRUE;
  }
  return FALSE;
}

static void
yaml_record (GString *out, const CviResult *result, guint64 n)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_ARRAY);
  JsonNode *node = cvi_record_to_json (result);
  yaml_emitter_t emitter;
  yaml_event_t event;

  json_node_take_array (root, json_array_sized_new (1));
  json_array_add_element (json_node_get_array (root), node);
  if (!yaml_emitter_initialize (&emitter))
    g_error ("YAML: no memory");
  yaml_emitter_set_output (&emitter, write_out, out);
  yaml_emitter_set_unicode (&emitter, !needs_escapes (node));
  yaml_emitter_set_width (&emitter, -1);
  yaml_stream_start_event_initialize (&event, YAML_UTF8_ENCODING);
  emit (&emitter, &event);
  yaml_document_start_event_initialize (&event, NULL, NULL, NULL, 1);
  emit (&emitter, &event);
  emit_node (&emitter, root);
  yaml_document_end_event_initialize (&event, 1);
  emit (&emitter, &event);
  yaml_stream_end_event_initialize (&event);
  emit (&emitter, &event);
  yaml_emitter_delete (&emitter);
}

static void
yaml_end (GString *out, const CviReportSummary *summary, guint64 n)
{
  if (n == 0)
    g_string_append (out, "[]\n");
}

const CviReportWriter cvi_report_yaml = {
  .name = "yaml",
  .summary = "one YAML sequence of records",
  .record = yaml_record,
  .end = yaml_end,
};
