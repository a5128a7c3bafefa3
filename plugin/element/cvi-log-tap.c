/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/element/cvi-log-tap.h"

#include <stdatomic.h>
#include <string.h>
#include "plugin/element/cvi-log-orphans.h"
#include "plugin/element/cvi-log-table.h"

/* Longest text that lines are compared by. */
#define MAX_KEY 128
/* Most objects a tap claims: pipelines are far smaller. */
#define MAX_CLAIMS 1024

typedef struct {
  const CviLogRow *row;
  char key[MAX_KEY];
  CviLogEntry entry;
} Slot;

struct _CviLogTap {
  guint64 id;
  atomic_bool pending;
  atomic_bool threaded;
  /* when it was last entered: the clock counts entries of threaded taps */
  _Atomic guint64 entered;
  _Atomic guint64 entered_time;

  /* under taps_lock */
  GHashTable *claims;
  Slot slots[CVI_LOG_TAP_MAX_ENTRIES];
  guint n_slots;
};

static GMutex taps_lock;
/* under taps_lock */
static GPtrArray *taps; /* oldest first */
static CviLogTap *fallback;
static GHashTable *raised; /* GstDebugCategory -> old threshold */

static atomic_uint n_taps;
static _Atomic guint64 next_id = 1;
static _Atomic guint64 entry_clock;

/* Whom this thread works for. An id, not a pointer: taps go away while threads
 * still name them. */
static _Thread_local struct {
  guint64 id;
  guint64 time_ns;
} current;

/* Digits and what follows 0x do not tell lines apart. */
static void
make_key (const char *text, char *key)
{
  gsize n = 0;

  while (*text && n + 1 < MAX_KEY) {
    if (!g_ascii_isdigit (*text)) {
      key[n++] = *text++;
      continue;
    }
    key[n++] = '#';
    while (g_ascii_isxdigit (*text) || *text == 'x')
      text++;
  }
  key[n] = '\0';
}

/* Called with taps_lock. */
static CviLogTap *
find_by_id (guint64 id)
{
  for (guint i = 0; id != 0 && i < taps->len; i++) {
    CviLogTap *tap = g_ptr_array_index (taps, i);

    if (tap->id == id)
      return tap;
  }
  return NULL;
}

/* Called with taps_lock. Only addresses are compared, and only the parent of a
 * pad is read: the line's own object is alive while its line is logged. */
static CviLogTap *
find_by_object (gpointer object)
{
  gpointer parent = NULL;

  if (!object)
    return NULL;
  if (GST_IS_PAD (object))
    parent = GST_OBJECT_PARENT (object);
  for (guint i = 0; i < taps->len; i++) {
    CviLogTap *tap = g_ptr_array_index (taps, i);

    if (g_hash_table_contains (tap->claims, object) ||
        (parent && g_hash_table_contains (tap->claims, parent)))
      return tap;
  }
  return NULL;
}

/* Called with taps_lock. The tap whose decoder has threads of its own and was
 * given a packet last. */
static CviLogTap *
find_threaded (void)
{
  CviLogTap *found = NULL;

  for (guint i = 0; i < taps->len; i++) {
    CviLogTap *tap = g_ptr_array_index (taps, i);

    if (!atomic_load (&tap->threaded) || atomic_load (&tap->entered) == 0)
      continue;
    if (!found || atomic_load (&tap->entered) > atomic_load (&found->entered))
      found = tap;
  }
  return found;
}

/* Called with taps_lock. Whose line is it, and of which time? */
static CviLogTap *
find_owner (const CviLogCategory *category, gpointer object, guint64 *time_ns)
{
  CviLogTap *tap = category->decoder ? find_by_id (current.id) : NULL;

  *time_ns = CVI_NONE;
  if (tap) {
    *time_ns = current.time_ns;
    return tap;
  }
  tap = find_by_object (object);
  if (!tap && !object && category->decoder)
    tap = find_threaded ();
  if (tap && category->decoder)
    *time_ns = atomic_load (&tap->entered_time);
  return tap ? tap : fallback;
}

