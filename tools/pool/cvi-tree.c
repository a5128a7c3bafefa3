/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/pool/cvi-file.h"

/* Names of a folder that are read before the first of them is looked at, so
 * that their files come in order of inode: that is the order in which many file
 * systems have what is asked for next, and often the data. Bounded, since there
 * may be CVI_ENUMERATOR_MAX_DEPTH folders half read. */
#define BATCH_ENTRIES 512
#define BATCH_BYTES (16 * 1024)

typedef struct {
  ino_t inode;
  gboolean is_folder; /* said so when it was listed */
  unsigned char type;
  gsize name; /* where it stands among the level's @names */
} Entry;

/* A folder that is being read. */
typedef struct {
  DIR *dir;
  dev_t device;
  ino_t inode;
  gsize path_len; /* of the tree's @path while in this folder */
  GArray *batch;  /* of Entry: files by inode, then folders as they came */
  guint next;     /* in @batch */
  GString *names; /* of @batch, each with its NUL */
  gboolean read;  /* to its end, or as far as it could be */
  int problem;    /* errno that ended reading, to be told once */
} Level;

struct _CviTree {
  const CviNameFilter *filter;
  gboolean recursive;
  gboolean names_only;
  char *real_root; /* (nullable): canonical path, without trailing slash */
  CviRoot *root;
  GString *path;  /* of the folder being read */
  GArray *levels; /* of Level; the last is being read */
};

static void
level_clear (gpointer data)
{
  Level *level = data;

  closedir (level->dir);
  g_array_unref (level->batch);
  g_string_free (level->names, TRUE);
}

/* The canonical name of what @fd is open on, or NULL. */
static char *
real_path_of (int fd)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  char buffer[PATH_MAX];
  ssize_t len = readlink (link, buffer, sizeof buffer);

  if (len <= 0 || (gsize)len >= sizeof buffer || buffer[0] != '/')
    return NULL;
  /* "/" becomes "", to which any "/name" can be held. */
  if (len == 1)
    len = 0;
  return g_strndup (buffer, (gsize)len);
}

/* Takes @fd. Returns 0, or why the folder is not entered. */
static int
push_level (CviTree *tree, int fd)
{
  Level level = { .path_len = tree->path->len };
  struct stat status;
  int errnum = 0;

  if (fstat (fd, &status) < 0 || !(level.dir = fdopendir (fd))) {
    errnum = errno;
    close (fd);
    return errnum;
  }
  level.device = status.st_dev;
  level.inode = status.st_ino;
  level.batch = g_array_new (FALSE, FALSE, sizeof (Entry));
  level.names = g_string_new (NULL);
  g_array_append_val (tree->levels, level);
  return 0;
}

CviTree *
cvi_tree_new (const char *path, gboolean recursive, gboolean names_only,
    const CviNameFilter *filter, int *problem)
{
  g_autoptr (CviTree) tree = NULL;
  int fd;

  g_return_val_if_fail (path != NULL && *path, NULL);
  g_return_val_if_fail (filter != NULL && problem != NULL, NULL);

  fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    *problem = errno;
    return NULL;
  }
  tree = g_new0 (CviTree, 1);
  tree->filter = filter;
  tree->recursive = recursive;
  tree->names_only = names_only;
  tree->real_root = real_path_of (fd);
  tree->path = g_string_new (path);
  while (tree->path->len > 0 && tree->path->str[tree->path->len - 1] == '/')
    g_string_truncate (tree->path, tree->path->len - 1);
  tree->levels = g_array_new (FALSE, FALSE, sizeof (Level));
  g_array_set_clear_func (tree->levels, level_clear);
  *problem = push_level (tree, fd);
  if (!*problem) {
    const Level *level = &g_array_index (tree->levels, Level, 0);
    struct stat status = { .st_dev = level->device, .st_ino = level->inode };

    tree->root = cvi_root_new (path, &status);
  }
  return *problem ? NULL : g_steal_pointer (&tree);
}

void
cvi_tree_free (CviTree *tree)
{
  if (!tree)
    return;
  g_array_unref (tree->levels);
  g_string_free (tree->path, TRUE);
  g_free (tree->real_root);
  g_clear_pointer (&tree->root, cvi_root_unref);
  g_free (tree);
}

guint64
cvi_tree_get_device (CviTree *tree)
{
  g_return_val_if_fail (tree != NULL, 0);

  return tree->root->device;
}

static Level *
current_level (CviTree *tree)
{
  return &g_array_index (tree->levels, Level, tree->levels->len - 1);
}

/* The path of @name in the current folder, or the folder's own without. */
static char *
path_of (CviTree *tree, const char *name)
{
  if (name)
    return g_strconcat (tree->path->str, "/", name, NULL);
  return g_strdup (tree->path->len > 0 ? tree->path->str : "/");
}

static CviFile *
new_file (
    CviTree *tree, const char *name, const struct stat *status, int problem)
{
  CviFile *file = cvi_file_new (path_of (tree, name), status, problem);

  file->root = cvi_root_ref (tree->root);
  file->device = current_level (tree)->device;
  return file;
}

static CviFile *
new_problem (CviTree *tree, const char *name, int problem)
{
  return new_file (tree, name, NULL, problem);
}

static gboolean
is_on_stack (CviTree *tree, const struct stat *status)
{
  for (guint i = 0; i < tree->levels->len; i++) {
    const Level *level = &g_array_index (tree->levels, Level, i);

    if (level->device == status->st_dev && level->inode == status->st_ino)
      return TRUE;
  }
  return FALSE;
}

