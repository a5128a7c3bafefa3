/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/structure/bytes.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/structure/cvi-walk-private.h"

#define MIB (1024 * 1024)
#define SIZE (5 * MIB)

typedef struct {
  int fd;
  guint8 *bytes;
  CviWalk *walk;
  GPtrArray *findings;
  guint64 told;
  gboolean stop;
} Fixture;

static void
on_finding (CviFinding *finding, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_ptr_array_add (fixture->findings, finding);
}

static gboolean
on_progress (guint64 bytes, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_cmpuint (bytes, >, fixture->told);
  fixture->told = bytes;
  return !fixture->stop;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  static const CviStructureCallbacks callbacks = { on_finding, on_progress };

  fixture->fd = memfd_create ("walk", MFD_CLOEXEC);
  g_assert_cmpint (ftruncate (fixture->fd, SIZE), ==, 0);
  fixture->bytes =
      mmap (NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fixture->fd, 0);
  g_assert_true (fixture->bytes != MAP_FAILED);
  for (gsize i = 0; i < SIZE; i++)
    fixture->bytes[i] = (guint8)(1 + i % 255);
  fixture->findings =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_finding_free);
  fixture->walk = cvi_walk_new (fixture->fd, SIZE, &callbacks, fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  cvi_walk_free (fixture->walk);
  g_ptr_array_unref (fixture->findings);
  munmap (fixture->bytes, SIZE);
  close (fixture->fd);
}

static void
test_peek (Fixture *fixture, gconstpointer data)
{
  static const guint64 offsets[] = { 0, 1, 100000, 3 * MIB, 3 * MIB + 5, 17,
    SIZE - 1, 2 * MIB };
  static const gsize lengths[] = { 1, 4096, CVI_WALK_MAX_PEEK };

  for (gsize i = 0; i < G_N_ELEMENTS (offsets); i++) {
    for (gsize j = 0; j < G_N_ELEMENTS (lengths); j++) {
      const guint8 *p = cvi_walk_peek (fixture->walk, offsets[i], lengths[j]);

      if (offsets[i] + lengths[j] > SIZE)
        g_assert_null (p);
      else
        g_assert_cmpmem (
            p, lengths[j], fixture->bytes + offsets[i], lengths[j]);
    }
  }
  g_assert_null (cvi_walk_peek (fixture->walk, G_MAXUINT64, 1));
  g_assert_null (cvi_walk_peek (fixture->walk, G_MAXUINT64 - 5, 16));
  g_assert_null (cvi_walk_peek (fixture->walk, SIZE, 1));
  g_assert_false (cvi_walk_failed (fixture->walk));
}

static gboolean
feed (Fixture *fixture, guint64 offset, guint64 size, guint zero_run,
    guint64 time_ns)
{
  CviPayload payload = { offset, size, "video/0", time_ns, zero_run };

  return cvi_walk_payload (fixture->walk, &payload);
}

static CviStructureInfo *
finish (Fixture *fixture)
{
  return cvi_walk_finish (fixture->walk);
}

static void
check_run (Fixture *fixture, guint i, guint64 offset, guint64 start_ns)
{
  const CviFinding *finding = g_ptr_array_index (fixture->findings, i);

  g_assert_cmpstr (finding->rule->id, ==, "container::zero-filled");
  g_assert_cmpstr (finding->stream, ==, "video/0");
  g_assert_cmpuint (finding->offset, ==, offset);
  g_assert_cmpuint (finding->start_ns, ==, start_ns);
}

static void
test_runs (Fixture *fixture, gconstpointer data)
{
  g_autoptr (CviStructureInfo) info = NULL;

  memset (fixture->bytes + 10001, 0, 4096);
  memset (fixture->bytes + 50000, 0, 4095);
  memset (fixture->bytes + 3 * MIB - 7, 0, 5000);
  g_assert_true (feed (fixture, 0, SIZE, CVI_ZERO_RUN_DEFAULT, 42));
  info = finish (fixture);
  g_assert_cmpuint (fixture->findings->len, ==, 2);
  check_run (fixture, 0, 10001, 42);
  check_run (fixture, 1, 3 * MIB - 7, 42);
  g_assert_true (info->complete);
}

