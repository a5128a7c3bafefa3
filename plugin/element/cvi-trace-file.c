/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/element/cvi-trace-file-private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "plugin/element/cvi-upstream.h"

/* Most files that wait for their walk, and most streams that one keeps. */
#define MAX_WAITING 64
#define MAX_STREAMS 256
/* What may be left to read, of all files, when the process ends. */
#define READ_AT_EXIT (256 * G_GUINT64_CONSTANT (1048576))

/* Of the process. */
static struct {
  CviTraceReport *report;
  GThreadPool *pool; /* (nullable): nothing is walked */

  GMutex lock;
  GCond cond;       /* a file was walked */
  GPtrArray *files; /* under lock: not concluded yet */
} all;

static GQuark
file_quark (void)
{
  return g_quark_from_static_string ("cvi-trace-file");
}

static void
forget (gpointer data)
{
  Member *member = data;

  member->klass->unref (member->stream);
}

static void
clear (gpointer data)
{
  CviTraceFile *self = data;

  g_array_unref (self->members);
  g_ptr_array_unref (self->held);
  cvi_collector_free (self->collector);
  cvi_structure_info_free (self->info);
  close (self->fd);
  g_free (self->uri);
  g_free (self->path);
  g_free (self->element);
  g_free (self->factory);
  g_mutex_clear (&self->lock);
}

