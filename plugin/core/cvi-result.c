/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-result.h"

#include "plugin/core/cvi-mark.h"

#include <string.h>
#include "config.h"

static const char *const verdict_names[CVI_N_VERDICTS] = { "healthy",
  "suspicious", "corrupt", "incomplete", "unreadable", "unsupported",
  "skipped" };
static const char *const mode_names[CVI_N_MODES] = { "quick", "deep", "hybrid",
  "full" };

static gboolean
find_name (const char *const *names, guint n, const char *name, guint *index)
{
  for (guint i = 0; i < n; i++) {
    if (g_strcmp0 (names[i], name) == 0) {
      *index = i;
      return TRUE;
    }
  }
  return FALSE;
}

const char *
cvi_verdict_to_string (CviVerdict verdict)
{
  g_return_val_if_fail (verdict < CVI_N_VERDICTS, NULL);
  return verdict_names[verdict];
}

gboolean
cvi_verdict_from_string (const char *name, CviVerdict *verdict)
{
  guint index;

  if (!find_name (verdict_names, CVI_N_VERDICTS, name, &index))
    return FALSE;
  *verdict = (CviVerdict)index;
  return TRUE;
}

const char *
cvi_mode_to_string (CviMode mode)
{
  g_return_val_if_fail (mode < CVI_N_MODES, NULL);
  return mode_names[mode];
}

gboolean
cvi_mode_from_string (const char *name, CviMode *mode)
{
  guint index;

  if (!find_name (mode_names, CVI_N_MODES, name, &index))
    return FALSE;
  *mode = (CviMode)index;
  return TRUE;
}

CviStream *
cvi_stream_new (const char *id, const char *kind)
{
  CviStream *stream = g_new0 (CviStream, 1);

  stream->id = g_strdup (id);
  stream->kind = g_strdup (kind);
  stream->duration_ns = CVI_NONE;
  stream->start_ns = stream->end_ns = stream->frame_ns = CVI_NONE;
  return stream;
}

void
cvi_stream_free (CviStream *stream)
{
  if (!stream)
    return;
  g_free (stream->id);
  g_free (stream->kind);
  g_free (stream->codec);
  g_free (stream->decoder);
  g_free (stream->reason);
  g_free (stream);
}

CviResult *
cvi_result_new (const char *path, CviMode mode)
{
  CviResult *result = g_new0 (CviResult, 1);

  result->path = g_strdup (path);
  result->mode = mode;
  result->duration_ns = CVI_NONE;
  result->streams =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_stream_free);
  result->findings =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_finding_free);
  result->tool_version = g_strdup (PACKAGE_VERSION);
  result->rules_version = CVI_RULES_VERSION;
  result->scanned_at = g_get_real_time () / G_USEC_PER_SEC;
  return result;
}

static CviStream *
stream_copy (const CviStream *stream)
{
  CviStream *copy = g_memdup2 (stream, sizeof *stream);

  copy->id = g_strdup (stream->id);
  copy->kind = g_strdup (stream->kind);
  copy->codec = g_strdup (stream->codec);
  copy->decoder = g_strdup (stream->decoder);
  copy->reason = g_strdup (stream->reason);
  return copy;
}

CviResult *
cvi_result_copy (const CviResult *result)
{
  CviResult *copy = g_memdup2 (result, sizeof *result);

  copy->path = g_strdup (result->path);
  copy->container = g_strdup (result->container);
  copy->tool_version = g_strdup (result->tool_version);
  copy->etag = g_strdup (result->etag);
  if (result->fixity)
    copy->fixity = cvi_fixity_copy (result->fixity);
  copy->mark = cvi_mark_copy (result->mark);
  copy->streams =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_stream_free);
  copy->findings =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_finding_free);
  for (guint i = 0; i < result->streams->len; i++)
    g_ptr_array_add (
        copy->streams, stream_copy (g_ptr_array_index (result->streams, i)));
  for (guint i = 0; i < result->findings->len; i++)
    g_ptr_array_add (copy->findings,
        cvi_finding_copy (g_ptr_array_index (result->findings, i)));
  return copy;
}

void
cvi_result_free (CviResult *result)
{
  if (!result)
    return;
  g_free (result->path);
  g_free (result->container);
  g_free (result->tool_version);
  cvi_fixity_free (result->fixity);
  g_free (result->etag);
  cvi_mark_free (result->mark);
  g_ptr_array_unref (result->streams);
  g_ptr_array_unref (result->findings);
  g_free (result);
}

void
cvi_result_add (CviResult *result, CviFinding *finding)
{
  g_ptr_array_add (result->findings, finding);
}

const CviFinding *
cvi_result_find (const CviResult *result, CviRuleId id)
{
  for (guint i = 0; i < result->findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (result->findings, i);

    if (finding->rule == cvi_rule (id))
      return finding;
  }
  return NULL;
}