static void
test_short_runs (Fixture *fixture, gconstpointer data)
{
  g_autoptr (CviStructureInfo) info = NULL;

  /* each place of a run against the words that are probed */
  for (guint i = 0; i < 100; i++)
    memset (fixture->bytes + 1001 * i + 500, 0, i % 2 ? 64 : 63);
  for (guint i = 0; i < 100; i++)
    g_assert_true (feed (fixture, 1001 * i, 1001, 64, i));
  info = finish (fixture);
  g_assert_cmpuint (fixture->findings->len, ==, 50);
  for (guint i = 0; i < 50; i++)
    check_run (fixture, i, 1001 * (2 * i + 1) + 500, 2 * i + 1);
}

static void
test_borders (Fixture *fixture, gconstpointer data)
{
  const CviFinding *finding;
  g_autoptr (CviStructureInfo) info = NULL;

  memset (fixture->bytes + 7000, 0, 6000);
  memset (fixture->bytes + 37000, 0, 6000);
  memset (fixture->bytes + 60000, 0, 500);
  memset (fixture->bytes + 80000, 0, 20000);
  /* 3000 bytes in each of two adjacent payloads: one run */
  g_assert_true (feed (fixture, 0, 10000, CVI_ZERO_RUN_DEFAULT, 1));
  g_assert_true (feed (fixture, 10000, 10000, CVI_ZERO_RUN_DEFAULT, 2));
  /* the same with other data in between: none */
  g_assert_true (feed (fixture, 30000, 10000, CVI_ZERO_RUN_DEFAULT, 3));
  g_assert_true (feed (fixture, 40001, 10000, CVI_ZERO_RUN_DEFAULT, 4));
  /* padding at a border is judged by the default, whatever the limit */
  g_assert_true (feed (fixture, 60000, 10000, 64, 5));
  /* not checked at all */
  g_assert_true (feed (fixture, 80000, 30000, 0, 6));
  info = finish (fixture);
  g_assert_cmpuint (fixture->findings->len, ==, 1);
  check_run (fixture, 0, 7000, 1);
  finding = g_ptr_array_index (fixture->findings, 0);
  g_assert_cmpuint (finding->end_ns, ==, 2);
}

static void
test_tail (Fixture *fixture, gconstpointer data)
{
  g_autoptr (CviStructureInfo) info = NULL;

  memset (fixture->bytes + SIZE - 2 * MIB, 0, 2 * MIB);
  g_assert_true (feed (fixture, 100, SIZE, CVI_ZERO_RUN_DEFAULT, 9));
  info = finish (fixture);
  g_assert_cmpuint (fixture->findings->len, ==, 1);
  check_run (fixture, 0, SIZE - 2 * MIB, 9);
}

static void
test_progress (Fixture *fixture, gconstpointer data)
{
  g_autoptr (CviStructureInfo) info = NULL;

  g_assert_true (feed (fixture, 0, SIZE, CVI_ZERO_RUN_DEFAULT, 0));
  g_assert_cmpuint (fixture->told, >=, SIZE - MIB);
  info = finish (fixture);
  g_assert_true (info->complete);
}

static void
test_cancel (Fixture *fixture, gconstpointer data)
{
  g_autoptr (CviStructureInfo) info = NULL;

  fixture->stop = TRUE;
  g_assert_false (feed (fixture, 0, SIZE, CVI_ZERO_RUN_DEFAULT, 0));
  g_assert_true (cvi_walk_failed (fixture->walk));
  g_assert_null (cvi_walk_peek (fixture->walk, 0, 1));
  info = finish (fixture);
  g_assert_false (info->complete);
  g_assert_cmpuint (fixture->findings->len, ==, 0);
}

static void
check_io (Fixture *fixture, CviRuleId rule)
{
  const CviFinding *finding;
  g_autoptr (CviStructureInfo) info = NULL;

  g_assert_null (cvi_walk_peek (fixture->walk, 4 * MIB, 100));
  g_assert_true (cvi_walk_failed (fixture->walk));
  g_assert_null (cvi_walk_peek (fixture->walk, 4 * MIB, 100));
  info = finish (fixture);
  g_assert_false (info->complete);
  g_assert_cmpuint (fixture->findings->len, ==, 1);
  finding = g_ptr_array_index (fixture->findings, 0);
  g_assert_true (finding->rule == cvi_rule (rule));
  g_assert_cmpuint (finding->offset, ==, 4 * MIB);
}