CviTraceFile *
cvi_trace_file_ref (CviTraceFile *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
cvi_trace_file_unref (CviTraceFile *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

/* Called without the lock. Tells what only the end of both, walk and reading,
 * can tell. */
static void
conclude (CviTraceFile *self)
{
  GArray *done;

  g_mutex_lock (&self->lock);
  if (!self->walked || !self->ended || self->concluded) {
    g_mutex_unlock (&self->lock);
    return;
  }
  self->concluded = TRUE;
  cvi_trace_file_judge (self);
  /* They hold on to the file. */
  done = self->members;
  self->members = g_array_new (FALSE, FALSE, sizeof (Member));
  g_mutex_unlock (&self->lock);
  g_array_unref (done);
  g_mutex_lock (&all.lock);
  g_ptr_array_remove_fast (all.files, self);
  g_mutex_unlock (&all.lock);
}

static void
keep_finding (CviFinding *finding, gpointer user_data)
{
  cvi_collector_add (user_data, finding);
}

typedef struct {
  CviTraceFile *file;
  CviCollector *found;
} Walk;

static void
on_found (CviFinding *finding, gpointer user_data)
{
  keep_finding (finding, ((Walk *)user_data)->found);
}

static gboolean
on_progress (guint64 bytes, gpointer user_data)
{
  CviTraceFile *self = ((Walk *)user_data)->file;

  __atomic_store_n (&self->bytes, bytes, __ATOMIC_RELAXED);
  return !g_atomic_int_get (&self->cancelled);
}

/* What was read of a file that changes is no state that it was ever in. */
static gboolean
has_changed (CviTraceFile *self)
{
  struct stat now;

  return fstat (self->fd, &now) != 0 || now.st_size != self->before.st_size ||
         now.st_mtim.tv_sec != self->before.st_mtim.tv_sec ||
         now.st_mtim.tv_nsec != self->before.st_mtim.tv_nsec;
}

/* Takes @info (nullable) and the findings of @found. */
static void
take_walk (CviTraceFile *self, CviStructureInfo *info, CviCollector *found)
{
  g_autoptr (GPtrArray) findings = cvi_collector_steal_findings (found);
  gboolean changed = has_changed (self);
  CviFinding *change;

  g_mutex_lock (&self->lock);
  if (changed) {
    change = cvi_finding_new (CVI_RULE_IO_CHANGED, NULL,
        "the file was written to while it was walked");
    change->severity = CVI_SEVERITY_INFO;
    cvi_trace_file_tell (self, change, self->element, self->factory);
    g_clear_pointer (&info, cvi_structure_info_free);
  }
  for (guint i = 0; !changed && i < findings->len; i++)
    cvi_trace_file_tell (self,
        cvi_finding_copy (g_ptr_array_index (findings, i)), self->element,
        self->factory);
  self->info = info;
  cvi_trace_file_release_held (self);
  self->walked = TRUE;
  g_mutex_unlock (&self->lock);
  conclude (self);
  g_mutex_lock (&all.lock);
  g_cond_broadcast (&all.cond);
  g_mutex_unlock (&all.lock);
}

/* On the pool's thread. Takes the reference. */
static void
walk (gpointer data, gpointer unused)
{
  g_autoptr (CviTraceFile) self = data;
  g_autoptr (CviCollector) found = cvi_collector_new ();
  const CviStructureCallbacks callbacks = { on_found, on_progress };
  Walk walking = { self, found };
  CviStructureInfo *info = NULL;

  if (self->before.st_size == 0)
    cvi_collector_add (found, cvi_finding_new (CVI_RULE_CONTAINER_TRUNCATED,
                                  NULL, "the file is empty"));
  else if (!g_atomic_int_get (&self->cancelled))
    info = cvi_structure_check (self->fd, self->path, &callbacks, &walking);
  if (info && info->complete)
    __atomic_store_n (
        &self->bytes, (guint64)self->before.st_size, __ATOMIC_RELAXED);
  take_walk (self, info, found);
}

void
cvi_trace_file_setup (CviTraceReport *report, gboolean walking)
{
  all.report = report;
  all.files = g_ptr_array_new ();
  /* One walk at a time, so that players are not kept from the disk. */
  if (walking)
    all.pool = g_thread_pool_new (walk, NULL, 1, FALSE, NULL);
}

gboolean
cvi_trace_file_walks (void)
{
  return all.pool != NULL;
}

/* Returns: (transfer full) (nullable) */
static char *
get_uri (GstElement *source)
{
  g_autofree char *uri = NULL;

  if (GST_IS_URI_HANDLER (source) &&
      gst_uri_handler_get_uri_type (GST_URI_HANDLER (source)) == GST_URI_SRC)
    uri = gst_uri_handler_get_uri (GST_URI_HANDLER (source));
  return uri && g_str_has_prefix (uri, "file:") ? g_steal_pointer (&uri) : NULL;
}

/* Returns: (transfer full) (nullable) */
static CviTraceFile *
begin (GstElement *source)
{
  g_autofree char *uri = get_uri (source);
  g_autofree char *path = uri ? g_filename_from_uri (uri, NULL, NULL) : NULL;
  int fd =
      path ? open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
  CviTraceFile *self;
  struct stat st;

  if (fd < 0)
    return NULL;
  if (fstat (fd, &st) != 0 || !S_ISREG (st.st_mode)) {
    close (fd);
    return NULL;
  }
  self = g_atomic_rc_box_new0 (CviTraceFile);
  g_mutex_init (&self->lock);
  self->report = all.report;
  self->fd = fd;
  self->before = st;
  self->uri = g_steal_pointer (&uri);
  self->path = g_steal_pointer (&path);
  self->element = gst_object_get_name (GST_OBJECT (source));
  self->factory = cvi_element_dup_factory (source);
  self->collector = cvi_collector_new ();
  self->held = g_ptr_array_new_with_free_func (cvi_trace_held_free);
  self->members = g_array_new (FALSE, FALSE, sizeof (Member));
  g_array_set_clear_func (self->members, forget);
  return self;
}

/* Called with the lock of all files. */
static void
start_walk (CviTraceFile *self)
{
  g_ptr_array_add (all.files, self);
  if (all.pool && g_thread_pool_unprocessed (all.pool) < MAX_WAITING)
    g_thread_pool_push (all.pool, cvi_trace_file_ref (self), NULL);
  else
    self->walked = TRUE;
}

CviTraceFile *
cvi_trace_file_get (GstElement *source)
{
  CviTraceFile *self;

  if (!all.report)
    return NULL;
  g_mutex_lock (&all.lock);
  self = g_object_get_qdata (G_OBJECT (source), file_quark ());
  if (!self) {
    self = begin (source);
    if (self) {
      g_object_set_qdata (G_OBJECT (source), file_quark (), self);
      start_walk (self);
    }
  }
  if (self)
    cvi_trace_file_ref (self);
  g_mutex_unlock (&all.lock);
  return self;
}

CviTraceFile *
cvi_trace_file_find (GstElement *element)
{
  g_autoptr (CviUpstream) upstream = cvi_upstream_new (element);
  GPtrArray *elements = cvi_upstream_get_elements (upstream);

  for (guint i = 0; i < elements->len; i++) {
    GstElement *source = g_ptr_array_index (elements, i);

    if (cvi_element_classify (source) == CVI_ELEMENT_SOURCE)
      return cvi_trace_file_get (source);
  }
  return NULL;
}

gboolean
cvi_trace_file_is_bare (GstElement *element)
{
  g_autoptr (CviUpstream) upstream = cvi_upstream_new (element);
  GPtrArray *elements = cvi_upstream_get_elements (upstream);

  for (guint i = 0; i < elements->len; i++) {
    GstElement *other = g_ptr_array_index (elements, i);
    g_autoptr (CviTraceFile) file = NULL;

    switch (cvi_element_classify (other)) {
      case CVI_ELEMENT_OTHER:
        break;
      case CVI_ELEMENT_SOURCE:
        file = cvi_trace_file_get (other);
        return file != NULL;
      default:
        return FALSE;
    }
  }
  return FALSE;
}

gboolean
cvi_trace_file_is_empty (GstElement *element)
{
  g_autoptr (CviTraceFile) file = cvi_trace_file_find (element);

  return file && file->before.st_size == 0;
}

char *
cvi_trace_file_add_stream (CviTraceFile *self, const char *kind,
    const CviTraceStreamClass *klass, gpointer stream)
{
  Member member = { klass, stream };
  guint n = 0;

  g_mutex_lock (&self->lock);
  for (guint k = 0; k < CVI_TRACE_N_KINDS; k++) {
    if (strcmp (cvi_trace_kinds[k], kind) == 0)
      n = self->n_streams[k]++;
  }
  if (self->members->len < MAX_STREAMS && !self->concluded) {
    klass->ref (stream);
    g_array_append_val (self->members, member);
  }
  g_mutex_unlock (&self->lock);
  return g_strdup_printf ("%s/%u", kind, n);
}

void
cvi_trace_file_note_read (CviTraceFile *self, guint64 offset, guint64 size)
{
  g_mutex_lock (&self->lock);
  cvi_past_end_add (&self->past, offset, size, (guint64)self->before.st_size);
  g_mutex_unlock (&self->lock);
}

static void
end (CviTraceFile *self)
{
  g_mutex_lock (&self->lock);
  self->ended = TRUE;
  g_mutex_unlock (&self->lock);
  conclude (self);
}

void
cvi_trace_file_end (GstElement *source)
{
  CviTraceFile *self;

  if (!all.report)
    return;
  g_mutex_lock (&all.lock);
  self = g_object_steal_qdata (G_OBJECT (source), file_quark ());
  g_mutex_unlock (&all.lock);
  if (!self)
    return;
  end (self);
  cvi_trace_file_unref (self);
}

static gboolean
is_walked (CviTraceFile *self)
{
  gboolean walked;

  g_mutex_lock (&self->lock);
  walked = self->walked;
  g_mutex_unlock (&self->lock);
  return walked;
}

/* Called with the lock of all files. */
static void
cut_short (void)
{
  guint64 budget = READ_AT_EXIT;

  for (guint i = 0; i < all.files->len; i++) {
    CviTraceFile *self = g_ptr_array_index (all.files, i);
    guint64 size = (guint64)self->before.st_size;
    guint64 left = size - MIN (cvi_trace_file_get_walked (self), size);

    if (left > budget)
      g_atomic_int_set (&self->cancelled, TRUE);
    else
      budget -= left;
  }
}

void
cvi_trace_file_finish_all (void)
{
  g_autoptr (GPtrArray) left =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_trace_file_unref);

  if (!all.report)
    return;
  g_mutex_lock (&all.lock);
  cut_short ();
  for (guint i = 0; i < all.files->len; i++)
    g_ptr_array_add (
        left, cvi_trace_file_ref (g_ptr_array_index (all.files, i)));
  for (guint i = 0; i < left->len; i++) {
    while (!is_walked (g_ptr_array_index (left, i)))
      g_cond_wait (&all.cond, &all.lock);
  }
  g_mutex_unlock (&all.lock);
  for (guint i = 0; i < left->len; i++)
    end (g_ptr_array_index (left, i));
}
