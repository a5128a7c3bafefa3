/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/fixity/cvi-hasher.h"

G_BEGIN_DECLS

/**
 * CviHashLine: one line of a list of hashes.
 * @path: as in the list, unescaped; bytes
 * @bytes: cvi_digest_size() of @digest
 */
typedef struct {
  char *path;
  CviDigest digest;
  guint8 bytes[CVI_DIGEST_MAX];
} CviHashLine;

void cvi_hash_line_clear (CviHashLine *line);

/**
 * cvi_hash_line_parse:
 * @text: one line without its end, untrusted
 * @digest: what the list holds, CVI_N_DIGESTS: what the line's form and length
 *   say
 * @bagit: names are escaped as in a BagIt manifest (RFC 8493, 2.1.3)
 *
 * Takes "HASH  NAME" and "HASH *NAME" (md5sum, sha256sum, xxhsum; with "\" in
 * front, names are escaped) and "ALGORITHM (NAME) = HASH".
 * Returns: FALSE if it is none, or could be several
 */
gboolean cvi_hash_line_parse (
    const char *text, CviDigest digest, gboolean bagit, CviHashLine *line);

/* Appends @line with its end, as md5sum and the others write it, or for a
 * BagIt manifest. */
void cvi_hash_line_append (
    GString *out, const CviHashLine *line, gboolean bagit);

/* What a list's own name says of its hashes: "manifest-sha256.txt",
 * "MD5SUMS", "x.xxh128". Returns: CVI_N_DIGESTS for nothing */
CviDigest cvi_hash_list_guess (const char *name);

G_END_DECLS
