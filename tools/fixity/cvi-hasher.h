/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-fixity.h"

G_BEGIN_DECLS

/* Digests of lists that others make (md5sum, sha256sum, BagIt, xxhsum). */
typedef enum {
  CVI_DIGEST_MD5,
  CVI_DIGEST_SHA1,
  CVI_DIGEST_SHA256,
  CVI_DIGEST_SHA512,
  CVI_DIGEST_XXH128,
  CVI_N_DIGESTS
} CviDigest;

/* Longest digest, bytes. */
#define CVI_DIGEST_MAX 64

/* "md5", "sha1", "sha256", "sha512", "xxh128" */
const char *cvi_digest_to_string (CviDigest digest);
gboolean cvi_digest_from_string (const char *name, CviDigest *digest);
/* Bytes of it. */
gsize cvi_digest_size (CviDigest digest);

/**
 * CviHasher: hashes one file. Takes its bytes from whoever reads them anyway,
 * in order, and reads itself what nobody has brought.
 * One thread at a time.
 */
typedef struct _CviHasher CviHasher;

/**
 * cvi_hasher_new:
 * @fd: of the file; stays the caller's, position unused (pread)
 * @size: bytes to hash
 * @block_size: wanted, see cvi_fixity_block_size()
 * @whole: also hash the whole; else only blocks
 */
CviHasher *cvi_hasher_new (
    int fd, guint64 size, guint64 block_size, gboolean whole);
void cvi_hasher_free (CviHasher *hasher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviHasher, cvi_hasher_free)

/* Also makes @digest. Before the first byte. */
void cvi_hasher_want (CviHasher *hasher, CviDigest digest);

/* Takes of @len bytes at @offset what comes next in the file; a small hole
 * before them is read. */
void cvi_hasher_feed (
    CviHasher *hasher, guint64 offset, const guint8 *data, gsize len);

/* @bytes: read so far. Returns: FALSE to stop */
typedef gboolean (*CviHasherProgress) (guint64 bytes, gpointer user_data);

/**
 * cvi_hasher_read_rest:
 * @progress: (nullable): before each read
 *
 * Reads what is left. Returns: FALSE if that failed (errno is set, 0: the file
 * is shorter than its size) or was stopped (errno is ECANCELED)
 */
gboolean cvi_hasher_read_rest (
    CviHasher *hasher, CviHasherProgress progress, gpointer user_data);

/* Returns: (transfer full): after all bytes; mtime_ns is 0 */
CviFixity *cvi_hasher_finish (CviHasher *hasher);
/* Returns: (transfer full) (nullable): after cvi_hasher_finish() */
GBytes *cvi_hasher_get_digest (CviHasher *hasher, CviDigest digest);

G_END_DECLS
