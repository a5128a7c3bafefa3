/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-copy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tools/cli/cvi-errno.h"
#include "tools/cli/cvi-write.h"

#define CHUNK (1024 * 1024)
/* Names and values of attributes: the kernel's own limit for each. */
#define MAX_ATTRIBUTE 65536
#define NS_PER_S G_GINT64_CONSTANT (1000000000)

static gint64
to_ns (struct timespec time)
{
  return (gint64)time.tv_sec * NS_PER_S + time.tv_nsec;
}

static struct timespec
to_timespec (gint64 ns)
{
  struct timespec time = { ns / NS_PER_S, ns % NS_PER_S };

  if (time.tv_nsec < 0) {
    time.tv_nsec += NS_PER_S;
    time.tv_sec--;
  }
  return time;
}

static void
take_facts (const struct stat *st, CviFileFacts *facts)
{
  *facts = (CviFileFacts){
    .size = (guint64)st->st_size,
    .mtime_ns = to_ns (st->st_mtim),
    .atime_ns = to_ns (st->st_atim),
    .mode = st->st_mode & 07777,
    .uid = st->st_uid,
    .gid = st->st_gid,
    .device = st->st_dev,
    .inode = st->st_ino,
  };
}

int
cvi_file_facts_read (const char *path, CviFileFacts *facts)
{
  struct stat st;

  if (lstat (path, &st) != 0)
    return errno;
  if (S_ISLNK (st.st_mode))
    return ELOOP;
  if (!S_ISREG (st.st_mode))
    return EINVAL;
  take_facts (&st, facts);
  return 0;
}

gboolean
cvi_sync_folder_of (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int problem = 0;

  if (fd < 0)
    return cvi_set_errno (error, errno, folder, "cannot be opened");
  if (fsync (fd) != 0 && errno != EINVAL && errno != ENOTSUP)
    problem = errno;
  close (fd);
  return problem == 0 || cvi_set_errno (error, problem, folder,
                             "cannot be written to the disk");
}

/* The owner first, since changing it takes set-user-ID bits away; times last,
 * since all else changes them. */
static int
apply_facts (int fd, const CviFileFacts *facts)
{
  struct timespec times[2] = { to_timespec (facts->atime_ns),
    to_timespec (facts->mtime_ns) };

  if (fchown (fd, facts->uid, facts->gid) != 0 && errno != EPERM &&
      errno != ENOTSUP && errno != EINVAL)
    return errno;
  if (fchmod (fd, facts->mode) != 0 && errno != ENOTSUP)
    return errno;
  return futimens (fd, times) == 0 ? 0 : errno;
}

gboolean
cvi_file_facts_apply (
    const char *path, const CviFileFacts *facts, GError **error)
{
  int fd = open (path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  int problem;

  if (fd < 0)
    return cvi_set_errno (error, errno, path, "cannot be opened");
  problem = apply_facts (fd, facts);
  close (fd);
  return problem == 0 ||
         cvi_set_errno (error, problem, path, "its times cannot be set");
}

/* Reading must not change what is to be kept, where that can be avoided. */
static int
open_to_read (const char *path)
{
  int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
  int fd = open (path, flags | O_NOATIME);

  return fd >= 0 || errno != EPERM ? fd : open (path, flags);
}

/* Reads all of @in into @sum and, unless it is -1, into @out.
 * Returns: FALSE with @error */
static gboolean
pump (int in, const char *from, int out, const char *to, GChecksum *sum,
    GError **error)
{
  g_autofree char *chunk = g_malloc (CHUNK);
  gssize n;

  while ((n = read (in, chunk, CHUNK)) != 0) {
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return cvi_set_errno (error, errno, from, "cannot be read");
    g_checksum_update (sum, (const guchar *)chunk, n);
    if (out >= 0 && !cvi_write_all (out, chunk, (gsize)n))
      return cvi_set_errno (error, errno, to, "cannot be written");
  }
  return TRUE;
}

char *
cvi_hash_file (const char *path, GError **error)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  int fd = open_to_read (path);
  gboolean ok;

  if (fd < 0) {
    cvi_set_errno (error, errno, path, "cannot be opened");
    return NULL;
  }
  /* What was just written would come out of memory else. */
  posix_fadvise (fd, 0, 0, POSIX_FADV_DONTNEED);
  ok = pump (fd, path, -1, NULL, sum, error);
  close (fd);
  return ok ? g_strdup (g_checksum_get_string (sum)) : NULL;
}

