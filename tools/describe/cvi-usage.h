/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cli/cvi-commands.h"
#include "tools/cli/cvi-settings.h"

G_BEGIN_DECLS

/* What a shell can offer in the place of a value. */
typedef enum {
  CVI_VALUE_NONE,    /* there is no value: a flag */
  CVI_VALUE_ANY,     /* nothing: a number, a pattern */
  CVI_VALUE_WORDS,   /* one of a list */
  CVI_VALUE_LIST,    /* several of a list, separated by commas */
  CVI_VALUE_FILE,    /* also a folder */
  CVI_VALUE_FOLDER,  /* nothing but a folder */
  CVI_VALUE_PROGRAM, /* a program that the shell would find */
} CviValueKind;

/**
 * CviValue: of an option, or an argument.
 * @arg: (nullable): what the help calls it
 * @words: (nullable): of WORDS and LIST
 * @repeats: may be given several times
 */
typedef struct {
  CviValueKind kind;
  char *arg;
  char **words;
  gboolean repeats;
} CviValue;

/**
 * CviOption: one option of a sub-command, or of the program itself.
 * @letter: short option, or 0
 * @setting: (nullable): its row; NULL: --help, --version
 */
typedef struct {
  const char *name;
  char letter;
  const char *help;
  const CviSetting *setting;
  CviValue value;
} CviOption;

/**
 * CviUsage: one sub-command as its user sees it, or the program itself.
 * @name: "" for the program
 * @args: as the help shows them, "" for none
 * @arguments: (element-type CviValue)
 */
typedef struct {
  const char *name;
  const char *summary;
  const char *args;
  guint used_by;
  GPtrArray *options;
  GPtrArray *arguments;
} CviUsage;

/**
 * cvi_usage_new_all:
 *
 * Asks every sub-command of the table, which must be done before threads are
 * started. Returns: (transfer full) (element-type CviUsage): the program
 * itself, and the sub-commands in the table's order
 */
GPtrArray *cvi_usage_new_all (void);

/* How an option is written: "-m" or "--mode"; @letter asks for the first.
 * Returns: (transfer full) */
char *cvi_option_spelling (const CviOption *option, gboolean letter);

/* Each makes the whole completion of one shell. Returns: (transfer full) */
char *cvi_complete_bash (GPtrArray *usages);
char *cvi_complete_zsh (GPtrArray *usages);
char *cvi_complete_fish (GPtrArray *usages);

/**
 * cvi_page_new:
 * @name: of the page: "cvi-gst-scan"
 * @section: of the manual
 * @prose: (nullable): what docs/man has for the page; NULL: the tables alone
 *
 * Returns: (transfer full) (nullable): the page in scdoc's language, NULL with
 * @error for a name that stands for no sub-command and has no prose, or for
 * prose without what has to be in a page
 */
char *cvi_page_new (GPtrArray *usages, const char *name, const char *section,
    const char *prose, GError **error);

G_END_DECLS