/* Called with taps_lock. */
static void
record (CviLogTap *tap, const CviLogRow *row, const char *text, guint64 time_ns,
    guint64 count)
{
  Slot *slot = NULL;
  char key[MAX_KEY];

  make_key (text, key);
  for (guint i = 0; i < tap->n_slots && !slot; i++) {
    if (tap->slots[i].row == row && strcmp (tap->slots[i].key, key) == 0)
      slot = &tap->slots[i];
  }
  if (!slot && tap->n_slots == CVI_LOG_TAP_MAX_ENTRIES)
    slot = &tap->slots[tap->n_slots - 1];
  if (slot) {
    slot->entry.count += count;
    if (time_ns != CVI_NONE)
      slot->entry.last_ns = time_ns;
  } else {
    slot = &tap->slots[tap->n_slots++];
    slot->row = row;
    memcpy (slot->key, key, sizeof key);
    slot->entry =
        (CviLogEntry){ row->rule, row->severity, row->certainty, time_ns,
          time_ns, 1, cvi_sanitise_text (text, -1, CVI_FINDING_MAX_MESSAGE) };
  }
  atomic_store (&tap->pending, TRUE);
}

static void
adopt (const CviLogOrphan *orphan, gpointer user_data)
{
  record (user_data, orphan->row, orphan->text, CVI_NONE, orphan->count);
}

/* Called with taps_lock. */
static void
keep_orphan (const CviLogCategory *category, const CviLogRow *row, char *text,
    GObject *object)
{
  CviLogOrphan orphan = { row, text, object, NULL, &current, 1 };

  if (GST_IS_PAD (object))
    orphan.parent = GST_OBJECT_PARENT (object);
  /* A line of a demuxer without an object can belong to anybody. */
  if (object || category->decoder)
    cvi_log_orphans_add (&orphan);
}

static void
on_log (GstDebugCategory *gst_category, GstDebugLevel level, const char *file,
    const char *function, int line, GObject *object, GstDebugMessage *message,
    gpointer user_data)
{
  const CviLogCategory *category;
  const CviLogRow *row;
  const char *text;
  CviLogTap *tap;
  guint64 time_ns;

  if (atomic_load (&n_taps) == 0)
    return;
  category = cvi_log_table_get (gst_debug_category_get_name (gst_category));
  if (!category || level > category->level)
    return;
  text = gst_debug_message_get (message);
  row = text ? cvi_log_category_match (category, level, text) : NULL;
  if (!row || row->action != CVI_LOG_REPORT)
    return;
  g_mutex_lock (&taps_lock);
  tap = taps->len > 0 ? find_owner (category, object, &time_ns) : NULL;
  if (tap)
    record (tap, row, text, time_ns, 1);
  else if (taps->len > 0)
    keep_orphan (category, row, (char *)text, object);
  g_mutex_unlock (&taps_lock);
}

/* A category that its plugin has not made yet is made here: the plugin then
 * gets the same one, with the threshold that GST_DEBUG asks for. */
static void
raise_threshold (gpointer data, gpointer user_data)
{
  const CviLogCategory *category = data;
  GstDebugCategory *gst_category = NULL;
  GstDebugLevel old;

  GST_DEBUG_CATEGORY_INIT (
      gst_category, category->name, 0, "watched by cvicheck");
  old = gst_debug_category_get_threshold (gst_category);
  if (old >= category->level)
    return;
  g_hash_table_insert (raised, gst_category, GINT_TO_POINTER (old));
  gst_debug_category_set_threshold (gst_category, category->level);
}

/* Puts back what is still as it was set. */
static void
restore_threshold (gpointer key, gpointer value, gpointer user_data)
{
  const CviLogCategory *category =
      cvi_log_table_get (gst_debug_category_get_name (key));

  if (gst_debug_category_get_threshold (key) == category->level)
    gst_debug_category_set_threshold (key, GPOINTER_TO_INT (value));
}

/* Called with taps_lock. */
static void
start_listening (void)
{
  static gboolean installed = FALSE;

  if (!installed) {
    installed = TRUE;
    raised = g_hash_table_new (NULL, NULL);
    gst_debug_add_log_function (on_log, NULL, NULL);
  }
  cvi_log_table_foreach (raise_threshold, NULL);
}

