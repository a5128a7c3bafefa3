/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-picture-taker.h"

#include <gio/gio.h>

#include "tools/pool/cvi-jpeg.h"
#include "tools/pool/cvi-proc.h"
#include "tools/pool/cvi-registry.h"
#include "tools/pool/cvi-worker-process.h"

#define TICK_MS 100
#define MAX_TIMEOUT_S 3600.
#define JOB_ID 1

struct _CviPictureTaker {
  char *worker;
  char *sandbox;
  guint64 memory_limit; /* 0: any */
  gint64 timeout_us;
  GMainContext *context;
  CviRegistry *registry;

  /* the present file */
  const char *path;
  const CviPicturePlace *places;
  guint n_places;
  gint64 deadline_us; /* monotonic */
  CviWorkerProcess *process;
  gboolean ready;
  gboolean ended;
  GPtrArray *pictures; /* NULL until they have come */
  GError *failure;     /* what makes the worker of no use for any file */
  char *end;           /* how it ended without pictures */
};

static void
picture_free (gpointer data)
{
  CviPicture *picture = data;

  g_bytes_unref (picture->jpeg);
  g_free (picture);
}

CviPictureTaker *
cvi_picture_taker_new (const CviPoolConfig *config, double timeout_s)
{
  CviPictureTaker *taker;

  g_return_val_if_fail (config != NULL && config->worker != NULL, NULL);
  g_return_val_if_fail (timeout_s > 0, NULL);

  taker = g_new0 (CviPictureTaker, 1);
  taker->worker = g_strdup (config->worker);
  taker->sandbox = g_strdup (config->sandbox ? config->sandbox : "auto");
  taker->memory_limit = config->memory_limit_bytes;
  taker->timeout_us =
      (gint64)(MIN (timeout_s, MAX_TIMEOUT_S) * G_TIME_SPAN_SECOND);
  taker->context = g_main_context_new ();
  taker->registry = cvi_registry_new (config->worker, config->registry);
  return taker;
}

void
cvi_picture_taker_free (CviPictureTaker *taker)
{
  if (!taker)
    return;
  cvi_registry_free (taker->registry);
  g_main_context_unref (taker->context);
  g_free (taker->worker);
  g_free (taker->sandbox);
  g_free (taker);
}

static gboolean
set_violation (GError **error, const char *what)
{
  g_set_error_literal (error, CVI_WIRE_ERROR, CVI_WIRE_ERROR_MALFORMED, what);
  return FALSE;
}

static GVariant *
make_job (CviPictureTaker *taker)
{
  GVariantBuilder options, places;

  g_variant_builder_init (&places, G_VARIANT_TYPE ("a(st)"));
  for (guint i = 0; i < taker->n_places; i++)
    g_variant_builder_add (
        &places, "(st)", taker->places[i].stream, taker->places[i].at_ns);
  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (
      &options, "{sv}", "thumbnails", g_variant_builder_end (&places));
  return g_variant_new (
      "(t^ayya{sv})", (guint64)JOB_ID, taker->path, CVI_MODE_QUICK, &options);
}

static gboolean
take_hello (CviPictureTaker *taker, GVariant *body, GError **error)
{
  const char *missing;
  guint32 protocol;

  if (taker->ready)
    return set_violation (error, "a second HELLO");
  g_variant_get_child (body, 0, "u", &protocol);
  g_variant_get_child (body, 3, "&s", &missing);
  if (protocol != CVI_WIRE_PROTOCOL) {
    g_set_error (&taker->failure, CVI_POOL_ERROR, CVI_POOL_ERROR_WORKER,
        "%s is of another version", taker->worker);
    return set_violation (error, "HELLO with another protocol");
  }
  if (*missing && g_str_equal (taker->sandbox, "require")) {
    g_set_error (&taker->failure, CVI_POOL_ERROR, CVI_POOL_ERROR_SANDBOX,
        "the sandbox is required, and this system does not provide: %s",
        missing);
    return set_violation (error, "HELLO without the sandbox");
  }
  taker->ready = TRUE;
  cvi_worker_process_send (taker->process, CVI_WIRE_JOB, make_job (taker));
  return TRUE;
}

/* Returns: (transfer full) (nullable): NULL for what is no such picture */
static CviPicture *
read_picture (CviPictureTaker *taker, GVariant *variant)
{
  g_autoptr (GVariant) bytes = g_variant_get_child_value (variant, 3);
  CviPicture *picture;
  gconstpointer data;
  gboolean before;
  guint64 time_ns;
  guint32 place;
  gsize len;

  g_variant_get (variant, "(ubt@ay)", &place, &before, &time_ns, NULL);
  data = g_variant_get_fixed_array (bytes, &len, 1);
  if (place >= taker->n_places || len > CVI_PICTURE_MAX_BYTES ||
      !cvi_jpeg_is_picture (data, len, CVI_PICTURE_MAX_SIDE))
    return NULL;
  picture = g_new0 (CviPicture, 1);
  picture->place = place;
  picture->before = before;
  picture->time_ns = time_ns;
  picture->jpeg = g_bytes_new (data, len);
  return picture;
}

