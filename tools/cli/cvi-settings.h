/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Rows of the table in cvi-settings-table.c, in its order. */
typedef enum {
  CVI_SETTING_MODE,
  CVI_SETTING_JOBS,
  CVI_SETTING_JOBS_PER_DEVICE,
  CVI_SETTING_NO_RECURSIVE,
  CVI_SETTING_EXT,
  CVI_SETTING_EXCLUDE,
  CVI_SETTING_FILES_FROM,
  CVI_SETTING_NULL,
  CVI_SETTING_DB,
  CVI_SETTING_NO_DB,
  CVI_SETTING_RESCAN,
  CVI_SETTING_MAX_AGE,
  CVI_SETTING_HW,
  CVI_SETTING_HW_DEVICE,
  CVI_SETTING_HW_SESSIONS,
  CVI_SETTING_SANDBOX,
  CVI_SETTING_STALL_TIMEOUT,
  CVI_SETTING_FILE_TIMEOUT,
  CVI_SETTING_MEMORY_LIMIT,
  CVI_SETTING_SCAN,
  CVI_SETTING_VERDICT,
  CVI_SETTING_DIFF,
  CVI_SETTING_FOLDER,
  CVI_SETTING_RULE,
  CVI_SETTING_CODEC,
  CVI_SETTING_CONTAINER,
  CVI_SETTING_MIN_SIZE,
  CVI_SETTING_MAX_SIZE,
  CVI_SETTING_MIN_CONFIDENCE,
  CVI_SETTING_MIN_DAMAGE,
  CVI_SETTING_SINCE,
  CVI_SETTING_UNTIL,
  CVI_SETTING_SORT,
  CVI_SETTING_LIMIT,
  CVI_SETTING_OLDER_THAN,
  CVI_SETTING_MISSING,
  CVI_SETTING_CLEAN_ALL,
  CVI_SETTING_CLEAN_DRY_RUN,
  CVI_SETTING_FORCE,
  CVI_SETTING_LEVEL,
  CVI_SETTING_STATS_FORMAT,
  CVI_SETTING_TREND_FORMAT,
  CVI_SETTING_FORMAT,
  CVI_SETTING_RULES_FORMAT,
  CVI_SETTING_DOCTOR_FORMAT,
  CVI_SETTING_OUTPUT,
  CVI_SETTING_THUMBNAILS,
  CVI_SETTING_PROGRESS,
  CVI_SETTING_FAIL_ON,
  CVI_SETTING_EXEC_CORRUPT,
  CVI_SETTING_EXEC_DONE,
  CVI_SETTING_EXEC_TIMEOUT,
  CVI_SETTING_COLOUR,
  CVI_SETTING_TO,
  CVI_SETTING_DRY_RUN,
  CVI_SETTING_UNDO,
  CVI_SETTING_REASON,
  CVI_SETTING_MARK_LIST,
  CVI_SETTING_MARK_REMOVE,
  CVI_SETTING_STATS,
  CVI_SETTING_HASH,
  CVI_SETTING_HASH_BLOCK,
  CVI_SETTING_SAMPLE,
  CVI_SETTING_MAX_TIME,
  CVI_SETTING_READ_RATE,
  CVI_SETTING_SCAN_NEW,
  CVI_SETTING_SCAN_CHANGED,
  CVI_SETTING_NO_DEEP,
  CVI_SETTING_LIST_FORMAT,
  CVI_SETTING_BASE,
  CVI_SETTING_DUPLICATES,
  CVI_SETTING_RUN,
  CVI_SETTING_SHARD_SIZE,
  CVI_SETTING_MAX_SHARDS,
  CVI_SETTING_SIMULATE,
  CVI_SETTING_SIMULATE_FILES,
  CVI_SETTING_SIMULATE_SIZE,
  CVI_SETTING_SIMULATE_CORES,
  CVI_SETTING_INDEX,
  CVI_SETTING_ENGINE,
  CVI_SETTING_MAX_RUNNING,
  CVI_SETTING_SUBMIT_MISSING,
  CVI_SETTING_HOSTS,
  CVI_SETTING_IMAGE,
  CVI_SETTING_PVC,
  CVI_SETTING_RUN_PVC,
  CVI_SETTING_PROGRAM,
  CVI_SETTING_WAIT,
  CVI_SETTING_ALLOW_MIXED,
  CVI_SETTING_STATUS_FORMAT,
  CVI_SETTING_COMPARE_MODE,
  CVI_SETTING_COMPARE_FORMAT,
  CVI_SETTING_TOLERANCE,
  CVI_SETTING_SYNC_TOLERANCE,
  CVI_SETTING_SPOOL_LIMIT,
  CVI_SETTING_LIVE_TIME,
  CVI_N_SETTINGS
} CviSettingId;

/* Sub-commands that take a setting, as a bit mask. Numbers may be left out. */
typedef enum {
  CVI_FOR_SCAN = 1 << 0,
  CVI_FOR_LIST = 1 << 1,
  CVI_FOR_REPORT = 1 << 2,
  CVI_FOR_RULES = 1 << 3,
  CVI_FOR_DOCTOR = 1 << 4,
  CVI_FOR_QUERY = 1 << 5,
  CVI_FOR_STATS = 1 << 6,
  CVI_FOR_TREND = 1 << 7,
  CVI_FOR_CLEANUP = 1 << 8,
  CVI_FOR_BACKUP = 1 << 9,
  CVI_FOR_VERIFY = 1 << 10,
  CVI_FOR_FIXITY = 1 << 11,
  CVI_FOR_QUARANTINE = 1 << 16,
  CVI_FOR_MARK = 1 << 17,
  CVI_FOR_PLAN = 1 << 20,
  CVI_FOR_SHARD = 1 << 21,
  CVI_FOR_SUBMIT = 1 << 22,
  CVI_FOR_STATUS = 1 << 23,
  CVI_FOR_MERGE = 1 << 24,
  CVI_FOR_COMPARE = 1 << 18
} CviSettingFor;

