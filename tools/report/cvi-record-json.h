/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <json-glib/json-glib.h>

#include "plugin/core/cvi-result.h"

G_BEGIN_DECLS

/**
 * cvi_record_to_json:
 *
 * The record (docs/cli.md, "The record") as one JSON object. Unknown values
 * are null; "path" is always valid UTF-8, with the bytes in "path_bytes"
 * (base64) where the name is not; "previous_verdict" is there for skipped
 * files only, "counts_as" and "mark" for marked ones.
 * Returns: (transfer full)
 */
JsonNode *cvi_record_to_json (const CviResult *result);

/* Appends the record in one line, without a line end. */
void cvi_record_append_json (GString *out, const CviResult *result);

G_END_DECLS
