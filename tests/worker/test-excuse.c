/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Whole files that demuxers have trouble with. */
#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>
#include <gst/gst.h>

#include "plugin/element/gstcvicheck.h"
#include "tools/structure/cvi-crc.h"
#include "tools/structure/cvi-walk.h"
#include "tools/worker/cvi-check.h"

static char *folder;

static void
ignore_finding (const CviFinding *finding, gpointer user_data)
{
}

static void
ignore_progress (
    guint64 buffers, guint64 bytes, guint64 position_ns, gpointer user_data)
{
}

static char *
load (const char *name, gsize *size)
{
  g_autofree char *path = g_build_filename (g_getenv ("CVI_MEDIA"), name, NULL);
  g_autoptr (GError) error = NULL;
  char *data = NULL;

  g_file_get_contents (path, &data, size, &error);
  g_assert_no_error (error);
  return data;
}

/* Checks @data as a file called @name. */
static CviResult *
check (const char *name, const char *data, gsize size)
{
  static const CviCheckCallbacks callbacks = { ignore_finding,
    ignore_progress };
  g_autofree char *path = g_build_filename (folder, name, NULL);
  CviCheckJob job = { .path = path, .mode = CVI_MODE_DEEP, .hw = CVI_HW_OFF };
  CviResult *result;

  g_assert_true (g_file_set_contents (path, data, (gssize)size, NULL));
  result = cvi_check_file (&job, &callbacks, NULL);
  g_unlink (path);
  for (guint i = 0; i < result->findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (result->findings, i);

    g_test_message ("%s %s", finding->rule->id, finding->message);
  }
  return result;
}

static void
assert_checked (const CviResult *result, guint n_streams)
{
  g_assert_cmpstr (cvi_verdict_to_string (result->verdict), ==, "healthy");
  g_assert_cmpuint (result->streams->len, ==, n_streams);
  for (guint i = 0; i < n_streams; i++) {
    const CviStream *stream = g_ptr_array_index (result->streams, i);

    g_assert_true (stream->checked);
    g_assert_cmpuint (stream->frames, >, 0);
  }
}

static guint8 *
find (char *data, gsize size, const char *what)
{
  guint8 *found = memmem (data, size, what, strlen (what));

  g_assert_nonnull (found);
  return found;
}

static void
set_be32 (guint8 *at, guint32 value)
{
  value = GUINT32_TO_BE (value);
  memcpy (at, &value, 4);
}

/* A movie ten times as long as its tracks: qtdemux takes them for previews. */
static void
test_preview (void)
{
  gsize size;
  g_autofree char *data = load ("h264-aac.mp4", &size);
  guint8 *mvhd = find (data, size, "mvhd");
  g_autoptr (CviResult) result = NULL;

  g_assert_cmpint (mvhd[4], ==, 0);
  set_be32 (mvhd + 20, 10 * cvi_be32 (mvhd + 20));
  result = check ("preview.mp4", data, size);
  assert_checked (result, 2);
}

/* The last half second of the clip, as an edit of all of it. */
static void
test_late_edit (void)
{
  gsize size;
  g_autofree char *data = load ("video-only.mp4", &size);
  guint8 *mvhd = find (data, size, "mvhd");
  guint8 *mdhd = find (data, size, "mdhd");
  guint8 *elst = find (data, size, "elst");
  guint32 scale = cvi_be32 (mvhd + 16);
  g_autoptr (CviResult) result = NULL;
  const CviStream *stream;

  g_assert_cmpint (elst[4], ==, 0);
  g_assert_cmpuint (cvi_be32 (elst + 8), ==, 1);
  g_assert_cmpuint (cvi_be32 (mvhd + 20), >=, scale);
  set_be32 (mvhd + 20, scale / 2);
  set_be32 (elst + 12, scale / 2);
  set_be32 (elst + 16, cvi_be32 (mdhd + 16));
  result = check ("late.mp4", data, size);
  assert_checked (result, 1);
  stream = g_ptr_array_index (result->streams, 0);
  g_assert_cmpuint (stream->duration_ns, <, G_GUINT64_CONSTANT (5000000000));
}

/* All of the program's streams become private ones. */
static void
test_private (void)
{
  gsize size;
  g_autofree char *data = load ("h264-aac.ts", &size);
  g_autoptr (CviResult) result = NULL;
  guint n = 0;

  for (gsize at = 0; at + 188 <= size; at += 188) {
    guint8 *packet = (guint8 *)data + at;
    gsize skip = (packet[3] & 0x20) ? 1u + packet[4] : 0;
    guint8 *section = packet + 5 + skip;
    gsize len, pos;
    guint32 crc;

    /* a PMT in a packet that begins with it */
    if ((packet[1] & 0x40) == 0 || skip > 150 || section[-1] != 0 ||
        section[0] != 2 || (section[1] & 0xf0) != 0xb0)
      continue;
    len = 3 + (cvi_be16 (section + 1) & 0x0fffu);
    pos = 12 + (cvi_be16 (section + 10) & 0x0fffu);
    while (pos + 5 <= len - 4) {
      gsize info = cvi_be16 (section + pos + 3) & 0x0fffu;

      section[pos] = 0x06;
      memset (section + pos + 5, 0xff, info);
      if (info >= 2)
        section[pos + 6] = (guint8)(info - 2);
      pos += 5 + info;
    }
    crc = cvi_crc32_be (0xffffffff, section, len - 4);
    set_be32 (section + len - 4, crc);
    n++;
  }
  g_assert_cmpuint (n, >, 0);
  result = check ("private.ts", data, size);
  g_assert_cmpstr (cvi_verdict_to_string (result->verdict), ==, "unsupported");
}

