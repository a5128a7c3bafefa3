/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/fixity/cvi-hasher.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <gcrypt.h>
#include <xxhash.h>
#ifdef __x86_64__
/* The same functions, for what the CPU can do. */
#include <xxh_x86dispatch.h>
#endif

/* What is read at once: still in the cache when the second hash looks. */
#define READ_BYTES (256u * 1024)
/* A hole that is worth one read instead of all that follows it. */
#define MAX_HOLE (1024u * 1024)

struct _CviHasher {
  int fd;
  guint64 size;
  guint64 block_size;
  guint64 pos;
  gboolean failed;
  XXH3_state_t *whole;
  XXH3_state_t *block;
  guint64 in_block;
  GByteArray *blocks;
  gcry_md_hd_t others; /* NULL: none */
  gboolean wanted[CVI_N_DIGESTS];
  guint8 whole_digest[CVI_FIXITY_DIGEST];
  guint8 *buffer;
};

static const struct {
  const char *name;
  int algorithm; /* libgcrypt's, 0: none */
  gsize size;
} digests[CVI_N_DIGESTS] = {
  [CVI_DIGEST_MD5] = { "md5", GCRY_MD_MD5, 16 },
  [CVI_DIGEST_SHA1] = { "sha1", GCRY_MD_SHA1, 20 },
  [CVI_DIGEST_SHA256] = { "sha256", GCRY_MD_SHA256, 32 },
  [CVI_DIGEST_SHA512] = { "sha512", GCRY_MD_SHA512, 64 },
  [CVI_DIGEST_XXH128] = { "xxh128", 0, 16 },
};

const char *
cvi_digest_to_string (CviDigest digest)
{
  g_return_val_if_fail ((guint)digest < CVI_N_DIGESTS, NULL);
  return digests[digest].name;
}

gboolean
cvi_digest_from_string (const char *name, CviDigest *digest)
{
  for (guint i = 0; name && i < CVI_N_DIGESTS; i++) {
    if (g_str_equal (digests[i].name, name)) {
      *digest = (CviDigest)i;
      return TRUE;
    }
  }
  return FALSE;
}

gsize
cvi_digest_size (CviDigest digest)
{
  g_return_val_if_fail ((guint)digest < CVI_N_DIGESTS, 0);
  return digests[digest].size;
}

CviHasher *
cvi_hasher_new (int fd, guint64 size, guint64 block_size, gboolean whole)
{
  CviHasher *hasher = g_new0 (CviHasher, 1);

  hasher->fd = fd;
  hasher->size = size;
  hasher->block_size = cvi_fixity_block_size (block_size, size);
  hasher->blocks = g_byte_array_new ();
  hasher->block = XXH3_createState ();
  XXH3_128bits_reset (hasher->block);
  /* Of a file of one block both are the same. */
  if (whole && size > hasher->block_size) {
    hasher->whole = XXH3_createState ();
    XXH3_128bits_reset (hasher->whole);
  }
  return hasher;
}

void
cvi_hasher_free (CviHasher *hasher)
{
  if (!hasher)
    return;
  XXH3_freeState (hasher->whole);
  XXH3_freeState (hasher->block);
  gcry_md_close (hasher->others);
  g_byte_array_unref (hasher->blocks);
  g_free (hasher->buffer);
  g_free (hasher);
}

void
cvi_hasher_want (CviHasher *hasher, CviDigest digest)
{
  static gsize once;

  g_return_if_fail (hasher != NULL && hasher->pos == 0);
  g_return_if_fail ((guint)digest < CVI_N_DIGESTS);

  hasher->wanted[digest] = TRUE;
  if (digests[digest].algorithm == 0)
    return;
  /* Faster than GChecksum by four where the CPU has instructions for it. */
  if (g_once_init_enter (&once)) {
    gcry_control (GCRYCTL_DISABLE_SECMEM, 0);
    gcry_check_version (NULL);
    gcry_control (GCRYCTL_INITIALIZATION_FINISHED, 0);
    g_once_init_leave (&once, 1);
  }
  if (!hasher->others && gcry_md_open (&hasher->others, 0, 0) != 0)
    hasher->failed = TRUE;
  else if (gcry_md_enable (hasher->others, digests[digest].algorithm) != 0)
    hasher->failed = TRUE;
}

static void
end_block (CviHasher *hasher)
{
  XXH128_canonical_t canonical;

  XXH128_canonicalFromHash (&canonical, XXH3_128bits_digest (hasher->block));
  g_byte_array_append (hasher->blocks, canonical.digest, CVI_FIXITY_DIGEST);
  XXH3_128bits_reset (hasher->block);
  hasher->in_block = 0;
}

