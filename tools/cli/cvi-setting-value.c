/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-setting-value.h"

#include <math.h>
#include <string.h>

#include "plugin/core/cvi-verdict.h"
#include "tools/cli/cvi-when.h"

G_DEFINE_QUARK (cvi - settings - error - quark, cvi_settings_error)

static gboolean
fail (GError **error, const char *wanted)
{
  g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
      "should be %s", wanted);
  return FALSE;
}

static gboolean
parse_flag (const char *text, guint64 *flag, GError **error)
{
  static const char *const on[] = { "1", "true", "yes", "on", NULL };
  static const char *const off[] = { "0", "false", "no", "off", NULL };

  if (!g_strv_contains (on, text) && !g_strv_contains (off, text))
    return fail (error, "true or false");
  *flag = g_strv_contains (on, text);
  return TRUE;
}

static gboolean
parse_choice (const CviSetting *setting, const char *text, GError **error)
{
  g_auto (GStrv) choices = g_strsplit (setting->choices, "|", -1);
  g_autofree char *wanted = NULL;

  if (g_strv_contains ((const char *const *)choices, text))
    return TRUE;
  wanted = g_strjoinv (", ", choices);
  g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
      "should be one of %s", wanted);
  return FALSE;
}

static gboolean
parse_count (
    const CviSetting *setting, const char *text, guint64 *count, GError **error)
{
  if (setting->choices && g_str_equal (text, setting->choices)) {
    *count = G_MAXUINT64;
    return TRUE;
  }
  if (g_ascii_string_to_unsigned (
          text, 10, setting->min, setting->max, count, NULL))
    return TRUE;
  g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
      "should be %s%sa whole number from %" G_GUINT64_FORMAT
      " to %" G_GUINT64_FORMAT,
      setting->choices ? setting->choices : "", setting->choices ? " or " : "",
      setting->min, setting->max);
  return FALSE;
}

/* No sign, no exponent, no name of a number: digits and a point. */
static gboolean
parse_seconds (const char *text, double *seconds, GError **error)
{
  double value = g_ascii_strtod (text, NULL);

  if (!*text || text[strspn (text, "0123456789.")] ||
      strchr (text, '.') != strrchr (text, '.') ||
      !strpbrk (text, "0123456789") || !(value <= 1e9))
    return fail (error, "a number of seconds, 0 or more");
  *seconds = value;
  return TRUE;
}

static gboolean
parse_age (const char *text, guint64 *age, GError **error)
{
  static const struct {
    char letter;
    guint seconds;
  } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
    { 'w', 604800 } };
  static const char wanted[] =
      "a number of seconds, or of minutes, hours, days or weeks "
      "(such as 90m, 12h, 30d, 2w)";
  char *end = NULL;
  guint64 value;

  if (!g_ascii_isdigit (*text))
    return fail (error, wanted);
  value = g_ascii_strtoull (text, &end, 10);
  if (value > G_MAXUINT32)
    return fail (error, wanted);
  if (!*end) {
    *age = value;
    return TRUE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (units); i++) {
    if (end[0] == units[i].letter && !end[1]) {
      *age = value * units[i].seconds;
      return TRUE;
    }
  }
  return fail (error, wanted);
}

static gboolean
parse_share (const char *text, double *share, GError **error)
{
  double value;

  if (!parse_seconds (text, &value, NULL) || value > 1)
    return fail (error, "a number from 0 to 1");
  *share = value;
  return TRUE;
}

/* "1.5G": as reports write sizes, units are decimal unless there is an "i". */
static gboolean
parse_size (const char *text, guint64 *size, GError **error)
{
  static const char letters[] = "kmgtp";
  static const char wanted[] =
      "a number of bytes, or with a unit (such as 700M, 1.5GB, 4GiB)";
  gsize n_digits = strspn (text, "0123456789.");
  g_autofree char *number = g_strndup (text, n_digits);
  g_autofree char *unit = g_ascii_strdown (text + n_digits, -1);
  const char *at;
  double value, base = 1000;

  g_strstrip (unit);
  if (!*number || g_str_equal (number, ".") ||
      strchr (number, '.') != strrchr (number, '.'))
    return fail (error, wanted);
  value = g_ascii_strtod (number, NULL);
  at = *unit ? strchr (letters, *unit) : NULL;
  if (at && g_str_has_prefix (unit + 1, "i"))
    base = 1024;
  for (const char *p = letters; at && p <= at; p++)
    value *= base;
  /* What may follow: "", "b", and after a letter "i" and "ib". */
  if (!g_str_equal (unit + (at ? 1 : 0) + (base > 1000), "") &&
      !g_str_equal (unit + (at ? 1 : 0) + (base > 1000), "b"))
    return fail (error, wanted);
  if (!(value < 9e18))
    return fail (error, wanted);
  *size = (guint64)value;
  return TRUE;
}

static gboolean
parse_time (const char *text, gboolean at_end, guint64 *seconds, GError **error)
{
  gint64 when;

  if (!cvi_parse_when (
          text, g_get_real_time () / G_USEC_PER_SEC, at_end, &when))
    return fail (error,
        "a date (2026-03-01), a time (2026-03-01T12:00:00Z), or words such as "
        "\"yesterday\", \"7 days ago\", \"2 weeks\"");
  *seconds = (guint64)MAX (when, 1);
  return TRUE;
}

