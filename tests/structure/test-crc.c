/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-crc.h"

/* Check values as catalogued for CRC-32/ISO-HDLC and CRC-32/MPEG-2. */
static const guint8 digits[] = "123456789";

static void
test_known (void)
{
  g_assert_cmphex (cvi_crc32_le (0, digits, 9), ==, 0xcbf43926);
  g_assert_cmphex (cvi_crc32_be (0xffffffff, digits, 9), ==, 0x0376e6e7);
  g_assert_cmphex (cvi_crc32_be (0, digits, 9), ==, 0x89a1897f);
}

static void
test_pieces (void)
{
  guint8 data[100];

  for (guint i = 0; i < sizeof data; i++)
    data[i] = (guint8)(i * 37);
  for (guint cut = 0; cut <= sizeof data; cut++) {
    guint32 le = cvi_crc32_le (0, data, cut);
    guint32 be = cvi_crc32_be (0xffffffff, data, cut);

    g_assert_cmphex (cvi_crc32_le (le, data + cut, sizeof data - cut), ==,
        cvi_crc32_le (0, data, sizeof data));
    g_assert_cmphex (cvi_crc32_be (be, data + cut, sizeof data - cut), ==,
        cvi_crc32_be (0xffffffff, data, sizeof data));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/crc/known", test_known);
  g_test_add_func ("/crc/pieces", test_pieces);
  return g_test_run ();
}