/* The next @len bytes, at most READ_BYTES so that they are read from memory
 * once. */
static void
take_piece (CviHasher *hasher, const guint8 *data, gsize len)
{
  gsize done = 0;

  while (done < len) {
    gsize n = (gsize)MIN (len - done, hasher->block_size - hasher->in_block);

    XXH3_128bits_update (hasher->block, data + done, n);
    hasher->in_block += n;
    done += n;
    if (hasher->in_block == hasher->block_size)
      end_block (hasher);
  }
  if (hasher->whole)
    XXH3_128bits_update (hasher->whole, data, len);
  if (hasher->others)
    gcry_md_write (hasher->others, data, len);
  hasher->pos += len;
}

static void
take (CviHasher *hasher, const guint8 *data, gsize len)
{
  for (gsize done = 0; done < len;) {
    gsize n = MIN (len - done, READ_BYTES);

    take_piece (hasher, data + done, n);
    done += n;
  }
}

/* Reads and takes up to @end. */
static gboolean
read_until (CviHasher *hasher, guint64 end, CviHasherProgress progress,
    gpointer user_data)
{
  if (!hasher->buffer && hasher->pos < end)
    hasher->buffer = g_malloc (READ_BYTES);
  while (hasher->pos < end) {
    gsize want = (gsize)MIN (end - hasher->pos, READ_BYTES);
    gssize got;

    if (progress && !progress (hasher->pos, user_data)) {
      errno = ECANCELED;
      return FALSE;
    }
    got = pread (hasher->fd, hasher->buffer, want, (off_t)hasher->pos);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0) {
      errno = got < 0 ? errno : 0;
      return FALSE;
    }
    take_piece (hasher, hasher->buffer, (gsize)got);
  }
  return TRUE;
}

void
cvi_hasher_feed (
    CviHasher *hasher, guint64 offset, const guint8 *data, gsize len)
{
  guint64 end = MIN (offset + len, hasher->size);

  if (hasher->failed || end <= hasher->pos)
    return;
  if (offset > hasher->pos) {
    if (offset - hasher->pos > MAX_HOLE)
      return;
    if (!read_until (hasher, offset, NULL, NULL))
      return;
  }
  take (hasher, data + (hasher->pos - offset), (gsize)(end - hasher->pos));
}

gboolean
cvi_hasher_read_rest (
    CviHasher *hasher, CviHasherProgress progress, gpointer user_data)
{
  g_return_val_if_fail (hasher != NULL, FALSE);

  if (hasher->failed) {
    errno = ENOTSUP;
    return FALSE;
  }
  return read_until (hasher, hasher->size, progress, user_data);
}

CviFixity *
cvi_hasher_finish (CviHasher *hasher)
{
  CviFixity *fixity;
  XXH128_canonical_t canonical;

  g_return_val_if_fail (hasher != NULL && hasher->pos == hasher->size, NULL);

  fixity = g_new0 (CviFixity, 1);
  fixity->size = hasher->size;
  fixity->block_size = hasher->block_size;
  if (hasher->whole) {
    XXH128_canonicalFromHash (&canonical, XXH3_128bits_digest (hasher->whole));
    memcpy (hasher->whole_digest, canonical.digest, CVI_FIXITY_DIGEST);
  }
  if (hasher->in_block > 0)
    end_block (hasher);
  if (!hasher->whole && hasher->size == 0) {
    XXH128_canonicalFromHash (&canonical, XXH3_128bits_digest (hasher->block));
    memcpy (hasher->whole_digest, canonical.digest, CVI_FIXITY_DIGEST);
  } else if (!hasher->whole && hasher->blocks->len == CVI_FIXITY_DIGEST) {
    memcpy (hasher->whole_digest, hasher->blocks->data, CVI_FIXITY_DIGEST);
  }
  memcpy (fixity->whole, hasher->whole_digest, CVI_FIXITY_DIGEST);
  fixity->blocks = g_bytes_new (hasher->blocks->data, hasher->blocks->len);
  fixity->sha256 = cvi_hasher_get_digest (hasher, CVI_DIGEST_SHA256);
  return fixity;
}

GBytes *
cvi_hasher_get_digest (CviHasher *hasher, CviDigest digest)
{
  g_return_val_if_fail (hasher != NULL, NULL);
  g_return_val_if_fail ((guint)digest < CVI_N_DIGESTS, NULL);

  if (!hasher->wanted[digest])
    return NULL;
  if (digest == CVI_DIGEST_XXH128)
    return g_bytes_new (hasher->whole_digest, CVI_FIXITY_DIGEST);
  return g_bytes_new (gcry_md_read (hasher->others, digests[digest].algorithm),
      digests[digest].size);
}