/* Goes into sub-folder @name. Returns (nullable): a file with a problem. */
static CviFile *
enter (CviTree *tree, const char *name)
{
  struct stat status;
  int problem, fd;

  if (tree->levels->len >= CVI_ENUMERATOR_MAX_DEPTH ||
      tree->path->len + 1 + strlen (name) >= PATH_MAX)
    return new_problem (tree, name, ENAMETOOLONG);

  fd = openat (dirfd (current_level (tree)->dir), name,
      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    problem = errno;
    /* Gone, or replaced by something else, since it was listed. */
    if (problem == ENOENT || problem == ENOTDIR || problem == ELOOP)
      return NULL;
    return new_problem (tree, name, problem);
  }
  if (fstat (fd, &status) == 0 && is_on_stack (tree, &status)) {
    close (fd);
    return NULL;
  }
  g_string_append_printf (tree->path, "/%s", name);
  problem = push_level (tree, fd);
  if (problem) {
    CviFile *file = new_problem (tree, NULL, problem);

    g_string_truncate (tree->path, current_level (tree)->path_len);
    return file;
  }
  return NULL;
}

/* Follows the link @name if it leads to a regular file below the root. */
static gboolean
stat_link (CviTree *tree, const char *name, struct stat *status)
{
  g_autofree char *target = NULL;
  gsize root_len;
  gboolean ok;
  /* O_PATH: a link to a device or a pipe must not open that. */
  int fd = openat (dirfd (current_level (tree)->dir), name, O_PATH | O_CLOEXEC);

  if (fd < 0)
    return FALSE;
  ok = fstat (fd, status) == 0 && S_ISREG (status->st_mode);
  target = ok ? real_path_of (fd) : NULL;
  close (fd);
  if (!target || !tree->real_root)
    return FALSE;
  root_len = strlen (tree->real_root);
  return strncmp (target, tree->real_root, root_len) == 0 &&
         target[root_len] == '/';
}

/* Is an entry worth a look at what it is? */
static gboolean
is_wanted (CviTree *tree, const char *name, unsigned char type)
{
  g_autofree char *path = NULL;

  if (type == DT_DIR ? !tree->recursive
                     : type != DT_UNKNOWN &&
                           !cvi_name_filter_has_extension (tree->filter, name))
    return FALSE;
  if (!cvi_name_filter_has_excludes (tree->filter))
    return TRUE;
  path = path_of (tree, name);
  return !cvi_name_filter_excludes (tree->filter, path, name);
}

/* Returns (nullable): the file to hand out for an entry, if any. */
static CviFile *
look_at (CviTree *tree, const char *name, unsigned char type)
{
  struct stat status = { 0 };

  if (type == DT_DIR)
    return enter (tree, name);
  if (type == DT_REG && tree->names_only)
    return new_file (tree, name, &status, 0);
  if (fstatat (dirfd (current_level (tree)->dir), name, &status,
          AT_SYMLINK_NOFOLLOW) < 0)
    return errno == ENOENT ? NULL : new_problem (tree, name, errno);
  if (S_ISDIR (status.st_mode))
    return tree->recursive ? enter (tree, name) : NULL;
  if (!cvi_name_filter_has_extension (tree->filter, name))
    return NULL;
  if (S_ISREG (status.st_mode) ||
      (S_ISLNK (status.st_mode) && stat_link (tree, name, &status)))
    return new_file (tree, name, &status, 0);
  return NULL;
}

static gint
compare_entries (gconstpointer a, gconstpointer b)
{
  const Entry *one = a, *two = b;

  if (one->is_folder != two->is_folder)
    return one->is_folder ? 1 : -1;
  if (!one->is_folder && one->inode != two->inode)
    return one->inode < two->inode ? -1 : 1;
  return one->name < two->name ? -1 : one->name > two->name;
}

static gboolean
is_dot (const char *name)
{
  return strcmp (name, ".") == 0 || strcmp (name, "..") == 0;
}

/* Reads the next names of the current folder. */
static void
read_batch (CviTree *tree)
{
  Level *level = current_level (tree);

  g_array_set_size (level->batch, 0);
  g_string_truncate (level->names, 0);
  level->next = 0;
  while (level->batch->len < BATCH_ENTRIES && level->names->len < BATCH_BYTES) {
    struct dirent *entry;
    Entry kept;

    errno = 0;
    entry = readdir (level->dir);
    if (!entry) {
      level->problem = errno;
      level->read = TRUE;
      break;
    }
    if (is_dot (entry->d_name) ||
        !is_wanted (tree, entry->d_name, entry->d_type))
      continue;
    kept = (Entry){ entry->d_ino, entry->d_type == DT_DIR, entry->d_type,
      level->names->len };
    g_string_append_len (
        level->names, entry->d_name, (gssize)strlen (entry->d_name) + 1);
    g_array_append_val (level->batch, kept);
  }
  g_array_sort (level->batch, compare_entries);
}

static void
pop_level (CviTree *tree)
{
  g_array_set_size (tree->levels, tree->levels->len - 1);
  if (tree->levels->len > 0)
    g_string_truncate (tree->path, current_level (tree)->path_len);
}

CviFile *
cvi_tree_next (CviTree *tree)
{
  g_return_val_if_fail (tree != NULL, NULL);

  while (tree->levels->len > 0) {
    Level *level = current_level (tree);
    CviFile *file = NULL;

    if (level->next < level->batch->len) {
      const Entry *entry = &g_array_index (level->batch, Entry, level->next++);

      /* May enter a folder, which moves the levels. */
      file = look_at (tree, level->names->str + entry->name, entry->type);
    } else if (!level->read) {
      read_batch (tree);
    } else {
      if (level->problem)
        file = new_problem (tree, NULL, level->problem);
      pop_level (tree);
    }
    if (file)
      return file;
  }
  return NULL;
}
