/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-attempts.h"

#include <string.h>

#include "plugin/core/cvi-verdict.h"

/* A file may have any number of streams, and a worker say anything. */
#define MAX_DECODERS 64
#define MAX_NAMED 4
#define MAX_NAME 64
/* Leaves room for a worker's own findings in a result. */
#define MAX_PAST 256

/* A decoder in use. */
typedef struct {
  char *stream;
  char *factory;
  gboolean others;
  gboolean hardware; /* and no other decoder has taken over the stream */
} Decoder;

struct _CviAttempts {
  guint n_failed;
  guint n_on_hardware; /* of them, while hardware decoded: one at most */
  GPtrArray *decoders; /* of Decoder: in use in the present attempt */
  GPtrArray *without;  /* of char *, NULL at the end */
  GPtrArray *past;     /* of CviFinding: found before the workers ended */
  GPtrArray *ends;     /* of CviFinding: one for each failed attempt */
};

static void
decoder_free (gpointer data)
{
  Decoder *decoder = data;

  g_free (decoder->stream);
  g_free (decoder->factory);
  g_free (decoder);
}

CviAttempts *
cvi_attempts_new (void)
{
  CviAttempts *attempts = g_new0 (CviAttempts, 1);

  attempts->decoders = g_ptr_array_new_with_free_func (decoder_free);
  attempts->without = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (attempts->without, NULL);
  attempts->past =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_finding_free);
  attempts->ends =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_finding_free);
  return attempts;
}

void
cvi_attempts_free (CviAttempts *attempts)
{
  if (!attempts)
    return;
  g_ptr_array_unref (attempts->decoders);
  g_ptr_array_unref (attempts->without);
  g_ptr_array_unref (attempts->past);
  g_ptr_array_unref (attempts->ends);
  g_free (attempts);
}

void
cvi_attempts_begin (CviAttempts *attempts)
{
  g_return_if_fail (attempts != NULL);

  g_ptr_array_set_size (attempts->decoders, 0);
}

/* A stream has one decoder at a time: hardware that had it before has refused
 * it, or has had its pass. And each pass plugs its decoders anew.
 * Returns: whether @factory is known, which then is what has the stream */
static gboolean
replace_decoder (CviAttempts *attempts, const char *stream, const char *factory,
    gboolean hardware)
{
  gboolean known = FALSE;

  for (guint i = 0; i < attempts->decoders->len; i++) {
    Decoder *decoder = g_ptr_array_index (attempts->decoders, i);
    gboolean same;

    if (strcmp (decoder->stream, stream) != 0)
      continue;
    same = strcmp (decoder->factory, factory) == 0;
    decoder->hardware = same && hardware;
    known = known || same;
  }
  return known;
}

void
cvi_attempts_add_decoder (CviAttempts *attempts, const char *stream,
    const char *factory, gboolean others, gboolean hardware)
{
  g_autofree char *clean_stream = NULL;
  g_autofree char *clean_factory = NULL;
  Decoder *decoder;

  g_return_if_fail (attempts != NULL && stream != NULL && factory != NULL);

  clean_stream = cvi_sanitise_text (stream, -1, MAX_NAME);
  clean_factory = cvi_sanitise_text (factory, -1, MAX_NAME);
  if (replace_decoder (attempts, clean_stream, clean_factory, hardware) ||
      attempts->decoders->len >= MAX_DECODERS)
    return;
  decoder = g_new0 (Decoder, 1);
  decoder->stream = g_steal_pointer (&clean_stream);
  decoder->factory = g_steal_pointer (&clean_factory);
  decoder->others = others;
  decoder->hardware = hardware;
  g_ptr_array_add (attempts->decoders, decoder);
}

gboolean
cvi_attempts_uses_hardware (const CviAttempts *attempts)
{
  g_return_val_if_fail (attempts != NULL, FALSE);

  for (guint i = 0; i < attempts->decoders->len; i++) {
    const Decoder *decoder = g_ptr_array_index (attempts->decoders, i);

    if (decoder->hardware)
      return TRUE;
  }
  return FALSE;
}

gboolean
cvi_attempts_in_software (const CviAttempts *attempts)
{
  g_return_val_if_fail (attempts != NULL, FALSE);

  return attempts->n_on_hardware > 0;
}

/* Returns: (transfer full): ", decoding with A (video/0), B (audio/0)" */
static char *
describe_decoders (CviAttempts *attempts)
{
  GString *text = g_string_new (NULL);

  if (attempts->decoders->len == 0)
    g_string_append (text, ", before a decoder was in use");
  for (guint i = 0; i < MIN (attempts->decoders->len, MAX_NAMED); i++) {
    const Decoder *decoder = g_ptr_array_index (attempts->decoders, i);

    g_string_append_printf (text, "%s %s (%s)",
        i == 0 ? " while decoding with" : ",", decoder->factory,
        decoder->stream);
  }
  if (attempts->decoders->len > MAX_NAMED)
    g_string_append_printf (
        text, " and %u more", attempts->decoders->len - MAX_NAMED);
  return g_string_free (text, FALSE);
}

static gboolean
is_same (const CviFinding *a, const CviFinding *b)
{
  return a->rule == b->rule && a->start_ns == b->start_ns &&
         a->offset == b->offset && g_strcmp0 (a->stream, b->stream) == 0 &&
         strcmp (a->message, b->message) == 0;
}

