/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/structure/bytes.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define N_MUTATIONS 10000
#define MAX_FINDINGS 100000

void
put (GByteArray *out, const void *data, gsize len)
{
  g_byte_array_append (out, data, (guint)len);
}

void
put_text (GByteArray *out, const char *text)
{
  put (out, text, strlen (text));
}

void
put_u8 (GByteArray *out, guint8 value)
{
  put (out, &value, 1);
}

void
put_be16 (GByteArray *out, guint16 value)
{
  value = GUINT16_TO_BE (value);
  put (out, &value, 2);
}

void
put_be24 (GByteArray *out, guint32 value)
{
  put_u8 (out, (guint8)(value >> 16));
  put_be16 (out, (guint16)value);
}

void
put_be32 (GByteArray *out, guint32 value)
{
  value = GUINT32_TO_BE (value);
  put (out, &value, 4);
}

void
put_be64 (GByteArray *out, guint64 value)
{
  value = GUINT64_TO_BE (value);
  put (out, &value, 8);
}

void
put_le16 (GByteArray *out, guint16 value)
{
  value = GUINT16_TO_LE (value);
  put (out, &value, 2);
}

void
put_le32 (GByteArray *out, guint32 value)
{
  value = GUINT32_TO_LE (value);
  put (out, &value, 4);
}

void
put_le64 (GByteArray *out, guint64 value)
{
  value = GUINT64_TO_LE (value);
  put (out, &value, 8);
}

void
put_zeros (GByteArray *out, gsize len)
{
  guint old = out->len;

  g_byte_array_set_size (out, old + (guint)len);
  memset (out->data + old, 0, len);
}

void
put_noise (GByteArray *out, gsize len, guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  for (gsize i = 0; i < len; i++)
    put_u8 (out, (guint8)g_rand_int_range (rand, 1, 256));
}

void
set_be32 (GByteArray *out, gsize at, guint32 value)
{
  value = GUINT32_TO_BE (value);
  g_assert_cmpuint (at + 4, <=, out->len);
  memcpy (out->data + at, &value, 4);
}

void
set_le32 (GByteArray *out, gsize at, guint32 value)
{
  value = GUINT32_TO_LE (value);
  g_assert_cmpuint (at + 4, <=, out->len);
  memcpy (out->data + at, &value, 4);
}

gsize
find_text (const GByteArray *bytes, const char *text, gsize from)
{
  const guint8 *at;

  g_assert_cmpuint (from, <=, bytes->len);
  at = memmem (bytes->data + from, bytes->len - from, text, strlen (text));
  g_assert_nonnull (at);
  return (gsize)(at - bytes->data);
}

static void
on_finding (CviFinding *finding, gpointer user_data)
{
  GPtrArray *findings = user_data;

  g_assert_nonnull (finding);
  g_assert_cmpuint (findings->len, <, MAX_FINDINGS);
  g_assert_true (finding->start_ns <= finding->end_ns);
  g_assert_true (
      (finding->start_ns == CVI_NONE) == (finding->end_ns == CVI_NONE));
  g_ptr_array_add (findings, finding);
}

/* For the fuzz targets: keeps the input where tests/fuzz/make-seeds asks. */
static void
keep_input (const GByteArray *bytes)
{
  const char *folder = g_getenv ("CVI_KEEP_INPUTS");
  g_autofree char *name = NULL;
  g_autofree char *path = NULL;

  if (!folder)
    return;
  name = g_compute_checksum_for_data (G_CHECKSUM_MD5, bytes->data, bytes->len);
  path = g_build_filename (folder, name, NULL);
  g_assert_true (g_file_set_contents (
      path, (const char *)bytes->data, (gssize)bytes->len, NULL));
}

Outcome *
walk_bytes (const GByteArray *bytes, const char *name)
{
  static const CviStructureCallbacks callbacks = { on_finding, NULL };
  Outcome *outcome = g_new0 (Outcome, 1);
  int fd = memfd_create ("structure", MFD_CLOEXEC);
  gsize done = 0;

  g_assert_cmpint (fd, >=, 0);
  keep_input (bytes);
  while (done < bytes->len) {
    gssize n = write (fd, bytes->data + done, bytes->len - done);

    g_assert_cmpint (n, >, 0);
    done += (gsize)n;
  }
  outcome->findings =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_finding_free);
  outcome->info = cvi_structure_check (fd, name, &callbacks, outcome->findings);
  g_assert_nonnull (outcome->info);
  close (fd);
  return outcome;
}

void
outcome_free (Outcome *outcome)
{
  cvi_structure_info_free (outcome->info);
  g_ptr_array_unref (outcome->findings);
  g_free (outcome);
}

const CviFinding *
outcome_find (const Outcome *outcome, CviRuleId rule, CviSeverity severity)
{
  for (guint i = 0; i < outcome->findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (outcome->findings, i);

    if (finding->rule == cvi_rule (rule) && finding->severity == severity)
      return finding;
  }
  return NULL;
}

void
assert_silent (const Outcome *outcome)
{
  for (guint i = 0; i < outcome->findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (outcome->findings, i);

    if (finding->severity > CVI_SEVERITY_INFO)
      g_error ("%s: %s", finding->rule->id, finding->message);
  }
  g_assert_true (outcome->info->complete);
}

static void
change (GByteArray *copy, GRand *rand)
{
  static const guint8 values[] = { 0, 1, 0x7f, 0x80, 0xff };
  guint n = (guint)g_rand_int_range (rand, 1, 9);
  guint at = (guint)g_rand_int_range (rand, 0, (gint32)copy->len);

  switch (g_rand_int_range (rand, 0, 8)) {
    case 0:
      g_byte_array_set_size (copy, at);
      break;
    case 1:
      g_byte_array_remove_range (copy, at, MIN (n, copy->len - at));
      break;
    case 2: /* a field */
      for (guint i = at; i < MIN (at + n, copy->len); i++)
        copy->data[i] = values[n % G_N_ELEMENTS (values)];
      break;
    default:
      for (guint i = 0; i < n; i++) {
        at = (guint)g_rand_int_range (rand, 0, (gint32)copy->len);
        copy->data[at] = (guint8)g_rand_int (rand);
      }
      break;
  }
}

/* What a size field of the file asks for must not be allocated. Sanitizers
 * need the address space for themselves. */
static void
limit_memory (void)
{
#ifndef __SANITIZE_ADDRESS__
  struct rlimit limit = { 1024 * 1024 * 1024, 1024 * 1024 * 1024 };

  g_assert_cmpint (setrlimit (RLIMIT_AS, &limit), ==, 0);
#endif
}

void
mutate (const GByteArray *bytes, const char *name)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  if (g_getenv ("CVI_KEEP_INPUTS"))
    return;
  limit_memory ();
  for (guint i = 0; i < N_MUTATIONS; i++) {
    g_autoptr (GByteArray) copy = g_byte_array_new ();
    g_autoptr (Outcome) outcome = NULL;

    put (copy, bytes->data, bytes->len);
    change (copy, rand);
    outcome = walk_bytes (copy, name);
    g_assert_true (outcome->info->complete);
  }
}
