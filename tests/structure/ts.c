/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/structure/ts.h"

#include "tools/structure/cvi-crc.h"

#define PMT 0x1000

void
ts_put_packet (TsMaker *maker, guint pid, gboolean start, guint8 flags,
    const guint8 *data, gsize len)
{
  gsize stuffing = 184 - len;
  gboolean adaptation = stuffing > 0 || flags != 0;

  g_assert_cmpuint (len, <=, flags ? 182 : 184);
  put_noise (maker->out, maker->prefix, 1);
  put_u8 (maker->out, 0x47);
  put_be16 (maker->out, (guint16)(pid | (start ? 0x4000 : 0)));
  put_u8 (maker->out, (guint8)((len > 0 ? 0x10 : 0) | (adaptation ? 0x20 : 0) |
                               (maker->cc[pid] & 15)));
  if (adaptation) {
    put_u8 (maker->out, (guint8)(stuffing - 1));
    if (stuffing > 1) {
      put_u8 (maker->out, flags);
      for (gsize i = 2; i < stuffing; i++)
        put_u8 (maker->out, 0xff);
    }
  }
  put (maker->out, data, len);
  put_noise (maker->out, maker->trailer, 2);
}

/* Puts @data into as many packets as it needs. */
static void
put_unit (TsMaker *maker, guint pid, const guint8 *data, gsize len)
{
  for (gsize at = 0; at < len;) {
    gsize n = MIN (len - at, 184);

    ts_put_packet (maker, pid, at == 0, 0, data + at, n);
    maker->cc[pid]++;
    at += n;
  }
}

static void
put_section (TsMaker *maker, guint pid, guint8 table, const GByteArray *body)
{
  g_autoptr (GByteArray) section = g_byte_array_new ();

  put_u8 (section, 0);
  put_u8 (section, table);
  put_be16 (section, (guint16)(0xb000 | (body->len + 9)));
  put_be16 (section, 1);
  put_u8 (section, 0xc1);
  put_be16 (section, 0);
  put (section, body->data, body->len);
  put_be32 (
      section, cvi_crc32_be (0xffffffff, section->data + 1, section->len - 1));
  put_unit (maker, pid, section->data, section->len);
}

void
ts_put_tables (TsMaker *maker)
{
  g_autoptr (GByteArray) pat = g_byte_array_new ();
  g_autoptr (GByteArray) pmt = g_byte_array_new ();

  put_be16 (pat, 1);
  put_be16 (pat, 0xe000 | PMT);
  put_section (maker, 0, 0, pat);
  put_be16 (pmt, 0xe000 | TS_VIDEO);
  put_be16 (pmt, (guint16)(0xf000 | maker->ca));
  if (maker->ca > 0) {
    put_be16 (pmt, (guint16)(0x0900 | (maker->ca - 2)));
    put_noise (pmt, maker->ca - 2, 3);
  }
  put_u8 (pmt, 0x1b);
  put_be16 (pmt, 0xe000 | TS_VIDEO);
  put_be16 (pmt, 0xf000);
  put_u8 (pmt, 0x06);
  put_be16 (pmt, 0xe000 | TS_AUDIO);
  put_be16 (pmt, 0xf006);
  put (pmt,
      "\x05\x04"
      "AC-3",
      6);
  put_section (maker, PMT, 2, pmt);
}

static void
put_pts (GByteArray *out, guint8 mark, guint64 pts)
{
  pts &= (G_GUINT64_CONSTANT (1) << 33) - 1;
  put_u8 (out, (guint8)(mark | (pts >> 29 & 0x0e)));
  put_be16 (out, (guint16)((pts >> 14 & 0xfffe) | 1));
  put_be16 (out, (guint16)((pts << 1 & 0xfffe) | 1));
}

void
ts_put_pes (TsMaker *maker, guint pid, guint8 id, guint64 pts, gsize total,
    gboolean bounded)
{
  g_autoptr (GByteArray) pes = g_byte_array_new ();

  put_be24 (pes, 1);
  put_u8 (pes, id);
  put_be16 (pes, bounded ? (guint16)(total - 6) : 0);
  put (pes, "\x80\x80\x05", 3);
  put_pts (pes, 0x21, pts);
  put_noise (pes, total - pes->len, (guint32)pts);
  put_unit (maker, pid, pes->data, pes->len);
}

void
ts_put_picture (TsMaker *maker, guint64 pts, guint64 dts)
{
  g_autoptr (GByteArray) pes = g_byte_array_new ();

  put (pes, "\0\0\1\xe0\0\0\x80\xc0\x0a", 9);
  put_pts (pes, 0x31, pts);
  put_pts (pes, 0x11, dts);
  put_noise (pes, 300, (guint32)pts);
  put_unit (maker, TS_VIDEO, pes->data, pes->len);
}

void
ts_put_sound (TsMaker *maker, guint64 pts, const guint8 *data, gsize len)
{
  g_autoptr (GByteArray) pes = g_byte_array_new ();

  put (pes, "\0\0\1\xbd", 4);
  put_be16 (pes, (guint16)(len + 8));
  put (pes, "\x80\x80\x05", 3);
  put_pts (pes, 0x21, pts);
  put (pes, data, len);
  put_unit (maker, TS_AUDIO, pes->data, pes->len);
}

void
ts_put_clock (TsMaker *maker, guint64 pcr, gboolean announced)
{
  gsize at = maker->out->len + maker->prefix;

  /* The counter stays that of the last packet with payload. */
  maker->cc[TS_VIDEO]--;
  ts_put_packet (maker, TS_VIDEO, FALSE, announced ? 0x90 : 0x10, NULL, 0);
  maker->cc[TS_VIDEO]++;
  set_be32 (maker->out, at + 6, (guint32)(pcr >> 1));
  maker->out->data[at + 10] = (guint8)(pcr << 7 | 0x7e);
  maker->out->data[at + 11] = 0;
}

void
ts_put_frame (TsMaker *maker, guint i, guint64 base)
{
  ts_put_pes (
      maker, TS_VIDEO, 0xe0, base + i * 3600, TS_VIDEO_PACKETS * 184, FALSE);
  ts_put_pes (maker, TS_AUDIO, 0xbd, base + i * 3600, 2 * 184 - 50, TRUE);
}

TsMaker *
ts_maker_new (guint prefix, guint trailer)
{
  TsMaker *maker = g_new0 (TsMaker, 1);

  maker->out = g_byte_array_new ();
  maker->prefix = prefix;
  maker->trailer = trailer;
  return maker;
}

void
ts_maker_free (TsMaker *maker)
{
  g_byte_array_unref (maker->out);
  g_free (maker);
}

TsMaker *
ts_new (guint prefix, guint trailer, guint64 base)
{
  TsMaker *maker = ts_maker_new (prefix, trailer);

  ts_put_tables (maker);
  for (guint i = 0; i < TS_FRAMES; i++)
    ts_put_frame (maker, i, base);
  return maker;
}
