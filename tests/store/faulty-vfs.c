/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/store/faulty-vfs.h"

#include <signal.h>
#include <sqlite3.h>
#include <unistd.h>

/* SQLite allocates szOsFile bytes: this, then the real VFS's own file. */
typedef struct {
  sqlite3_file base;
  sqlite3_file *real;
} FaultyFile;

static struct {
  Fault fault;
  guint step;
  gboolean lasting;
  guint n_steps;
} state;

static sqlite3_vfs *real_vfs;
static sqlite3_vfs faulty_vfs;

static sqlite3_file *
real_of (sqlite3_file *file)
{
  return ((FaultyFile *)file)->real;
}

/* Counts a step. Returns: whether it fails */
static gboolean
fails (void)
{
  state.n_steps++;
  return state.step > 0 && (state.n_steps == state.step ||
                               (state.lasting && state.n_steps > state.step));
}

/* Returns: @error, SQLITE_FULL, or not at all */
static int
fail (int error)
{
  if (state.fault == FAULT_KILL)
    raise (SIGKILL);
  return state.fault == FAULT_FULL ? SQLITE_FULL : error;
}

static int
faulty_close (sqlite3_file *file)
{
  return real_of (file)->pMethods->xClose (real_of (file));
}

static int
faulty_read (sqlite3_file *file, void *data, int len, sqlite3_int64 offset)
{
  return real_of (file)->pMethods->xRead (real_of (file), data, len, offset);
}

static int
faulty_write (
    sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
  sqlite3_file *real = real_of (file);

  if (!fails ())
    return real->pMethods->xWrite (real, data, len, offset);
  if (state.fault == FAULT_SHORT || state.fault == FAULT_KILL)
    real->pMethods->xWrite (real, data, len / 2, offset);
  return fail (SQLITE_IOERR_WRITE);
}

static int
faulty_truncate (sqlite3_file *file, sqlite3_int64 size)
{
  if (fails ())
    return fail (SQLITE_IOERR_TRUNCATE);
  return real_of (file)->pMethods->xTruncate (real_of (file), size);
}

static int
faulty_sync (sqlite3_file *file, int flags)
{
  return fails () ? fail (SQLITE_IOERR_FSYNC) : SQLITE_OK;
}

static int
faulty_file_size (sqlite3_file *file, sqlite3_int64 *size)
{
  return real_of (file)->pMethods->xFileSize (real_of (file), size);
}

static int
faulty_lock (sqlite3_file *file, int level)
{
  return real_of (file)->pMethods->xLock (real_of (file), level);
}

static int
faulty_unlock (sqlite3_file *file, int level)
{
  return real_of (file)->pMethods->xUnlock (real_of (file), level);
}

static int
faulty_check_lock (sqlite3_file *file, int *locked)
{
  return real_of (file)->pMethods->xCheckReservedLock (real_of (file), locked);
}

static int
faulty_control (sqlite3_file *file, int op, void *arg)
{
  return real_of (file)->pMethods->xFileControl (real_of (file), op, arg);
}

static int
faulty_sector_size (sqlite3_file *file)
{
  return real_of (file)->pMethods->xSectorSize (real_of (file));
}

static int
faulty_characteristics (sqlite3_file *file)
{
  return real_of (file)->pMethods->xDeviceCharacteristics (real_of (file));
}

static int
faulty_shm_map (sqlite3_file *file, int region, int size, int extend,
    void volatile **memory)
{
  if (extend && fails ())
    return fail (SQLITE_IOERR_SHMSIZE);
  return real_of (file)->pMethods->xShmMap (
      real_of (file), region, size, extend, memory);
}

static int
faulty_shm_lock (sqlite3_file *file, int offset, int n, int flags)
{
  return real_of (file)->pMethods->xShmLock (real_of (file), offset, n, flags);
}

static void
faulty_shm_barrier (sqlite3_file *file)
{
  real_of (file)->pMethods->xShmBarrier (real_of (file));
}

static int
faulty_shm_unmap (sqlite3_file *file, int remove)
{
  return real_of (file)->pMethods->xShmUnmap (real_of (file), remove);
}

static const sqlite3_io_methods methods = {
  .iVersion = 2, /* no memory mapping: every write comes through here */
  .xClose = faulty_close,
  .xRead = faulty_read,
  .xWrite = faulty_write,
  .xTruncate = faulty_truncate,
  .xSync = faulty_sync,
  .xFileSize = faulty_file_size,
  .xLock = faulty_lock,
  .xUnlock = faulty_unlock,
  .xCheckReservedLock = faulty_check_lock,
  .xFileControl = faulty_control,
  .xSectorSize = faulty_sector_size,
  .xDeviceCharacteristics = faulty_characteristics,
  .xShmMap = faulty_shm_map,
  .xShmLock = faulty_shm_lock,
  .xShmBarrier = faulty_shm_barrier,
  .xShmUnmap = faulty_shm_unmap,
};

static int
faulty_open (sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
    int *out_flags)
{
  FaultyFile *self = (FaultyFile *)file;
  int rc;

  self->base.pMethods = NULL;
  self->real = (sqlite3_file *)(self + 1);
  if ((flags & SQLITE_OPEN_CREATE) && fails ())
    return fail (SQLITE_CANTOPEN);
  rc = real_vfs->xOpen (real_vfs, name, self->real, flags, out_flags);
  if (rc == SQLITE_OK)
    self->base.pMethods = &methods;
  return rc;
}

static int
faulty_delete (sqlite3_vfs *vfs, const char *name, int sync)
{
  if (fails ())
    return fail (SQLITE_IOERR_DELETE);
  return real_vfs->xDelete (real_vfs, name, 0);
}

static int
faulty_full_pathname (sqlite3_vfs *vfs, const char *name, int len, char *out)
{
  return real_vfs->xFullPathname (real_vfs, name, len, out);
}

void
faulty_vfs_install (Fault fault, guint step, gboolean lasting)
{
  state.fault = fault;
  state.step = step;
  state.lasting = lasting;
  state.n_steps = 0;
  if (real_vfs)
    return;
  real_vfs = sqlite3_vfs_find (NULL);
  faulty_vfs = *real_vfs;
  faulty_vfs.zName = "faulty";
  faulty_vfs.szOsFile = (int)sizeof (FaultyFile) + real_vfs->szOsFile;
  faulty_vfs.xOpen = faulty_open;
  faulty_vfs.xDelete = faulty_delete;
  faulty_vfs.xFullPathname = faulty_full_pathname;
  g_assert_cmpint (sqlite3_vfs_register (&faulty_vfs, 1), ==, SQLITE_OK);
}

gboolean
faulty_vfs_has_failed (void)
{
  return state.step > 0 && state.n_steps >= state.step;
}