static void
test_shrinks (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (ftruncate (fixture->fd, 100), ==, 0);
  check_io (fixture, CVI_RULE_IO_CHANGED);
}

static void
test_read_error (Fixture *fixture, gconstpointer data)
{
  int other = open ("/", O_RDONLY | O_CLOEXEC);

  /* reading a folder fails with EISDIR */
  g_assert_cmpint (dup2 (other, fixture->fd), ==, fixture->fd);
  close (other);
  check_io (fixture, CVI_RULE_IO_ERROR);
}

/* Zeros that were never written are told from those that were. */
static void
test_hole (Fixture *fixture, gconstpointer data)
{
  static const guint64 offsets[] = { 3 * MIB + 100, MIB };
  g_autoptr (CviStructureInfo) info = NULL;
  const int how = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

  memset (fixture->bytes + offsets[0], 0, 20000);
  if (fallocate (fixture->fd, how, (off_t)offsets[1], 64 * 1024) < 0) {
    g_test_skip ("no holes here");
    return;
  }
  g_assert_true (feed (fixture, 0, SIZE, CVI_ZERO_RUN_DEFAULT, 0));
  info = finish (fixture);
  g_assert_cmpuint (fixture->findings->len, ==, 2);
  for (guint i = 0; i < 2; i++) {
    const CviFinding *finding = g_ptr_array_index (fixture->findings, i);
    gboolean hole = finding->offset == offsets[1];

    g_assert_true (hole || finding->offset == offsets[0]);
    g_assert_true (finding->rule == cvi_rule (CVI_RULE_CONTAINER_ZERO_FILLED));
    g_assert_cmpstr (finding->stream, ==, "video/0");
    g_assert_cmpint (
        strstr (finding->message, "never written") != NULL, ==, hole);
  }
}

static void
test_streams (Fixture *fixture, gconstpointer data)
{
  g_autoptr (CviStructureInfo) info = NULL;
  guint n = 0;

  g_assert_cmpstr (
      cvi_walk_add_stream (fixture->walk, "video", "x")->id, ==, "video/0");
  g_assert_cmpstr (
      cvi_walk_add_stream (fixture->walk, "audio", NULL)->id, ==, "audio/0");
  g_assert_cmpstr (
      cvi_walk_add_stream (fixture->walk, "video", "x")->id, ==, "video/1");
  while (n < 1000 && cvi_walk_add_stream (fixture->walk, "data", "x"))
    n++;
  g_assert_cmpuint (n, <, 1000);
  info = finish (fixture);
  g_assert_cmpuint (info->streams->len, ==, n + 3);
}

static void
test_unknown (void)
{
  g_autoptr (GByteArray) noise = g_byte_array_new ();
  g_autoptr (GByteArray) empty = g_byte_array_new ();
  g_autoptr (Outcome) outcome = NULL;
  g_autoptr (Outcome) nothing = NULL;

  put_noise (noise, 100000, 3);
  outcome = walk_bytes (noise, "noise.mp4");
  g_assert_null (outcome->info->container);
  g_assert_cmpuint (outcome->info->streams->len, ==, 0);
  nothing = walk_bytes (empty, NULL);
  g_assert_null (nothing->info->container);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func)                                                        \
  g_test_add ("/walk/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("peek", test_peek);
  ADD ("runs", test_runs);
  ADD ("short-runs", test_short_runs);
  ADD ("borders", test_borders);
  ADD ("tail", test_tail);
  ADD ("progress", test_progress);
  ADD ("cancel", test_cancel);
  ADD ("shrinks", test_shrinks);
  ADD ("read-error", test_read_error);
  ADD ("hole", test_hole);
  ADD ("streams", test_streams);
  g_test_add_func ("/walk/unknown", test_unknown);
  return g_test_run ();
}