/* Called with taps_lock. */
static void
stop_listening (void)
{
  cvi_log_orphans_clear ();
  g_hash_table_foreach (raised, restore_threshold, NULL);
  g_hash_table_remove_all (raised);
}

CviLogTap *
cvi_log_tap_new (void)
{
  CviLogTap *tap = g_new0 (CviLogTap, 1);

  cvi_log_table_init ();
  tap->id = atomic_fetch_add (&next_id, 1);
  tap->claims = g_hash_table_new (NULL, NULL);
  g_mutex_lock (&taps_lock);
  if (!taps)
    taps = g_ptr_array_new ();
  g_ptr_array_add (taps, tap);
  if (taps->len == 1)
    start_listening ();
  atomic_store (&n_taps, taps->len);
  g_mutex_unlock (&taps_lock);
  return tap;
}

void
cvi_log_tap_free (CviLogTap *tap)
{
  if (!tap)
    return;
  g_mutex_lock (&taps_lock);
  g_ptr_array_remove (taps, tap);
  if (fallback == tap)
    fallback = NULL;
  atomic_store (&n_taps, taps->len);
  if (taps->len == 0)
    stop_listening ();
  g_mutex_unlock (&taps_lock);
  for (guint i = 0; i < tap->n_slots; i++)
    g_free (tap->slots[i].entry.text);
  g_hash_table_unref (tap->claims);
  g_free (tap);
}

void
cvi_log_tap_claim (CviLogTap *tap, gpointer object)
{
  g_mutex_lock (&taps_lock);
  if (g_hash_table_size (tap->claims) < MAX_CLAIMS)
    g_hash_table_add (tap->claims, object);
  cvi_log_orphans_take_object (object, adopt, tap);
  g_mutex_unlock (&taps_lock);
}

void
cvi_log_tap_unclaim_all (CviLogTap *tap)
{
  g_mutex_lock (&taps_lock);
  g_hash_table_remove_all (tap->claims);
  g_mutex_unlock (&taps_lock);
}

void
cvi_log_tap_set_threaded (CviLogTap *tap, gboolean threaded)
{
  atomic_store (&tap->threaded, threaded);
}

void
cvi_log_tap_set_fallback (CviLogTap *tap)
{
  g_mutex_lock (&taps_lock);
  fallback = tap;
  g_mutex_unlock (&taps_lock);
}

/* What this thread said before it was known whom it works for. */
static void
adopt_thread (CviLogTap *tap)
{
  gboolean threaded = atomic_load (&tap->threaded);

  g_mutex_lock (&taps_lock);
  cvi_log_orphans_take_thread (threaded ? NULL : &current, adopt, tap);
  g_mutex_unlock (&taps_lock);
}

void
cvi_log_tap_enter (CviLogTap *tap, guint64 time_ns)
{
  if (current.id != tap->id && G_UNLIKELY (cvi_log_orphans_waiting ()))
    adopt_thread (tap);
  current.id = tap->id;
  current.time_ns = time_ns;
  if (atomic_load_explicit (&tap->threaded, memory_order_relaxed)) {
    atomic_store_explicit (&tap->entered_time, time_ns, memory_order_relaxed);
    atomic_store_explicit (&tap->entered,
        atomic_fetch_add_explicit (&entry_clock, 1, memory_order_relaxed) + 1,
        memory_order_relaxed);
  }
}

void
cvi_log_tap_leave (void)
{
  current.id = 0;
  current.time_ns = CVI_NONE;
}

gboolean
cvi_log_tap_pending (CviLogTap *tap)
{
  return atomic_load_explicit (&tap->pending, memory_order_relaxed);
}

void
cvi_log_tap_drain (CviLogTap *tap, CviLogEntryFunc func, gpointer user_data)
{
  CviLogEntry entries[CVI_LOG_TAP_MAX_ENTRIES];
  guint n;

  g_mutex_lock (&taps_lock);
  n = tap->n_slots;
  for (guint i = 0; i < n; i++)
    entries[i] = tap->slots[i].entry;
  tap->n_slots = 0;
  atomic_store (&tap->pending, FALSE);
  g_mutex_unlock (&taps_lock);
  for (guint i = 0; i < n; i++) {
    func (&entries[i], user_data);
    g_free (entries[i].text);
  }
}
