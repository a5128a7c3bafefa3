/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench/accuracy/media-damage.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <string.h>

G_DEFINE_QUARK (media - damage - error - quark, media_damage_error)

gboolean
media_damage_refuse (GError **error, const char *why)
{
  g_return_val_if_fail (why, FALSE);

  g_set_error_literal (
      error, MEDIA_DAMAGE_ERROR, MEDIA_DAMAGE_ERROR_NOT_APPLICABLE, why);
  return FALSE;
}

static void
free_stream (gpointer data)
{
  MediaStream *stream = data;

  g_free (stream->type);
  g_free (stream->codec);
  g_array_unref (stream->packets);
  g_free (stream);
}

void
media_table_free (MediaTable *table)
{
  g_return_if_fail (table);

  g_free (table->format);
  g_ptr_array_unref (table->streams);
  g_free (table);
}

/* Seconds as text, which is how ffprobe gives times. */
static gint64
read_time (JsonObject *object, const char *name, gint64 missing)
{
  const char *text =
      json_object_get_string_member_with_default (object, name, NULL);

  if (!text)
    return missing;
  return (gint64)(g_ascii_strtod (text, NULL) * 1e9 + 0.5);
}

/* A whole number, which ffprobe gives as text. */
static guint64
read_number (JsonObject *object, const char *name)
{
  const char *text =
      json_object_get_string_member_with_default (object, name, "0");

  return g_ascii_strtoull (text, NULL, 10);
}

static void
add_stream (JsonArray *array, guint index, JsonNode *node, gpointer user_data)
{
  MediaTable *table = user_data;
  JsonObject *object = json_node_get_object (node);
  MediaStream *stream = g_new0 (MediaStream, 1);
  JsonObject *disposition =
      json_object_has_member (object, "disposition")
          ? json_object_get_object_member (object, "disposition")
          : NULL;

  stream->type = g_strdup (
      json_object_get_string_member_with_default (object, "codec_type", ""));
  stream->codec = g_strdup (json_object_get_string_member_with_default (
      object, "codec_name", "unknown"));
  stream->still = disposition && json_object_get_int_member_with_default (
                                     disposition, "attached_pic", 0);
  stream->packets = g_array_new (FALSE, FALSE, sizeof (MediaPacket));
  g_ptr_array_add (table->streams, stream);
}

static void
add_packet (JsonArray *array, guint index, JsonNode *node, gpointer user_data)
{
  MediaTable *table = user_data;
  JsonObject *object = json_node_get_object (node);
  gint64 place =
      json_object_get_int_member_with_default (object, "stream_index", -1);
  MediaPacket packet = {
    .pts_ns = read_time (object, "pts_time", G_MININT64),
    .offset = read_number (object, "pos"),
    .size = read_number (object, "size"),
  };
  MediaStream *stream;

  if (place < 0 || place >= table->streams->len)
    return;
  stream = g_ptr_array_index (table->streams, place);
  packet.key = json_object_get_string_member_with_default (
                   object, "flags", "_")[0] == 'K';
  if (!json_object_has_member (object, "pos"))
    packet.size = 0;
  if (strcmp (stream->type, "video") == 0 ||
      strcmp (stream->type, "audio") == 0)
    g_array_append_val (stream->packets, packet);
}

static MediaTable *
build_table (JsonObject *root)
{
  MediaTable *table = g_new0 (MediaTable, 1);
  JsonObject *format = json_object_get_object_member (root, "format");

  table->streams = g_ptr_array_new_with_free_func (free_stream);
  table->format = g_strdup (
      json_object_get_string_member_with_default (format, "format_name", ""));
  table->start_ns = read_time (format, "start_time", 0);
  json_array_foreach_element (
      json_object_get_array_member (root, "streams"), add_stream, table);
  json_array_foreach_element (
      json_object_get_array_member (root, "packets"), add_packet, table);
  return table;
}

MediaTable *
media_table_read (const char *path, GError **error)
{
  g_autoptr (GSubprocess) probe = NULL;
  g_autoptr (GBytes) out = NULL;
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *root;

  g_return_val_if_fail (path, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  probe = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, error,
      "ffprobe", "-v", "quiet", "-of", "json", "-show_entries",
      "format=format_name,start_time:stream=index,codec_type,codec_name:"
      "stream_disposition=attached_pic:"
      "packet=stream_index,pts_time,pos,size,flags",
      path, NULL);
  if (!probe ||
      !g_subprocess_communicate (probe, NULL, NULL, &out, NULL, error) ||
      !json_parser_load_from_data (parser, g_bytes_get_data (out, NULL),
          (gssize)g_bytes_get_size (out), error))
    return NULL;
  root = json_node_get_object (json_parser_get_root (parser));
  if (!json_object_has_member (root, "format") ||
      !json_object_has_member (root, "streams") ||
      !json_object_has_member (root, "packets")) {
    media_damage_refuse (error, "ffprobe finds no media in it");
    return NULL;
  }
  return build_table (root);
}
