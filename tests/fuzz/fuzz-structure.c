/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The structure walk. With FUZZ_CONTAINER, the walker of that one container on
 * whatever comes; without, the one that the first bytes ask for.
 */
#include "tests/fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "tools/structure/cvi-containers.h"
#include "tools/structure/cvi-walk-private.h"

/* More findings than that from 64 KiB would flood the supervisor. */
#define MAX_FINDINGS 100000

/* The walkers' reads go through a copy of exactly what they asked for, gone
 * with the next read: the walk's own buffer is so large that a sanitizer would
 * not see a walker read on behind it, or keep a pointer for too long. */
const guint8 *__real_cvi_walk_peek (CviWalk *walk, guint64 offset, gsize len);
const guint8 *__wrap_cvi_walk_peek (CviWalk *walk, guint64 offset, gsize len);

static guint8 *peeked;

const guint8 *
__wrap_cvi_walk_peek (CviWalk *walk, guint64 offset, gsize len)
{
  const guint8 *data = __real_cvi_walk_peek (walk, offset, len);

  g_clear_pointer (&peeked, g_free);
  if (data)
    peeked = g_memdup2 (data, len);
  return peeked;
}

static void
on_finding (CviFinding *finding, gpointer user_data)
{
  guint *n_findings = user_data;

  g_assert_cmpuint (++*n_findings, <, MAX_FINDINGS);
  g_assert_true (finding->start_ns <= finding->end_ns);
  g_assert_true (
      (finding->start_ns == CVI_NONE) == (finding->end_ns == CVI_NONE));
  g_assert_true (finding->certainty >= 0 && finding->certainty <= 1);
  g_assert_cmpuint (finding->count, >, 0);
  g_assert_true (g_utf8_validate (finding->message, -1, NULL));
  cvi_finding_free (finding);
}

static const CviStructureCallbacks callbacks = { on_finding, NULL };

#ifdef FUZZ_CONTAINER
static CviStructureInfo *
check (int fd, gsize size, guint *n_findings)
{
  g_autoptr (CviWalk) walk = cvi_walk_new (fd, size, &callbacks, n_findings);
  gsize len = MIN (size, CVI_PROBE_HEAD);
  const guint8 *head = cvi_walk_peek (walk, 0, len);

  g_assert_cmpuint (FUZZ_CONTAINER.probe (head, len, size), <=, 100);
  FUZZ_CONTAINER.walk (walk);
  return cvi_walk_finish (walk);
}
#else
static CviStructureInfo *
check (int fd, gsize size, guint *n_findings)
{
  return cvi_structure_check (fd, "input.ts", &callbacks, n_findings);
}
#endif

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static int fd = -1;
  g_autoptr (CviStructureInfo) info = NULL;
  guint n_findings = 0;

  if (fd < 0)
    fd = memfd_create ("input", MFD_CLOEXEC);
  g_assert_cmpint (ftruncate (fd, (off_t)size), ==, 0);
  g_assert_cmpint (pwrite (fd, data, size, 0), ==, size);
  if (size == 0)
    return 0;
  info = check (fd, size, &n_findings);
  g_assert_true (info->complete);
  g_clear_pointer (&peeked, g_free);
  return 0;
}

void
fuzz_target_seeds (FuzzAdd add, gpointer user_data)
{
  /* Those of the structure tests and the clips are given by name. */
  add ((const guint8 *)"", 0, user_data);
}
