/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-registry-stamp.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define FIRST_LINE "cvi registry stamp 1\n"
#define SUFFIX ".from"
/* 1,000 plugins and their names */
#define MAX_BYTES (1u << 20)

/* gstreamer(7), "Running": where plugins are searched. */
static const char *const variables[] = { "GST_PLUGIN_PATH",
  "GST_PLUGIN_PATH_1_0", "GST_PLUGIN_SYSTEM_PATH", "GST_PLUGIN_SYSTEM_PATH_1_0",
  "XDG_DATA_HOME", "HOME", "GST_PLUGIN_LOADING_WHITELIST" };

static void
add_environment (GString *text)
{
  for (guint i = 0; i < G_N_ELEMENTS (variables); i++) {
    const char *value = g_getenv (variables[i]);
    g_autofree char *escaped = g_strescape (value ? value : "", NULL);

    g_string_append_printf (
        text, "%s%s%s\n", variables[i], value ? "=" : "", escaped);
  }
}

/* The line of a file, whose name is the rest of it. */
static void
add_file (GString *text, const char *path)
{
  g_autofree char *escaped = g_strescape (path, NULL);
  struct stat st;

  if (stat (path, &st) != 0)
    g_string_append_printf (text, "- %s\n", escaped);
  else
    g_string_append_printf (text, "%lld.%09ld,%lld,%llu %s\n",
        (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (long long)st.st_size,
        (unsigned long long)st.st_ino, escaped);
}

/* The last line: that nothing is cut off or otherwise damaged. */
static void
add_checksum (GString *text)
{
  g_autofree char *sum =
      g_compute_checksum_for_string (G_CHECKSUM_SHA256, text->str, -1);

  g_string_append_printf (text, "%s\n", sum);
}

char *
cvi_registry_stamp_path (const char *registry)
{
  return g_strconcat (registry, SUFFIX, NULL);
}

void
cvi_registry_stamp_write (const char *registry, GPtrArray *files)
{
  g_autofree char *path = cvi_registry_stamp_path (registry);
  g_autoptr (GString) text = g_string_new (FIRST_LINE);

  add_environment (text);
  add_file (text, registry);
  for (guint i = 0; i < files->len; i++)
    add_file (text, g_ptr_array_index (files, i));
  add_checksum (text);
  if (text->len <= MAX_BYTES)
    g_file_set_contents (path, text->str, (gssize)text->len, NULL);
}

/* The same lines, made again from the names in @text. */
static char *
remake (const char *text)
{
  g_autoptr (GString) now = g_string_new (FIRST_LINE);
  g_auto (GStrv) lines = NULL;
  guint first = 1 + G_N_ELEMENTS (variables);

  add_environment (now);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = first; i + 2 < g_strv_length (lines); i++) {
    const char *name = strchr (lines[i], ' ');
    g_autofree char *path = name ? g_strcompress (name + 1) : NULL;

    if (!path)
      return NULL;
    add_file (now, path);
  }
  add_checksum (now);
  return g_string_free (g_steal_pointer (&now), FALSE);
}

gboolean
cvi_registry_stamp_holds (const char *registry)
{
  g_autofree char *path = cvi_registry_stamp_path (registry);
  g_autofree char *text = NULL;
  g_autofree char *now = NULL;
  struct stat st;
  gsize length;

  if (stat (registry, &st) != 0 || stat (path, &st) != 0 ||
      st.st_size > MAX_BYTES ||
      !g_file_get_contents (path, &text, &length, NULL) ||
      strlen (text) != length || !g_str_has_prefix (text, FIRST_LINE))
    return FALSE;
  now = remake (text);
  return g_strcmp0 (text, now) == 0;
}
