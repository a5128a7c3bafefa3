/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/codec/cvi-vorbis.h"

#include <string.h>

#include "tools/codec/cvi-proof.h"

#define MAX_MODES 64
/* blockflag, windowtype, transformtype, mapping (4.2.4) */
#define MODE_BITS (1 + 16 + 16 + 8)
#define COUNT_BITS 6
#define MAX_MAPPINGS 64
#define SETUP 5

/* A packet's window: its size, and of a long one what it says of its
 * neighbours'. */
typedef struct {
  gboolean known;
  gboolean is_long;
  gboolean before;
  gboolean after;
} Window;

struct _CviVorbisCheck {
  guint n_modes; /* 0: unknown */
  gboolean is_long[MAX_MODES];
  Window last;
  gboolean last_misfit; /* with the one before it */
  CviProof proof;
};

/* @n: up to 32 bits from bit @at on, the lowest first; the caller has checked
 * that they are there */
static guint32
get_bits (const guint8 *data, gsize at, guint n)
{
  guint32 value = 0;

  for (guint i = 0; i < n; i++, at++)
    value |= (guint32)(data[at / 8] >> (at % 8) & 1) << i;
  return value;
}

/* The modes are the last thing in the setup header but for a framing bit, and
 * what comes before takes long to read: they are read from the end. */
static void
read_setup (CviVorbisCheck *self, const guint8 *data, gsize size)
{
  gsize end = size * 8;
  guint n = 0, found = 0;

  self->n_modes = 0;
  while (end > 0 && get_bits (data, end - 1, 1) == 0)
    end--;
  if (end == 0)
    return;
  end--;
  while (n < MAX_MODES && end >= 7 * 8 + (n + 1) * MODE_BITS + COUNT_BITS) {
    gsize at = end - (n + 1) * MODE_BITS;

    if (get_bits (data, at + 1, 32) != 0 ||
        get_bits (data, at + 33, 8) >= MAX_MAPPINGS)
      break;
    n++;
    /* What looks like a lower count may be the end of a mode. */
    if (get_bits (data, at - COUNT_BITS, COUNT_BITS) == n - 1)
      found = n;
  }
  for (guint i = 0; i < found; i++)
    self->is_long[i] = get_bits (data, end - (found - i) * MODE_BITS, 1) != 0;
  self->n_modes = found;
}

static gboolean
read_header (CviVorbisCheck *self, const guint8 *data, gsize size)
{
  if (size < 7 || data[0] > SETUP || memcmp (data + 1, "vorbis", 6) != 0)
    return FALSE;
  if (data[0] == SETUP)
    read_setup (self, data, size);
  return TRUE;
}

CviVorbisCheck *
cvi_vorbis_check_new (GstCaps *caps)
{
  CviVorbisCheck *self = g_new0 (CviVorbisCheck, 1);
  const GValue *headers = gst_structure_get_value (
      gst_caps_get_structure (caps, 0), "streamheader");

  for (guint i = 0; headers && GST_VALUE_HOLDS_ARRAY (headers) &&
                    i < gst_value_array_get_size (headers);
       i++) {
    const GValue *value = gst_value_array_get_value (headers, i);
    GstBuffer *buffer =
        GST_VALUE_HOLDS_BUFFER (value) ? gst_value_get_buffer (value) : NULL;
    GstMapInfo map;

    if (!buffer || !gst_buffer_map (buffer, &map, GST_MAP_READ))
      continue;
    read_header (self, map.data, map.size);
    gst_buffer_unmap (buffer, &map);
  }
  return self;
}

void
cvi_vorbis_check_free (CviVorbisCheck *check)
{
  g_free (check);
}

/* Returns: FALSE if there is no such mode */
static gboolean
read_window (
    const CviVorbisCheck *self, const guint8 *data, gsize size, Window *window)
{
  guint bits = g_bit_storage (self->n_modes - 1);
  guint mode;

  if (self->n_modes == 1)
    bits = 0;
  if (size * 8 < 1 + bits + 2)
    return TRUE;
  mode = get_bits (data, 1, bits);
  if (mode >= self->n_modes)
    return FALSE;
  window->known = TRUE;
  window->is_long = self->is_long[mode];
  if (window->is_long) {
    window->before = get_bits (data, 1 + bits, 1) != 0;
    window->after = get_bits (data, 2 + bits, 1) != 0;
  }
  return TRUE;
}

static gboolean
misfit (const Window *one, const Window *two)
{
  return one->known && two->known &&
         ((one->is_long && one->after != two->is_long) ||
             (two->is_long && two->before != one->is_long));
}

/* Does the last packet contradict both its neighbours? */
static gboolean
judge_last (CviVorbisCheck *self, const Window *window)
{
  gboolean bad = misfit (&self->last, window);
  gboolean damaged = bad && self->last_misfit;

  self->last_misfit = bad;
  self->last = *window;
  return damaged;
}

gboolean
cvi_vorbis_check_packet (
    CviVorbisCheck *check, const guint8 *data, gsize size, const char **fault)
{
  Window window = { 0 };
  gboolean damaged = FALSE;

  *fault = NULL;
  if (size > 0 && (data[0] & 1) != 0) {
    damaged = !read_header (check, data, size);
    *fault = damaged ? "a packet is no Vorbis audio packet" : NULL;
  } else if (size > 0 && check->n_modes > 0 &&
             !read_window (check, data, size, &window)) {
    damaged = TRUE;
    *fault = "a Vorbis packet has a mode that there is not";
  }
  if (judge_last (check, &window) && !damaged) {
    damaged = TRUE;
    *fault = "the window of a Vorbis packet fits none of its neighbours'";
  }
  if (cvi_proof_refutes (&check->proof, !damaged)) {
    if (!*fault)
      *fault = "one of the first Vorbis packets is damaged";
    return FALSE;
  }
  *fault = NULL;
  return TRUE;
}
