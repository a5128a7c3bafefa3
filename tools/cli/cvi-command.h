/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Exit statuses of every sub-command; scan has more (docs/cli.md). */
#define CVI_EXIT_OK 0
#define CVI_EXIT_USAGE 2
/* Something could not be looked at. */
#define CVI_EXIT_UNCHECKED 4

/* status and merge: not every planned file has a result yet. */
#define CVI_EXIT_MISSING 3
/* shard: storage or machine failed (EX_TEMPFAIL): to be tried again. */
#define CVI_EXIT_AGAIN 75

/**
 * CviCommand: one sub-command, one file, one row in cvi-commands.c.
 * @summary: one line, no full stop
 * @run: argv[0] is the sub-command's name. Returns: the exit status
 */
typedef struct {
  const char *name;
  const char *summary;
  int (*run) (int argc, char **argv);
} CviCommand;

extern const CviCommand cvi_command_scan;
extern const CviCommand cvi_command_list;
extern const CviCommand cvi_command_verify;
extern const CviCommand cvi_command_fixity;
extern const CviCommand cvi_command_report;
extern const CviCommand cvi_command_query;
extern const CviCommand cvi_command_stats;
extern const CviCommand cvi_command_trend;
extern const CviCommand cvi_command_cleanup;
extern const CviCommand cvi_command_backup;
extern const CviCommand cvi_command_rules;
extern const CviCommand cvi_command_doctor;
extern const CviCommand cvi_command_plan;
extern const CviCommand cvi_command_shard;
extern const CviCommand cvi_command_submit;
extern const CviCommand cvi_command_status;
extern const CviCommand cvi_command_merge;
extern const CviCommand cvi_command_quarantine;
extern const CviCommand cvi_command_mark;
extern const CviCommand cvi_command_config;
extern const CviCommand cvi_command_compare;

G_END_DECLS
