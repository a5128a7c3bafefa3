/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-memory.h"

#include <errno.h>
#include <gst/gst.h>
#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Fresh memory is filled with the complement of it. */
#define PERTURB 0xff

static int clear_refs = -1;

void
cvi_memory_init (void)
{
  if (clear_refs < 0)
    clear_refs = open ("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
}

/* From so many bytes on (raw pictures) the kernel's zeros are taken: malloc
 * would write its own, and pictures that nobody writes would take memory. */
#define LARGE (1u << 20)

#define CVI_TYPE_ALLOCATOR (cvi_allocator_get_type ())
G_DECLARE_FINAL_TYPE (CviAllocator, cvi_allocator, CVI, ALLOCATOR, GstAllocator)

struct _CviAllocator {
  GstAllocator parent;
  GstAllocator *small;
};

G_DEFINE_FINAL_TYPE (CviAllocator, cvi_allocator, GST_TYPE_ALLOCATOR)

typedef struct {
  gpointer data;
  gsize size;
} Mapping;

static void
unmap (gpointer data)
{
  Mapping *mapping = data;

  munmap (mapping->data, mapping->size);
  g_free (mapping);
}

static GstMemory *
allocate (GstAllocator *allocator, gsize size, GstAllocationParams *params)
{
  CviAllocator *self = CVI_ALLOCATOR (allocator);
  gsize most = size + params->prefix + params->padding;
  Mapping *mapping;
  gpointer data;

  /* A mapping begins at a page. */
  if (most < LARGE || most < size || params->align >= 4096)
    return gst_allocator_alloc (self->small, size, params);
  data = mmap (
      NULL, most, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED)
    return gst_allocator_alloc (self->small, size, params);
  mapping = g_new (Mapping, 1);
  *mapping = (Mapping){ data, most };
  return gst_memory_new_wrapped (
      params->flags, data, most, params->prefix, size, mapping, unmap);
}

static void
cvi_allocator_class_init (CviAllocatorClass *klass)
{
  GST_ALLOCATOR_CLASS (klass)->alloc = allocate;
}

static void
cvi_allocator_init (CviAllocator *self)
{
  self->small = gst_allocator_find (GST_ALLOCATOR_SYSMEM);
  gst_object_ref_sink (self);
}

void
cvi_memory_make_repeatable (void)
{
  mallopt (M_PERTURB, PERTURB);
}

void
cvi_memory_init_buffers (void)
{
  gst_allocator_set_default (g_object_new (CVI_TYPE_ALLOCATOR, NULL));
}

/* proc(5), clear_refs 5 */
void
cvi_memory_reset_peak (void)
{
  if (clear_refs >= 0 && write (clear_refs, "5", 1) != 1)
    g_debug ("clear_refs: %s", g_strerror (errno));
}

guint64
cvi_memory_peak (void)
{
  g_autofree char *status = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &status, NULL, NULL))
    return 0;
  line = strstr (status, "VmHWM:");
  return line ? g_ascii_strtoull (line + 6, NULL, 10) * 1024 : 0;
}