/* Most segments that the first page takes together. */
#define MOST_SEGMENTS 100

/* One stream of an Ogg file that is written anew. */
typedef struct {
  GByteArray *out;
  guint32 serial;
  guint32 sequence;
  guint64 by; /* subtracted from granule positions */
  GByteArray *segments;
  GByteArray *body;
} Rewrite;

static void
put_page (Rewrite *self, guint8 flags, guint64 granule, const guint8 *segments,
    guint n, const guint8 *body, gsize len)
{
  guint8 head[27] = { 'O', 'g', 'g', 'S', 0, flags };
  guint start = self->out->len;
  guint64 granule_le = GUINT64_TO_LE (granule);
  guint32 serial = GUINT32_TO_LE (self->serial);
  guint32 sequence = GUINT32_TO_LE (self->sequence);
  guint32 crc;

  self->sequence++;
  memcpy (head + 6, &granule_le, 8);
  memcpy (head + 14, &serial, 4);
  memcpy (head + 18, &sequence, 4);
  head[26] = (guint8)n;
  g_byte_array_append (self->out, head, sizeof head);
  g_byte_array_append (self->out, segments, n);
  g_byte_array_append (self->out, body, (guint)len);
  crc = GUINT32_TO_LE (
      cvi_crc32_be (0, self->out->data + start, self->out->len - start));
  memcpy (self->out->data + start + 22, &crc, 4);
}

/* A page with a granule position: the first ones become one page. */
static void
rewrite_page (Rewrite *self, const guint8 *page, gsize len)
{
  guint64 granule = cvi_le64 (page + 6);
  const guint8 *body = page + 27 + page[26];
  gsize size = len - 27u - page[26];

  if (granule == 0 || self->by > 0) {
    put_page (self, page[5], granule - (granule > 0 ? self->by : 0), page + 27,
        page[26], body, size);
    return;
  }
  g_byte_array_append (self->segments, page + 27, page[26]);
  g_byte_array_append (self->body, body, (guint)size);
  if (self->segments->len < MOST_SEGMENTS)
    return;
  /* All of it but a tenth lies before time 0. */
  self->by = granule - granule / 10;
  put_page (self, 0, granule - self->by, self->segments->data,
      self->segments->len, self->body->data, self->body->len);
}

/* The clip's Vorbis stream as ffmpeg's -ss with -c copy leaves it: its first
 * page begins before time 0, and oggdemux steps back behind it. */
static void
test_ogg_cut (void)
{
  gsize size;
  g_autofree char *data = load ("theora-vorbis.ogv", &size);
  guint8 *head = find (data, size, "\1vorbis");
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GByteArray) segments = g_byte_array_new ();
  g_autoptr (GByteArray) body = g_byte_array_new ();
  Rewrite rewrite = { .out = out, .segments = segments, .body = body };
  g_autoptr (CviResult) result = NULL;

  for (gsize at = 0, len = 0; at + 27 <= size; at += len) {
    const guint8 *page = (guint8 *)data + at;

    len = 27u + page[26];
    for (guint i = 0; i < page[26]; i++)
      len += page[27 + i];
    if (head > page && head < page + len)
      rewrite.serial = cvi_le32 (page + 14);
    if (rewrite.serial != 0 && cvi_le32 (page + 14) == rewrite.serial)
      rewrite_page (&rewrite, page, len);
    else
      g_byte_array_append (out, page, (guint)len);
  }
  g_assert_cmpuint (rewrite.by, >, 0);
  result = check ("cut.ogv", (char *)out->data, out->len);
  assert_checked (result, 2);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  gst_element_register (NULL, "cvicheck", GST_RANK_NONE, GST_TYPE_CVI_CHECK);
  folder = g_dir_make_tmp ("cvi-excuse-XXXXXX", NULL);
  g_assert_nonnull (folder);
  g_test_add_func ("/excuse/preview", test_preview);
  g_test_add_func ("/excuse/late-edit", test_late_edit);
  g_test_add_func ("/excuse/private", test_private);
  g_test_add_func ("/excuse/ogg-cut", test_ogg_cut);
  status = g_test_run ();
  g_rmdir (folder);
  g_free (folder);
  return status;
}