typedef enum {
  CVI_SETTING_FLAG,       /* no value; true or false elsewhere */
  CVI_SETTING_CHOICE,     /* one of a list */
  CVI_SETTING_COUNT,      /* whole number from min to max */
  CVI_SETTING_SECONDS,    /* decimal number, 0 or more */
  CVI_SETTING_AGE,        /* seconds, or with a unit: s m h d w */
  CVI_SETTING_SIZE,       /* bytes, or with a unit: k M G T P, KiB MiB ... */
  CVI_SETTING_SHARE,      /* decimal number from 0 to 1 */
  CVI_SETTING_SINCE_TIME, /* see cvi_parse_when() */
  CVI_SETTING_UNTIL_TIME, /* the same, at the end of a day */
  CVI_SETTING_TEXT,       /* anything: a file name, a word */
  CVI_SETTING_MAYBE_TEXT, /* the same; without a value it is "" */
  CVI_SETTING_TEXTS,   /* repeatable; split at ';' outside the command line */
  CVI_SETTING_WORDS,   /* split at ',' */
  CVI_SETTING_VERDICTS /* verdicts split at ',', or "none" */
} CviSettingType;

/* Where a value came from; a greater one goes before a smaller one. */
typedef enum {
  CVI_FROM_DEFAULT,
  CVI_FROM_CONFIG,
  CVI_FROM_ENVIRONMENT,
  CVI_FROM_COMMAND_LINE
} CviSettingSource;

/**
 * CviSetting: one row: the option, the environment variable and the
 * configuration key of one setting.
 * @name: long option, and key in group [scan] of the configuration file
 * @letter: short option, or 0
 * @env: (nullable): variable; NULL: command line only, for what makes sense
 *   for one run alone
 * @def: (nullable): default, in the form a user would write
 * @choices: (nullable): of a CHOICE, separated by '|'; of a COUNT one word
 *   that stands for G_MAXUINT64; of a TEXT what shells are to suggest
 * @min, @max: of a COUNT
 */
typedef struct {
  const char *name;
  char letter;
  CviSettingType type;
  guint used_by;
  const char *arg;
  const char *help;
  const char *env;
  const char *def;
  const char *choices;
  guint64 min;
  guint64 max;
} CviSetting;

extern const CviSetting cvi_setting_table[CVI_N_SETTINGS];

/**
 * CviSettings: the settings of one run of a sub-command, parsed and checked.
 * The getters are for the types that their comments name.
 */
typedef struct _CviSettings CviSettings;

#define CVI_SETTINGS_ERROR (cvi_settings_error_quark ())
GQuark cvi_settings_error_quark (void);
typedef enum { CVI_SETTINGS_ERROR_INVALID } CviSettingsError;

/**
 * cvi_settings_new:
 * @used_by: the sub-command
 * @args: (nullable): what --help calls the arguments ("PATH..."); NULL: takes
 *   none
 * @summary: for --help
 * @argv: as the sub-command got it, NULL-terminated
 *
 * Reads defaults, configuration file, environment and command line. --help
 * prints the sub-command's options and ends the program.
 * Returns: (transfer full) (nullable): NULL with @error, whose message names
 * the source of the bad value
 */
CviSettings *cvi_settings_new (CviSettingFor used_by, const char *args,
    const char *summary, char **argv, GError **error);
void cvi_settings_free (CviSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviSettings, cvi_settings_free)

/* Sets what the program itself has to decide, over any source. @text: valid;
 * what the getters returned for @id before is gone */
void cvi_settings_override (
    CviSettings *settings, CviSettingId id, const char *text);

/* FLAG */
gboolean cvi_settings_get_flag (CviSettings *settings, CviSettingId id);
/* COUNT, VERDICTS (bit mask), AGE (seconds; G_MAXUINT64 if not set), SIZE and
 * both TIMEs (Unix seconds; 0 if not set) */
guint64 cvi_settings_get_count (CviSettings *settings, CviSettingId id);
/* SECONDS, SHARE */
double cvi_settings_get_seconds (CviSettings *settings, CviSettingId id);
/* CHOICE, TEXT, MAYBE_TEXT; NULL if not set */
const char *cvi_settings_get_text (CviSettings *settings, CviSettingId id);
/* TEXTS, WORDS; NULL if not set */
char **cvi_settings_get_list (CviSettings *settings, CviSettingId id);
CviSettingSource cvi_settings_get_source (
    CviSettings *settings, CviSettingId id);
/* The value as its source wrote it; NULL if not set */
const char *cvi_settings_get_raw (CviSettings *settings, CviSettingId id);
/* What is no option; never NULL, NULL-terminated. */
char **cvi_settings_get_arguments (CviSettings *settings);

/**
 * CviSettingsUsage: what a sub-command has told cvi_settings_new() of itself.
 */
typedef struct {
  guint used_by;
  const char *args;
} CviSettingsUsage;

/**
 * cvi_settings_watch_usage:
 * @usage: (nullable): filled in; must live until this is called with NULL
 *
 * From now on cvi_settings_new() reads nothing and fails, after it has filled
 * in @usage. So completions and man pages are made from what a sub-command
 * really does, and a new one needs no second table. Not thread-safe.
 */
void cvi_settings_watch_usage (CviSettingsUsage *usage);

/* $XDG_CONFIG_HOME/cvi-gst/cvi-gst.conf. Returns: (transfer full) */
char *cvi_settings_config_path (void);

G_END_DECLS