static gboolean
copy_attribute (
    int in, int out, const char *name, const char *to, GError **error)
{
  g_autofree char *value = g_malloc (MAX_ATTRIBUTE);
  gssize size = fgetxattr (in, name, value, MAX_ATTRIBUTE);

  if (size >= 0 && fsetxattr (out, name, value, (gsize)size, 0) == 0)
    return TRUE;
  return !g_str_has_prefix (name, "user.") ||
         cvi_set_errno (error, errno, to, "cannot keep an extended attribute");
}

static gboolean
copy_attributes (int in, int out, const char *to, GError **error)
{
  g_autofree char *names = g_malloc (MAX_ATTRIBUTE);
  gssize size = flistxattr (in, names, MAX_ATTRIBUTE);

  if (size < 0)
    return errno == ENOTSUP ||
           cvi_set_errno (error, errno, to, "cannot keep extended attributes");
  for (const char *name = names; name < names + size; name += strlen (name) + 1)
    if (!copy_attribute (in, out, name, to, error))
      return FALSE;
  return TRUE;
}

/* Is @fd the file of @facts, with the size of @facts? @mtime_ns: (inout): what
 * its time must be; 0: any, and it is told */
static gboolean
check_unchanged (int fd, const char *path, const CviFileFacts *facts,
    gint64 *mtime_ns, GError **error)
{
  CviFileFacts now;
  struct stat st;

  if (fstat (fd, &st) != 0)
    return cvi_set_errno (error, errno, path, "cannot be looked at");
  take_facts (&st, &now);
  if (*mtime_ns == 0)
    *mtime_ns = now.mtime_ns;
  if (S_ISREG (st.st_mode) && now.size == facts->size &&
      now.mtime_ns == *mtime_ns && now.device == facts->device &&
      now.inode == facts->inode)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
      "%s: was changed while it was copied", path);
  return FALSE;
}

static gboolean
copy_open (int in, const char *from, int out, const char *to,
    const CviFileFacts *facts, char **sha256, GError **error)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *written = NULL;
  gint64 mtime_ns = 0;
  int problem;

  if (!check_unchanged (in, from, facts, &mtime_ns, error) ||
      !pump (in, from, out, to, sum, error) ||
      !copy_attributes (in, out, to, error))
    return FALSE;
  problem = apply_facts (out, facts);
  if (problem != 0)
    return cvi_set_errno (error, problem, to, "its times cannot be set");
  if (fsync (out) != 0)
    return cvi_set_errno (error, errno, to, "cannot be written to the disk");
  written = cvi_hash_file (to, error);
  if (!written)
    return FALSE;
  if (!g_str_equal (written, g_checksum_get_string (sum))) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_IO,
        "%s: reads back as something else than was written: check that disk",
        to);
    return FALSE;
  }
  if (!check_unchanged (in, from, facts, &mtime_ns, error))
    return FALSE;
  *sha256 = g_steal_pointer (&written);
  /* Reading back may have changed when it was read last. */
  return cvi_file_facts_apply (to, facts, error);
}

gboolean
cvi_copy_file (const char *from, const char *to, const CviFileFacts *facts,
    char **sha256, GError **error)
{
  int in = open_to_read (from);
  int out;
  gboolean ok;

  if (in < 0)
    return cvi_set_errno (error, errno, from, "cannot be opened");
  out = open (to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (out < 0) {
    cvi_set_errno (error, errno, to, "cannot be created");
    close (in);
    return FALSE;
  }
  ok = copy_open (in, from, out, to, facts, sha256, error);
  close (in);
  /* Some file systems tell of failed writes here. */
  if (close (out) != 0 && ok)
    ok = cvi_set_errno (error, errno, to, "cannot be written");
  if (!ok) {
    g_clear_pointer (sha256, g_free);
    unlink (to);
  }
  return ok;
}
