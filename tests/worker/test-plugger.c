/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Nothing of what a check finds depends on how fast threads get on, nor on what
 * the process has done before. */
#include <stdlib.h>
#include <string.h>

#include "plugin/element/gstcvicheck.h"
#include "tools/worker/cvi-memory.h"
#include "tools/worker/cvi-plugger.h"

/* How often an idle plugger would be seen as such. */
#define LOOKS 1000

/* A stream's end, held up where its decoder gets it. */
typedef struct {
  GMutex lock;
  GCond cond;
  gboolean reached;
  gboolean released;
  GPtrArray *names;
} Hold;

static GstPadProbeReturn
hold_eos (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Hold *hold = user_data;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) != GST_EVENT_EOS)
    return GST_PAD_PROBE_OK;
  g_mutex_lock (&hold->lock);
  hold->reached = TRUE;
  g_cond_broadcast (&hold->cond);
  while (!hold->released)
    g_cond_wait (&hold->cond, &hold->lock);
  g_mutex_unlock (&hold->lock);
  return GST_PAD_PROBE_OK;
}

static void
on_chain (const CviChain *chain, gpointer user_data)
{
  Hold *hold = user_data;

  g_ptr_array_add (
      hold->names, gst_object_get_name (GST_OBJECT (chain->decoder)));
  gst_pad_add_probe (
      chain->head, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, hold_eos, hold, NULL);
}

static void
run (const char *path, Hold *hold)
{
  CviPluggerConfig config = { .path = path,
    .decode = TRUE,
    .n_sounds = G_MAXUINT,
    .hw = { .hw = CVI_HW_OFF },
    .chain_made = on_chain,
    .user_data = hold };
  CviPlugger *plugger = cvi_plugger_new (&config);
  GstElement *pipeline = cvi_plugger_get_pipeline (plugger);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) end = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_mutex_lock (&hold->lock);
  while (!hold->reached)
    g_cond_wait (&hold->cond, &hold->lock);
  g_mutex_unlock (&hold->lock);

  /* The demuxer has paused its task before it sent EOS. */
  for (guint i = 0; i < LOOKS; i++)
    g_assert_false (cvi_plugger_is_idle (plugger));

  g_mutex_lock (&hold->lock);
  hold->released = TRUE;
  g_cond_broadcast (&hold->cond);
  g_mutex_unlock (&hold->lock);
  end = gst_bus_timed_pop_filtered (bus, 300 * GST_SECOND, GST_MESSAGE_EOS);
  g_assert_nonnull (end);
  /* It comes to rest: the test's time limit is the only other end. */
  while (!cvi_plugger_is_idle (plugger))
    g_thread_yield ();
  cvi_plugger_free (plugger);
}

/* @data: a clip of two streams with decoders of one name */
static void
test_plugger (gconstpointer data)
{
  g_autofree char *path = g_build_filename (g_getenv ("CVI_MEDIA"), data, NULL);
  g_autoptr (GPtrArray) before = NULL;

  for (guint i = 0; i < 2; i++) {
    Hold hold = { .names = g_ptr_array_new_with_free_func (g_free) };

    g_mutex_init (&hold.lock);
    g_cond_init (&hold.cond);
    run (path, &hold);
    g_assert_cmpuint (hold.names->len, >=, 2);
    for (guint j = 0; before && j < before->len; j++)
      g_assert_cmpstr (
          g_ptr_array_index (hold.names, j), ==, g_ptr_array_index (before, j));
    g_clear_pointer (&before, g_ptr_array_unref);
    before = g_steal_pointer (&hold.names);
    g_cond_clear (&hold.cond);
    g_mutex_clear (&hold.lock);
  }
}

static gboolean
is_zeros (const volatile guint8 *data, gsize size)
{
  for (gsize i = 0; i < size; i++) {
    if (data[i] != 0)
      return FALSE;
  }
  return TRUE;
}

/* Memory that is used again looks like new, but for what glibc caches a thread:
 * blocks up to 1 KiB. */
static void
test_memory (void)
{
#ifdef __SANITIZE_ADDRESS__
  g_test_skip ("the sanitizer has an allocator of its own");
#else
  static const gsize sizes[] = { 2000, 5000, 90000 };

  cvi_memory_make_repeatable ();
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    for (guint n = 0; n < 20; n++) {
      guint8 *data = malloc (sizes[i]);

      g_assert_true (is_zeros (data, sizes[i]));
      memset (data, 0x5a, sizes[i]);
      free (data);
    }
  }
#endif
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  gst_element_register (NULL, "cvicheck", GST_RANK_NONE, GST_TYPE_CVI_CHECK);
  g_test_add_data_func ("/plugger/mkv", "two-audio.mkv", test_plugger);
  g_test_add_data_func ("/plugger/mp4", "h264-aac.mp4", test_plugger);
  g_test_add_func ("/plugger/memory", test_memory);
  return g_test_run ();
}
