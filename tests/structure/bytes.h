/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/structure/cvi-structure.h"

/* Builds small files in memory, walks them and holds what was found. */

void put (GByteArray *out, const void *data, gsize len);
void put_text (GByteArray *out, const char *text);
void put_u8 (GByteArray *out, guint8 value);
void put_be16 (GByteArray *out, guint16 value);
void put_be24 (GByteArray *out, guint32 value);
void put_be32 (GByteArray *out, guint32 value);
void put_be64 (GByteArray *out, guint64 value);
void put_le16 (GByteArray *out, guint16 value);
void put_le32 (GByteArray *out, guint32 value);
void put_le64 (GByteArray *out, guint64 value);
void put_zeros (GByteArray *out, gsize len);
/* Bytes without zeros, different for each @seed. */
void put_noise (GByteArray *out, gsize len, guint32 seed);
void set_be32 (GByteArray *out, gsize at, guint32 value);
void set_le32 (GByteArray *out, gsize at, guint32 value);
/* Index of the first @text from @from on; the test fails if there is none. */
gsize find_text (const GByteArray *bytes, const char *text, gsize from);

typedef struct {
  CviStructureInfo *info;
  GPtrArray *findings; /* CviFinding */
} Outcome;

Outcome *walk_bytes (const GByteArray *bytes, const char *name);
void outcome_free (Outcome *outcome);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Outcome, outcome_free)

/* Returns: (nullable): the first finding of @rule at @severity */
const CviFinding *outcome_find (
    const Outcome *outcome, CviRuleId rule, CviSeverity severity);
/* Fails the test if there is a finding above info. */
void assert_silent (const Outcome *outcome);
#define assert_found(outcome, rule, severity)                                  \
  g_assert_nonnull (outcome_find (outcome, rule, severity))

/* Walks 10,000 copies of @bytes, each with a few bytes changed, a part taken
 * out or the end cut off. Passes if all walks end, with the address space
 * limited. */
void mutate (const GByteArray *bytes, const char *name);
