/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Bumped whenever a rule, a table row or the verdict policy changes what a
 * file's verdict can be: stored results of another version are not reused. */
#define CVI_RULES_VERSION 5

/**
 * CviSeverity:
 * @CVI_SEVERITY_INFO: worth recording, never changes the verdict
 * @CVI_SEVERITY_WARNING: can be legal: makes a file suspicious
 * @CVI_SEVERITY_ERROR: damage: makes a file corrupt
 * @CVI_SEVERITY_CRITICAL: damage that makes (part of) the file unusable
 */
typedef enum {
  CVI_SEVERITY_INFO,
  CVI_SEVERITY_WARNING,
  CVI_SEVERITY_ERROR,
  CVI_SEVERITY_CRITICAL
} CviSeverity;

/**
 * CviRuleClass: what a finding of the rule says about the file.
 * @CVI_RULE_MEDIA: about the content; the finding's severity decides
 * @CVI_RULE_INCOMPLETE: the check did not finish (process::)
 * @CVI_RULE_UNREADABLE: the storage failed or forbade reading (io::)
 * @CVI_RULE_UNSUPPORTED: a stream could not be checked (no decoder, encrypted)
 */
typedef enum {
  CVI_RULE_MEDIA,
  CVI_RULE_INCOMPLETE,
  CVI_RULE_UNREADABLE,
  CVI_RULE_UNSUPPORTED
} CviRuleClass;

/**
 * CviRule: one row of the rule table. All strings are static.
 * @id: "area::name", stored in results; never reused for another meaning
 * @severity: default severity of a finding
 * @certainty: default certainty, 0-1, that a finding is what it says
 * @summary: one line, no full stop
 * @description: what was seen, why it matters, where the rule comes from
 * @action: what the user can do
 */
typedef struct {
  const char *id;
  CviRuleClass rule_class;
  CviSeverity severity;
  double certainty;
  const char *summary;
  const char *description;
  const char *action;
} CviRule;

/* Indexes into the table, in its order, so that a misspelt rule does not
 * compile. cvi_rule() turns one into its row. */
typedef enum {
  CVI_RULE_CONTAINER_UNRECOGNISED,
  CVI_RULE_CONTAINER_TRUNCATED,
  CVI_RULE_CONTAINER_STRUCTURE,
  CVI_RULE_CONTAINER_INDEX,
  CVI_RULE_CONTAINER_CHECKSUM,
  CVI_RULE_CONTAINER_CONTINUITY,
  CVI_RULE_CONTAINER_SYNC_LOST,
  CVI_RULE_CONTAINER_MISSING_FRAGMENT,
  CVI_RULE_CONTAINER_ZERO_FILLED,
  CVI_RULE_CONTAINER_TRAILING_DATA,
  CVI_RULE_STREAM_NO_FRAMES,
  CVI_RULE_STREAM_SHORTFALL,
  CVI_RULE_STREAM_MISSING_FRAMES,
  CVI_RULE_STREAM_UNSUPPORTED,
  CVI_RULE_STREAM_ENCRYPTED,
  CVI_RULE_TIME_GAP,
  CVI_RULE_TIME_OVERLAP,
  CVI_RULE_TIME_BACKWARDS,
  CVI_RULE_TIME_NO_TIMESTAMPS,
  CVI_RULE_DECODE_ERROR,
  CVI_RULE_DECODE_CONCEALED,
  CVI_RULE_DECODE_CORRUPT_FRAME,
  CVI_RULE_DECODE_CHECKSUM,
  CVI_RULE_DECODE_STOPPED_EARLY,
  CVI_RULE_DECODE_STARTS_MID_GOP,
  CVI_RULE_PROCESS_CRASHED,
  CVI_RULE_PROCESS_STALLED,
  CVI_RULE_PROCESS_DEADLINE,
  CVI_RULE_PROCESS_OUT_OF_MEMORY,
  CVI_RULE_PROCESS_SANDBOX,
  CVI_RULE_PROCESS_DISAGREED,
  CVI_RULE_PROCESS_HARDWARE,
  CVI_RULE_IO_ERROR,
  CVI_RULE_IO_VANISHED,
  CVI_RULE_IO_PERMISSION,
  CVI_RULE_IO_CHANGED,
  CVI_RULE_IO_PARTIAL,
  CVI_RULE_IO_SPARSE,
  CVI_RULE_CONTENT_BLACK,
  CVI_RULE_CONTENT_FROZEN,
  CVI_RULE_CONTENT_SILENT,
  CVI_RULE_CONTENT_NOISE,
  CVI_RULE_FIXITY_CHANGED,
  CVI_RULE_FIXITY_EDITED,
  CVI_RULE_FIXITY_MOVED,
  CVI_RULE_FIXITY_NEW,
  CVI_N_RULES
} CviRuleId;

/**
 * cvi_rule: (any thread)
 * @id: a rule, below CVI_N_RULES
 *
 * Returns: the static row of @id
 */
const CviRule *cvi_rule (CviRuleId id);

/**
 * cvi_rule_lookup: (any thread)
 * @id: a string such as "time::gap"
 *
 * Returns: (nullable): the static row, or NULL for an unknown id
 */
const CviRule *cvi_rule_lookup (const char *id);

/* "info", "warning", "error", "critical" */
const char *cvi_severity_to_string (CviSeverity severity);

/* Returns: FALSE (and leaves *severity alone) for an unknown name */
gboolean cvi_severity_from_string (const char *name, CviSeverity *severity);

G_END_DECLS
