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

/* A folder that is being read. */
typedef struct {
  DIR *dir;
  dev_t device;
  ino_t inode;
  gsize path_len; /* of the tree's @path while in this folder */
} Level;

struct _CviTree {
  const CviNameFilter *filter;
  gboolean recursive;
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
  g_array_append_val (tree->levels, level);
  return 0;
}

CviTree *
cvi_tree_new (const char *path, gboolean recursive, const CviNameFilter *filter,
    int *problem)
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

/* Returns (nullable): the file to hand out for an entry, if any. */
static CviFile *
look_at (CviTree *tree, const char *name, unsigned char type)
{
  gboolean wanted = cvi_name_filter_has_extension (tree->filter, name);
  g_autofree char *path = NULL;
  struct stat status;

  if (type == DT_DIR ? !tree->recursive : !wanted && type != DT_UNKNOWN)
    return NULL;
  path = path_of (tree, name);
  if (cvi_name_filter_excludes (tree->filter, path, name))
    return NULL;
  if (type == DT_DIR)
    return enter (tree, name);

  if (fstatat (dirfd (current_level (tree)->dir), name, &status,
          AT_SYMLINK_NOFOLLOW) < 0)
    return errno == ENOENT ? NULL : new_problem (tree, name, errno);
  if (S_ISDIR (status.st_mode))
    return tree->recursive ? enter (tree, name) : NULL;
  if (!wanted)
    return NULL;
  if (S_ISREG (status.st_mode) ||
      (S_ISLNK (status.st_mode) && stat_link (tree, name, &status)))
    return new_file (tree, name, &status, 0);
  return NULL;
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
    CviFile *file = NULL;
    struct dirent *entry;

    errno = 0;
    entry = readdir (current_level (tree)->dir);
    if (!entry) {
      if (errno)
        file = new_problem (tree, NULL, errno);
      pop_level (tree);
    } else if (strcmp (entry->d_name, ".") != 0 &&
               strcmp (entry->d_name, "..") != 0) {
      file = look_at (tree, entry->d_name, entry->d_type);
    }
    if (file)
      return file;
  }
  return NULL;
}
