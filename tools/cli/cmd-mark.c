/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-copy.h"
#include "tools/cli/cvi-errno.h"
#include "tools/cli/cvi-open-store.h"
#include "tools/cli/cvi-paths.h"
#include "tools/cli/cvi-say.h"
#include "tools/cli/cvi-settings.h"
#include "tools/cli/cvi-suggest.h"
#include "tools/report/cvi-display.h"

#define NS_PER_S G_GINT64_CONSTANT (1000000000)

static gboolean
invalid (GError **error, const char *text)
{
  g_set_error_literal (
      error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID, text);
  return FALSE;
}

/* A file of such a name can be called ./area::name. */
static gboolean
looks_like_rule (const char *word)
{
  return strstr (word, "::") && !strchr (word, '/');
}

/* Returns: (nullable): the rule, NULL with @error */
static const CviRule *
find_rule (const char *word, GError **error)
{
  const CviRule *rule = cvi_rule_lookup (word);
  g_autoptr (GPtrArray) names = NULL;
  g_autofree char *hint = NULL;

  if (rule)
    return rule;
  names = g_ptr_array_new ();
  for (guint i = 0; i < CVI_N_RULES; i++)
    g_ptr_array_add (names, (gpointer)cvi_rule (i)->id);
  hint = cvi_suggest_hint (word, "", names);
  g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
      "there is no rule \"%s\"%s (cvi-gst rules lists them; a file of that "
      "name is ./%s)",
      word, hint, word);
  return NULL;
}

static gboolean
check_rule (const CviRule *rule, GError **error)
{
  if (cvi_mark_may_name_rule (rule))
    return TRUE;
  g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
      "%s says that a file was not checked, which no mark can change; leave "
      "its verdict out of --fail-on instead",
      rule->id);
  return FALSE;
}

/* As the enumerator sees it: through a link. */
static gboolean
look_at_file (const char *path, CviStoreMark *mark, GError **error)
{
  struct stat st;

  if (stat (path, &st) != 0)
    return cvi_set_errno (error, errno, path, "cannot be marked");
  if (!S_ISREG (st.st_mode))
    return cvi_set_errno (error, S_ISDIR (st.st_mode) ? EISDIR : EINVAL, path,
        "only files and rules can be marked");
  mark->size = (guint64)st.st_size;
  mark->mtime_ns = (gint64)st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
  return TRUE;
}

static gboolean
mark_one (CviStore *store, CviMarkKind kind, const char *word,
    const char *reason, GError **error)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  const CviRule *rule = NULL;
  g_autoptr (CviMark) mark = NULL;
  g_autofree char *path = NULL;
  CviStoreMark stored = { 0 };

  if (looks_like_rule (word)) {
    rule = find_rule (word, error);
    if (!rule || !check_rule (rule, error))
      return FALSE;
  } else {
    path = cvi_absolute_path (word);
    if (!look_at_file (path, &stored, error))
      return FALSE;
  }
  mark = cvi_mark_new (kind, rule ? rule->id : NULL, reason, now);
  stored.path = path;
  stored.mark = mark;
  return cvi_store_put_mark (store, &stored, error);
}

static gboolean
mark_all (CviSettings *settings, CviStore *store, GError **error)
{
  char **words = cvi_settings_get_arguments (settings);
  const char *reason = cvi_settings_get_text (settings, CVI_SETTING_REASON);
  CviMarkKind kind;

  if (!words[0] || !cvi_mark_kind_from_string (words[0], &kind))
    return invalid (error, "should begin with healthy or ignore (cvi-gst mark "
                           "--help), or be --list or --remove");
  if (!words[1])
    return invalid (error, "no PATH or RULE given");
  if (!reason)
    return invalid (error, "no reason given; add --reason TEXT");
  for (char **word = words + 1; *word; word++) {
    if (!mark_one (store, kind, *word, reason, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
remove_all (CviSettings *settings, CviStore *store, GError **error)
{
  char **words = cvi_settings_get_arguments (settings);

  if (!words[0])
    return invalid (error, "no PATH or RULE given");
  for (char **word = words; *word; word++) {
    gboolean is_rule = looks_like_rule (*word);
    g_autofree char *path = is_rule ? NULL : cvi_absolute_path (*word);
    guint n_removed;

    if (!cvi_store_remove_mark (
            store, path, is_rule ? *word : NULL, &n_removed, error))
      return FALSE;
    if (n_removed == 0) {
      g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
          "%s: has no mark (cvi-gst mark --list shows all)",
          path ? path : *word);
      return FALSE;
    }
  }
  return TRUE;
}

/* Does the mark still hold for the file as it is now? */
static const char *
describe_state (const CviStoreMark *mark)
{
  CviStoreMark now = { 0 };

  if (!mark->path)
    return "";
  if (!look_at_file (mark->path, &now, NULL))
    return " [not there]";
  return now.size == mark->size && now.mtime_ns == mark->mtime_ns
             ? ""
             : " [expired: the file has changed]";
}

static gboolean
print_mark (const CviStoreMark *mark, gpointer user_data)
{
  g_autofree char *name =
      cvi_display_name (mark->path ? mark->path : mark->mark->rule);
  g_autofree char *reason = cvi_display_name (mark->mark->reason);
  g_autofree char *when = cvi_display_utc (mark->mark->marked_at);

  printf ("%-9s%s  %s (%s)%s\n", cvi_mark_kind_to_string (mark->mark->kind),
      name, reason, when ? when : "", describe_state (mark));
  return !ferror (stdout);
}

static int
mark (CviSettings *settings, GError **error)
{
  g_autofree char *path = cvi_choose_store (settings);
  gboolean list = cvi_settings_get_flag (settings, CVI_SETTING_MARK_LIST);
  gboolean remove = cvi_settings_get_flag (settings, CVI_SETTING_MARK_REMOVE);
  g_autoptr (CviStore) store = NULL;
  gboolean ok;

  if (list && (remove || cvi_settings_get_arguments (settings)[0])) {
    invalid (error, "--list takes nothing else");
    return CVI_EXIT_USAGE;
  }
  store = cvi_store_open (path, list, error);
  if (!store)
    return CVI_EXIT_USAGE;
  if (list) {
    ok = cvi_store_foreach_mark (store, print_mark, NULL, error);
    return ok ? cvi_close_stdout () : CVI_EXIT_USAGE;
  }
  ok = remove ? remove_all (settings, store, error)
              : mark_all (settings, store, error);
  if (!cvi_store_close (g_steal_pointer (&store), ok ? error : NULL))
    ok = FALSE;
  return ok ? CVI_EXIT_OK : CVI_EXIT_USAGE;
}

static int
run_mark (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviSettings) settings = cvi_settings_new (CVI_FOR_MARK,
      "[healthy|ignore PATH|RULE...]", cvi_command_mark.summary, argv, &error);
  int status = settings ? mark (settings, &error) : CVI_EXIT_USAGE;

  if (error)
    cvi_say ("mark: %s", error->message);
  return status;
}

const CviCommand cvi_command_mark = {
  .name = "mark",
  .summary = "Say that a file is healthy, or that findings do not count",
  .run = run_mark,
};
