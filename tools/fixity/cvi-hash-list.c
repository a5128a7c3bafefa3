/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/fixity/cvi-hash-list.h"

#include <string.h>

void
cvi_hash_line_clear (CviHashLine *line)
{
  g_return_if_fail (line != NULL);

  g_clear_pointer (&line->path, g_free);
}

/* Returns: number of hexadecimal digits that @text begins with */
static gsize
count_digits (const char *text)
{
  gsize n = 0;

  while (g_ascii_isxdigit (text[n]))
    n++;
  return n;
}

/* @n_digits: of a hash. 32 digits are MD5 or XXH3: the list must say which. */
static CviDigest
from_length (gsize n_digits)
{
  switch (n_digits) {
    case 40:
      return CVI_DIGEST_SHA1;
    case 64:
      return CVI_DIGEST_SHA256;
    case 128:
      return CVI_DIGEST_SHA512;
    default:
      return CVI_N_DIGESTS;
  }
}

static gboolean
read_hash (const char *text, gsize n_digits, CviHashLine *line)
{
  if (line->digest >= CVI_N_DIGESTS)
    line->digest = from_length (n_digits);
  if (line->digest >= CVI_N_DIGESTS ||
      n_digits != 2 * cvi_digest_size (line->digest))
    return FALSE;
  for (gsize i = 0; i < n_digits / 2; i++)
    line->bytes[i] = (guint8)(g_ascii_xdigit_value (text[2 * i]) << 4 |
                              g_ascii_xdigit_value (text[2 * i + 1]));
  return TRUE;
}

/* "\\", "\n" and "\r", as coreutils write them. */
static char *
unescape (const char *name)
{
  GString *out = g_string_new (NULL);

  for (const char *p = name; *p; p++) {
    if (p[0] != '\\') {
      g_string_append_c (out, *p);
      continue;
    }
    p++;
    if (*p != '\\' && *p != 'n' && *p != 'r') {
      g_string_free (out, TRUE);
      return NULL;
    }
    g_string_append_c (out, *p == 'n' ? '\n' : *p == 'r' ? '\r' : '\\');
  }
  return g_string_free (out, FALSE);
}

/* RFC 8493: only these three are escaped; any other "%" is itself. */
static char *
unescape_bagit (const char *name)
{
  static const struct {
    const char *code;
    char character;
  } codes[] = { { "%0a", '\n' }, { "%0d", '\r' }, { "%25", '%' } };
  GString *out = g_string_new (NULL);

  while (*name) {
    guint i;

    for (i = 0; i < G_N_ELEMENTS (codes); i++) {
      if (g_ascii_strncasecmp (name, codes[i].code, 3) == 0)
        break;
    }
    g_string_append_c (
        out, i < G_N_ELEMENTS (codes) ? codes[i].character : *name);
    name += i < G_N_ELEMENTS (codes) ? 3 : 1;
  }
  return g_string_free (out, FALSE);
}

/* "SHA256 (name) = 12ab..." */
static gboolean
parse_tagged (const char *text, gboolean escaped, CviHashLine *line)
{
  const char *open = strstr (text, " (");
  const char *close = g_strrstr (text, ") = ");
  g_autofree char *tag = NULL;
  g_autofree char *name = NULL;
  gsize n_digits;

  if (!open || !close || close < open + 2)
    return FALSE;
  tag = g_ascii_strdown (text, open - text);
  if (!cvi_digest_from_string (
          g_str_equal (tag, "xxh3") ? "xxh128" : tag, &line->digest))
    return FALSE;
  n_digits = count_digits (close + 4);
  if (close[4 + n_digits] || !read_hash (close + 4, n_digits, line))
    return FALSE;
  name = g_strndup (open + 2, (gsize)(close - open - 2));
  line->path = escaped ? unescape (name) : g_steal_pointer (&name);
  return line->path != NULL && line->path[0];
}

gboolean
cvi_hash_line_parse (
    const char *text, CviDigest digest, gboolean bagit, CviHashLine *line)
{
  gboolean escaped;
  gsize n;

  g_return_val_if_fail (text != NULL && line != NULL, FALSE);

  *line = (CviHashLine){ .digest = digest };
  escaped = !bagit && text[0] == '\\';
  text += escaped ? 1 : 0;
  n = count_digits (text);
  if (n < 32 || (text[n] != ' ' && text[n] != '\t')) {
    if (parse_tagged (text, escaped, line))
      return TRUE;
    cvi_hash_line_clear (line);
    return FALSE;
  }
  if (!read_hash (text, n, line))
    return FALSE;
  text += n + 1;
  if (bagit) {
    text += strspn (text, " \t*");
    line->path = unescape_bagit (text);
  } else {
    /* One more character tells text from binary; some write none. */
    text += *text == ' ' || *text == '*' ? 1 : 0;
    line->path = escaped ? unescape (text) : g_strdup (text);
  }
  if (line->path && line->path[0])
    return TRUE;
  cvi_hash_line_clear (line);
  return FALSE;
}

static void
append_escaped (GString *out, const char *name, gboolean bagit)
{
  for (const char *p = name; *p; p++) {
    if (bagit && (*p == '\n' || *p == '\r' || *p == '%'))
      g_string_append_printf (out, "%%%02X", (guint)*p);
    else if (!bagit && *p == '\n')
      g_string_append (out, "\\n");
    else if (!bagit && *p == '\r')
      g_string_append (out, "\\r");
    else if (!bagit && *p == '\\')
      g_string_append (out, "\\\\");
    else
      g_string_append_c (out, *p);
  }
}

void
cvi_hash_line_append (GString *out, const CviHashLine *line, gboolean bagit)
{
  gboolean escape;

  g_return_if_fail (out != NULL && line != NULL);

  escape = !bagit && strpbrk (line->path, "\n\r\\");
  if (escape)
    g_string_append_c (out, '\\');
  for (gsize i = 0; i < cvi_digest_size (line->digest); i++)
    g_string_append_printf (out, "%02x", line->bytes[i]);
  g_string_append (out, "  ");
  if (escape || bagit)
    append_escaped (out, line->path, bagit);
  else
    g_string_append (out, line->path);
  g_string_append_c (out, '\n');
}

CviDigest
cvi_hash_list_guess (const char *name)
{
  g_autofree char *base = NULL;
  g_autofree char *lower = NULL;

  g_return_val_if_fail (name != NULL, CVI_N_DIGESTS);

  base = g_path_get_basename (name);
  lower = g_ascii_strdown (base, -1);
  if (strstr (lower, "xxh"))
    return CVI_DIGEST_XXH128;
  for (guint i = 0; i < CVI_N_DIGESTS; i++) {
    if (strstr (lower, cvi_digest_to_string ((CviDigest)i)))
      return (CviDigest)i;
  }
  return CVI_N_DIGESTS;
}