/* The attempts say many things twice. */
static void
keep_findings (CviAttempts *attempts, CviCollector *found)
{
  g_autoptr (GPtrArray) findings = cvi_collector_steal_findings (found);
  guint before = attempts->past->len;

  for (guint i = 0; i < findings->len && attempts->past->len < MAX_PAST; i++) {
    const CviFinding *finding = g_ptr_array_index (findings, i);
    gboolean known = FALSE;

    for (guint j = 0; j < before && !known; j++)
      known = is_same (g_ptr_array_index (attempts->past, j), finding);
    if (!known)
      g_ptr_array_add (attempts->past, cvi_finding_copy (finding));
  }
}

/* Leaves out the decoders in use that others can stand in for. Returns whether
 * there are any. */
static gboolean
leave_decoders_out (CviAttempts *attempts)
{
  g_ptr_array_set_size (attempts->without, 0);
  for (guint i = 0; i < attempts->decoders->len; i++) {
    const Decoder *decoder = g_ptr_array_index (attempts->decoders, i);

    if (decoder->others)
      g_ptr_array_add (attempts->without, g_strdup (decoder->factory));
  }
  g_ptr_array_add (attempts->without, NULL);
  return attempts->without->len > 1;
}

gboolean
cvi_attempts_fail (
    CviAttempts *attempts, CviRuleId id, const char *end, CviCollector *found)
{
  g_autofree char *decoders = NULL;
  guint n_alike;

  g_return_val_if_fail (attempts != NULL && end != NULL, FALSE);
  g_return_val_if_fail (found != NULL, FALSE);

  attempts->n_failed++;
  decoders = describe_decoders (attempts);
  g_ptr_array_add (
      attempts->ends, cvi_finding_new (id, NULL, "attempt %u: worker %s%s",
                          attempts->n_failed, end, decoders));
  keep_findings (attempts, found);
  if (!cvi_attempts_in_software (attempts) &&
      cvi_attempts_uses_hardware (attempts)) {
    attempts->n_on_hardware = 1;
    return TRUE;
  }
  if (id == CVI_RULE_PROCESS_DEADLINE)
    return FALSE;
  n_alike = attempts->n_failed - attempts->n_on_hardware;
  if (n_alike == 1)
    return TRUE;
  return n_alike == 2 && leave_decoders_out (attempts);
}

const char *const *
cvi_attempts_get_without (CviAttempts *attempts)
{
  g_return_val_if_fail (attempts != NULL, NULL);

  return (const char *const *)attempts->without->pdata;
}

gboolean
cvi_attempts_accept (CviAttempts *attempts, const CviResult *result)
{
  const CviFinding *last;
  CviFinding *end;

  g_return_val_if_fail (attempts != NULL && result != NULL, FALSE);

  if (attempts->without->len == 1 ||
      cvi_verdict_judge (result->findings) != CVI_VERDICT_UNSUPPORTED)
    return TRUE;
  last = g_ptr_array_index (attempts->ends, attempts->ends->len - 1);
  attempts->n_failed++;
  end = cvi_finding_copy (last);
  g_free (end->message);
  end->message = g_strdup_printf (
      "attempt %u: other decoders do not take the streams", attempts->n_failed);
  g_ptr_array_add (attempts->ends, end);
  return FALSE;
}

/* Does @result say of @finding's stream what @finding does, in whatever words?
 */
static gboolean
says_as_much (const CviResult *result, const CviFinding *finding)
{
  for (guint i = 0; i < result->findings->len; i++) {
    const CviFinding *other = g_ptr_array_index (result->findings, i);

    if (other->rule == finding->rule &&
        g_strcmp0 (other->stream, finding->stream) == 0)
      return TRUE;
  }
  return FALSE;
}

/* Two decoders have failed, a third has not, and may see less than they. */
static void
add_damage (CviAttempts *attempts, CviResult *result)
{
  g_autoptr (GPtrArray) missing = g_ptr_array_new ();

  for (guint i = 0; i < attempts->past->len; i++) {
    CviFinding *finding = g_ptr_array_index (attempts->past, i);

    if (cvi_finding_is_damage (finding) && !says_as_much (result, finding))
      g_ptr_array_add (missing, finding);
  }
  for (guint i = 0; i < missing->len; i++)
    cvi_result_add (result, cvi_finding_copy (g_ptr_array_index (missing, i)));
}

static void
add_ends (CviAttempts *attempts, CviResult *result, gboolean finished)
{
  for (guint i = 0; i < attempts->ends->len; i++) {
    const CviFinding *end = g_ptr_array_index (attempts->ends, i);
    gboolean last = i + 1 == attempts->ends->len;
    CviFinding *finding;

    if (!finished) {
      cvi_result_add (result, cvi_finding_copy (end));
      continue;
    }
    finding = cvi_finding_copy (end);
    finding->severity = CVI_SEVERITY_INFO;
    if (last) {
      g_free (finding->message);
      finding->message = g_strdup_printf ("%s; attempt %u, with %s decoders, "
                                          "checked all of the file",
          end->message, attempts->n_failed + 1,
          attempts->without->len > 1                      ? "other"
          : attempts->n_failed == attempts->n_on_hardware ? "software"
                                                          : "the same");
    }
    cvi_result_add (result, finding);
  }
}

void
cvi_attempts_tell (CviAttempts *attempts, CviResult *result, gboolean finished)
{
  g_return_if_fail (attempts != NULL && result != NULL);

  if (finished && attempts->without->len > 1)
    add_damage (attempts, result);
  for (guint i = 0; !finished && i < attempts->past->len; i++)
    cvi_result_add (
        result, cvi_finding_copy (g_ptr_array_index (attempts->past, i)));
  add_ends (attempts, result, finished);
}
