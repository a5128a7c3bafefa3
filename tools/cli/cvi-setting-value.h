/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cli/cvi-settings.h"

G_BEGIN_DECLS

/* The parsed value of one setting; which member counts depends on its type. */
typedef struct {
  CviSettingSource source;
  guint64 count;
  double seconds;
  char *text;
  char **list;
  char *raw; /* as the source wrote it; entries of a list joined by ';' */
} CviSettingValue;

/**
 * cvi_setting_parse:
 * @text: as the user wrote it
 *
 * Returns: FALSE with @error (the message tells what would be right, not where
 * the text came from) and an unchanged @value
 */
gboolean cvi_setting_parse (const CviSetting *setting, const char *text,
    CviSettingSource source, CviSettingValue *value, GError **error);
void cvi_setting_value_clear (CviSettingValue *value);

G_END_DECLS