static gboolean
take_pictures (CviPictureTaker *taker, GVariant *body, GError **error)
{
  g_autoptr (GVariant) list = g_variant_get_child_value (body, 1);
  g_autoptr (GPtrArray) pictures =
      g_ptr_array_new_with_free_func (picture_free);
  guint64 id;
  guint last = 0; /* the least that the next one's number may be */

  g_variant_get_child (body, 0, "t", &id);
  if (id != JOB_ID || g_variant_n_children (list) > 2 * taker->n_places)
    return set_violation (error, "pictures that nobody asked for");
  for (gsize i = 0; i < g_variant_n_children (list); i++) {
    g_autoptr (GVariant) variant = g_variant_get_child_value (list, i);
    CviPicture *picture = read_picture (taker, variant);
    guint number;

    if (!picture)
      return set_violation (error, "a picture that is none");
    g_ptr_array_add (pictures, picture);
    number = 2 * picture->place + (picture->before ? 0 : 1);
    if (number < last)
      return set_violation (error, "pictures that are out of order");
    last = number + 1;
  }
  taker->pictures = g_steal_pointer (&pictures);
  /* It has done what it was there for. */
  cvi_worker_process_kill (taker->process, CVI_END_DISMISSED);
  return TRUE;
}

static gboolean
on_frame (CviWireType type, GVariant *body, gpointer user_data, GError **error)
{
  CviPictureTaker *taker = user_data;

  if (type == CVI_WIRE_HELLO)
    return take_hello (taker, body, error);
  if (!taker->ready)
    return set_violation (error, "a message before HELLO");
  switch (type) {
    case CVI_WIRE_PICTURES:
      return take_pictures (taker, body, error);
    /* The deadline is all that watches it; a finding tells that there was no
     * memory. */
    case CVI_WIRE_BEGIN:
    case CVI_WIRE_PROGRESS:
    case CVI_WIRE_FINDING:
      return TRUE;
    default:
      return set_violation (error, "no message about pictures");
  }
}

static void
on_ended (gpointer user_data)
{
  CviPictureTaker *taker = user_data;

  if (!taker->pictures)
    taker->end = cvi_worker_process_describe_end (taker->process);
  taker->ended = TRUE;
  g_clear_pointer (&taker->process, cvi_worker_process_free);
}

static gboolean
on_tick (gpointer user_data)
{
  CviPictureTaker *taker = user_data;

  if (taker->process)
    cvi_worker_process_poll (taker->process);
  if (!taker->process || cvi_worker_process_is_ending (taker->process))
    return G_SOURCE_CONTINUE;
  if (g_get_monotonic_time () > taker->deadline_us)
    cvi_worker_process_kill (taker->process, CVI_END_DEADLINE);
  else if (taker->memory_limit > 0 &&
           cvi_proc_rss (cvi_worker_process_get_pid (taker->process)) >
               taker->memory_limit)
    cvi_worker_process_kill (taker->process, CVI_END_MEMORY);
  return G_SOURCE_CONTINUE;
}

static gboolean
start (CviPictureTaker *taker, GError **error)
{
  static const CviWorkerProcessCallbacks callbacks = { on_frame, on_ended };
  GVariantBuilder roots, options;

  while (!cvi_registry_warm (taker->registry))
    g_main_context_iteration (taker->context, TRUE);
  taker->process = cvi_worker_process_start (taker->worker,
      cvi_registry_get_path (taker->registry), &callbacks, taker, error);
  if (!taker->process)
    return FALSE;
  taker->deadline_us = g_get_monotonic_time () + taker->timeout_us;
  g_variant_builder_init (&roots, G_VARIANT_TYPE ("aay"));
  g_variant_builder_add (&roots, "^ay", taker->path);
  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&options, "{sv}", "hw", g_variant_new_string ("off"));
  g_variant_builder_add (&options, "{sv}", "memory-limit",
      g_variant_new_uint64 (taker->memory_limit));
  cvi_worker_process_send (taker->process, CVI_WIRE_SETUP,
      g_variant_new ("(saaya{sv})", taker->sandbox, &roots, &options));
  return TRUE;
}

/* Runs the worker that was started until it has ended. */
static void
run (CviPictureTaker *taker)
{
  GSource *tick = g_timeout_source_new (TICK_MS);

  g_source_set_callback (tick, on_tick, taker, NULL);
  g_source_attach (tick, taker->context);
  while (!taker->ended)
    g_main_context_iteration (taker->context, TRUE);
  g_source_destroy (tick);
  g_source_unref (tick);
}

/* Why there are none. */
static void
set_failure (CviPictureTaker *taker, const char *start_error, GError **error)
{
  if (taker->failure)
    g_propagate_error (error, g_steal_pointer (&taker->failure));
  else if (start_error || !taker->ready)
    g_set_error (error, CVI_POOL_ERROR, CVI_POOL_ERROR_WORKER,
        "%s cannot be started: %s", taker->worker,
        start_error ? start_error : taker->end);
  else
    g_set_error (
        error, G_IO_ERROR, G_IO_ERROR_FAILED, "the worker %s", taker->end);
}

GPtrArray *
cvi_picture_taker_take (CviPictureTaker *taker, const char *path,
    const CviPicturePlace *places, guint n, GError **error)
{
  g_autoptr (GError) start_error = NULL;
  GPtrArray *pictures;

  g_return_val_if_fail (taker != NULL && path != NULL, NULL);
  g_return_val_if_fail (places != NULL || n == 0, NULL);
  g_return_val_if_fail (n <= CVI_PICTURE_MAX_PLACES, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  taker->path = path;
  taker->places = places;
  taker->n_places = n;
  taker->ready = taker->ended = FALSE;
  g_main_context_push_thread_default (taker->context);
  if (start (taker, &start_error))
    run (taker);
  g_main_context_pop_thread_default (taker->context);
  pictures = g_steal_pointer (&taker->pictures);
  if (!pictures)
    set_failure (taker, start_error ? start_error->message : NULL, error);
  g_clear_error (&taker->failure);
  g_clear_pointer (&taker->end, g_free);
  return pictures;
}
