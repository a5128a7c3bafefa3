/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A list of names and file: URIs (--files-from), and what is printed of one.
 *
 * Input: first byte: odd for names that end with NUL; the rest: the list.
 */
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/cli/cvi-inputs.h"
#include "tools/pool/cvi-name-list.h"
#include "tools/report/cvi-display.h"

static void
check_uri (const char *uri)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = cvi_input_path_from_uri (uri, &error);
  g_autofree char *shown = cvi_input_display_uri (uri);

  g_assert_true ((path == NULL) == (error != NULL));
  g_assert_true (!path || g_path_is_absolute (path));
  g_assert_nonnull (shown);
}

static void
check_name (const char *name, int problem)
{
  g_autofree char *shown = cvi_display_name (name);

  if (cvi_input_is_uri (name))
    check_uri (name);

  g_assert_true (problem == 0 || problem == ENAMETOOLONG || problem == EINVAL);
  g_assert_cmpuint (strlen (name), <=, CVI_NAME_LIST_MAX_NAME);
  g_assert_true (g_utf8_validate (shown, -1, NULL));
  for (const char *p = shown; *p; p = g_utf8_next_char (p))
    g_assert_false (g_unichar_iscntrl (g_utf8_get_char (p)));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static int fd = -1;
  g_autoptr (CviNameList) list = NULL;
  gsize total = 0;

  if (size == 0)
    return 0;
  if (fd < 0)
    fd = memfd_create ("names", MFD_CLOEXEC);
  g_assert_cmpint (ftruncate (fd, 0), ==, 0);
  g_assert_cmpint (pwrite (fd, data + 1, size - 1, 0), ==, size - 1);
  lseek (fd, 0, SEEK_SET);
  list = cvi_name_list_new (fd, data[0] & 1 ? '\0' : '\n');
  while (TRUE) {
    int problem = 0;
    g_autofree char *name = cvi_name_list_next (list, &problem);

    if (!name)
      break;
    check_name (name, problem);
    total += strlen (name);
  }
  g_assert_cmpuint (total, <, size);
  return 0;
}

void
fuzz_target_seeds (FuzzAdd add, gpointer user_data)
{
  static const char lines[] =
      "\2/a.mkv\n\nb c.mp4\n/\xff\xfe\n=cmd()\n\033[2J\n"
      "/\xe2\x80\xae"
      "4pm.mkv";
  static const char uris[] =
      "\2file:///a/b%20c.mkv\nfile://localhost/%ff\nfile://elsewhere/x\n"
      "http://user:secret@[::1]:80/a?b#c\nFILE:///%2f%00\nx://\n";
  static const char nuls[] = "\1/a.mkv\0\0with\nline\0\xc2\x9b\0end";
  g_autofree guint8 *large = g_malloc (FUZZ_MAX_INPUT);

  add ((const guint8 *)lines, sizeof lines - 1, user_data);
  add ((const guint8 *)uris, sizeof uris - 1, user_data);
  add ((const guint8 *)nuls, sizeof nuls - 1, user_data);
  memset (large, 'x', FUZZ_MAX_INPUT);
  add (large, FUZZ_MAX_INPUT, user_data);
}
