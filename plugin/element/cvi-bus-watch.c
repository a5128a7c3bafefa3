/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/element/cvi-bus-watch.h"

/* Outlives the watch while a handler runs in another thread. */
typedef struct {
  GWeakRef element;
  CviBusWatchFunc func;
} Listener;

struct _CviBusWatch {
  GstElement *element;
  CviBusWatchFunc func;

  GMutex lock;
  /* under lock */
  GstBus *bus;
  gulong on_error;
  gulong on_warning;
  gulong on_qos;
};

CviBusWatch *
cvi_bus_watch_new (GstElement *element, CviBusWatchFunc func)
{
  CviBusWatch *self = g_new0 (CviBusWatch, 1);

  self->element = element;
  self->func = func;
  g_mutex_init (&self->lock);
  return self;
}

void
cvi_bus_watch_free (CviBusWatch *watch)
{
  if (!watch)
    return;
  cvi_bus_watch_detach (watch);
  g_mutex_clear (&watch->lock);
  g_free (watch);
}

static void
listener_free (gpointer data, GClosure *closure)
{
  Listener *listener = data;

  g_weak_ref_clear (&listener->element);
  g_free (listener);
}

static void
on_sync_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  Listener *listener = user_data;
  g_autoptr (GstElement) element = g_weak_ref_get (&listener->element);

  if (element)
    listener->func (element, message);
}

static gulong
listen (CviBusWatch *self, GstBus *bus, const char *signal)
{
  Listener *listener = g_new0 (Listener, 1);

  g_weak_ref_init (&listener->element, self->element);
  listener->func = self->func;
  return g_signal_connect_data (bus, signal, G_CALLBACK (on_sync_message),
      listener, listener_free, (GConnectFlags)0);
}

/* Returns: (transfer full) (nullable): bins drop what comes to the buses of
 * their children, so only the outermost bus tells everything. */
static GstBus *
find_bus (GstElement *element)
{
  GstObject *top = gst_object_ref (GST_OBJECT (element));
  GstObject *parent;
  GstBus *bus = NULL;

  while ((parent = gst_object_get_parent (top))) {
    gst_object_unref (top);
    top = parent;
  }
  if (top != GST_OBJECT (element) && GST_IS_ELEMENT (top))
    bus = gst_element_get_bus (GST_ELEMENT (top));
  gst_object_unref (top);
  return bus;
}

/* Called with the lock. */
static void
leave_bus (CviBusWatch *self)
{
  if (!self->bus)
    return;
  g_signal_handler_disconnect (self->bus, self->on_error);
  g_signal_handler_disconnect (self->bus, self->on_warning);
  g_signal_handler_disconnect (self->bus, self->on_qos);
  gst_bus_disable_sync_message_emission (self->bus);
  g_clear_object (&self->bus);
}

void
cvi_bus_watch_attach (CviBusWatch *watch)
{
  GstBus *bus = find_bus (watch->element);

  if (!bus)
    return;
  g_mutex_lock (&watch->lock);
  if (watch->bus != bus) {
    leave_bus (watch);
    watch->bus = gst_object_ref (bus);
    watch->on_error = listen (watch, bus, "sync-message::error");
    watch->on_warning = listen (watch, bus, "sync-message::warning");
    watch->on_qos = listen (watch, bus, "sync-message::qos");
    gst_bus_enable_sync_message_emission (bus);
  }
  g_mutex_unlock (&watch->lock);
  gst_object_unref (bus);
}

void
cvi_bus_watch_detach (CviBusWatch *watch)
{
  g_mutex_lock (&watch->lock);
  leave_bus (watch);
  g_mutex_unlock (&watch->lock);
}