static gboolean
parse_verdicts (const char *text, guint64 *mask, GError **error)
{
  g_auto (GStrv) names = g_strsplit (text, ",", -1);
  guint64 found = 0;

  if (g_str_equal (text, "none")) {
    *mask = 0;
    return TRUE;
  }
  for (char **name = names; *name; name++) {
    CviVerdict verdict;

    if (!cvi_verdict_from_string (g_strstrip (*name), &verdict)) {
      g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
          "should be \"none\" or verdicts separated by commas; \"%s\" is none",
          *name);
      return FALSE;
    }
    found |= 1u << verdict;
  }
  if (found == 0)
    return fail (error, "\"none\" or verdicts separated by commas");
  *mask = found;
  return TRUE;
}

/* Drops empty parts and the spaces around the others. */
static char **
split (const char *text, const char *separator)
{
  g_auto (GStrv) parts = g_strsplit (text, separator, -1);
  GStrvBuilder *builder = g_strv_builder_new ();
  char **result;

  for (char **part = parts; *part; part++) {
    if (*g_strstrip (*part))
      g_strv_builder_add (builder, *part);
  }
  result = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  return result;
}

static char **
append_text (char **list, const char *text)
{
  GStrvBuilder *builder = g_strv_builder_new ();
  char **result;

  if (list)
    g_strv_builder_addv (builder, (const char **)list);
  g_strv_builder_add (builder, text);
  result = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  return result;
}

static gboolean
parse_list (const CviSetting *setting, const char *text,
    CviSettingSource source, CviSettingValue *value, GError **error)
{
  char **list;

  if (setting->type == CVI_SETTING_WORDS)
    list = split (text, ",");
  else if (source != CVI_FROM_COMMAND_LINE)
    list = split (text, ";");
  else
    list = append_text (value->source == source ? value->list : NULL, text);
  if (!*list) {
    g_strfreev (list);
    return fail (error, "a list with at least one entry");
  }
  g_strfreev (value->list);
  value->list = list;
  return TRUE;
}

static gboolean
parse_text (const char *text, CviSettingValue *value, GError **error)
{
  if (!*text)
    return fail (error, "not empty");
  g_free (value->text);
  value->text = g_strdup (text);
  return TRUE;
}

static gboolean
parse_value (const CviSetting *setting, const char *text,
    CviSettingSource source, CviSettingValue *value, GError **error)
{
  switch (setting->type) {
    case CVI_SETTING_FLAG:
      return parse_flag (text, &value->count, error);
    case CVI_SETTING_CHOICE:
      return parse_choice (setting, text, error) &&
             parse_text (text, value, error);
    case CVI_SETTING_COUNT:
      return parse_count (setting, text, &value->count, error);
    case CVI_SETTING_SECONDS:
      return parse_seconds (text, &value->seconds, error);
    case CVI_SETTING_AGE:
      return parse_age (text, &value->count, error);
    case CVI_SETTING_SIZE:
      return parse_size (text, &value->count, error);
    case CVI_SETTING_SHARE:
      return parse_share (text, &value->seconds, error);
    case CVI_SETTING_SINCE_TIME:
      return parse_time (text, FALSE, &value->count, error);
    case CVI_SETTING_UNTIL_TIME:
      return parse_time (text, TRUE, &value->count, error);
    case CVI_SETTING_TEXT:
      return parse_text (text, value, error);
    case CVI_SETTING_MAYBE_TEXT:
      g_free (value->text);
      value->text = g_strdup (text);
      return TRUE;
    case CVI_SETTING_TEXTS:
    case CVI_SETTING_WORDS:
      return parse_list (setting, text, source, value, error);
    case CVI_SETTING_VERDICTS:
      return parse_verdicts (text, &value->count, error);
  }
  g_return_val_if_reached (FALSE);
}

static void
set_raw (const CviSetting *setting, const char *text, CviSettingSource source,
    CviSettingValue *value)
{
  g_free (value->raw);
  value->raw =
      setting->type == CVI_SETTING_TEXTS && source == CVI_FROM_COMMAND_LINE
          ? g_strjoinv (";", value->list)
          : g_strdup (text);
}

gboolean
cvi_setting_parse (const CviSetting *setting, const char *text,
    CviSettingSource source, CviSettingValue *value, GError **error)
{
  g_return_val_if_fail (setting, FALSE);
  g_return_val_if_fail (text, FALSE);
  g_return_val_if_fail (value, FALSE);
  g_return_val_if_fail (!error || !*error, FALSE);

  if (!parse_value (setting, text, source, value, error))
    return FALSE;
  set_raw (setting, text, source, value);
  value->source = source;
  return TRUE;
}

void
cvi_setting_value_clear (CviSettingValue *value)
{
  g_return_if_fail (value);

  g_clear_pointer (&value->text, g_free);
  g_clear_pointer (&value->raw, g_free);
  g_clear_pointer (&value->list, g_strfreev);
}
