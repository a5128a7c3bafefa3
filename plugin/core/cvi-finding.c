/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-finding.h"

#include <errno.h>
#include <string.h>

/* clang-format off */
G_DEFINE_QUARK (cvi-core-error-quark, cvi_core_error)
/* clang-format on */

/* Also what makes a terminal show the rest of the line elsewhere: separators
 * of lines and paragraphs, and the marks of Unicode's bidirectional algorithm
 * (UAX #9, section 2). */
static gboolean
is_control (gunichar c)
{
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c ||
         (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069);
}

/* Appends @c to @out unless it would double a space; returns FALSE if it would
 * pass @max. */
static gboolean
append_char (GString *out, gunichar c, gsize max)
{
  char utf8[6];
  int len;

  if (is_control (c))
    c = ' ';
  if (c == ' ' && (out->len == 0 || out->str[out->len - 1] == ' '))
    return TRUE;
  len = g_unichar_to_utf8 (c, utf8);
  if (out->len + (gsize)len > max)
    return FALSE;
  g_string_append_len (out, utf8, len);
  return TRUE;
}

char *
cvi_sanitise_text (const char *text, gssize len, gsize max)
{
  GString *out;
  const char *p = text;
  const char *end;

  g_return_val_if_fail (text != NULL || len == 0, NULL);

  out = g_string_new (NULL);
  end = text + (len < 0 ? strlen (text) : (gsize)len);
  while (p < end) {
    gunichar c = g_utf8_get_char_validated (p, end - p);

    if (*p == '\0') {
      c = ' ';
      p++;
    } else if (c == (gunichar)-1 || c == (gunichar)-2) {
      c = 0xfffd;
      p++;
    } else {
      p = g_utf8_next_char (p);
    }
    if (!append_char (out, c, max))
      break;
  }
  while (out->len > 0 && out->str[out->len - 1] == ' ')
    g_string_truncate (out, out->len - 1);
  return g_string_free (out, FALSE);
}

CviFinding *
cvi_finding_new (CviRuleId id, const char *stream, const char *format, ...)
{
  CviFinding *finding;
  g_autofree char *text = NULL;
  va_list args;

  g_return_val_if_fail (id < CVI_N_RULES, NULL);

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  finding = g_new0 (CviFinding, 1);
  finding->rule = cvi_rule (id);
  finding->severity = finding->rule->severity;
  finding->certainty = finding->rule->certainty;
  finding->stream = g_strdup (stream);
  finding->start_ns = finding->end_ns = finding->offset = CVI_NONE;
  finding->count = 1;
  finding->message = cvi_sanitise_text (text, -1, CVI_FINDING_MAX_MESSAGE);
  return finding;
}

CviFinding *
cvi_finding_copy (const CviFinding *finding)
{
  CviFinding *copy = g_memdup2 (finding, sizeof *finding);

  copy->stream = g_strdup (finding->stream);
  copy->message = g_strdup (finding->message);
  return copy;
}

void
cvi_finding_free (CviFinding *finding)
{
  if (!finding)
    return;
  g_free (finding->stream);
  g_free (finding->message);
  g_free (finding);
}

gboolean
cvi_finding_is_damage (const CviFinding *finding)
{
  return finding->rule->rule_class == CVI_RULE_MEDIA &&
         finding->severity >= CVI_SEVERITY_ERROR;
}

CviFinding *
cvi_finding_as_mid_gop (CviFinding *finding)
{
  CviFinding *start = cvi_finding_new (CVI_RULE_DECODE_STARTS_MID_GOP,
      finding->stream, "before the first sync point: %s", finding->message);

  start->start_ns = finding->start_ns;
  start->end_ns = finding->end_ns;
  start->count = finding->count;
  cvi_finding_free (finding);
  return start;
}

GVariant *
cvi_finding_to_variant (const CviFinding *finding)
{
  return g_variant_new (CVI_FINDING_VARIANT, finding->rule->id,
      (guint8)finding->severity, finding->certainty,
      finding->stream ? finding->stream : "", finding->start_ns,
      finding->end_ns, finding->offset, finding->count, finding->message);
}

static const char *
validate (const CviRule *rule, guint8 severity, double certainty, guint64 start,
    guint64 end, guint64 count)
{
  if (!rule)
    return "unknown rule";
  if (severity > CVI_SEVERITY_CRITICAL)
    return "severity out of range";
  /* written so that NaN fails */
  if (!(certainty >= 0. && certainty <= 1.))
    return "certainty out of range";
  if (count == 0)
    return "count of zero";
  if (end < start)
    return "end before start";
  return NULL;
}

CviFinding *
cvi_finding_from_variant (GVariant *variant, GError **error)
{
  const char *id, *stream, *message, *fault;
  guint8 severity;
  double certainty;
  guint64 start, end, offset, count;
  CviFinding *finding;

  g_return_val_if_fail (
      g_variant_is_of_type (variant, G_VARIANT_TYPE (CVI_FINDING_VARIANT)),
      NULL);

  g_variant_get (variant, "(&syd&stttt&s)", &id, &severity, &certainty, &stream,
      &start, &end, &offset, &count, &message);
  fault =
      validate (cvi_rule_lookup (id), severity, certainty, start, end, count);
  if (fault) {
    g_set_error (error, CVI_CORE_ERROR, CVI_CORE_ERROR_INVALID,
        "malformed finding: %s", fault);
    return NULL;
  }
  finding = g_new0 (CviFinding, 1);
  finding->rule = cvi_rule_lookup (id);
  finding->severity = (CviSeverity)severity;
  finding->certainty = certainty;
  finding->stream =
      *stream ? cvi_sanitise_text (stream, -1, CVI_FINDING_MAX_MESSAGE) : NULL;
  finding->start_ns = start;
  finding->end_ns = end;
  finding->offset = offset;
  finding->count = count;
  finding->message = cvi_sanitise_text (message, -1, CVI_FINDING_MAX_MESSAGE);
  return finding;
}

CviFinding *
cvi_finding_from_errno (int errnum)
{
  CviRuleId rule;

  switch (errnum) {
    case ENOENT:
    case ENOTDIR:
      rule = CVI_RULE_IO_VANISHED;
      break;
    case EACCES:
    case EPERM:
    case ELOOP:
      rule = CVI_RULE_IO_PERMISSION;
      break;
    default:
      rule = CVI_RULE_IO_ERROR;
      break;
  }
  return cvi_finding_new (rule, NULL, "%s", g_strerror (errnum));
}
