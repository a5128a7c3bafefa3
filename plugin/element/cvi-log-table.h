/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include "plugin/core/cvi-finding.h"

G_BEGIN_DECLS

/**
 * CviLogAction: what is done with a line that a row matches.
 * @CVI_LOG_REPORT: it becomes an entry of the tap
 * @CVI_LOG_BENIGN: it is known to come from healthy files: dropped
 * @CVI_LOG_FRAGMENT: the tail of a line that its writer puts out in pieces
 *   (libav prints a checksum byte by byte): dropped, the head tells
 */
typedef enum { CVI_LOG_REPORT, CVI_LOG_BENIGN, CVI_LOG_FRAGMENT } CviLogAction;

/**
 * CviLogRow: one row of the table.
 * @category: name of the debug category
 * @level: the line's level must be this one
 * @text: glob (GPatternSpec) that the whole text must match; NULL: any
 * @action: what to do
 * @rule, @severity, @certainty: of the entry, for CVI_LOG_REPORT
 */
typedef struct {
  const char *category;
  GstDebugLevel level;
  const char *text;
  CviLogAction action;
  CviRuleId rule;
  CviSeverity severity;
  double certainty;
} CviLogRow;

/**
 * CviLogCategory: the rows of one category, in the table's order.
 * @level: most verbose level that any row wants
 * @decoder: the category is a decoder's, so its lines belong to the packet
 *   that the calling thread is decoding
 */
typedef struct {
  const char *name;
  GstDebugLevel level;
  gboolean decoder;
  GPtrArray *rows;
} CviLogCategory;

/**
 * cvi_log_table_init: (any thread)
 *
 * Builds the index over the table, once.
 */
void cvi_log_table_init (void);

/* Returns: (nullable): the rows of category @name; after
 * cvi_log_table_init(). No lock: the index does not change. */
const CviLogCategory *cvi_log_table_get (const char *name);

/* Calls @func with each CviLogCategory. */
void cvi_log_table_foreach (GFunc func, gpointer user_data);

/**
 * cvi_log_category_match:
 *
 * Returns: (nullable): the first row that @level and @text satisfy
 */
const CviLogRow *cvi_log_category_match (
    const CviLogCategory *category, GstDebugLevel level, const char *text);

G_END_DECLS
